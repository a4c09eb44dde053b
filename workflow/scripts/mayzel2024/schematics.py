"""Schematics of the models, drawn by code."""

from matplotlib.axes import Axes
from matplotlib.patches import Arc, Circle, FancyBboxPatch

from homeostat.figures import style
from mayzel2024.colours import COLOURS


def circuits(ax: Axes) -> None:
    """Draw panel 1B: which parts of the circuit the RP, reshaped and backpropagation models learn."""
    ax.set(xlim=(0, 12), ylim=(-0.9, 6.2), aspect="equal", anchor="N")
    ax.axis("off")
    kinds = (("RP", False, True), ("reshaped", True, False), ("backprop", True, True))
    wiring = ((0, 0), (1, 0), (1, 1), (2, 1), (3, 1), (0, 2), (3, 2), (2, 2))
    for index, (name, learns_weights, learns_factors) in enumerate(kinds):
        left = 4 * index + 0.4
        learned, fixed = COLOURS[name], style.GREY
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


def _blank(ax: Axes, width: float, height: float) -> None:
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal", anchor="N")
    ax.axis("off")


def _network(
    ax: Axes,
    left: float,
    bottom: float,
    wiring: tuple[tuple[int, int], ...],
    colours: dict[tuple[int, int], str],
    base: str,
) -> None:
    """Draw four neurons below three projections, with the connections ``wiring`` (neuron, projection)."""
    neurons = [(left + 0.8 * j, bottom) for j in range(4)]
    units = [(left + 0.4 + 0.8 * k, bottom + 1.9) for k in range(3)]
    for j, k in wiring:
        colour = colours.get((j, k), base)
        ax.plot(*zip(neurons[j], units[k], strict=True), color=colour, lw=2.0 if (j, k) in colours else 0.8, zorder=1)
    for x, y in neurons:
        ax.add_patch(Circle((x, y), 0.22, fc="white", ec="black", lw=0.8, zorder=2))
    for x, y in units:
        ax.add_patch(
            FancyBboxPatch(
                (x - 0.16, y - 0.16), 0.32, 0.32, boxstyle="round,pad=0.06", fc="white", ec="black", lw=0.8, zorder=2
            )
        )


_WIRING = ((0, 0), (1, 0), (1, 1), (2, 1), (3, 1), (0, 2), (3, 2), (2, 2))
_RANDOM = ((0, 1), (2, 0), (3, 0), (1, 2), (2, 2), (3, 1), (0, 0))
_FULL = tuple((j, k) for j in range(4) for k in range(3))


def constraints(ax: Axes) -> None:
    """Draw panel 2A: bounded synapses each have a limit, homeostatic ones share a budget."""
    _blank(ax, 8.0, 5.8)
    texts = (
        ("bounded (clamp)", "bounded", "$|a_{ij}| \\leq ω$\n(each synapse)"),
        ("homeostatic", "homeostatic", "$\\sum_j |a_{ij}| = φ$\n(each projection)"),
    )
    for index, (key, name, formula) in enumerate(texts):
        left = 0.6 + 4.2 * index
        chosen = {(j, k): COLOURS[key] for j, k in _WIRING if k == 1}
        _network(ax, left, 1.2, _WIRING, chosen, style.GREY)
        ax.text(left + 1.2, 5.4, name, ha="center", fontweight="bold", color=COLOURS[key], fontsize=8)
        ax.text(left + 1.2, 4.35, formula, ha="center", va="center", fontsize=7)


def teacher(ax: Axes) -> None:
    """Draw panel 4A: recording, teacher, synthetic patterns, student."""
    _blank(ax, 19.4, 3.0)
    steps = (("recording", 1.8), ("RP\nteacher", 7.1), ("synthetic\npatterns", 12.4), ("homeostatic\nstudent", 17.7))
    for text, x in steps:
        ax.add_patch(
            FancyBboxPatch((x - 1.6, 0.5), 3.2, 1.6, boxstyle="round,pad=0.05", fc="white", ec="black", lw=0.8)
        )
        ax.text(x, 1.3, text, ha="center", va="center", fontsize=style.SMALL)
    for (_, x), name in zip(steps[:-1], ("fit", "sample", "fit"), strict=True):
        ax.annotate("", (x + 3.6, 1.3), (x + 1.7, 1.3), arrowprops={"arrowstyle": "->", "lw": 0.8})
        ax.text(x + 2.65, 1.6, name, ha="center", fontsize=style.SMALL)


def students(ax: Axes) -> None:
    """Draw panel 4B: students with the teacher's, random and full connectivity."""
    _blank(ax, 11.0, 4.4)
    for index, (name, wiring) in enumerate((("true", _WIRING), ("random", _RANDOM), ("full", _FULL))):
        left = 0.6 + 3.6 * index
        _network(ax, left, 0.8, wiring, {}, COLOURS[name])
        ax.text(left + 1.2, 3.5, name, ha="center", fontweight="bold", color=COLOURS[name], fontsize=8)


def normalizations(ax: Axes) -> None:
    """Draw panel 5A: whose synapses share a budget."""
    _blank(ax, 11.0, 5.6)
    chosen = {
        "input": [(j, k) for j, k in _WIRING if k == 1],
        "output": [(j, k) for j, k in _WIRING if j == 0],
        "circuit": list(_WIRING),
    }
    formulas = {
        "input": "$\\sum_j |a_{ij}| = φ$",
        "output": "$\\sum_i |a_{ij}| = φ K / n$",
        "circuit": "$\\sum_{ij} |a_{ij}| = φ K$",
    }
    for index, (name, synapses) in enumerate(chosen.items()):
        left = 0.6 + 3.6 * index
        _network(ax, left, 1.0, _WIRING, dict.fromkeys(synapses, COLOURS[name]), style.GREY)
        ax.text(left + 1.2, 5.0, name, ha="center", fontweight="bold", color=COLOURS[name], fontsize=8)
        ax.text(left + 1.2, 4.2, formulas[name], ha="center", fontsize=style.SMALL)


def rotation(ax: Axes) -> None:
    """Draw panel 5C: the angle between a projection before and after learning."""
    _blank(ax, 6.0, 5.6)
    start = (0.8, 1.2)
    arrows = (
        ((5.2, 2.3), (3.6, 0.9), "initial $a_i^0$", style.GREY),
        ((2.5, 5.0), (3.0, 5.2), "learned $a_i$", COLOURS["reshaped"]),
    )
    for end, at, name, colour in arrows:
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "lw": 1.6, "color": colour})
        ax.text(*at, name, color=colour, fontsize=7, ha="center")
    ax.add_patch(Arc(start, 3.6, 3.6, theta1=14, theta2=66, lw=0.8))
    ax.text(2.5, 2.5, "$α_i$", fontsize=7)
