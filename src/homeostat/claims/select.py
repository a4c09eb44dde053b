"""From tidy rows of a figure to the terms of a claim: one set of curves per seed."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pandas as pd

from homeostat.claims.curves import Array, Curve, Curves, points
from homeostat.errors import DataError, nearest

COLUMNS = ("panel", "condition", "seed", "x", "y", "measure", "data", "scale", "device")


class Tables:
    """The source data of a study's figures, read when first asked for.

    Parameters
    ----------
    paths
        CSV files, each called like its figure up to the first dot; they need not exist.
    """

    def __init__(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        self._paths = {Path(path).name.partition(".")[0]: Path(path) for path in paths}
        self._rows: dict[str, pd.DataFrame] = {}

    def __getitem__(self, figure: str) -> pd.DataFrame:
        """Return the rows of a figure.

        Raises
        ------
        DataError
            There is no such file, or it is not a table of source data.
        """
        if figure not in self._rows:
            if figure not in self._paths:
                raise DataError(f"there is no figure {figure!r}{nearest(figure, self._paths)}")
            self._rows[figure] = read_rows(self._paths[figure])
        return self._rows[figure]


def read_rows(path: Path) -> pd.DataFrame:
    """Return the rows of one figure's CSV, text as text, and x and y as numbers (NaN where they are none)."""
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise DataError(f"{path.name} is not there") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} is not a table ({error})") from None
    absent = [name for name in COLUMNS if name not in rows]
    if absent:
        raise DataError(f"{path.name} lacks the column {absent[0]!r}")
    for name in ("seed", "x", "y"):
        rows[name] = pd.to_numeric(rows[name], errors="coerce")
    if rows["seed"].isna().any():
        raise DataError(f"{path.name} has a row without a seed")
    rows["y"] = rows["y"].where(rows["x"].notna())
    return rows.astype({"seed": int})


@dataclass(frozen=True)
class Selection:
    """Which rows of which figure make a term.

    Attributes
    ----------
    figure, panel, measure
        As in the table; ``measure`` may be None where the panel has only one.
    condition
        One or more conditions, in this order; ``*`` stands for any text, in the table's order. None takes all.
    x
        The ends of the range on x, both included.
    read_at
        Read each curve at these x, by linear interpolation between its points, NaN beyond them.
    """

    figure: str
    panel: str
    measure: str | None = None
    condition: tuple[str, ...] | None = None
    x: tuple[float, float] = (-np.inf, np.inf)
    read_at: tuple[float, ...] | None = None

    def rows(self, tables: Tables) -> pd.DataFrame:
        """Return the chosen rows.

        Raises
        ------
        DataError
            Nothing fits; what the table has instead is named.
        """
        where = self.figure
        rows = tables[self.figure]
        for field in fields(self)[1:3]:
            wanted = getattr(self, field.name)
            known = list(rows[field.name].unique())
            if wanted is None and len(known) > 1:
                raise DataError(f"{where}: name a {field.name}. There are {_listed(known)}.")
            if wanted is not None:
                if wanted not in known:
                    raise DataError(_unknown(where, field.name, wanted, known))
                rows = rows[rows[field.name] == wanted]
            where += f" {wanted}" if field.name == "panel" else ""
        rows = rows[rows["condition"].isin(self._conditions(rows, where))]
        # A point without an x stays, and leaves its seed without a number.
        chosen = rows[rows["x"].between(*self.x) | rows["x"].isna()]
        if chosen.empty:
            raise DataError(f"{where}: no x from {self.x[0]:g} to {self.x[1]:g}. There are {_points(rows['x'])}.")
        return chosen

    def _conditions(self, rows: pd.DataFrame, where: str) -> list[str]:
        known = list(rows["condition"].unique())
        if self.condition is None:
            return known
        found: list[str] = []
        for wanted in self.condition:
            # Only * is special: the names of conditions may hold any other character.
            pattern = "*".join(part.replace("[", "[[]").replace("?", "[?]") for part in wanted.split("*"))
            fitting = [name for name in known if fnmatchcase(name, pattern)]
            if not fitting:
                raise DataError(_unknown(where, "condition", wanted, known))
            found += [name for name in fitting if name not in found]
        return found

    def curves(self, rows: pd.DataFrame) -> dict[int, Curves]:
        """Return the curves of each seed that has all conditions, from what :meth:`rows` returned."""
        names = self._conditions(rows, self.figure)
        x, y = rows["x"].to_numpy(np.float64), rows["y"].to_numpy(np.float64)
        places = rows.groupby(["seed", "condition"]).indices
        found = {}
        for seed in np.unique(rows["seed"]):
            of_each = [places.get((seed, name)) for name in names]
            if all(index is not None for index in of_each):
                pairs = zip(names, of_each, strict=True)
                found[int(seed)] = Curves(tuple(self._curve(name, x[index], y[index]) for name, index in pairs))
        return found

    def _curve(self, name: str, x: Array, y: Array) -> Curve:
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
        if self.read_at is None:
            return Curve(name, y, x)
        if len(np.unique(x)) < len(x):
            raise DataError(f"{self.figure} {self.panel}: {name!r} has two values at one x and cannot be read between")
        grid: Array = np.array(self.read_at, dtype=np.float64)
        known = np.isfinite(x).all()
        return Curve(name, np.interp(grid, x, y, left=np.nan, right=np.nan) if known else grid * np.nan, grid)


def _unknown(where: str, what: str, wanted: str, known: Sequence[str]) -> str:
    return f"{where}: there is no {what} {wanted!r}{nearest(wanted, known) or '.'} There are {_listed(known)}."


def _listed(known: Sequence[str]) -> str:
    return ", ".join(map(repr, known))


def _points(x: pd.Series) -> str:
    return points(np.unique(x.to_numpy(np.float64)))
