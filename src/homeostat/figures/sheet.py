"""A figure as a page has it: axes by name, each panel's letter once, the line below, sizes in millimetres."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat.figures import style
from homeostat.figures.rows import where


class Sheet:
    """A figure that is drawn from its source data.

    Parameters
    ----------
    layout
        Names of axes, as :func:`matplotlib.pyplot.subplot_mosaic` takes them. The first word of a name is its panel:
        the letter stands at the panel's first axes.
    frame
        Source data, with a column ``panel``.
    width, height
        In millimetres.
    why
        What stands on a panel that has no finite number.

    Raises
    ------
    ValueError
        The figure is larger than a page.
    """

    def __init__(
        self, layout: Any, frame: pd.DataFrame, *, height: float, width: float = style.WIDTH,
        why: str = "not shown: there is no finite number", **kwargs: Any,
    ) -> None:  # fmt: skip
        if width > style.WIDTH or height > style.HEIGHT:
            raise ValueError(f"a figure may measure {style.WIDTH:g} x {style.HEIGHT:g} mm, not {width:g} x {height:g}")
        size = width * style.MM, height * style.MM
        self.figure, self.axes = style.plt.subplot_mosaic(layout, figsize=size, layout="constrained", **kwargs)
        self.frame, self.why = frame, why

    def __getitem__(self, name: str) -> Axes:
        """Return axes by name."""
        return self.axes[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the axes, from left to right and from top to bottom."""
        return iter(self.axes)

    def rows(self, name: str, **wanted: Any) -> pd.DataFrame:
        """Return the source data of the panel that axes belong to."""
        return where(self.frame, panel=name.split()[0], **wanted)

    def draw(
        self, name: str, function: Callable[..., Any], *args: Any, rows: pd.DataFrame | None = None, **kwargs: Any
    ) -> None:
        """Call ``function(axes, rows, ...)`` with the panel's rows, or say on the axes why it shows nothing."""
        rows = self.rows(name) if rows is None else rows
        if len(rows) and np.isfinite(rows["y"].astype(float)).any():
            function(self.axes[name], rows, *args, **kwargs)
        else:
            style.unavailable(self.axes[name], self.why)

    def finish(self, note: str) -> Figure:
        """Write letters and the line below; return the figure."""
        seen = set()
        for name, ax in self.axes.items():
            panel = name.split()[0]
            if panel not in seen:
                style.letter(ax, panel)
                seen.add(panel)
        style.note(self.figure, note)
        return self.figure
