"""The report page: whole, escaped, honest about what is missing, and the same for the same results."""

import base64
import gzip
import importlib.util
import json
import re
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pipeline import snakemake
from report_examples import (
    FIGURES,
    KEY,
    REAL,
    ROOT,
    SCALES,
    config,
    files,
    row,
    rows,
    run,
    stored,
    write_record,
    write_results,
)

from homeostat.claims import VERDICTS, count, group
from homeostat.figures import style
from homeostat.keys import key_of
from homeostat.record.docs import overview
from homeostat.record.read import read_all
from mayzel2024.colours import COLOURS as MAYZEL
from report import captions, colours, contents, drawing, glossary, graph, living, runs, scorecard_plot, text
from report.render import render

VOID = {"meta", "link", "img", "input", "br", "hr", "path", "rect", "line", "circle"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{ 7 * 7 }}"


class Reader(HTMLParser):
    """Reads a page and refuses what is not well formed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice: {attrs}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> at {self.getpos()} closes another"

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_results(tmp_path, rows=rows())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pages(**changes: Any) -> dict[str, str]:
    settings = {"config": config(), "figures": FIGURES, "real": REAL, "scales": SCALES, "rows": rows(), "run": run()}
    settings |= {"files": files(), "plot": Path("results/scorecard/scorecard.png"), "record": Path("record")}
    return render(**{**settings, **changes})


def save(folder: Path, made: dict[str, str]) -> dict[Path, str]:
    files = {
        folder / "results/index.html": made["index"],
        folder / "results/scorecard/scorecard.html": made["scorecard"],
    }
    for path, page in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    return files


def test_pages_are_well_formed_and_accessible(built: Path) -> None:
    for path, page in save(built, pages()).items():
        read = Reader(page)
        ids = [attributes["id"] for _, attributes in read.elements if attributes.get("id")]
        assert len(ids) == len(set(ids)), path
        levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1, levels
        assert all(b - a <= 1 for a, b in pairwise(levels)), levels
        assert read.all("html")[0]["lang"] == "en"
        assert all(len(read.all(landmark)) == 1 for landmark in ("main", "footer")), path
        assert all(image.get("alt") for image in read.all("img"))
        assert all(drawn.get("aria-label") or drawn.get("aria-hidden") for drawn in read.all("svg"))
        for _, attributes in read.elements:
            for name in ("aria-labelledby", "for"):
                assert attributes.get(name) is None or attributes[name] in ids, attributes


def test_every_link_and_source_is_there(built: Path) -> None:
    files = save(built, pages())
    anchors = {path: {each.get("id") for _, each in Reader(page).elements} for path, page in files.items()}
    for path, page in files.items():
        read = Reader(page)
        assert all(str(image["src"]).startswith("data:image/png;base64,") for image in read.all("img"))
        for link in read.all("a"):
            name, _, anchor = str(link["href"]).partition("#")
            if name.startswith("https://"):
                continue
            assert not re.match(r"[a-z]+:|/", name), link
            target = (path.parent / unquote(name)).resolve() if name else path
            assert target.is_file() and target.is_relative_to(built / "results"), link
            if anchor:
                assert anchor in anchors[target], link


def test_what_a_run_says_is_on_the_page(built: Path) -> None:
    page = pages()["index"]
    for said in (
        "Mayzel &amp; Schneidman 2024", "Reshaped random projections outperform random ones", "Statement 5.",
        "SD of 10 networks", "worst x = 10", "2.1 min", "3.1 min", "0" * 64, "Somebody 2020", "Licence: CC0",
        "recording: prefrontal_50", "Not part of this run", "Serious: No unit fires in 9 &lt;bins&gt;. Cut them.",
    ):  # fmt: skip
        assert said in page, said
    # Keck was not asked for; Shen was, and failed.
    assert "make figures TARGET=shen2021_fig2" in page and "keck2012_fig1" not in page


def test_each_data_is_called_real_or_generated(built: Path) -> None:
    table = built / stored("fig1", "csv")
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines, lines[-1].replace("prefrontal_50", "made_up")]))
    said = re.sub(r"\s+", " ", pages()["index"])
    assert 'prefrontal_50 <span class="tag">real</span> made_up <span class="tag">generated</span>' in said


def test_nothing_is_run_that_is_data(built: Path) -> None:
    changed = [row(1, claim=HOSTILE, note=HOSTILE, reason=HOSTILE, unit=HOSTILE, relation=HOSTILE, data=HOSTILE)]
    table = built / stored("fig1", "csv")
    table.write_text(table.read_text().replace("prefrontal_50", '"' + HOSTILE.replace('"', '""') + '"'))
    jobs = [runs.Job(HOSTILE, "log", (stored("fig1", "pdf"),), ())]
    made = pages(rows=changed, config=config(recording=HOSTILE), run=runs.Run(tuple(jobs)))
    for path, page in save(built, made).items():
        read = Reader(page)
        run, *data = sorted(read.all("script"), key=lambda each: str(each.get("type") or ""))
        assert "type" not in run and all(each["type"] == "text/plain" for each in data), path
        assert "<script>alert" not in page, path
        assert not any("onerror" in attributes for _, attributes in read.elements)
        assert "49" not in re.findall(r"&amp;(\S{0,3})", page)
    assert made["index"].count("&lt;script&gt;alert(1)&lt;/script&gt;") > 6


def test_without_any_result_the_page_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = pages(rows=[], run=runs.Run(), plot=None, so_far=True)["index"]
    Reader(page)
    assert page.count("This figure has not been built.") == 3
    assert "An unfinished run." in page and "no claims yet" in page
    assert "times are not known" in page and "No recording and no image set" in page


def test_a_damaged_picture_is_named(built: Path) -> None:
    (built / stored("fig1", "png")).write_bytes(b"no picture")
    (built / stored("fig1s1", "csv")).write_text("x,y\n1,2\n")
    page = pages()["index"]
    Reader(page)
    assert f"{stored('fig1', 'png')} cannot be read" in page


def test_same_results_same_page(built: Path) -> None:
    assert pages() == pages()


def test_pictures_stay_small(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    noise = np.random.default_rng(0).integers(0, 255, (1200, 1900, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    address, (width, height) = contents.embedded(path)
    assert len(address) < 4 / 3 * 150_000 + 100
    assert width / height == pytest.approx(1900 / 1200, abs=0.02)
    # A drawing in few colours keeps each of them.
    plain = Image.new("RGB", (800, 400), "white")
    plain.paste((213, 94, 0), (0, 100, 800, 102))
    plain.save(path)
    assert contents.embedded(path)[1] == (800, 400)


def test_papers_are_found_by_the_name_of_the_study() -> None:
    found = contents.papers(ROOT / "CITATION.cff")
    assert set(found) == {"mayzel2024", "shen2021", "keck2012", "eyono2026", "krishna2024"}
    assert all(paper.link.startswith("https://") for paper in found.values())


def places(drawn: str) -> dict[str, list[float]]:
    """The x of each part of a drawn interval."""
    number = r"([-\d.]+)"
    patterns = {
        "claimed": rf'class="claimed" x="{number}" y="2" width="{number}"',
        "bound": rf'class="bound" x1="{number}"',
        "value": rf'<circle class="ours [\w-]+" cx="{number}"',
        "interval": rf'<path class="ours [\w-]+" d="M{number} \S+?H{number}',
    }
    found = {name: re.findall(pattern, drawn)[0] for name, pattern in patterns.items()}
    return {name: [float(x) for x in ([value] if isinstance(value, str) else value)] for name, value in found.items()}


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.sampled_from(["claim_low", "claim_high"]))
def test_the_drawing_shows_on_which_side_of_the_claim_we_are(
    value: float, half: float, bound: float, side: str
) -> None:
    drawn = str(
        drawing.interval_chart(
            row(low=value - half, high=value + half, value=value, **{"claim_low": None, side: bound})
        )
    )
    found = places(drawn)
    (line,), (dot,), (low, high) = found["bound"], found["value"], found["interval"]
    assert 0 <= low <= dot <= high <= 260
    assert abs(line - dot) < 0.11 or (line < dot) == (bound < value)
    start, width = found["claimed"]
    assert (start, start + width) == pytest.approx((line, 260) if side == "claim_low" else (0, line), abs=0.06)


def test_the_papers_number_stands_where_ours_would() -> None:
    drawn = str(drawing.interval_chart(row(paper=0.4, paper_spread=0.1)))
    diamond = re.search(r'<path class="paper" d="M([\d.]+) ', drawn)
    assert diamond and float(diamond[1]) == places(drawn)["value"][0]
    # A share of seeds is another number than the paper's.
    assert "paper" not in str(drawing.interval_chart(row(unit="share of seeds", paper=0.4)))
    assert str(drawing.interval_chart(row(value=None, low=None, high=None))) == ""


def test_order_by_distance_from_the_claim() -> None:
    far, near, inside = row(value=-4.0), row(value=-0.1), row(value=3.0)
    found = [drawing.margin(each) for each in (inside, near, far)]
    assert found[0] is not None and found[0] < 0 and found == sorted(found, key=lambda each: each or 0)
    assert drawing.margin(row(value=None)) is None


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda edge: edge[0] != edge[1]), max_size=30))
def test_layers_hold_for_any_graph(pairs: set[tuple[int, int]]) -> None:
    nodes = {f"rule{k}": graph.Node(f"rule{k}", figure=k > 7) for k in range(10)}
    edges = sorted((f"rule{a}", f"rule{b}") for a, b in pairs)
    laid = graph.layered(nodes, edges)
    column = {name: place for place, layer in enumerate(laid.layers) for name in layer}
    assert set(column) == set(nodes)
    assert all(column[a] < column[b] for a, b in laid.edges)
    # What could be reached before can be reached still.
    everything = reachable(edges)
    assert reachable([*laid.edges, *laid.back]) == everything
    assert all(not any((b, c) in reachable(laid.edges) for b in column if (a, b) in set(laid.edges) and b != c)
               for a, c in laid.edges)  # fmt: skip
    Reader(str(drawing.rule_graph(laid, "a graph")))


def reachable(edges: Any) -> set[tuple[str, str]]:
    found = set(edges)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


def test_times_of_a_figure_count_each_job_once(tmp_path: Path) -> None:
    """A figure of two fits of the same data, as the records in the store tell it; and a fit that it does not show."""
    needs = {
        "data/d": (),
        **dict.fromkeys(("fits/a", "fits/b", "fits/c"), ("data/d",)),
        "figures/fig": ("fits/a", "fits/b"),
    }
    keys = {name: f"{number:016x}" for number, name in enumerate(needs)}
    times = {"figures/fig": 2, "fits/a": 20, "fits/b": 200, "data/d": 0.5}
    files = {name: tmp_path / f"results/store/s/{name}.{keys[name]}" for name in needs}
    for name, of in needs.items():
        files[name].parent.mkdir(parents=True, exist_ok=True)
        inputs = {"input": [*(keys[each] for each in of), "sha256:of a file"]}
        record = {"key": keys[name], "recipe": {"rule": f"s_{name.split('/')[0]}", "inputs": inputs}}
        Path(f"{files[name]}.recipe.json").write_text(json.dumps(record))
        for kind in ("pdf", "csv") if "fig" in name else ("npz",):
            Path(f"{files[name]}.{kind}").touch()
        if name in times:
            path = tmp_path / f"results/benchmarks/s/{name}.{keys[name]}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"s\th:m:s\tcpu_time\n{times[name]}\t0\tNA\n")
    (tmp_path / "results/store/s/fits/damaged.0000000000000009.recipe.json").write_text("{")
    shown = [f"{files['figures/fig']}.{kind}" for kind in ("pdf", "csv")]
    told = runs.read_run(shown, tmp_path / "results/store")
    assert len(told.jobs) == 4 and told.behind(shown) == list(told.jobs)
    assert [job.rule for job in told.jobs] == ["s_data", "s_fits", "s_fits", "s_figures"]
    assert runs.total(told.jobs) == 222.5
    # One job without a time leaves the sum unknown.
    of_c = runs.read_run([f"{files['fits/c']}.npz"], tmp_path / "results/store")
    assert len(of_c.jobs) == 2 and runs.total(of_c.jobs) is None and runs.total([]) is None
    rules = graph.rules_of(told, "s", told.jobs, ["figures"])
    assert set(rules.edges) == {("s_data", "s_fits"), ("s_fits", "s_figures")}
    assert rules.nodes["s_fits"] == graph.Node("fits", "2 jobs · 3.7 min")


@pytest.mark.parametrize(
    ("source", "title", "body"),
    [
        (
            "**What it is.**\nA: *this*, B: ``that``.",
            "What it is",
            '<p>A: <em>this</em>, B: <span class="docutils literal">that</span>.</p>',
        ),
        ("No title & <b>tags</b>", "", "<p>No title &amp; &lt;b&gt;tags&lt;/b&gt;</p>"),
        ("One.\n\nTwo.", "", "<p>One.</p>\n<p>Two.</p>"),
        ("- first\n- **second**", "", "<ul>\n<li><p>first</p></li>\n<li><p><strong>second</strong></p></li>\n</ul>"),
        ("See `here <https://example.org/a?b=1&c>`_.", "", None),
        ('Scale {{ snakemake.config["scale"] }}, {{ snakemake.params.unknown }}.', "", "<p>Scale real, .</p>"),
        ("{% broken", "", "<p>{% broken</p>"),
        ("2 * 3 * 4", "", "<p>2 * 3 * 4</p>"),
        ("`x <javascript:alert(1)>`_", "", "<p>x</p>"),
        (".. raw:: html\n\n   <script>alert(1)</script>", "", None),
        (".. include:: pyproject.toml", "", None),
        ("**Only a title.**", "Only a title", None),
    ],
)
def test_captions(source: str, title: str, body: str | None) -> None:
    found = captions.caption(source, {"scale": "real"})
    assert found.title == title
    if "example.org" in source:
        assert found.body == (
            '<p>See <a class="reference external" href="https://example.org/a?b=1&amp;c">here</a>.</p>'
        )
    else:
        assert found.body == body


def test_captions_of_the_repository_are_understood() -> None:
    for path in sorted((ROOT / "workflow/report").glob("*/*.rst")):
        found = captions.read_caption(path, {"scale": "real", "recording": "x"})
        assert found.title, f"{path}: begins with a bold title"
        plain = re.sub(r"<[^>]+>", "", str(found.body or ""))
        assert not re.search(r"\*\*|``|:math:|\.\. |\{\{", plain), (
            f"{path}: markup that the page does not know: {plain}"
        )


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0.0, "0"), (-0.4321, "−0.432"), (12345.0, "12,345"), (-3.5e-5, "−3.5 × 10⁻⁵"), (1e-12, "1 × 10⁻¹²")],
)
def test_numbers(value: float | None, said: str) -> None:
    assert text.number(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(None, "not known"), (0.2, "< 1 s"), (59.0, "59 s"), (210.0, "3.5 min"), (7.2e4, "20 h")]
)
def test_durations(value: float | None, said: str) -> None:
    assert text.duration(value) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fig1", "Figure 1"),
        ("fig1s2", "Figure 1, supplement 2"),
        ("figC6", "Figure C6"),
        ("learning_rates", "Learning rates"),
    ],
)
def test_names_of_figures(name: str, said: str) -> None:
    assert text.figure_name(name) == said


@pytest.mark.parametrize("chosen", [rows(), [], [row(paper=0.0), row(2, paper=1e-9, unit="x" * 200)]])
def test_plot_of_numbers(
    chosen: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scorecard.json").write_text(json.dumps(chosen))
    outputs = [str(tmp_path / f"plot.{kind}") for kind in ("pdf", "png")]
    arguments = ["scorecard_plot", "--scorecard", str(tmp_path / "scorecard.json"), "--output", *outputs]
    monkeypatch.setattr(sys, "argv", arguments)
    scorecard_plot.main()
    printed = capsys.readouterr().out
    first = Path(outputs[0]).read_bytes()
    scorecard_plot.main()
    assert Path(outputs[0]).read_bytes() == first
    if len(chosen) == 2:
        assert "1 claims with a number; not drawn: mayzel2024 C1.1" in printed
    if len(chosen) > 2:
        # A share of seeds is not the paper's number.
        assert "2 claims with a number; not drawn: mayzel2024 C1.7" in printed


def test_living_figures_have_the_colours_of_the_static_ones() -> None:
    found = colours.colours_of("mayzel2024", ["RP", "reshaped, λ = 1", "reshaped, λ = 4", "somebody's"])
    assert found["RP"] == MAYZEL["RP"]
    assert "somebody's" not in found and len(set(found.values())) == 3
    assert colours.colours_of("krishna2024", ["biased, uniform, active"]) == {"biased, uniform, active": "#D55E00"}
    assert colours.colours_of("nobody2020", ["RP"]) == {}


def test_pictures_of_the_readme(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.spec_from_file_location("pictures", ROOT / "docs/img/make.py")
    assert found is not None and found.loader is not None
    pictures = importlib.util.module_from_spec(found)
    found.loader.exec_module(pictures)
    for place, hero in enumerate(pictures.HEROES[:-1]):
        # All panels but the last; one condition is a map, and its rows have a z.
        points = [(x, y) for x in (1.0, 2.0) for y in (3.0, 4.0)]
        about = {"panel": hero.panel, "measure": hero.measure, "data": "ours", "scale": "test", "device": "cpu"}
        drawn = [
            about | {"condition": name, "seed": seed, "x": x, "y": y, "z": place}
            for name in hero.conditions
            for seed, (x, y) in enumerate(points)
        ]
        table = built / "results/figures" / f"{hero.figure}.csv"
        table.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(drawn).to_csv(table, index=False)
    made = []
    for name in ("once", "again"):
        folder = built / name
        folder.mkdir()
        monkeypatch.setattr(sys, "argv", ["make.py", "--output", str(folder)])
        pictures.main()
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert made[0] == made[1] and set(made[0]) == {"figures.png", "scorecard.png"}
    with Image.open(built / "once/figures.png") as sheet:
        assert sheet.width == 1280 and sheet.mode == "P"
    # What the picture shows of a figure are the numbers of its CSV, under the names of its conditions.
    hero = pictures.HEROES[0]
    _, ax = style.panels(1, 1)
    pictures.draw_hero(ax, hero, pd.read_csv(built / f"results/figures/{hero.figure}.csv"))
    assert [line.get_label() for line in ax.lines if line.get_label()[0] != "_"] == list(hero.conditions)
    assert all(list(line.get_ydata()) == [3.5, 3.5] for line in ax.lines if line.get_label()[0] != "_")
    # A panel whose figure is not there says so.
    for table in (built / "results/figures").glob("*/*.csv"):
        table.unlink()
    pictures.draw_heroes(built / "results/figures", built / "nothing.png")
    assert (built / "nothing.png").read_bytes() != made[0]["figures.png"]
    # The verdicts are those of the table above the picture.
    table = overview(ROOT / "config/claims", read_all())
    for study in ("keck2012", "shen2021"):
        its = [row for row in pictures.rows_of_record() if row["study"] == study and group(row) == "headlines"]
        assert f"-claims.md) | {len(its)} | {count(its)['reproduced']} |" in table
    # The committed picture shows the committed record.
    with Image.open(ROOT / "docs/img/scorecard.png") as committed:
        assert committed.text[pictures.SHOWS] == pictures.digest(pictures.rows_of_record()), "run `make record-docs`"
    # A scorecard of which nothing can be drawn is drawn all the same.
    pictures.draw_scorecard([row(paper=None), row(2, paper=1.0, value=None)], built / "none.png")
    assert (built / "none.png").exists()


@pytest.mark.slow
def test_page_of_an_unfinished_run(tmp_path: Path) -> None:
    status, printed = snakemake("--cores", "1", "--directory", str(tmp_path), "page_so_far")
    assert status == 0, printed
    page = (tmp_path / "results/so-far.html").read_text()
    links = [str(link["href"]) for link in Reader(page).all("a")]
    assert all(link.startswith(("#", "https://")) for link in links), "nothing else is there yet"
    assert "An unfinished run." in page and "make figures TARGET=mayzel2024_fig1" in page
    assert "fig1.csv is not there" in page


@pytest.mark.parametrize(
    ("scales", "expected"),
    [
        ({"a": "real", "b": "real"}, "real"),
        ({"a": "real", "b": "custom: seeds 1 (below test)", "c": "real"}, "real; b: custom: seeds 1 (below test)"),
        ({"a": "test"}, "test"),
    ],
)
def test_scales_of_the_studies_in_short(scales: dict[str, str], expected: str) -> None:
    assert text.scale(scales) == expected


def test_page_says_the_scale_of_each_study_that_differs(built: Path) -> None:
    assert "Scale</a></dt><dd>real</dd>" in pages()["index"]  # keck2012 is not part of this run
    mixed = SCALES | {"shen2021": "custom: seeds 1 (below test)"}
    assert "<dd>real; shen2021: custom: seeds 1 (below test)</dd>" in pages(scales=mixed)["index"]


def test_each_figure_says_what_made_it(built: Path) -> None:
    recipe = {
        "rule": "mayzel2024_draw_fig1",
        "condition": {"who": HOSTILE},
        "inputs": {},
        "settings": {},
        "code": "c0de",
    }
    key = key_of(recipe)
    for kind in ("pdf", "png", "csv"):
        Path(stored("fig1", kind)).rename(stored("fig1", kind).replace(KEY, key))
    record = Path(stored("fig1", "recipe.json").replace(KEY, key))
    record.write_text(json.dumps({"key": key, "recipe": recipe, "git_revision": "abc123", "versions": {}}))
    page = pages(files=[path.replace(KEY, key) if "/fig1." in path else path for path in files()])["index"]
    assert f"{key}  mayzel2024_draw_fig1: who &lt;script&gt;" in page and "code c0de, revision abc123" in page
    assert f"python -m homeostat.provenance {key} --all" in page
    # The other figure has no record here.
    assert "PROBLEM: there is no record of it" in page


def numbers(page: str) -> dict[str, list[dict[str, Any]]]:
    """The numbers of the living figures, as the page carries them."""
    packed_ = re.findall(r'<script type="text/plain" id="numbers">([^<]+)</script>', page)
    found: dict[str, list[dict[str, Any]]] = json.loads(gzip.decompress(base64.b64decode(packed_[0])))
    return found


def test_living_figures_have_the_means_of_the_source_data(built: Path) -> None:
    found = numbers(pages()["index"])
    assert set(found) == {"mayzel2024-fig1", "mayzel2024-fig1s1", "shen2021-fig2"}
    assert found["shen2021-fig2"] == []
    for name in FIGURES["mayzel2024"]:
        table = pd.read_csv(stored(name, "csv"))
        charts = found[f"mayzel2024-{name}"]
        assert [(chart["p"], chart["line"]) for chart in charts] == [("D", True), ("E", False)]
        for chart in charts:
            for condition, points in chart["c"].items():
                its = table[(table["panel"] == chart["p"]) & (table["condition"] == condition)]
                for x, mean, low, high, n, values in points:
                    y = its[its["x"] == x]["y"]
                    assert mean == pytest.approx(y.mean(), rel=1e-5) and n == len(y) == 5
                    assert values == pytest.approx(list(y), rel=1e-4)
                    half = 2.776445 * y.std() / 5**0.5
                    assert (low, high) == pytest.approx((y.mean() - half, y.mean() + half), rel=1e-4)


def test_numbers_of_single_units_are_no_living_figure(tmp_path: Path) -> None:
    places = {"unit": range(30), "curve": range(0, 60, 2)}
    rows = [{"panel": "A", "condition": "c", "seed": s, "x": x, "y": x + s, "measure": m}
            for s in range(3) for m, its in places.items() for x in its]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "fig.csv")
    found = living.charts(tmp_path / "fig.csv", "fig", living.Axes({"curve": "a curve"}, {"fig": {"A": "time"}}))
    assert [(chart.measure, chart.y, chart.x, chart.along_x) for chart in found] == [("curve", "a curve", "time", True)]
    assert living.charts(tmp_path / "none.csv", "fig", living.Axes({}, {})) == []


def test_thousands_of_points_are_no_living_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.DataFrame({"panel": "A", "measure": "angle", "condition": "a", "seed": 0, "x": [0.5, 0.7, 0.9]})
    rows.assign(y=rows["x"]).to_csv(tmp_path / "fig.csv", index=False)
    assert len(living.charts(tmp_path / "fig.csv", "fig", living.Axes({}, {}))) == 1
    monkeypatch.setattr(living, "_MOST_POINTS", 2)
    assert living.charts(tmp_path / "fig.csv", "fig", living.Axes({}, {})) == []


def test_doubtful_fits_are_marked_in_the_living_figure(tmp_path: Path) -> None:
    rows = [{"panel": "A", "condition": c, "seed": s, "x": 0, "y": s, "measure": "m", "doubt": "why" * (c == s == 1)}
            for s in range(3) for c in range(2)]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "fig.csv")
    (chart,) = living.charts(tmp_path / "fig.csv", "fig", living.Axes({}, {}))
    assert chart.record()["doubt"] == ["1"] and not chart.along_x


def test_pictures_are_described_by_their_numbers(built: Path) -> None:
    table = pd.read_csv(stored("fig1", "csv"))
    means = table[(table["panel"] == "D") & (table["condition"] == "RP")].groupby("x")["y"].mean()
    picture = next(each for each in Reader(pages()["index"]).all("img") if "Figure 1:" in str(each["alt"]))
    said = f"RP {text.number(means[10])} to {text.number(means[40])}"
    assert f"Panel D, log-likelihood (nats / bin): {said}, reshaped" in str(picture["alt"])


def articles(page: str) -> dict[str, str]:
    """The text of each figure's article."""
    return dict(re.findall(r'<article id="([\w-]+)"(.*?)</article>', page, re.DOTALL))


