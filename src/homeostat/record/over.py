"""Records over recordings: one of each recording, the verdicts over all, and the page that shows them.

They lie under ``record/STUDY/recordings/``: a record of each recording, which no page takes for the study's own,
``claims.json`` with the verdicts over all, and ``gains.json`` (:mod:`homeostat.record.gains`).
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from homeostat.claims import PREVIEWS, Claim, Tables, group, judge_over, load_claims, over_rows
from homeostat.claims.judge import missing
from homeostat.claims.recordings import distinct
from homeostat.errors import DataError
from homeostat.record import gains, over_figure
from homeostat.record.grow import figures_of
from homeostat.record.markdown import made, table_row, with_interval
from homeostat.record.read import Record, lines, read_all
from homeostat.record.run import Run
from homeostat.record.settings import settings_of
from homeostat.record.write import ROOT, definition, real_names, write_record, write_text

NAME = "recordings"
Row = dict[str, Any]
_KEPT = ("verdict", "holds", "fails", "of", "value", "low", "high", "spread")
# Signs of verdicts on the page.
_SIGNS = {
    "reproduced": "●", "depends": "◐", "not reproduced": "✕", "inconclusive": "?", "points to": "○", "points away": "×",
    "open": "·", "missing": "",
}  # fmt: skip


def name_of(run: Run) -> str:
    """Return the recording that a run is on."""
    return run.recording or str(run.config["recording"])


def write_over(runs: Sequence[Run], study: str, folder: Path, *, replace: bool = False, add: bool = False) -> Path:
    """Write the record of each recording of a study, and the verdicts over all; return the file of these.

    With ``add``, recordings and figures that only the record there has stay. A claim that these runs do not show on all
    recordings is then put together from the verdicts of record, and its number is pooled where it is a single one. With
    ``replace`` as well, the record of a recording that had other settings does not stay.

    Raises
    ------
    DataError
        A run has no figure of the study, two are on one recording, or a record there is larger.
    """
    names = [name_of(run) for run in runs]
    if len(set(names)) < len(names):
        raise DataError(f"two runs are on one recording: {', '.join(names)}")
    of = dict(zip(names, runs, strict=True))
    for name, run in of.items():  # before anything is written
        if study not in run.figures:
            raise DataError(f"{run.folder}: this run has no figure of {study} on {name}")
    tables, contents, real = {}, {}, set[str]()
    old = {record.folder.name: record for record in read_all(folder / study, NAME)} if add else {}
    replaced = any(
        name in old and old[name].about["settings"] != settings_of(study, run.config) for name, run in of.items()
    )
    for name, run in of.items():
        write_record(run, study, folder, name=f"{NAME}/{name}", replace=replace, add=add)
        paths = [run.table_of(study, figure) for figure in run.figures[study] if figure.startswith("fig")]
        tables[name], contents[name] = Tables(paths), run.data(study).get(name, name)
        real |= real_names(paths)
    known = {record.folder.name: record for record in read_all(folder / study, NAME)} if add else {}
    before = {row["id"]: row for row in read_over(folder, study)} if add else {}
    contents |= {name: record.about["data"].get(name, name) for name, record in known.items()}
    order = list(dict.fromkeys([*_names(before.values()), *names]))
    counted, _ = distinct(order, contents)
    rows = []
    for claim in load_claims(ROOT / "config" / "claims" / f"{study}.yaml"):
        needed = figures_of(claim)
        if claim.id in before and not replaced and not any(needed <= set(run.figures[study]) for run in runs):
            rows.append(before[claim.id])
            continue
        its = {name: each for name in counted if name in known and (each := _row(known[name], claim))}
        if all(name in names and needed <= set(of[name].figures[study]) for name in its):
            row = judge_over(claim, tables, real, contents)
        else:
            row = over_rows(claim, its)
        if row["of"]:
            kept = {"id": claim.id, **_kept(row), "definition": definition(claim)}
            rows.append(kept | _numbers_of(kept, _alike(row, kept, before.get(claim.id, {}), names)))
    where = folder / study / NAME / "claims.json"
    texts = {where: lines(rows)}
    compared = gains.OVER[study][0] if study in gains.OVER else ""
    drawn = {name: run.table(study, compared) for name, run in of.items() if compared in run.figures[study]}
    if drawn:
        found, earlier = gains.gains_of(study, drawn), gains.read_gains(where.parent) if add else []
        seeds = {name: int(record.about["seeds"]) for name, record in known.items()}
        texts[where.with_name(gains.FILE)] = gains.text_of(gains.added(earlier, found, seeds) if earlier else found)
    for path, text in texts.items():
        write_text(path, text)
    return where


def _alike(row: Row, kept: Row, before: Row, new: Collection[str]) -> Row:
    """Return an earlier row if the same recordings count in it, and empty otherwise.

    A new recording whose verdict is a preview beside others that are none does not count.
    """
    same = all(kept[name] == before.get(name) for name in ("definition", "of"))
    its = [each["verdict"] for each in row["recordings"] if each["recording"] in new]
    return before if same and not row["preview"] and all(verdict in PREVIEWS for verdict in its) else {}


def _numbers_of(kept: Row, before: Row) -> dict[str, Any]:
    """Return the pooled numbers of an earlier row, and those of its readings."""
    found = {name: before[name] for name in ("value", "low", "high", "spread") if name in before}
    earlier = before.get("readings", {})
    each = {name: its | _numbers_of(its, earlier.get(name, {})) for name, its in kept.get("readings", {}).items()}
    return found | ({"readings": each} if each else {})


def _names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the recordings of verdicts over recordings, in their order."""
    return list(dict.fromkeys(name for row in rows for name in row["recordings"]))


