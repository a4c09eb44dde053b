"""Schematics of the models, drawn by code."""

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch

from homeostat.figures import style


def circuits(ax: Axes) -> None:
    """Draw panel 1B: which parts of the circuit the RP, reshaped and backpropagation models learn."""
    ax.set(xlim=(0, 12), ylim=(-0.9, 6.2), aspect="equal", adjustable="datalim")
    ax.axis("off")
    kinds = (("RP", False, True), ("reshaped", True, False), ("backprop", True, True))
    wiring = ((0, 0), (1, 0), (1, 1), (2, 1), (3, 1), (0, 2), (3, 2), (2, 2))
    for index, (name, learns_weights, learns_factors) in enumerate(kinds):
        left = 4 * index + 0.4
        learned, fixed = style.COLOURS[name], style.GREY
        neurons = [(left + 0.95 * j, 0.3) for j in range(4)]
        units = [(left + 0.47 + 0.95 * k, 2.5) for k in range(3)]
        top = (left + 1.42, 4.5)
        for j, k in wiring:
            colour = learned if learns_weights else fixed
            ax.plot(
                *zip(neurons[j], units[k], strict=True),
                color=colour,
                lw=1.6 if learns_weights else 0.8,
                zorder=1,
            )
        for unit in units:
            colour = learned if learns_factors else fixed
            ax.plot(*zip(unit, top, strict=True), color=colour, lw=1.6 if learns_factors else 0.8, zorder=1)
        for j, (x, y) in enumerate(neurons):
            ax.add_patch(Circle((x, y), 0.27, fc="white", ec="black", lw=0.8, zorder=2))
            ax.text(x, y - 0.85, f"$x_{j + 1}$", ha="center", va="center", fontsize=7)
        for x, y in units:
            ax.add_patch(
                FancyBboxPatch(
                    (x - 0.2, y - 0.2),
                    0.4,
                    0.4,
                    boxstyle="round,pad=0.07",
                    fc="white",
                    ec="black",
                    lw=0.8,
                    zorder=2,
                )
            )
        ax.add_patch(Circle(top, 0.3, fc="white", ec="black", lw=0.8, zorder=2))
        ax.text(*top, "Σ", ha="center", va="center", fontsize=7, zorder=3)
        ax.text(left + 1.42, 5.45, name, ha="center", fontsize=8, color=learned, fontweight="bold")
        ax.text(left - 0.28, 1.4, "$a$", fontsize=8, ha="center", color=learned if learns_weights else fixed)
        ax.text(left + 0.35, 3.6, "$λ$", fontsize=8, ha="center", color=learned if learns_factors else fixed)
