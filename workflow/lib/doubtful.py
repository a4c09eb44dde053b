"""Doubtful fits of the tables that a run made, for its last words."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

# More than these are named in figures and tables only.
_NAMED = 5


def doubtful_fits(tables: Iterable[str]) -> list[str]:
    """Return a line for each doubtful fit of the tables that have a column ``doubt``, each fit once."""
    return list(dict.fromkeys(line for path in tables for line in _lines(Path(path))))


def sentence(tables: Iterable[str]) -> str:
    """Return what to say of the doubtful fits of a run at its end; nothing where all are sound."""
    found = doubtful_fits(tables)
    if not found:
        return ""
    named = [f"  {line}" for line in found[:_NAMED]]
    if len(found) > _NAMED:
        named.append(f"  and {len(found) - _NAMED} more: see the column doubt of results/tables")
    count = "1 fit is" if len(found) == 1 else f"{len(found)} fits are"
    return "\n".join([f"{count} doubtful. Figures show hollow marks there, and no claim rests on them.", *named])


def _lines(path: Path) -> Iterator[str]:
    if path.suffix != ".csv" or not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        if not {"label", "data", "seed", "doubt", "log_likelihood"} <= set(rows.fieldnames or ()):
            return
        for row in rows:
            if row["doubt"]:
                sizes = "".join(
                    f", {name} {row[key]}"
                    for name, key in (("K", "projections"), ("budget", "budget"))
                    if row.get(key, "0") not in ("0", "0.0")
                )
                yield f"{row['data']}: {row['label']}{sizes}, seed {row['seed']}: {row['doubt']}"
