"""What stands on the figures of mayzel2024: whether learning had ended, readable axes, and all that was computed."""

import numpy as np
import pandas as pd
import pytest

from homeostat.figures import style
from homeostat.recordings import LeftOut
from mayzel2024 import fig1, fig2
from mayzel2024.conditions import Condition
from mayzel2024.panels import PANEL_COLUMNS, convergence, describe, log_axis


def fits(*outcomes: tuple[int, bool], model: str = "reshaped") -> pd.DataFrame:
    """A table of fits that differ in their seed."""
    shared = dict.fromkeys(Condition.__dataclass_fields__, 0) | {"model": model}
    return pd.DataFrame(
        [shared | {"seed": seed, "steps": steps, "converged": done} for seed, (steps, done) in enumerate(outcomes)]
    )


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


SOURCE = {"seed": 0, "data": "none", "scale": "test", "device": "cpu"}


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
    drawn = [{container.get_label() for container in ax.containers} for ax in figure.axes if ax.containers]
    style.plt.close(figure)
    assert drawn[0] == drawn[1] == set(kinds)


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


@pytest.mark.parametrize("falling", [False, True])
def test_no_curve_runs_behind_the_enlargement(falling: bool) -> None:
    ends = {"RP": (-2.0, -1.5), "reshaped": (-2.2, -3.5 if falling else -1.4), "backprop": (-1.9, -1.3)}
    rows = pd.DataFrame(
        [
            {"condition": name, "measure": "log_likelihood", "seed": seed, "x": x, "y": y}
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
