"""Drawings without data: the network with its two kinds of inhibition, and the way of the errors."""

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch

from homeostat.figures import style

EXCITATORY, SUBTRACTIVE, DIVISIVE, ERROR = "#D55E00", "#0072B2", "#56B4E9", "#CC79A7"


def _arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, head: str = "-|>", gap: float = 7
) -> None:
    shape = FancyArrowPatch(start, end, arrowstyle=head, color=colour, mutation_scale=8, lw=1.1, shrinkA=4, shrinkB=gap)
    ax.add_patch(shape)


def _canvas(ax: Axes) -> None:
    ax.set(xlim=(0, 10), ylim=(0, 10), aspect="equal", anchor="N")
    ax.axis("off")


def network(ax: Axes) -> None:
    """Draw one I-Norm layer: what it computes, and what its inhibition learns from."""
    _canvas(ax)
    for x in (2.0, 4.0, 6.0):
        ax.add_patch(Circle((x, 1.4), 0.4, color=style.GREY))
        ax.add_patch(Circle((x, 7.0), 0.45, color=EXCITATORY))
        _arrow(ax, (x, 1.4), (x, 7.0), EXCITATORY)
    ax.add_patch(Circle((7.6, 4.2), 0.45, color=SUBTRACTIVE))
    ax.add_patch(Circle((9.2, 4.2), 0.45, color=DIVISIVE))
    for x, colour in ((7.6, SUBTRACTIVE), (9.2, DIVISIVE)):
        _arrow(ax, (6.0, 1.4), (x, 4.2), colour)
        _arrow(ax, (x, 4.2), (6.0, 7.0), colour, "-[,widthB=0.4,lengthB=0", gap=11)
    ax.text(0.2, 1.2, "x", fontsize=9)
    ax.text(0.2, 6.8, "z", fontsize=9)
    ax.text(7.6, 3.2, "−", ha="center", color=SUBTRACTIVE, fontsize=11)
    ax.text(9.2, 3.2, "÷", ha="center", color=DIVISIVE, fontsize=11)
    ax.text(
        5.0, 9.3,
        "$z = (W_{EX}x + b - W_{EI}W_{IX}x)\\;/\\;\\sqrt{\\langle (B_{IX}x)^2\\rangle + 10^{-5}}$",
        ha="center", va="center", fontsize=7,
    )  # fmt: skip
    ax.text(5.0, 8.2, "inhibition learns locally: mean(z) → 0, var(z) → 1", ha="center", va="center", fontsize=6)
    ax.text(5.0, 0.0, "two such layers and a readout;\nthe task's error goes through $W_{EX}$ alone", ha="center",
            va="center", fontsize=6)  # fmt: skip


def error_path(ax: Axes) -> None:
    """Draw how the error g = dL/dz of a layer is changed on its way back."""
    _canvas(ax)
    for x, name in ((1.5, "x"), (5.0, "z"), (8.5, "loss")):
        ax.text(x, 7.6, name, ha="center", va="center", fontsize=9,
                bbox={"boxstyle": "circle,pad=0.35", "fc": "white", "ec": style.GREY})  # fmt: skip
    _arrow(ax, (2.3, 7.9), (4.3, 7.9), EXCITATORY)
    _arrow(ax, (5.7, 7.9), (7.5, 7.9), EXCITATORY)
    _arrow(ax, (7.5, 7.2), (5.7, 7.2), ERROR)
    _arrow(ax, (4.3, 7.2), (2.3, 7.2), ERROR)
    ax.text(3.3, 6.5, "normalized", ha="center", fontsize=6, color=ERROR)
    ax.text(6.6, 6.5, "g", ha="center", fontsize=8, color=ERROR)
    lines = (
        ("full", "(g − mean(g) − z (g·z)/n) / s"),
        ("center", "g − mean(g)"),
        ("scale", "g / s"),
        ("decorrelate", "g − z (g·z)/n"),
        ("lateral inhibition", "g − Σ ν$_i$ g$_i$"),
    )
    for index, (name, formula) in enumerate(lines):
        ax.text(0.0, 5.2 - 1.05 * index, name, fontsize=6, fontweight="bold")
        ax.text(4.2, 5.2 - 1.05 * index, formula, fontsize=6)
    ax.text(0.0, 9.3, "what inhibition makes of the error g on its way back", fontsize=6)
    ax.text(0.0, -0.6, "s: standard deviation of z over the n units;\nν: fixed, random, positive, of sum 1", fontsize=6)
