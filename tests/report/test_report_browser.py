"""The report page in a headless Chromium: no errors, no network, readable when narrow, in the dark and by keyboard."""

from collections.abc import Iterator
from pathlib import Path

import browser
import pytest
from report_examples import FIGURES, REAL, SCALES, config, files, row, rows, run, write_results

from report.render import render

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
    folder = tmp_path_factory.mktemp("page")
    long = row(9, claim="word " * 80 + "Donaudampfschifffahrtsgesellschaftskapitän" * 3, unit="share of " * 9)
    with pytest.MonkeyPatch.context() as patch:
        write_results(folder, rows=rows())
        patch.chdir(folder)
        settings = config(recording="a/very/long/path/" * 6 + "<script>console.log('run')</script>.nwb")
        made = render(
            settings,
            FIGURES,
            REAL,
            [*rows(), long],
            files(),
            run(),
            plot=Path("results/scorecard/scorecard.png"),
            scales=SCALES,
        )
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
    assert chromium.evaluate("[...document.images].filter(i => !i.complete || !i.naturalWidth).length") == 0
    assert chromium.evaluate("document.images.length") == (3 if name == "index.html" else 0)
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
    headlines = "document.querySelectorAll('[data-study=mayzel2024][data-group=headlines] tr.claim')"
    ranks = f"[...{headlines}].map(e => Number(e.dataset.{{}}))"
    for order, key in (("verdict", "rank"), ("margin", "margin")):
        choose(chromium, "order", order)
        found = chromium.evaluate(ranks.format(key))
        assert found == sorted(found)
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
