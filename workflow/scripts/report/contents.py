"""What the page shows: studies with their papers, figures with their files, data and environments behind them."""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from homeostat import lineage
from homeostat.claims import count, group
from homeostat.keys import key_in
from homeostat.record.picture import palette_png
from homeostat.recordings.left_out import from_records, worst_first
from homeostat.yaml_files import read_yaml
from report.captions import Caption, read_caption
from report.living import Axes, Chart, charts, in_words
from report.recorded import Recorded
from report.runs import Job, Run, total
from report.text import figure_name

# A picture in the page; the full one is a click away.
_MOST_BYTES = 150_000
_QUALITIES = [(width, colours) for width in (1280, 960, 640, 320) for colours in (256, 128, 64, 32)]


@dataclass(frozen=True)
class Paper:
    """The paper of a study, from CITATION.cff."""

    title: str
    authors: str
    where: str
    link: str


@dataclass(frozen=True)
class Panel:
    """One panel of a figure: its charts, and the claims about it."""

    name: str
    charts: Sequence[Chart]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Figure:
    """One figure; with several recordings, ``name`` is ``visual_50/fig2``.

    ``picture`` is None where it was not built, and ``problem`` says what is wrong with it. ``rows`` are the claims
    about it, ``charts`` what of it can be drawn from its numbers. ``made`` are the lines of the tree of everything that
    made it, and ``key`` is its root. ``log`` is the address of the log of its drawing, ``tables`` are names and
    addresses of the tables of fits behind it, and ``program`` is the text of what draws it; they are empty where they
    are not there.
    """

    study: str
    name: str
    caption: Caption
    files: Mapping[str, str]
    picture: str | None
    size: tuple[int, int]
    facts: Mapping[str, str]
    jobs: Sequence[Job]
    rows: Sequence[Mapping[str, Any]]
    charts: Sequence[Chart] = ()
    problem: str = ""
    key: str = ""
    made: Sequence[str] = ()
    log: str = ""
    tables: Sequence[tuple[str, str]] = ()
    program: str = ""

    @property
    def label(self) -> str:
        """``Figure 1, supplement 2``, or ``visual_50: Figure 1, supplement 2``."""
        recording, _, name = self.name.rpartition("/")
        return f"{recording}: {figure_name(name)}" if recording else figure_name(name)

    @property
    def anchor(self) -> str:
        """The figure's place in the page."""
        return f"{self.study}-{self.name.replace('/', '-')}"

    @property
    def target(self) -> str:
        """The rule that shows it."""
        recording, _, name = self.name.rpartition("/")
        return "_".join(filter(None, (self.study, name, recording)))

    @property
    def headlines(self) -> list[Mapping[str, Any]]:
        """The paper's headlines about the figure."""
        return [row for row in self.rows if group(row) == "headlines"]

    @property
    def panels(self) -> list[Panel]:
        """The panels that have a curve to draw or a claim about them."""
        names = sorted({*(chart.panel for chart in self.charts), *(row["panel"] for row in self.rows)}, key=str.lower)
        return [
            Panel(
                name,
                [chart for chart in self.charts if chart.panel == name],
                [row for row in self.rows if row["panel"] == name],
            )
            for name in names
        ]

    @property
    def alternative(self) -> str:
        """What the picture shows, in words and numbers."""
        shown = in_words(self.charts)
        title = f": {self.caption.title}" if self.caption.title else ""
        return f"{self.label}{title}. " + (shown or f"Its numbers are in {self.name}.csv.")

    @property
    def data(self) -> list[str]:
        """Names of the data that the figure shows."""
        return [name for name in self.facts.get("data", "").split(", ") if name]

    @property
    def seconds(self) -> float | None:
        """Run time of all jobs behind the figure."""
        return total(self.jobs)