def _row(record: Record, claim: Claim) -> dict[str, Any]:
    """Return a record's row of a claim; empty where it has not judged it as it is now."""
    row = next((row for row in record.claims if row["id"] == claim.id), {})
    return row if row.get("verdict", "missing") != "missing" and row["definition"] == definition(claim) else {}


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: row[name] for name in _KEPT if row[name] not in (None, "")}
    found |= {name: float(f"{value:.4g}") for name, value in found.items() if isinstance(value, float)}
    found["recordings"] = {each["recording"]: each["verdict"] for each in row["recordings"]}
    if row["readings"]:
        found["readings"] = {each["reading"]: _kept(each) for each in row["readings"]}
    return found


def read_over(folder: Path, study: str) -> list[dict[str, Any]]:
    """Return the verdicts of record over recordings; none where there are none."""
    try:
        found = json.loads((folder / study / NAME / "claims.json").read_text(encoding="utf-8"))
        return [row for row in found if row["id"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / study / NAME}: these are not verdicts over recordings ({error!r})") from error


def page(study: str, claims: Sequence[Claim], folder: Path) -> str:
    """Return the page of a study's verdicts over recordings; empty where there are none."""
    rows = {row["id"]: row for row in read_over(folder, study)}
    records = {record.folder.name: record for record in read_all(folder / study, NAME)}
    if not rows or not records:
        return ""
    names = _names(rows.values())
    found = [f"# {study}: claims over recordings", ""]
    found += ["<!-- Written by `make record-docs` from record/ and config/claims; do not edit. -->", ""]
    found += ["| recording | scale | seeds | figures | revision | date | CPU hours |", "| --- " * 7 + "|"]
    for name in names:
        about = records[name].about
        cells = [name, about["scale"], about["seeds"], ", ".join(about["figures"])]
        found.append(table_row([*cells, *made(records[name])]))
    found += ["", f"![Gains over budgets, and the headlines, by recording](img/{study}-recordings.png)", ""]
    found += [
        "Above: gains over random projections. Below: each headline's number with its 95 % interval over seeds, green "
        "where the claim holds, red where not; hollow: a preview; black: pooled. Dotted: where the number should lie. "
        "Where a claim asks something of every x, a number is that of the x that speaks most against it, which may be "
        "another one on each recording.",
        "",
        *gains.section(study, gains.read_gains(folder / study / NAME), names),
        "## Verdicts",
    ]
    signs = ", ".join(f"{sign} {verdict}" for verdict, sign in _SIGNS.items() if sign)
    found += ["", f"{signs}; {', '.join(PREVIEWS)} are previews, of runs too small to judge.", ""]
    found += ["| id | claim | " + " | ".join(names) + " | holds in | over all | pooled (random effects) |"]
    found += ["| --- " * (len(names) + 5) + "|"]
    for claim in claims:
        if claim.id in rows:
            found += _lines(claim, rows[claim.id], names)
    return "\n".join(found) + "\n"


def draw(study: str, claims: Sequence[Claim], folder: Path, path: Path) -> None:
    """Draw the picture of the page; not where there are no verdicts over recordings."""
    rows = read_over(folder, study)
    records = {record.folder.name: record.claims for record in read_all(folder / study, NAME)}
    if rows and records:
        each = {name: {row["id"]: row for row in records[name]} for name in _names(rows)}
        known = gains.read_gains(folder / study / NAME)
        over_figure.draw(claims, {row["id"]: row for row in rows}, each, known, path)


def _lines(claim: Claim, row: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    ours = " (ours)" if group(missing(claim, "")) == "checks and ours" else ""
    words = f"**{claim.claim}**" if claim.rank == "headline" else claim.claim
    yield table_row([claim.id, f"{words}{ours}", *_cells(row, names, claim.unit)])
    for reading, its in row.get("readings", {}).items():
        yield table_row(["", f"— with {reading}", *_cells(its, names, claim.unit)])


def _cells(row: Mapping[str, Any], names: Sequence[str], unit: str) -> list[str]:
    number = with_interval(row)
    signs = [_SIGNS[row["recordings"].get(name, "missing")] for name in names]
    return [*signs, f"{row['holds']} of {row['of']}", row["verdict"], f"{number} {unit}".strip() if number else ""]
