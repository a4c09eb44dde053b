"""What stands on the figures of mayzel2024: whether learning had ended, readable axes, and all that was computed."""

import numpy as np
import pandas as pd
import pytest

from homeostat.figures import style
from homeostat.recordings import LeftOut
from mayzel2024 import fig1, fig2, fig4
from mayzel2024.conditions import Condition
from mayzel2024.panels import (
    PANEL_COLUMNS,
    convergence,
    describe,
    doubts,
    draw_budgets,
    draw_curves,
    log_axis,
    moments,
    panel_rows,
    reference,
)


def fits(*outcomes: tuple[int, bool], model: str = "reshaped") -> pd.DataFrame:
    """A table of fits that differ in their seed."""
    shared = dict.fromkeys(Condition.columns(), 0) | {
        "model": model,
        "label": model,
        "log_likelihood": -1.0,
        "independent": -1.5,
        "doubt": "",
        "moment_error": 1.0,
    }
    return pd.DataFrame(
        [shared | {"seed": seed, "n_steps": steps, "converged": done} for seed, (steps, done) in enumerate(outcomes)]
    )


def test_figure_4_without_an_in_degree_that_fits_the_recording() -> None:
    shared = {"budget": 3.0, "available": 1.0, "used": 0.5, "rate": 0.1, "correlation": 0.2, "neurons": 1}
    shared |= {"data": "mine", "scale": "test", "device": "cpu"}
    kinds = [("true", 1.0), ("random", 1.0), ("full", 1.0), ("in-degree", 2.0)]
    table = pd.concat([fits((9, True)).assign(**shared, label=label, degree=degree) for label, degree in kinds])
    frame = fig4.source(table)
    assert set(frame["panel"]) == set("CDE")
    figure = fig4.draw(frame, "")
    said = [text.get_text() for ax in figure.axes for text in ax.texts]
    style.plt.close(figure)
    assert sum("not shown" in " ".join(text.split()) for text in said) == 2


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (fits((400, False), (400, False)), "learning: 400 steps, whether or not the likelihood still grew; "),
        (fits((400, False), (1600, False)), "learning: 400 to 1,600 steps, whether or not the likelihood still grew; "),
        (fits((900, True), (1200, True)), "learning: until the likelihood stopped growing; "),
        (
            fits((900, True), (1200, False)),
            "learning: until the likelihood stopped growing; 1 of 2 fits reached the step limit first; ",
        ),
        # Models that learn factors alone have a fixed number of steps by design.
        (fits((80, False), model="rp"), ""),
    ],
)
def test_a_figure_says_whether_learning_had_ended(table: pd.DataFrame, said: str) -> None:
    assert convergence(table) == said


@pytest.mark.parametrize("ends", [(0.29, 1.5), (0.17, 2.6), (0.1, 4.1), (10.0, 150.0), (0.5, 0.9)])
def test_a_logarithmic_axis_has_ticks_to_read_it_by(ends: tuple[float, float]) -> None:
    figure, ax = style.panels(1, 1)
    log_axis(ax, pd.DataFrame({"x": ends, "y": [0.0, 1.0]}))
    ticks = ax.get_xticks()
    style.plt.close(figure)
    assert len(ticks) >= 3
    assert all(0.8 * ends[0] <= tick <= 1.25 * ends[1] for tick in ticks)


SOURCE = {"seed": 0, "data": "none", "scale": "test", "device": "cpu", "doubt": ""}


def test_the_interval_of_patterns_reaches_the_most_frequent_ones() -> None:
    # Most patterns are rare: every hundredth row would leave out the last decades of the axis.
    predicted = np.concatenate([np.geomspace(1e-6, 1e-5, 990), np.geomspace(1e-4, 0.03, 10)])
    patterns = pd.DataFrame({"label": "RP", "observed": predicted, "predicted": predicted} | SOURCE)
    patterns = patterns.assign(low=predicted / 2, high=2 * predicted)
    shares = pd.DataFrame([{"label": "RP", "outside": 0.1, "n_patterns": 1000} | SOURCE])
    rows = fig1.pattern_rows(patterns, shares)
    for side in ("99 % low", "99 % high"):
        line = rows.loc[rows["condition"] == side, "y"]
        assert line.max() == predicted.max() and (line > 1e-4).sum() >= 9


