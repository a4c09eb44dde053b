"""Counts of verdicts, and how many previews a larger run confirmed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeostat.claims.verdict import JUDGED, PREVIEWS, SIDES, VERDICTS

Row = Mapping[str, Any]
# Verdicts as a line of counts has them.
NAMES = {"not reproduced": "not", "points to": "point to it", "points away": "point away"}
# What is counted first, what unfolds, and what stands apart.
GROUPS = ("headlines", "details", "checks and ours")


def group(row: Row) -> str:
    """Return where a claim is shown: nothing that is ours is among the paper's headlines or details."""
    if row["source"] == "ours" or row["rank"] == "check":
        return "checks and ours"
    return "headlines" if row["rank"] == "headline" else "details"


def count(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many rows have which verdict."""
    found = Counter(row["verdict"] for row in rows)
    return {name: found[name] for name in VERDICTS}


def summary(study: str, rows: Sequence[Row]) -> str:
    """Return the line of one study, which counts the paper's headlines only.

    ``mayzel2024: of 13 headlines 7 reproduced, 1 depends, 2 not, 2 inconclusive; previews: 1 point to it``
    """
    headlines = [row for row in rows if group(row) == "headlines"]
    return f"{study}: of {len(headlines)} headlines {counted(headlines)}"


def counted(rows: Iterable[Row]) -> str:
    """Return the counts of verdicts in words, previews apart."""
    counts = count(rows)
    judged = [f"{counts[name]} {NAMES.get(name, name)}" for name in JUDGED if counts[name] or name != "depends"]
    previews = [f"{counts[name]} {NAMES.get(name, name)}" for name in PREVIEWS if counts[name]]
    said = [", ".join(judged) if any(counts[name] for name in JUDGED) else "none judged"]
    said += [f"previews: {', '.join(previews)}"] if previews else []
    said += [f"{counts['missing']} missing"] if counts["missing"] else []
    return "; ".join(said)


@dataclass(frozen=True)
class Confirmation:
    """What became of the previews of a small run in a larger one.

    Attributes
    ----------
    confirmed, refuted
        Claims (``study id``, with the reading where there are several) that the larger run judged, as the small one
        pointed and otherwise.
    undecided
        Number of previews that pointed somewhere and that the larger run did not decide.
    """

    confirmed: tuple[str, ...]
    refuted: tuple[str, ...]
    undecided: int

    @property
    def share(self) -> float:
        """Share of the decided previews that were confirmed; NaN where none was decided."""
        decided = len(self.confirmed) + len(self.refuted)
        return len(self.confirmed) / decided if decided else float("nan")


def confirmation(small: Sequence[Row], large: Sequence[Row]) -> Confirmation:
    """Compare the previews of a scorecard with the verdicts of a larger run.

    Parameters
    ----------
    small, large
        Rows of two scorecards, as :func:`homeostat.claims.judge` returns them. Of a claim with readings, each reading
        counts by itself.
    """
    judged = {name: row["verdict"] for name, row in _each(large)}
    confirmed, refuted, undecided = [], [], 0
    for name, row in _each(small):
        if row["verdict"] not in ("points to", "points away"):
            continue
        verdict = judged.get(name, "missing")
        if verdict not in ("reproduced", "not reproduced"):
            undecided += 1
        elif SIDES[verdict] == SIDES[row["verdict"]]:
            confirmed.append(name)
        else:
            refuted.append(name)
    return Confirmation(tuple(confirmed), tuple(refuted), undecided)


def _each(rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    for row in rows:
        name = f"{row['study']} {row['id']}"
        if row["readings"]:
            yield from ((f"{name} {each['reading']}", each) for each in row["readings"])
        else:
            yield name, row