def test_each_figure_leads_to_all_that_belongs_to_it(built: Path) -> None:
    page = pages(rows=[row(1, panel="D"), row(2, panel="E"), row(3, figure="fig1s1", panel="C")])["index"]
    for name in FIGURES["mayzel2024"]:
        article = articles(page)[f"mayzel2024-{name}"]
        for target in (
            f"figures/mayzel2024/{name}.pdf", f"figures/mayzel2024/{name}.png", f"figures/mayzel2024/{name}.csv",
            f"store/mayzel2024/tables/{name}.{KEY}.csv", f"#program-mayzel2024-{name}", "#settings-mayzel2024",
            f"logs/mayzel2024/figures/{name}.{KEY}.log", f"#made-mayzel2024-{name}", "#claim-mayzel2024-",
        ):  # fmt: skip
            assert f'href="{target}' in article, target
    # From a claim to its panel, whether it has curves or not.
    assert 'href="#mayzel2024-fig1-D"' in page and 'id="mayzel2024-fig1-D"' in page
    assert 'href="#mayzel2024-fig1s1-C"' in page and 'id="mayzel2024-fig1s1-C"' in page


def test_links_of_a_run_with_a_name_lead_out_of_its_folder(built: Path) -> None:
    article = articles(pages(views="results/runs/tight")["index"])["mayzel2024-fig1"]
    assert f'href="../../logs/mayzel2024/figures/fig1.{KEY}.log"' in article
    assert 'href="figures/mayzel2024/fig1.pdf"' in article