@pytest.mark.parametrize("optimizers", [("",), ("", ", SGD")])
def test_figure_2_draws_every_model_of_its_source_data(optimizers: tuple[str, ...]) -> None:
    kinds = [f"{label}{how}" for how in optimizers for label in (*fig2.CURVES, "reshaped")] + ["RP"]
    budgets = [1.0, 3.0, 6.0]
    rows = [
        {"panel": panel, "condition": kind, "budget": budget, "x": budget / 5.83, "y": -20.0, "measure": measure}
        for panel, measure in (("B", "log_likelihood"), ("C", "log_likelihood"), ("E", "correlation"), ("F", "rate"))
        for kind in kinds
        for budget in (budgets if kind.removesuffix(", SGD") in fig2.CURVES else [0.5])
    ]
    frame = pd.DataFrame([row | SOURCE for row in rows])[PANEL_COLUMNS]
    figure = fig2.draw(frame, 5.0, "")
    drawn = [{line.get_label() for line in ax.lines} for ax in figure.axes[1:3]]
    style.plt.close(figure)
    assert set(kinds) <= drawn[0] and set(kinds) <= drawn[1]


@pytest.mark.parametrize(("degree", "said"), [(5.0, "all of them inputs of each projection, in place of 5"), (3.0, "")])
def test_a_figure_says_when_projections_read_fewer_neurons_than_asked_for(degree: float, said: str) -> None:
    table = fits((400, False)).assign(degree=degree, neurons=4, label="reshaped")
    table = table.assign(data="mine", scale="test", device="cpu")
    settings = {"n_train": 100, "n_test": 50}
    meta = {"settings": settings, "recording": {"units": list("abcd"), "bin_ms": 20.0, "left_out": []}}
    line = describe(table, meta)
    assert said in line and ("in place of" in line) == bool(said)
    assert "left out" not in line


def test_a_figure_names_what_was_left_out_of_its_recording() -> None:
    table = fits((400, False)).assign(degree=3.0, neurons=4, label="reshaped", data="mine", scale="test", device="cpu")
    left_out = [LeftOut("size", "Few bins."), LeftOut("time", "No unit fires in 9 bins.", "serious", "Cut them.")]
    recording = {"units": list("abcd"), "bin_ms": 20.0, "left_out": [each.record() for each in left_out]}
    line = describe(table, {"settings": {"n_train": 100, "n_test": 50}, "recording": recording})
    assert "recording: 2 things left out, assumed or in doubt, the worst: No unit fires in 9 bins" in line


def footer(table: pd.DataFrame, n_train: int, *left_out: LeftOut) -> str:
    recording = {"units": list("abcd"), "bin_ms": 20.0, "left_out": [each.record() for each in left_out]}
    return describe(table, {"settings": {"n_train": n_train, "n_test": 50}, "recording": recording})


def test_a_figure_of_a_short_recording_says_what_overfitting_costs() -> None:
    shared = {"neurons": 50, "degree": 5.0, "projections": 40, "data": "mine", "scale": "test", "device": "cpu"}
    kinds = {"rp": 40, "reshaped": 200, "pairwise": 1275}  # parameters: factors; 5 weights each; neurons and pairs
    for model, parameters in kinds.items():
        table = fits((400, False), model=model).assign(label=model, **shared)
        short = footer(table, parameters * 5, LeftOut("size", "Few bins."))
        assert f"overfitting costs up to about 0.1 nats / bin ({model})" in short
        assert "overfitting" not in footer(table, parameters * 50, LeftOut("size", "Few bins."))
        assert "overfitting" not in footer(table, parameters * 5)


@pytest.mark.parametrize(("gain", "said"), [(0.1, False), (-0.1, True)])
def test_a_figure_says_when_nothing_beats_independence(gain: float, said: bool) -> None:
    shared = {"neurons": 4, "degree": 3.0, "projections": 40, "data": "mine", "scale": "test", "device": "cpu"}
    table = fits((400, False), (400, False)).assign(label=["RP", "reshaped"], **shared)
    table["log_likelihood"] = table["independent"] + [-0.2, gain]
    sentence = "no model predicts test bins better than the independent one"
    assert (sentence in footer(table, 1000)) == said
    # A budget that is too tight for any use does not hide one that is not.
    table = table.assign(label="homeostatic", budget=[1.0, 3.0])
    table["log_likelihood"] = table["independent"] + [-6, gain]
    assert (sentence in footer(table, 1000)) == said


