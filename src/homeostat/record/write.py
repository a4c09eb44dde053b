"""Write records from a finished run."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from homeostat.claims import Claim, Tables, judge, load_claims
from homeostat.errors import DataError
from homeostat.files import atomic_path
from homeostat.record import grow
from homeostat.record.curves import curves_of, digests
from homeostat.record.elsewhere import carried, measured
from homeostat.record.packed import pack, pack_claims
from homeostat.record.read import FORMAT, Record, lines, read_record
from homeostat.record.run import Run
from homeostat.record.settings import blocks_of, settings_of
from homeostat.scale import SCALES
from homeostat.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parents[3]
# What of a judged claim a record keeps; the rest stands in config/claims.
KEPT = ("id", "verdict", "value", "low", "high", "n_seeds", "scale", "data", "device", "reason")
_OF_READINGS = ("reading", *KEPT[1:])


def write_record(
    run: Run,
    study: str,
    folder: Path,
    *,
    name: str = "",
    replace: bool = False,
    add: bool = False,
) -> Path:
    """Write the record of one study of a run; return its folder.

    Parameters
    ----------
    run
        The run.
    study
        The study, of which the run has at least one figure.
    folder
        The folder of all records.
    name
        Name of the record; by default its scale, or for a custom scale the name of the run.
    replace
        Whether it may replace a larger one; with ``add`` only one of other settings.
    add
        Whether figures that only the record there has stay, with their claims (:mod:`homeostat.record.grow`).

    Raises
    ------
    DataError
        There is a larger record of this name, or one to which these figures cannot be added.
    """
    about = about_of(run, study)
    where = folder / study / (name or _name(about["scale"], run))
    new, old = Record(where, about), read_record(where) if (where / "about.json").is_file() else None
    if old is not None and add and replace and old.about["settings"] != about["settings"]:
        old = None
    if old is not None and not replace and not add:
        less = f"{old.about['seeds']} seeds, {len(old.about['figures'])} figures, scale {old.scale}"
        if new.size[:2] < old.size[:2] or not set(old.about["figures"]) <= set(about["figures"]):
            raise DataError(f"{where}: the record there is larger ({less}); name another, or say --add or --replace")
    tables = {figure: run.table(study, figure) for figure in run.figures[study]}
    means = [curve for figure, table in tables.items() for curve in curves_of(figure, table)]
    if old is not None and old.about["settings"] == about["settings"]:
        means = carried(means, old.curves)
        # What was measured between two kinds of processors holds on either.
        others = {*old.elsewhere, old.about["machine"]["cpu"]} - {about["machine"]["cpu"]} if old.elsewhere else set()
        about |= {"elsewhere": sorted(others)} if others else {}
    definitions = load_claims(ROOT / "config" / "claims" / f"{study}.yaml")
    claims = judged(definitions, [run.table_of(study, figure) for figure in tables])
    if add and old is not None:
        known = [each for each in tables if old.about["figures"].get(each, {}).get("key") == run.key(study, each)]
        about = grow.with_figures_of(old, about | cost_of(run, study, known))
        means = grow.with_curves_of(old, means, tables)
        claims = grow.with_verdicts_of(old, claims, definitions, {each: run.key(study, each) for each in tables})
    # Of a figure that it does not have a record says nothing.
    pairs = zip(claims, definitions, strict=True)
    claims = [row for row, claim in pairs if grow.figures_of(claim) <= set(about["figures"])]
    _write(where, about=_indented(about), claims=lines(pack_claims(claims)), means=lines(pack(means)))
    return where


def write_moved(run: Run, study: str, folder: Path) -> Path:
    """Write into the record whose settings a run has how far its other kind of processor moved the curves.

    Raises
    ------
    DataError
        There is no such record, it was made on this kind of processor, or the two differ by more than rounding.
    """
    record, curves = measured(run, study, folder)
    on = sorted({*record.elsewhere, run.machine(study)["cpu"]})
    _write(record.folder, about=_indented({**record.about, "elsewhere": on}), means=lines(pack(curves)))
    return record.folder


def _indented(about: Mapping[str, Any]) -> str:
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"


def _write(where: Path, **texts: str) -> None:
    for name, text in texts.items():
        write_text(where / f"{name}.json", text)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def cost_of(run: Run, study: str, counted: Sequence[str] = ()) -> dict[str, Any]:
    """Return the hours and jobs behind the figures of a study, without what made those that were ``counted`` before."""
    before = run.behind(study, counted)
    jobs = [job for key, job in run.behind(study).items() if key not in before]
    hours = run.hours(jobs)
    return {"hours": None if hours is None else round(hours, 3), "jobs": len(jobs)}


def about_of(run: Run, study: str) -> dict[str, Any]:
    """Return how the figures of a study were made."""
    tables = {figure: run.table(study, figure) for figure in run.figures[study]}
    columns = {name: Counter[str]() for name in ("scale", "device")}
    for table in tables.values():
        for name, found in columns.items():
            found.update(table[name])
    return {
        "format": FORMAT,
        "study": study,
        "scale": columns["scale"].most_common(1)[0][0],
        "seeds": max(table["seed"].nunique() for table in tables.values()),
        "revision": run.manifest["revision"],
        "date": run.manifest["date"],
        "device": ", ".join(sorted(columns["device"])),
        **cost_of(run, study),
        "data": run.data(study),
        "machine": run.machine(study),
        "blocks": blocks_of(study, run.config),
        "settings": settings_of(study, run.config),
        "figures": {
            figure: {"key": run.key(study, figure), "panels": digests(table)} for figure, table in tables.items()
        },
    }


def judged(claims: Sequence[Claim], tables: list[Path]) -> list[dict[str, Any]]:
    """Return the verdicts on a study's claims."""
    source, real = Tables(tables), real_names(tables)
    return [{**_kept(judge(claim, source, real)), "definition": definition(claim)} for claim in claims]


def definition(claim: Claim) -> str:
    """Return a hash of what is asked of the numbers, to tell a verdict on a claim that was changed since."""
    asked = [
        [
            each.formula.text,
            each.relation.text,
            repr(each.terms),
            repr(each.where),
            each.averaged,
            each.scale,
            each.real_data,
        ]
        for each in claim.each_reading()
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:8]


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _short(row[key]) for key in KEPT if row[key] is not None}
    readings = [{key: _short(each[key]) for key in _OF_READINGS if each[key] is not None} for each in row["readings"]]
    return {**found, **({"readings": readings} if readings else {})}


def _short(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def real_names(tables: list[Path]) -> set[str]:
    """Return the names of real data: what ``config/datasets.yaml`` describes, and files of the user's."""
    known = read_yaml(ROOT / "config" / "datasets.yaml")
    source = Tables(tables)
    named = {name for path in tables for name in source[path.stem]["data"].unique()}
    return {name for name in named if name in known or name.startswith("own-")}


def _name(scale: str, run: Run) -> str:
    if scale in SCALES:
        return scale
    name = str(run.manifest.get("run") or "default")
    if name == "default":
        raise DataError(f"The scale of this run is {scale!r}; name its record (--name)")
    return name


def size_of(folder: str | os.PathLike[str]) -> int:
    """Return the bytes of all records."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*.json"))
