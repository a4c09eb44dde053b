"""What stands on the figures of mayzel2024: whether learning had ended, and axes that can be read."""

import pandas as pd
import pytest

from homeostat.figures import style
from mayzel2024.conditions import Condition
from mayzel2024.panels import convergence, log_axis


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