def test_record_stands_beside_this_run_headline_by_headline(built: Path) -> None:
    assert "there is no" in pages()["index"] and "Record:" not in pages()["index"]
    write_record(built, {"C1.1": "not reproduced", "C1.2": "reproduced"})
    page = pages()["index"]
    found = dict(re.findall(r'<li><a href="#claim-mayzel2024-(\S+?)" title.*?title="Record: ([\w ]+)"', page))
    headlines = [each["id"] for each in rows() if each["study"] == "mayzel2024" and each["rank"] == "headline"]
    assert found == {**dict.fromkeys(headlines, "none"), "C1.1": "not reproduced", "C1.2": "reproduced"}
    assert re.search(r"Record</span><strong>1 of 7</strong> reproduced, 1 not, 5 open", page)
    assert "2026-01-02, revision abc123" in page and "2.50 CPU hours" in page


def test_a_recording_of_the_users_comes_first_with_what_was_left_out(built: Path) -> None:
    assert "Your recording" not in pages()["index"]
    page = pages(own="prefrontal_50")["index"]
    first, _, rest = page.partition('<section id="overview"')
    assert "Your recording against the paper’s claims" in first and "Statement 2." in first
    assert "Serious: No unit fires in 9 &lt;bins&gt;. Cut them." in first
    assert "No unit fires" not in rest


def test_every_verdict_and_every_term_is_in_the_glossary(built: Path) -> None:
    entries = [each for its in glossary.read_glossary(ROOT / "docs/glossary.md").values() for each in its]
    names = [each.term for each in entries]
    assert len(names) == len(set(names)) and set(VERDICTS) <= set(names)
    source = (ROOT / "docs/glossary.md").read_text()
    assert len(entries) == source.count("\n: "), "an entry is not understood"
    page = pages()["index"]
    assert all(f'id="{each.anchor}"' in page for each in entries)


def test_page_stays_small(built: Path) -> None:
    """All but pictures and numbers; the page of a whole run is measured at the end of one."""
    assert len(pages()["index"]) < 1_200_000
