"""The report page in a headless Chromium: no errors, no network, readable when narrow, in the dark and by keyboard."""

import importlib.util
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import browser
import pandas as pd
import pytest
from report_examples import (
    FIGURES,
    REAL,
    ROOT,
    config,
    files,
    row,
    rows,
    run,
    write_record,
    write_results,
)

from homeostat.claims import load_claims, missing
from report.render import render

STUDIES = ("mayzel2024", "shen2021", "keck2012", "eyono2026", "krishna2024")
FIVE = ["fig1", "fig1s1", "fig2", "fig2s1", "fig4"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.find() is None, reason=f"none of {', '.join(browser.NAMES)} was found"),
]

# Text that stands on less than 4.5 times its own luminance (3 where it is large): WCAG 2.2, 1.4.3.
CONTRAST = """
(() => {
  const parse = (text) => {
    const parts = text.match(/[\\d.]+/g).map(Number);
    return parts.length === 3 ? [...parts, 1] : parts;
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(element);
    if (!own || !element.getClientRects().length || element.closest(".hidden, .skip, script")) continue;
    const svg = element instanceof SVGElement;
    const text = parse(svg ? style.fill : style.color);
    const [a, b] = [luminance(text), luminance(ground(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) bad.push(element.className + ": " + element.textContent.trim());
  }
  return bad;
})()
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    long = row(9, claim="word " * 80 + "Donaudampfschifffahrtsgesellschaftskapitän" * 3, unit="share of " * 9)
    recording = "a/very/long/path/" * 6 + "<script>console.log('run')</script>.nwb"
    return write_page(tmp_path_factory.mktemp("page"), [*rows(), long], recording=recording)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All five studies with their real headlines, five figures, a record, and a recording of the user's."""
    folder = tmp_path_factory.mktemp("whole")
    claims = [claim for path in sorted((ROOT / "config/claims").glob("*.yaml")) for claim in load_claims(path)]
    judged = [missing(claim, "not built") for claim in claims]
    for study in STUDIES[:4]:
        write_record(folder, {each["id"]: "reproduced" for each in judged if each["study"] == study}, study)
    figures = {
        study: list(dict.fromkeys(each["figure"] for each in judged if each["study"] == study)) for study in STUDIES
    }
    figures["mayzel2024"] = FIVE
    return write_page(folder, judged, figures=figures, names=FIVE, studies=list(STUDIES))


def write_page(
    folder: Path,
    judged: list[dict[str, Any]],
    figures: dict[str, list[str]] = FIGURES,
    names: Sequence[str] = ("fig1", "fig1s1"),
    **settings: Any,
) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        write_results(folder, rows=judged, names=names)
        patch.chdir(folder)
        given = {"plot": Path("results/scorecard/scorecard.png"), "record": Path("record")}
        scales = dict.fromkeys(figures, "real")
        made = render(config(**settings), figures, REAL, judged, files(names), run(names), scales=scales, **given)
    (folder / "results/index.html").write_text(made["index"], encoding="utf-8")
    (folder / "results/scorecard/scorecard.html").write_text(made["scorecard"], encoding="utf-8")
    return folder / "results/index.html"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    with browser.Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("name", ["index.html", "scorecard/scorecard.html"])
def test_it_loads_without_a_word_and_fits(
    name: str, width: int, scheme: str, page: Path, chromium: browser.Browser
) -> None:
    chromium.messages.clear()
    chromium.requests.clear()
    chromium.open(page.parent / name, width=width, scheme=scheme)
    assert not chromium.messages
    assert all(address.startswith(("file:", "data:")) for address in chromium.requests), "no network"
    assert sum(address.startswith("file:") for address in chromium.requests) == 1, "one file"
    # Pictures are read when they come near; here, all at once.
    decoded = "Promise.all([...document.images].map(i => { i.loading = 'eager'; return i.decode(); }))"
    decoded += ".then(all => all.length)"
    assert chromium.evaluate(decoded, wait=True) == (3 if name == "index.html" else 0)
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    # Nothing is cut at the side, save in boxes that scroll.
    outside = (
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, pre, .hidden, .skip, nav, thead')"
    )
    outside += f" && e.getBoundingClientRect().right > {width} + 1).map(e => e.outerHTML.slice(0, 80))"
    assert chromium.evaluate(outside) == []
    dark = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(21, 23, 26)") == (scheme == "dark")
    assert chromium.evaluate(CONTRAST) == []


