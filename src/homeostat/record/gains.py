"""Gains of record: how much better each model is than another one of the same seed, by recording and over all.

``record/STUDY/recordings/gains.json`` has a row for each condition and budget of one panel.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from homeostat.claims.intervals import FEWEST, mean_interval, standard_error
from homeostat.claims.pool import pool
from homeostat.errors import DataError
from homeostat.record.markdown import table_row
from homeostat.record.read import lines

FILE = "gains.json"
# The figure, panel and measure that are compared, and the condition that all others are compared with, by study.
OVER = {"mayzel2024": ("fig2", "B", "log_likelihood", "RP")}
_UNIT = "nats / bin"


@dataclass(frozen=True)
class Gain:
    """The gain of one condition at one budget.

    Attributes
    ----------
    condition, budget
        What is compared; the budget is 0 where there is none.
    recordings
        For each recording the mean over seeds of the paired difference, and the ends of its interval.
    pooled
        The same over recordings, by a random-effects model; empty for a single recording.
    fewer
        The number of seeds of each recording of which a doubtful fit was left out.
    """

    condition: str
    budget: float
    recordings: Mapping[str, Sequence[float]]
    pooled: Sequence[float] = ()
    fewer: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The condition with its budget."""
        return f"{self.condition}, φ = {self.budget:g}" if self.budget else self.condition


def gains_of(study: str, tables: Mapping[str, pd.DataFrame]) -> list[Gain]:
    """Return the gains of every condition and budget that all recordings have.

    Parameters
    ----------
    study
        One of ``OVER``.
    tables
        The source data of the figure, by recording; doubtful fits are left out.
    """
    _, panel, measure, reference = OVER[study]
    each = {name: dict(_paired(table, panel, measure, reference)) for name, table in tables.items()}
    seeds, found = {name: table["seed"].nunique() for name, table in tables.items()}, []
    for at in next(iter(each.values()), {}):
        if all(at in known for known in each.values()):
            its = {name: known[at] for name, known in each.items()}
            ends = {name: [float(end) for end in mean_interval(values)] for name, values in its.items()}
            errors = [float(values.std(ddof=1)) / math.sqrt(len(values)) for values in its.values()]
            pooled = pool([values[0] for values in ends.values()], errors)[:3] if len(its) > 1 else ()
            fewer = {name: len(values) for name, values in its.items() if len(values) < seeds[name]}
            found.append(Gain(*at, ends, pooled, fewer))
    return found


def _paired(table: pd.DataFrame, panel: str, measure: str, reference: str) -> Iterator[tuple[tuple[str, float], Any]]:
    """Yield the differences of each condition and budget to the reference, over the seeds that both have.

    Fewer than three have no interval, and are left out.
    """
    # Where a figure has no budgets, its points are told apart by x; where it has no doubts, all fits are sound.
    table = pd.DataFrame({"budget": table["x"], "doubt": ""} | dict(table.items()))
    rows = table[(table["panel"] == panel) & (table["measure"] == measure) & (table["doubt"] == "")]
    base = rows[rows["condition"] == reference].groupby("seed")["y"].first()
    for _, its in rows[rows["condition"] != reference].groupby(["condition", "budget"], sort=False):
        apart = (its.groupby("seed")["y"].first() - base).dropna()
        if len(apart) >= FEWEST:
            yield (str(its["condition"].iloc[0]), float(its["budget"].iloc[0])), apart.to_numpy()


def added(before: Sequence[Gain], new: Sequence[Gain], seeds: Mapping[str, int]) -> list[Gain]:
    """Return gains of record with those of further runs, which replace those of the same recordings.

    Parameters
    ----------
    before
        The gains of record.
    new
        The gains in the runs; conditions and budgets that only one side has are left out.
    seeds
        The number of seeds of each recording, from which an interval's standard error follows.
    """
    known, found = {(gain.condition, gain.budget): gain for gain in before}, []
    for gain in new:
        if at := known.get((gain.condition, gain.budget)):
            ends = {**at.recordings, **gain.recordings}
            kept = {name: n for name, n in at.fewer.items() if name not in gain.recordings}
            fewer = {**kept, **gain.fewer}
            counts = {**seeds, **fewer}
            errors = [standard_error(low, high, counts[name]) for name, (_, low, high) in ends.items()]
            pooled = pool([value for value, _, _ in ends.values()], errors)[:3] if len(ends) > 1 else ()
            found.append(Gain(gain.condition, gain.budget, ends, pooled, fewer))
    return found


def text_of(gains: Sequence[Gain]) -> str:
    """Return the text of the file, with three decimals."""
    rows = []
    for gain in gains:
        recordings = {name: [round(end, 3) for end in ends] for name, ends in gain.recordings.items()}
        row = vars(gain) | {"recordings": recordings, "pooled": [round(end, 3) for end in gain.pooled]}
        rows.append({name: value for name, value in row.items() if name != "fewer" or value})
    return lines(rows)


def read_gains(folder: Path) -> list[Gain]:
    """Return the gains of record below a folder; none where there are none.

    Raises
    ------
    DataError
        The file is damaged.
    """
    try:
        return [Gain(**row) for row in json.loads((folder / FILE).read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise DataError(f"{folder / FILE}: these are not gains over recordings ({error!r})") from error


def section(study: str, gains: Sequence[Gain], names: Sequence[str]) -> list[str]:
    """Return the part of a study's page over recordings that shows gains; empty where there are none."""
    if not gains:
        return []
    figure, panel, measure, reference = OVER[study]
    found = [f"## Gains over {reference}", ""]
    found += [
        f"{measure.replace('_', '-')} of figure {figure.removeprefix('fig')} {panel} above that of {reference} of the "
        f"same seed, {_UNIT}: mean over seeds and 95 % interval; pooled by a random-effects model over recordings.",
        "",
    ]
    found += [table_row(["", *names, "pooled"]), "| --- " * (len(names) + 2) + "|"]
    for gain in gains:
        ends = [*(gain.recordings.get(name, ()) for name in names), gain.pooled]
        found.append(table_row([gain.name, *(_said(each) for each in ends)]))
    return [*found, ""]


def _said(ends: Sequence[float]) -> str:
    return f"{ends[0]:.2f} ({ends[1]:.2f} to {ends[2]:.2f})" if ends else ""
