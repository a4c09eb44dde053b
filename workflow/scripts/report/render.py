"""The report page, from what is there: figures, verdicts, graph of rules, provenance."""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from homeostat import lineage
from homeostat.claims import GROUPS, VERDICTS, count, group
from homeostat.provenance import provenance
from homeostat.yaml_files import read_yaml
from report import contents, drawing, graph, packed, runs, text
from report.glossary import read_glossary
from report.living import Axes
from report.recorded import recorded

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "workflow" / "report" / "page"
# Whose a claim is, as the page says it.
SAID_BY = {
    "text": "the paper",
    "figure": "the paper’s figure",
    "code": "the authors’ code",
    "reviews": "the authors’ response",
    "ours": "ours",
}


def environment() -> jinja2.Environment:
    """Return the templates' environment: everything that is put into them is escaped, and must be known."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "number": text.number,
        "interval": text.interval,
        "duration": text.duration,
        "figure_name": text.figure_name,
        "slug": drawing.slug,
        "chart": drawing.interval_chart,
        "bar": drawing.verdict_bar,
        "margin": drawing.margin,
        "tally": count,
        "several": text.several,
        "readings": drawing.readings,
    }
    return found


def render(
    config: Mapping[str, Any],
    figures: Mapping[str, Sequence[str]],
    real: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    files: Sequence[str],
    run: runs.Run,
    *,
    scales: Mapping[str, str],
    own: str = "",
    views: str = "results",
    record: Path = ROOT / "record",
    plot: Path | None = None,
    so_far: bool = False,
    threads: int = 1,
) -> dict[str, str]:
    """Return the pages by name: ``index`` and ``scorecard``.

    Parameters
    ----------
    config
        The effective configuration.
    figures
        The figures of each study that the pipeline has; the configuration names those that this run is about.
    real
        Names of data, as in the tables, that are real.
    rows
        The scorecard.
    files
        The figures in the store.
    run
        Jobs and times, where they are known.
    scales
        The scale of each study.
    own
        The name of the user's own recording, as in the tables; empty where the run has none.
    views
        The folder of the run's views, in which the page will lie.
    record
        The folder with the results of record.
    plot
        The picture of the scorecard.
    so_far
        Whether the page is of an unfinished run, and says so.
    threads
        So many figures are read and shrunk at a time.
    """
    # The library takes seconds to bundle, without Python's lock.
    with ThreadPoolExecutor(1) as beside:
        bundling = beside.submit(packed.library)
        studies = _studies(config, figures, rows, files, run, views, record, threads)
    # Image sets serve several studies; each job counts once.
    jobs = list(dict.fromkeys(job for study in studies for job in study.jobs))
    library = bundling.result()
    numbers = {
        figure.anchor: [chart.record() for chart in figure.charts] for each in studies for figure in each.figures
    }
    data_sets = contents.data_sets(run)
    values = {
        "studies": studies,
        "verdicts": VERDICTS,
        "so_far": so_far,
        "own": next((each for each in data_sets if each["name"] == own), {"name": own, "left_out": []})
        if own
        else None,
        "groups": GROUPS,
        "said_by": SAID_BY,
        "counts": count(row for row in rows if group(row) == "headlines"),
        "rows": rows,
        "jobs": len(jobs),
        "seconds": runs.total(jobs),
        "real": set(real),
        "graphs": [(study, _drawn(study, run)) for study in studies if study.jobs],
        "plot": contents.embedded(plot) if plot else None,
        "data_sets": data_sets,
        "environments": contents.environments(run),
        "scale": text.scale({study: scales[study] for study in config["studies"]}),
        "config": config,
        "docs": _docs(views),
        "settings": _settings(config, figures),
        "library": library,
        "numbers": packed.pack_json(numbers),
        "glossary": read_glossary(ROOT / "docs" / "glossary.md"),
        **base(device=config["device"], scripts=("page.js", "charts.js"), hashes=[library.hash]),
    }
    templates = environment()
    alone = {**values, **base(device=config["device"], scripts=("page.js",))}
    return {
        "index": templates.get_template("index.html.j2").render(values),
        "scorecard": templates.get_template("scorecard.html.j2").render(alone),
    }


def base(*, device: str, scripts: Sequence[str] = (), hashes: Sequence[str] = ()) -> dict[str, Any]:
    """Return what every page needs: its script, the hashes of all that may run in it, and who wrote it."""
    script = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in scripts)
    return {
        "script": script,
        "script_hashes": [packed.source_hash(script), *hashes],
        "here": provenance(device=device),
        "tints": {study: its["colours"] for study, its in _said().items()},
        "terms": {each.term: each for its in read_glossary(ROOT / "docs" / "glossary.md").values() for each in its},
    }


def _studies(
    config: Mapping[str, Any],
    figures: Mapping[str, Sequence[str]],
    rows: Sequence[Mapping[str, Any]],
    files: Sequence[str],
    run: runs.Run,
    views: str,
    record: Path,
    threads: int,
) -> list[contents.Study]:
    papers, said = contents.papers(ROOT / "CITATION.cff"), _said()
    stored, records, of_record = contents.by_figure(files), lineage.Store(runs.STORE.parent), recorded(record, figures)
    shared = {"files": stored, "root": ROOT, "config": config, "records": records, "run": run}
    shared |= {"results": os.path.relpath("results", views)}
    studies = []
    for name, its in figures.items():
        of_study = [row for row in rows if row["study"] == name]
        axes = Axes.read(ROOT / "workflow/report/axes.yaml", name)
        read = partial(contents.read_figure, study=name, rows=of_study, axes=axes, **shared)
        with ThreadPoolExecutor(threads) as pool:
            shown = list(pool.map(read, its))
        judged = [path for job in run.jobs if job.rule.startswith(f"{name}_judge") for path in job.outputs]
        made = run.behind([*judged, *(path for each in its for path in stored.get((name, each), {}).values())])
        if name not in config["studies"] and not of_study:
            shown, of_study, made = [], [], []
        says = said.get(name, {}).get("says", "")
        studies.append(contents.Study(name, papers.get(name), shown, of_study, made, says, of_record[name]))
    return studies


def _said() -> dict[str, Any]:
    """Return the message of each paper, and its colours."""
    return dict(read_yaml(ROOT / "workflow/report/papers.yaml"))


def _docs(views: str) -> str:
    """Return the address of the docs from the page; empty where the run is not in this repository."""
    return os.path.relpath(ROOT / "docs", Path.cwd() / views) if Path.cwd() == ROOT else ""


def _settings(config: Mapping[str, Any], studies: Iterable[str]) -> dict[str, str]:
    """Return the configuration as YAML: the section of each study, and what all share."""
    sections = {name: config[name] for name in studies if name in config}
    shared = {name: value for name, value in config.items() if name not in sections}
    return {name: _yaml(value) for name, value in {**sections, "": shared}.items()}


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, width=100))


def _drawn(study: contents.Study, run: runs.Run) -> Markup:
    rules = graph.rules_of(run, study.name, study.jobs, [figure.name for figure in study.figures])
    ways = "; ".join(f"{rules.nodes[a].title} to {rules.nodes[b].title}" for a, b in (*rules.edges, *rules.back))
    return drawing.rule_graph(rules, f"Rules of {study.heading} and what follows from them: {ways}.")