def test_everything_that_acts_is_reached_by_keyboard(page: Path, chromium: browser.Browser) -> None:
    chromium.open(page, width=1280)
    ready(chromium)
    acting = "a[href], button, input, select, summary, [tabindex='0']"
    count = chromium.evaluate(
        f'[...document.querySelectorAll("{acting}")].filter(e => e.checkVisibility()'
        " && !(e.closest('details:not([open])') && e.tagName !== 'SUMMARY')).map((e, k) => e.dataset.stop = k).length"
    )
    seen = []
    for _ in range(count + 3):
        chromium.press("Tab", 9)
        seen.append(chromium.evaluate("document.activeElement.dataset.stop ?? null"))
        visible = chromium.evaluate(
            "(e => e === document.body || getComputedStyle(e).outlineStyle !== 'none')(document.activeElement)"
        )
        assert visible, "the focus is seen"
    assert count > 25
    # In the order of the page, the skip link first.
    assert [int(stop) for stop in seen[:count]] == list(range(count))


def test_skip_link_and_notes_open_by_keyboard(page: Path, chromium: browser.Browser) -> None:
    chromium.open(page, width=1280)
    chromium.press("Tab", 9)
    chromium.press("Enter", 13)
    assert chromium.evaluate("location.hash") == "#main"
    chromium.evaluate("document.querySelector('.claims summary').focus()")
    chromium.press("Enter", 13)
    assert chromium.evaluate("document.querySelector('.claims details').open") is True


SHOWN = (
    "[...document.querySelectorAll('tr.claim')].filter(e => e.checkVisibility()).map(e => e.id.replace('claim-', ''))"
)