@pytest.mark.parametrize("falling", [False, True])
def test_no_curve_runs_behind_the_enlargement(falling: bool) -> None:
    ends = {"RP": (-2.0, -1.5), "reshaped": (-2.2, -3.5 if falling else -1.4), "backprop": (-1.9, -1.3)}
    rows = pd.DataFrame(
        [
            {"condition": name, "measure": "log_likelihood", "seed": seed, "x": x, "y": y, "doubt": ""}
            for name, values in {**ends, "independent": (-1.6, -1.6), "pairwise": (-1.5, -1.5)}.items()
            for seed in range(3)
            for x, y in zip((10, 150), values, strict=True)
        ]
    )
    figure, ax = style.panels(1, 1)
    fig1.draw_likelihood(ax, rows)
    figure.canvas.draw()
    (inset,) = ax.child_axes
    box = inset.get_window_extent()
    for line in ax.lines:
        ends_of = ax.transData.transform(line.get_xydata())
        if line.get_label() in ends:
            along = np.linspace(*ends_of, 50)
            assert not [point for point in along if box.contains(*point)], line.get_label()
    top = max(ax.transData.transform((150, value))[1] for pair in ends.values() for value in pair)
    assert top < ax.get_legend().get_window_extent().y1
    style.plt.close(figure)


def open_marks(ax: style.Axes) -> list[tuple[float, float]]:
    """Return where white marks with a coloured edge stand."""
    lines = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    return [(float(x), float(y)) for line in lines for x, y in line.get_xydata()]


@pytest.mark.parametrize("optimizer", ["", ", SGD"])
def test_points_that_rest_on_a_doubtful_fit_are_hollow_and_others_are_not(optimizer: str) -> None:
    label = f"homeostatic{optimizer}"
    table = pd.DataFrame(
        [
            SOURCE | {"label": label, "seed": seed, "projections": x, "budget": x, "log_likelihood": -20.0 - seed - x}
            for x in (10, 20, 40)
            for seed in (0, 1)
        ]
    )
    for doubtful in (False, True):
        if doubtful:
            table.loc[(table["projections"] == 20) & (table["seed"] == 1), "doubt"] = "log Z is not known"
        rows = panel_rows(table, "D", [label], x="projections", y="log_likelihood")
        figure, (first, second) = style.panels(1, 2)
        draw_curves(first, rows, [label], legend=True)
        draw_budgets(second, rows, [label], x="available")
        reference(second, rows, label) if not optimizer else None
        found = [open_marks(first), open_marks(second)]
        labels = second.get_legend_handles_labels()[1]
        style.plt.close(figure)
        assert found == [[(20.0, -40.5)] if doubtful else []] * 2
        assert ("homeostatic (doubtful)" in labels) == (doubtful and not optimizer)


def test_figure_2_compares_no_doubtful_fit_unmarked() -> None:
    rows = [
        SOURCE | {"label": label, "seed": seed, "budget": 3.0 if label != "RP" else 0.0, "available": 0.5,
                  "log_likelihood": -20.0, "doubt": doubt}
        for label, doubts_of in {"RP": ("", "a"), "homeostatic": ("b", ""), "bounded (clamp)": ("", "")}.items()
        for seed, doubt in enumerate(doubts_of)
    ]  # fmt: skip
    found = fig2.pairs(pd.DataFrame(rows)).set_index(["condition", "seed"])["doubt"]
    assert found["homeostatic", 0] == "b" and found["bounded (clamp)", 0] == ""
    assert found["homeostatic", 1] == found["bounded (clamp)", 1] == "a"


def test_the_footer_says_how_far_random_projections_are_from_their_moments() -> None:
    rp = fits((80, False), (80, False), (80, False), model="rp").assign(moment_error=[1.0, 4.0, 1.5])
    learned = fits((400, False)).assign(moment_error=9.0)
    said = "averages of RP models are 1.5 standard errors off (root mean square; median of fits, at most 4.0); "
    assert moments(pd.concat([rp, rp, learned])) == said and moments(learned) == ""
    assert moments(rp.assign(moment_error=np.nan)) == ""


def test_the_footer_counts_doubtful_fits_and_names_the_worst() -> None:
    table = fits((400, False), (400, False), (400, False))
    assert doubts(table) == ""
    table["doubt"] = ["", "moments are unmet", "log Z is not known"]
    table["moment_error"] = [0.9, 7.0, np.nan]
    twice = pd.concat([table, table.assign(label="elsewhere")])  # one fit under two names is one fit
    said = "; doubtful fits, hollow marks: 2 of 3, the worst reshaped, seed 1: moments are unmet"
    assert doubts(twice) == said
    settings = {"n_train": 100, "n_test": 50}
    table = table.assign(degree=2.0, neurons=4, label="reshaped", data="mine", scale="test", device="cpu")
    meta = {"settings": settings, "recording": {"units": list("abcd"), "bin_ms": 20.0, "left_out": []}}
    assert describe(table, meta).endswith(said)
