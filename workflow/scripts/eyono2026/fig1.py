"""Figure 1: the I-Norm layer (A), and images as the networks see them without and with luminosity jitter (B)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eyono2026.conditions import STUDY
from eyono2026.panels import PANEL_COLUMNS
from eyono2026.schematics import network
from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from homeostat.files import load_npz
from homeostat.inhibition import luminosity_jitter
from homeostat.seeds import stream

ROWS, COLUMNS = 4, 8


def presented(images: np.ndarray, epsilon: float) -> np.ndarray:
    """Return the images with one random shift each."""
    shifts = epsilon * stream(0, STUDY, "figure 1").uniform(-1.0, 1.0, (len(images), 1))
    return np.asarray(luminosity_jitter(images.astype(float), shifts))


def montage(ax: Axes, rows: pd.DataFrame, shape: tuple[int, int]) -> None:
    """Draw the images of one ε."""
    pixels = rows.sort_values("x")["y"].to_numpy().reshape(ROWS, COLUMNS, *shape)
    ax.imshow(pixels.transpose(0, 2, 1, 3).reshape(ROWS * shape[0], -1), cmap="gray", vmin=0.0, vmax=1.0)
    ax.set(xticks=[], yticks=[], xlabel=rows["condition"].iloc[0])


def draw(frame: pd.DataFrame, shape: tuple[int, int], note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic([["A", "B", "C"]], width=10.0, height=3.4, width_ratios=[1.0, 1.25, 1.25])
    network(axes["A"])
    for ax, (_, rows) in zip((axes["B"], axes["C"]), frame.groupby("condition", sort=False), strict=False):
        montage(ax, rows, shape)
    for ax in axes.values():
        ax.set_anchor("N")
    style.letter(axes["A"], "A")
    style.letter(axes["B"], "B")
    style.note(figure, note)
    return figure


def main() -> None:
    job = cli.job(__doc__, "data")
    scale = job.settings["scale"]
    arrays, meta = load_npz(job.path("data"))
    images = arrays["train"][: ROWS * COLUMNS]
    source = {"data": meta["settings"]["images"]["name"], "scale": scale, "device": "cpu"}
    count, pixels = images.shape
    frame = pd.concat(
        [
            pd.DataFrame(
                {
                    "panel": "B",
                    "condition": f"ε = {epsilon:g}",
                    "seed": 0,
                    "network": pd.NA,
                    # Pixels of one image after those of the other: images are no replicates.
                    "x": np.arange(count * pixels),
                    "y": presented(images, epsilon).ravel().round(4),
                    "measure": "intensity",
                    **source,
                }
            )
            for epsilon in (0.0, job.settings["epsilon"])
        ]
    )[PANEL_COLUMNS]
    note = (
        f"data: {source['data']}, {count} of {meta['settings']['sizes']['train']:,} training images; "
        f"one shift drawn from [−ε, ε] is added to all pixels of an image, cut to [0, 1]; scale: {scale}"
    )
    write_figure(frame, draw(frame, tuple(meta["settings"]["images"]["shape"]), note), job.outputs)


if __name__ == "__main__":
    cli.run(main)
