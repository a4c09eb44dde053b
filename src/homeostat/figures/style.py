"""The house style: print sizes, type, panel letters, the line under a figure, saving."""

import os
import sys
import textwrap
from typing import Any

import matplotlib

# Programs write files; a notebook shows what is drawn.
if "ipykernel" not in sys.modules:
    matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from homeostat.figures import fonts

GREY = "#8c8c8c"
SEQUENTIAL = "viridis"
MM = 1 / 25.4
"""A millimetre in inches, matplotlib's unit."""
WIDTH, HEIGHT = 180.0, 230.0
"""The most that a figure may measure on a page, in millimetres."""
SMALL, FOOTER, LETTER = 6.0, 5.0, 9.0
"""The smallest type on a figure and in the line under it, and panel letters, in points."""

_STYLE: dict[str, Any] = {
    "font.size": 7,
    "font.family": "sans-serif",
    # DejaVu Sans ships with matplotlib and has the signs that Arimo lacks.
    "font.sans-serif": [fonts.FAMILY, "DejaVu Sans"],
    "mathtext.fontset": "custom",
    "mathtext.rm": fonts.FAMILY,
    "mathtext.it": f"{fonts.FAMILY}:italic",
    "mathtext.bf": f"{fonts.FAMILY}:bold",
    "mathtext.bfit": f"{fonts.FAMILY}:italic",
    "mathtext.cal": fonts.FAMILY,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "axes.linewidth": 0.6,
    "axes.labelpad": 2.0,
    "axes.titlepad": 4.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "legend.fontsize": 6,
    "legend.title_fontsize": 6,
    "legend.frameon": False,
    "legend.handlelength": 2.0,
    "legend.handletextpad": 0.5,
    "legend.borderaxespad": 0.3,
    "legend.labelspacing": 0.3,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.5,
    "patch.linewidth": 0.5,
    "figure.dpi": 150,
    "savefig.dpi": 300,
    "figure.constrained_layout.w_pad": 0.03,
    "figure.constrained_layout.h_pad": 0.03,
    # Text stays text, and equal numbers give equal files.
    "pdf.fonttype": 42,
    "svg.hashsalt": "homeostat",
}
# From matplotlib's defaults, whatever the user's matplotlibrc says: text.usetex needs LaTeX, others change the picture.
matplotlib.rcdefaults()
matplotlib.rcParams.update(_STYLE)  # type: ignore[arg-type]
fonts.register()


def panels(rows: int, columns: int, *, width: float = 7.0, height: float = 4.6, **kwargs: Any) -> tuple[Figure, Any]:
    """Return a figure of ``width`` x ``height`` inches and its axes, laid out without overlaps."""
    return plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **kwargs)


def shade(index: int, count: int) -> Any:
    """Return the colour of the ``index``-th of ``count`` values in their order."""
    return matplotlib.colormaps[SEQUENTIAL](0.05 + 0.85 * index / max(1, count - 1))


def letter(ax: Axes, name: str) -> None:
    """Write the paper's panel letter to the upper left of the axes, beside what stands above them."""
    ax.annotate(
        name, (0, 1), (-12, 4), xycoords="axes fraction", textcoords="offset points", fontweight="bold",
        fontsize=LETTER, ha="right", va="baseline",
    )  # fmt: skip


def unavailable(ax: Axes, why: str) -> None:
    """Say on the panel why it shows nothing."""
    ax.text(0.5, 0.5, why, ha="center", va="center", wrap=True, fontsize=SMALL, transform=ax.transAxes)
    ax.set(xticks=[], yticks=[])


def note(figure: Figure, text: str) -> None:
    """Write what the figure was made from along its lower edge, in as many lines as its width needs."""
    lines = textwrap.wrap(text, width=int(figure.get_figwidth() * 30))
    figure.supxlabel("\n".join(lines), fontsize=FOOTER, color="#555555", x=0.01, ha="left")


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write the figure to ``path`` (PDF or PNG) without dates, so that equal figures are equal files.

    What is saved first finds the places of everything; what is saved after it has the same. That is one layout and
    one drawing per file, where ``savefig`` makes a layout and two drawings of each.
    """
    kind = os.fspath(path).rsplit(".", 1)[-1]
    figure.set_dpi(matplotlib.rcParams["savefig.dpi"])
    if kind == "pdf":
        FigureCanvasPdf(figure).print_pdf(path, metadata={"CreationDate": None})
    elif kind == "png":
        FigureCanvasAgg(figure).print_png(path)
    else:
        raise ValueError(f"{path}: figures are saved as .pdf or .png")
    figure.set_layout_engine("none")
    plt.close(figure)