def choose(chromium: browser.Browser, name: str, value: str) -> list[str]:
    chromium.evaluate(
        f"(() => {{ const e = document.querySelector('#filter-{name}'); e.value = '{value}';"
        " e.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    shown: list[str] = chromium.evaluate(SHOWN)
    assert chromium.evaluate("document.querySelector('#filter-status').textContent").startswith(f"{len(shown)} of ")
    return shown


@pytest.mark.parametrize("width", [400, 1280])
def test_claims_are_filtered_and_ordered(width: int, page: Path, chromium: browser.Browser) -> None:
    chromium.open(page, width=width)
    everything = choose(chromium, "text", "")
    folded = {"mayzel2024-C1.8", "mayzel2024-C1.10"}
    assert len(everything) == len(rows()) + 1 - len(folded) and not folded & set(everything)
    assert choose(chromium, "verdict", "not reproduced") == ["mayzel2024-C1.2"]
    choose(chromium, "verdict", "")
    assert choose(chromium, "study", "shen2021") == ["shen2021-C1.1"]
    choose(chromium, "study", "")
    assert choose(chromium, "text", "TOLERANCE ours") == ["mayzel2024-C1.2"]
    assert choose(chromium, "text", "nowhere") == []
    choose(chromium, "text", "")
    # What is searched for is found, folded or not.
    assert choose(chromium, "verdict", "depends") == ["mayzel2024-C1.10"]
    choose(chromium, "verdict", "")
    shown = "[...document.querySelectorAll('tr.claim')].filter(e => e.checkVisibility())"
    choose(chromium, "order", "verdict")
    found = chromium.evaluate(f"{shown}.map(e => Number(e.dataset.rank))")
    assert found == sorted(found) and len(found) == len(rows()) + 1, "nothing is folded"
    # The worst first, those without a number last.
    choose(chromium, "order", "margin")
    found = chromium.evaluate(f"{shown}.map(e => Number(e.dataset.margin ?? -1e9))")
    assert found == sorted(found, reverse=True) and found[0] > 0 and found[-1] == -1e9
    assert choose(chromium, "order", "order") == everything


def test_details_unfold(page: Path, chromium: browser.Browser) -> None:
    chromium.open(page, width=1280)
    button = "[...document.querySelectorAll('[data-group=details] .unfold')][0]"
    row = "document.getElementById('claim-mayzel2024-C1.8').checkVisibility()"
    assert chromium.evaluate(f"{button}.getAttribute('aria-expanded')") == "false"
    assert chromium.evaluate(f"{button}.getAttribute('aria-label')").startswith("Show Details of Mayzel")
    chromium.evaluate(f"{button}.focus()")
    for unfolded in (True, False):
        chromium.press("Enter", 13)
        assert chromium.evaluate(row) is unfolded
        assert chromium.evaluate(f"{button}.getAttribute('aria-expanded')") == str(unfolded).lower()
    # A link to a claim shows it.
    chromium.evaluate("location.hash = '#claim-mayzel2024-C1.10'")
    shown = "document.getElementById('claim-mayzel2024-C1.10').checkVisibility()"
    assert chromium.evaluate(f"new Promise(done => setTimeout(() => done({shown}), 200))", wait=True)


def test_without_javascript_all_is_there(page: Path, chromium: browser.Browser) -> None:
    chromium.open(page, width=1280, script=False)
    hidden = "document.querySelector('.filters').checkVisibility()"
    assert chromium.evaluate(hidden) is False
    assert len(chromium.evaluate(SHOWN)) == len(rows()) + 1
    chromium.open(page, width=1280)
    assert chromium.evaluate(hidden) is True


def ready(chromium: browser.Browser) -> None:
    waiting = "new Promise(done => { const look = () => document.documentElement.dataset.ready"
    chromium.evaluate(waiting + " ? done() : setTimeout(look, 20); look(); })", wait=True)


def drawn(chromium: browser.Browser, figure: str, panel: str) -> str:
    """Scroll to a panel and wait until it is drawn; return the JavaScript that finds its chart."""
    box = f"document.querySelector('#mayzel2024-{figure}-{panel} .chart')"
    waiting = f"new Promise(done => {{ {box}.scrollIntoView({{block: 'center'}}); const look = () => "
    chromium.evaluate(waiting + f"{box}.dataset.drawn ? done() : setTimeout(look, 20); look(); }})", wait=True)
    return box


def hover(chromium: browser.Browser, box: str) -> list[dict[str, str]]:
    """Point at each mark of a chart; return what the tooltip says of it."""
    marks = f"[...{box}.querySelectorAll('.mark-symbol')].at(-1).querySelectorAll('path')"
    centres = f"[...{marks}].map(e => e.getBoundingClientRect()).map(r => [r.x + r.width / 2, r.y + r.height / 2])"
    said = []
    for x, y in chromium.evaluate(centres):
        chromium.call("Input.dispatchMouseEvent", type="mouseMoved", x=0, y=0)
        chromium.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        rows_ = (
            "[...document.querySelectorAll('#vg-tooltip-element tr')].map(r => [...r.cells].map(c => c.textContent))"
        )
        said.append(dict(chromium.evaluate(rows_)))
    return said


def test_on_paper_it_is_light_and_captions_are_there(whole: Path, chromium: browser.Browser) -> None:
    chromium.open(whole, width=740)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    chromium.call("Emulation.setEmulatedMedia", media="print", features=dark)
    try:
        assert chromium.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert chromium.evaluate(CONTRAST) == []
        assert chromium.evaluate("document.documentElement.scrollWidth") <= 740
        shown = "[...document.querySelectorAll('.caption > :not(summary)')].map((each) => each.checkVisibility())"
        assert set(chromium.evaluate(shown)) == {True}
        assert chromium.evaluate("getComputedStyle(document.querySelector('.claims .drawn')).display") == "table-cell"
    finally:
        chromium.call("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("figure", FIVE)
def test_pointing_at_a_curve_shows_the_mean_of_the_source_data(
    figure: str, whole: Path, chromium: browser.Browser
) -> None:
    chromium.messages.clear()
    chromium.open(whole, width=1280)
    ready(chromium)
    table = pd.read_csv(whole.parent / f"figures/mayzel2024/{figure}.csv")
    for panel, count in (("D", 6), ("E", 2)):
        said = hover(chromium, drawn(chromium, figure, panel))
        assert len(said) == count
        seen = set()
        for each in said:
            its = table[(table["panel"] == panel) & (table["condition"] == each["Condition"])]
            if panel == "D":
                x = next(
                    value for name, value in each.items() if name not in ("Condition", "Mean", "Seeds", "95 % interval")
                )
                its = its[its["x"] == float(x)]
            mean = its["y"].mean()
            assert float(each["Mean"].replace("−", "-")) == pytest.approx(mean, rel=5e-5), "four digits"
            low, high = (float(end.replace("−", "-")) for end in each["95 % interval"].split(" to "))
            assert low < mean < high and (low + high) / 2 == pytest.approx(mean, abs=2e-3)
            assert each["Seeds"] == "5"
            seen.add((each["Condition"], round(mean, 6)))
        assert len(seen) == count, "each point once"
    assert not chromium.messages


def test_conditions_seeds_measures_and_the_enlarged_panel(whole: Path, chromium: browser.Browser) -> None:
    chromium.messages.clear()
    chromium.open(whole, width=1280)
    ready(chromium)
    box = drawn(chromium, "fig2", "D")
    figure = "document.querySelector('[data-figure=mayzel2024-fig2]')"

    def points() -> int:
        chromium.evaluate("new Promise(done => setTimeout(done, 400))", wait=True)
        return int(chromium.evaluate(f"{box}.querySelectorAll('.mark-symbol path').length"))

    # Each point, and the larger mark to point at.
    assert points() == 12
    chromium.evaluate(f"{figure}.querySelector('.conditions button').click()")
    assert points() == 6
    assert chromium.evaluate(f"{figure}.querySelector('.conditions button').getAttribute('aria-pressed')") == "false"
    chromium.evaluate(f"{figure}.querySelector('.conditions button').click()")
    chromium.evaluate(f"{figure}.querySelector('.seeds input').click()")
    assert points() == 12 + 30
    chromium.evaluate("document.querySelector('#mayzel2024-fig2-D .enlarge').click()")
    assert chromium.evaluate("document.querySelector('dialog').open") is True
    assert chromium.evaluate("document.querySelectorAll('dialog tbody tr').length") == 6
    chromium.press("Escape", 27)
    assert chromium.evaluate("document.querySelector('dialog').open") is False
    assert not chromium.messages


def test_filters_stand_in_the_address_and_come_back(page: Path, chromium: browser.Browser) -> None:
    chromium.open(page, width=1280)
    choose(chromium, "study", "mayzel2024")
    choose(chromium, "order", "margin")
    shown = choose(chromium, "text", "TOLERANCE ours")
    address = chromium.evaluate("location.hash")
    assert address == "#scorecard?text=TOLERANCE+ours&study=mayzel2024&order=margin" and shown == ["mayzel2024-C1.2"]
    chromium.open(page, width=1280, at=address)
    assert chromium.evaluate(SHOWN) == shown
    assert chromium.evaluate("document.querySelector('#filter-order').value") == "margin"
    chromium.open(page, width=1280, at="#scorecard?study=nowhere&order=%22")
    assert len(chromium.evaluate(SHOWN)) > 5, "what is not there is not asked for"


def test_first_screen_shows_five_papers_with_record_and_run(whole: Path, chromium: browser.Browser) -> None:
    chromium.open(whole, width=1440, height=900)
    tiles = "[...document.querySelectorAll('.tile')]"
    edges = chromium.evaluate(
        f"{tiles}.map(e => {{ const r = e.getBoundingClientRect(); return [r.top, r.bottom, r.left]; }})"
    )
    assert len(edges) == 5 and len({left for *_, left in edges}) == 5
    assert all(0 <= top < bottom <= 900 for top, bottom, _ in edges), edges
    assert len(set(chromium.evaluate(f"{tiles}.map(e => getComputedStyle(e).borderTopColor)"))) == 5
    headlines = chromium.evaluate(f"{tiles}.map(e => e.querySelectorAll('.headlines li').length)")
    assert sum(headlines) == 52
    marks = chromium.evaluate(f"{tiles}.map(e => e.querySelectorAll('.mark').length)")
    assert marks == [*(2 * each for each in headlines[:4]), headlines[4]], "four studies have a record"
    assert (
        chromium.evaluate(f"{tiles}[0].querySelector('.tally').textContent")
        == "Record14 of 14 reproduced, 0 not, 0 open"
    )


def test_every_figure_has_live_links_and_the_page_is_soon_ready(whole: Path, chromium: browser.Browser) -> None:
    assert whole.stat().st_size < 6_000_000
    chromium.open(whole, width=1440, height=900)
    ready(chromium)
    links = "[...document.querySelectorAll('[data-figure]')].map(e => e.closest('article, section'))"
    counts = chromium.evaluate(f"{links}.map(e => [...e.querySelectorAll('a[href]')].filter(a => a.href).length)")
    assert len(counts) == len(FIVE) and min(counts) >= 6, counts
    # CPU time of the page's own thread: a busy machine makes the clock say nothing of the page.
    chromium.call("Performance.enable")
    measured = {each["name"]: each["value"] for each in chromium.call("Performance.getMetrics")["metrics"]}
    assert measured["TaskDuration"] < 1.5, measured["TaskDuration"]


AXE = importlib.util.find_spec("axe_playwright_python")


@pytest.mark.skipif(AXE is None, reason="needs axe-playwright-python (make test installs it)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1440])
@pytest.mark.parametrize("name", ["index.html", "scorecard/scorecard.html"])
def test_axe_finds_nothing(name: str, width: int, scheme: str, whole: Path, chromium: browser.Browser) -> None:
    assert AXE is not None and AXE.submodule_search_locations is not None
    source = (Path(AXE.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")
    chromium.open(whole.parent / name, width=width, scheme=scheme)
    if name == "index.html":
        ready(chromium)
        drawn(chromium, "fig1", "D")
    chromium.evaluate(source + "; null")
    found = chromium.evaluate(
        "axe.run({resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))", wait=True
    )
    said = [(each["id"], each["nodes"][0]["html"][:160], len(each["nodes"])) for each in json.loads(found)]
    assert said == []
