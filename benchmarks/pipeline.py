"""The hot paths that all studies share (``cases``): drawing a figure, planning the run, starting a program."""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import timing

from homeostat.figures import panels as kit
from homeostat.figures import style
from homeostat.figures.output import write_figure

ROOT = Path(__file__).resolve().parents[1]
# Programs of the default run, by how often they run: what a job of each kind imports.
PROGRAMS = {
    "mayzel2024.fit": "fit (numba)",
    "mayzel2024.table": "table",
    "mayzel2024.fig2": "figure",
    "eyono2026.train": "training (torch)",
}
LIBRARIES = "import matplotlib.pyplot, numba, pandas, scipy.stats, sklearn.base, torch"


def panels():
    """Return a figure of 16 panels with curves, maps and colour bars, and the table of its numbers."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": np.tile(np.arange(200), 16), "y": rng.normal(size=3200).cumsum()})
    figure, axes = style.panels(4, 4, width=10.0, height=9.0)
    for index, ax in enumerate(axes.flat):
        if index % 4 == 3:
            drawn = ax.pcolormesh(rng.random((36, 36)), rasterized=True)
            figure.colorbar(drawn, ax=ax, label="density")
        else:
            y = frame["y"].to_numpy()[200 * index : 200 * index + 200]
            rows = pd.DataFrame({"x": np.tile(np.arange(200), 3), "y": np.concatenate([y, y + 1, y + 3])})
            kit.curve(ax, rows, label="curve", colour="#D55E00")
            ax.legend()
        ax.set(xlabel="x (m)", ylabel="y (m)")
        style.letter(ax, chr(97 + index))
    style.note(figure, "data: drawn; scale: benchmark; device: cpu")
    return frame, figure


def draw_ours(folder):
    """Write the three files of a figure as every figure of this project is written."""
    frame, figure = panels()
    write_figure(frame, figure, [folder / f"ours.{kind}" for kind in ("pdf", "png", "csv")])


def draw_plain(folder):
    """Write them as matplotlib's and pandas' documentation has it."""
    frame, figure = panels()
    figure.savefig(folder / "plain.pdf")
    figure.savefig(folder / "plain.png")
    frame.to_csv(folder / "plain.csv", index=False, float_format="%.8g")
    plt.close(figure)


def python(*arguments, folder=ROOT):
    """Run Python with some arguments."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'workflow' / 'scripts'}"}
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True)


def plan(folder):
    """Let Snakemake find out what the default run has to do."""
    python("-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--dry-run", "--quiet", "all", folder=folder)


def cases():
    """Yield the hot paths."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield timing.Case(
            "figure", "16 panels, PDF, PNG, CSV", "figure", partial(draw_ours, folder), partial(draw_plain, folder)
        )
        yield timing.Case(
            "planning the run",
            "default, all five studies",
            "plan",
            partial(plan, folder),
            floor=partial(python, "-c", "import snakemake.cli"),
        )
    for program, kind in PROGRAMS.items():
        yield timing.Case(
            f"start of a {kind}",
            f"{program}; plain: all libraries",
            "start",
            partial(python, "-c", f"import {program}"),
            partial(python, "-c", LIBRARIES),
            floor=partial(python, "-c", "import numpy"),
        )
