"""The files of a figure: its pictures, and the table that they were drawn from."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from homeostat.figures import style
from homeostat.files import atomic_path


def write_figure(frame: pd.DataFrame, figure: Figure, outputs: Sequence[Path]) -> None:
    """Write source data (CSV, to eight digits) and pictures (PDF, PNG), each by its suffix, atomically."""
    for path in outputs:
        with atomic_path(path) as temporary:
            if path.suffix == ".csv":
                frame.to_csv(temporary, index=False, float_format="%.8g")
            else:
                style.save(figure, temporary)
