"""Figure 1: the I-Norm layer (A), and images as the networks see them without and with luminosity jitter (B)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eyono2026.conditions import STUDY
from eyono2026.panels import PANEL_COLUMNS
from eyono2026.schematics import network
from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.rows import panel_rows, where
from homeostat.figures.sheet import Sheet
from homeostat.inhibition import luminosity_jitter
from homeostat.seeds import stream

ROWS, COLUMNS = 4, 8


def presented(images: np.ndarray, epsilon: float) -> np.ndarray:
    """Return the images with one random shift each."""
    shifts = epsilon * stream(0, STUDY, "figure 1").uniform(-1.0, 1.0, (len(images), 1))
    return np.asarray(luminosity_jitter(images.astype(float), shifts))


def montage(ax: Axes, rows: pd.DataFrame, shape: tuple[int, int]) -> None:
    """Draw the images of one ε."""
    pixels = rows.sort_values("x")["y"].to_numpy().reshape(-1, *shape)
    panels.tiles(ax, pixels, COLUMNS, gap=0, cmap="gray", vmin=0.0, vmax=1.0)
    ax.set_title(rows["condition"].iloc[0])


def draw(frame: pd.DataFrame, shape: tuple[int, int], note: str) -> Figure:
    """Draw the figure from its source data."""
    layout = [["A", "B none"], ["A", "B jitter"]]
    sheet = Sheet(layout, frame, width=140, height=88, width_ratios=[1.0, 1.1])
    network(sheet["A"])
    for name, condition in zip(("B none", "B jitter"), frame["condition"].unique(), strict=True):
        sheet.draw(name, montage, shape, rows=where(frame, condition=condition))
    for name in sheet:
        sheet[name].set_anchor("N")
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "data")
    (arrays, meta), scale = given.data(), given.settings["scale"]
    images = arrays["train"][: ROWS * COLUMNS]
    source: dict[str, Any] = {"data": meta["settings"]["images"]["name"], "scale": scale, "device": "cpu"}
    count, pixels = images.shape
    # Pixels of one image after those of the other: images are not replicates.
    shared = pd.DataFrame({"x": np.arange(count * pixels)})
    source |= {"seed": 0, "network": pd.NA, "measure": "intensity"}
    frame = pd.concat(
        panel_rows(shared, "B", PANEL_COLUMNS, condition=f"ε = {epsilon:g}", y=intensities, **source)
        for epsilon in (0.0, given.settings["epsilon"])
        for intensities in (presented(images, epsilon).ravel().round(4),)
    )
    note = (
        f"data: {source['data']}, {count} of {meta['settings']['sizes']['train']:,} training images; "
        f"one shift drawn from [−ε, ε] is added to all pixels of an image, cut to [0, 1]; scale: {scale}"
    )
    given.write(frame, draw(frame, tuple(meta["settings"]["images"]["shape"]), note))


if __name__ == "__main__":
    cli.run(main)
