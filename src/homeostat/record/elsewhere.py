"""How far another kind of processor moves the curves of a record: rounding, and what training makes of it."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from homeostat.errors import DataError
from homeostat.record.compare import Difference, differences
from homeostat.record.curves import Curve, curves_of
from homeostat.record.read import Record, of_settings, read_all
from homeostat.record.run import Run
from homeostat.record.settings import settings_of


def moved(curves: Sequence[Curve], elsewhere: Sequence[Curve]) -> list[Curve]:
    """Return curves with how far their means moved elsewhere, here or in an earlier comparison, whichever is more."""
    others = {curve.name: dict(zip(curve.places(), curve.mean, strict=True)) for curve in elsewhere}
    found = []
    for curve in curves:
        other = others.get(curve.name, {})
        apart = [abs(a - other[at]) for at, a in zip(curve.places(), curve.mean, strict=True) if at in other]
        known = [float(f"{max(apart):.3g}")] if apart else []
        known += [] if curve.moved is None else [curve.moved]
        found.append(dataclasses.replace(curve, moved=max(known, default=None)))
    return found


def carried(curves: Sequence[Curve], before: Sequence[Curve]) -> list[Curve]:
    """Return curves with how far they moved elsewhere according to the record that they replace."""
    known = {(curve.figure, curve.name): curve.moved for curve in before}
    return [dataclasses.replace(curve, moved=known.get((curve.figure, curve.name))) for curve in curves]


def measured(run: Run, study: str, folder: Path) -> tuple[Record, list[Curve]]:
    """Return the record whose settings a run has, and its curves with how far they moved in this run.

    Raises
    ------
    DataError
        No record has these settings; it was made on this kind of processor; or curves or seeds differ, which is
        not rounding.
    """
    record = of_settings(read_all(folder, study), study, settings_of(study, run.config))
    if record is None:
        raise DataError(f"{study}: no record has the settings of this run")
    if record.about["machine"]["cpu"] == run.machine(study)["cpu"]:
        raise DataError(f"{record.folder}: it was made on this kind of processor, so there is no rounding to measure")
    curves: list[Curve] = []
    for figure in record.about["figures"]:
        its = [curve for curve in record.curves if curve.figure == figure]
        if figure in run.figures[study]:
            here = curves_of(figure, run.table(study, figure), thin=False)
            for wrong in _not_rounding(differences(here, its, diverging=True)):
                raise DataError(f"{record.folder}: {wrong}; that is not rounding")
            its = moved(its, here)
        curves += its
    return record, curves


def _not_rounding(found: Sequence[Difference]) -> Iterator[Difference]:
    """Yield curves that only one side has, and other numbers of seeds."""
    return (each for each in found if each.here is None or each.what.endswith("number of seeds"))
