"""The panel kit: letters, sizes and type of a sheet, colours of conditions, and what curves and bars show."""

import importlib

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from homeostat.figures import panels, style
from homeostat.figures.palette import MARKS, SPARE, Palette
from homeostat.figures.sheet import Sheet

ROWS = pd.DataFrame(
    [
        {"panel": "A", "condition": "RP", "seed": seed, "x": x, "y": 10.0 * x + seed, "doubt": doubt}
        for x, doubt in ((1.0, ""), (2.0, "no"), (4.0, ""))
        for seed in (0, 2)
    ]
)
STUDIES = {
    name: importlib.import_module(f"{name}.colours").COLOURS
    for name in ("mayzel2024", "shen2021", "keck2012", "eyono2026", "krishna2024")
}
# Other names of one thing.
SAME = [{"reshaped", "unconstrained"}, {"homeostatic", "input", "random"}, {"EM", "EM, input"}]


def test_letters_stand_once_and_in_order_at_a_panels_first_axes() -> None:
    sheet = Sheet([["A", "A more", "B"], ["C 1", "C 2", "C 2"]], ROWS, height=60)
    figure = sheet.finish("made of nothing")
    found = [[t.get_text() for t in ax.texts if t.get_fontweight() == "bold"] for ax in sheet.axes.values()]
    style.plt.close(figure)
    assert found == [["A"], [], ["B"], ["C"], []]
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= style.FOOTER and sum(size < style.SMALL for size in sizes) == 1  # the footer's


@pytest.mark.parametrize("size", [{"height": 231}, {"height": 50, "width": 181}])
def test_a_figure_larger_than_a_page_is_refused(size: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="may measure 180 x 230 mm"):
        Sheet("A", ROWS, **size)


def test_a_panel_without_finite_numbers_says_so() -> None:
    sheet = Sheet("AB", ROWS.assign(y=np.nan), height=50, why="not shown: too small")
    for name in "AB":  # numbers that are not finite, and no rows at all
        sheet.draw(name, lambda *_: pytest.fail("drawn"))
    style.plt.close(sheet.figure)
    assert {text.get_text() for ax in sheet.axes.values() for text in ax.texts} == {"not shown: too small"}


@pytest.mark.parametrize("bars", [False, True])
def test_a_curve_is_the_mean_with_its_standard_error_on_any_axis(bars: bool) -> None:
    figure, ax = style.panels(1, 1)
    ax.set(xlabel="size")
    panels.curve(ax, ROWS, colour="red", label="RP", bars=bars)
    line, hollow = (line for line in ax.lines if len(line.get_xdata()) in (1, 3) and line.get_marker() == "o")
    style.plt.close(figure)
    assert line.get_label() == "RP" and (ax.get_xlabel(), ax.get_ylabel()) == ("size", "")
    np.testing.assert_allclose(line.get_xydata(), [[1, 11], [2, 21], [4, 41]])
    assert hollow.get_xydata().tolist() == [[2, 21]] and hollow.get_markerfacecolor() == "white"
    drawn = ax.collections[0]
    ends = np.concatenate([path.vertices for path in drawn.get_paths()])[:, 1]
    assert ends.min() == pytest.approx(10.0) and ends.max() == pytest.approx(42.0)  # SE of {0, 2} is 1


def test_points_of_a_curve_stand_at_the_mean_of_what_was_measured() -> None:
    rows = ROWS.assign(budget=ROWS["x"], x=ROWS["x"] + ROWS["seed"])
    figure, ax = style.panels(1, 1)
    panels.curve(ax, rows.drop(columns="doubt"), colour="red", by="budget")
    style.plt.close(figure)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[2, 11], [3, 21], [5, 41]])


def test_pictures_stand_side_by_side() -> None:
    figure, ax = style.panels(1, 1)
    shown = panels.tiles(ax, np.arange(3)[:, None, None] * np.ones((2, 2)), 2)
    style.plt.close(figure)
    sheet = np.ma.filled(shown.get_array(), np.nan)
    assert sheet.shape == (5, 5) and np.isnan(sheet[2]).all() and np.isnan(sheet[:, 2]).all()
    assert [sheet[0, 0], sheet[0, 3], sheet[3, 0]] == [0, 1, 2] and np.isnan(sheet[3, 3])


def test_a_condition_without_a_colour_gets_one_that_no_other_has() -> None:
    colours = Palette({"RP": SPARE[0]})
    chosen = [colours[f"mine {k}"] for k in range(len(SPARE) - 1)]
    assert len({*chosen, SPARE[0]}) == len(SPARE) and colours["mine 3"] == chosen[3]


@pytest.mark.parametrize("study", STUDIES)
def test_a_colour_has_one_meaning_in_a_study(study: str) -> None:
    for labels in STUDIES[study].sharing().values():
        assert set(labels) in SAME, labels


def test_many_points_are_drawn_as_a_density_that_holds_them_all() -> None:
    x, y = np.random.default_rng(0).uniform(0.0, 180.0, (2, 15_000))
    figure, axes = style.plt.subplots(1, 2)
    for ax, count in zip(axes, (2000, 15_000), strict=True):
        panels.diagonal(ax, (0, 180))
        panels.cloud(ax, x[:count], y[:count], colour="C0")
    assert [len(ax.lines) for ax in axes] == [2, 1]
    (density,) = axes[1].collections
    assert density.get_array().sum() == 15_000
    style.plt.close(figure)


@pytest.mark.parametrize("study", STUDIES)
def test_what_differs_in_colour_differs_in_its_marker(study: str) -> None:
    colours = STUDIES[study]
    marks = {colour.lower(): colours.mark(label) for label, colour in colours.items()}
    assert len(set(marks.values())) == min(len(marks), len(MARKS))