@dataclass(frozen=True)
class Study:
    """One study with its figures and claims; ``says`` is its paper's message, and ``record`` its results of record."""

    name: str
    paper: Paper | None
    figures: Sequence[Figure]
    rows: Sequence[Mapping[str, Any]]
    jobs: Sequence[Job]
    says: str = ""
    record: Recorded = field(default_factory=Recorded)

    @property
    def heading(self) -> str:
        """The authors and the year, or the name where no paper is known."""
        return self.paper.authors if self.paper else self.name

    @property
    def built(self) -> int:
        """How many figures are there."""
        return sum(figure.picture is not None for figure in self.figures)

    @property
    def headlines(self) -> list[Mapping[str, Any]]:
        """The claims that count: the paper's main results."""
        return self.of("headlines")

    @property
    def recordings(self) -> list[str]:
        """The recordings on which claims were judged, where there are several."""
        return list(dict.fromkeys(each["recording"] for row in self.rows for each in row.get("recordings", ())))

    def anchor_of(self, row: Mapping[str, Any]) -> str:
        """Return the place in the page of a claim's panel; of several recordings, on the first one's figure."""
        shown = [each for each in self.figures if each.name.rpartition("/")[2] == row["figure"]]
        return f"{shown[0].anchor if shown else self.name + '-' + row['figure']}-{row['panel']}"

    @property
    def verdicts(self) -> dict[str, int]:
        """How many of the paper's headlines have which verdict."""
        return count(self.headlines)

    def of(self, name: str) -> list[Mapping[str, Any]]:
        """Return the claims of one group, in the paper's order."""
        return [row for row in self.rows if group(row) == name]

    @property
    def pairs(self) -> list[tuple[Mapping[str, Any], str]]:
        """The paper's headlines, each with its verdict of record; empty where there is none."""
        return [(row, self.record.verdict(row["id"])) for row in self.headlines]

    @property
    def of_record(self) -> dict[str, int]:
        """How many of the paper's headlines have which verdict of record."""
        return self.record.count(row["id"] for row in self.headlines)

    @property
    def seconds(self) -> float | None:
        """Run time of all jobs of the study."""
        return total(self.jobs)


def papers(citation: Path) -> dict[str, Paper]:
    """Return the papers of CITATION.cff by study: the first author's last word and the year."""
    found = {}
    for reference in read_yaml(citation)["references"]:
        names = [author["family-names"] for author in reference["authors"]]
        shown = names[0] if len(names) == 1 else " & ".join(names) if len(names) == 2 else f"{names[0]} et al."
        other = next((entry["value"] for entry in reference.get("identifiers", [])), "")
        link = f"https://doi.org/{reference['doi']}" if "doi" in reference else ""
        if not link and other.startswith("arXiv:"):
            link = f"https://arxiv.org/abs/{other.removeprefix('arXiv:')}"
        where = reference.get("journal") or reference.get("collection-title") or other
        found[f"{names[0].split()[-1].lower()}{reference['year']}"] = Paper(
            reference["title"], f"{shown} {reference['year']}", where, link
        )
    return found


