"""What every figure program does: read its inputs, and write source data and pictures."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures.output import write_figure
from homeostat.files import load_npz
from homeostat.tables import read_table


class Given:
    """The inputs of a figure program, whose command line is ``--table FILE ... --settings JSON --output FILES``."""

    def __init__(self, description: str | None, *inputs: str) -> None:
        self.job = cli.job(description, *inputs)
        self.settings = self.job.settings

    def table(self, name: str = "table") -> pd.DataFrame:
        """Return a table."""
        return read_table(self.job.path(name))

    def data(self, name: str = "data") -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the arrays and the record of an NPZ file."""
        return load_npz(self.job.path(name))

    def write(self, frame: pd.DataFrame, figure: Figure) -> None:
        """Write source data and pictures."""
        write_figure(frame, figure, self.job.outputs)