def by_figure(paths: Iterable[str]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the files of stored figures (STORE/STUDY/figures/NAME.KEY.SUFFIX) that are there.

    They are told apart by study and name, and then by suffix, without its dot. Of several recordings, each has a folder
    of its own, and the name is ``visual_50/fig2``.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for path in map(Path, paths):
        if path.is_file():
            study, _, *folders = path.parent.parts[-2:] if path.parent.name == "figures" else path.parent.parts[-3:]
            at = study, "/".join([*folders, path.name.partition(".")[0]])
            found.setdefault(at, {})[path.suffix[1:]] = path.as_posix()
    return found


def rows_of(name: str, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the claims about a figure; of one of several recordings, as they were judged on it."""
    recording, _, figure = name.rpartition("/")
    its = [row for row in rows if row["figure"] == figure]
    if not recording:
        return its
    return [each for row in its for each in row.get("recordings", ()) if each["recording"] == recording]


def read_figure(
    name: str,
    study: str,
    files: Mapping[tuple[str, str], Mapping[str, str]],
    root: Path,
    config: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    run: Run,
    records: lineage.Store,
    axes: Axes,
    results: str,
) -> Figure:
    """Return one figure with all that is there of it.

    ``files`` are those of all figures, ``root`` is this repository, and ``results`` the address of the folder with the
    store and the logs from the page.
    """
    its = files.get((study, name), {})
    picture, size, problem = None, (0, 0), ""
    if "png" in its:
        try:
            picture, size = embedded(Path(its["png"]))
        except (OSError, ValueError) as error:
            problem = f"{its['png']} cannot be read ({error})"
    base = name.rpartition("/")[2]
    about = read_caption(root / "workflow" / "report" / study / f"{base}.rst", config)
    key = next(filter(None, map(key_in, its.values())), "")
    jobs = run.behind(its.values())
    drawn = next((job for job in jobs if set(job.outputs) & set(its.values())), None)
    program = root / "workflow" / "scripts" / study / f"{base}.py"
    return Figure(
        study,
        name,
        about,
        files={kind: f"figures/{study}/{name}.{kind}" for kind in its},
        picture=picture,
        size=size,
        facts=_facts(Path(its["csv"])) if "csv" in its else {},
        jobs=jobs,
        rows=rows_of(name, rows),
        charts=charts(Path(its["csv"]), base, axes, study) if "csv" in its else [],
        problem=problem,
        key=key,
        made=list(lineage.tree(records, key)) if key else [],
        log=_address(drawn.log, results) if drawn and Path(drawn.log).is_file() else "",
        tables=_tables(run, drawn, results) if drawn else [],
        program=program.read_text(encoding="utf-8") if program.is_file() else "",
    )


def _address(path: str, results: str) -> str:
    """Return the address of a file below ``results/``, from the page."""
    return f"{results}/{path.removeprefix('results/')}" if results != "." else path.removeprefix("results/")


def _tables(run: Run, drawn: Job, results: str) -> list[tuple[str, str]]:
    """Return names and addresses of the tables that a figure was drawn from."""
    paths = sorted(path for job in run.makers(drawn) for path in job.outputs if path.endswith(".csv"))
    return [(Path(path).name.partition(".")[0], _address(path, results)) for path in paths]


def _facts(table: Path) -> dict[str, str]:
    """Return the data, scale, devices and number of seeds that a figure's source data name."""
    try:
        rows = pd.read_csv(table, dtype=str, keep_default_na=False, usecols=["seed", "data", "scale", "device"])
    except (OSError, ValueError):
        return {}
    facts = {name: ", ".join(filter(None, rows[name].unique())) for name in ("data", "scale", "device")}
    return facts | {"seeds": str(rows["seed"].nunique())}


def embedded(path: Path) -> tuple[str, tuple[int, int]]:
    """Return a picture as a data address of at most 150 kB, in the size and colours that this leaves, and its size."""
    with Image.open(path) as opened:
        whole = opened.convert("RGB")
    for width, colours in _QUALITIES:
        image = whole
        if image.width > width:
            image = image.resize(
                (width, round(image.height * width / image.width)), Image.Resampling.LANCZOS, reducing_gap=3.0
            )
        packed = palette_png(image, colours)
        if len(packed) <= _MOST_BYTES:
            break
    return f"data:image/png;base64,{base64.b64encode(packed).decode()}", image.size


def data_sets(run: Run) -> list[dict[str, Any]]:
    """Return the recordings and image sets of a run: hash of the content, what was left out of them."""
    found = []
    outputs = sorted(path for job in run.jobs for path in job.outputs if path.endswith(".npz"))
    for kind, folder in (("recording", "/data/recordings/"), ("image set", "/data/images/")):
        for path in [Path(path) for path in outputs if folder in path]:
            meta = lineage.record(path)
            inner, settings = meta.get("recording", meta), meta.get("settings", {})
            found.append(
                {
                    "name": path.name.partition(".")[0],
                    "kind": kind,
                    "hash": str(inner.get("content_hash") or inner.get("content_sha256") or "not recorded"),
                    "citation": str(settings.get("citation") or ""),
                    "licence": str(settings.get("licence") or ""),
                    "left_out": worst_first(from_records(inner.get("left_out", []))),
                }
            )
    return found


def environments(run: Run) -> list[dict[str, Any]]:
    """Return the environments that the run's files name: git revision, device, platform, versions, number of files."""
    found: Counter[str] = Counter()
    for path in dict.fromkeys(path for job in run.jobs for path in job.outputs if path.endswith(".npz")):
        meta = lineage.record(Path(path))
        if "versions" in meta:
            keys = ("git_revision", "device", "platform", "versions")
            found[json.dumps({key: meta.get(key) for key in keys}, sort_keys=True)] += 1
    return [{**json.loads(text), "files": files} for text, files in found.most_common()]
