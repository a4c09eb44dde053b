"""Compare a run with the record of the same settings: ``python -m homeostat.record.verify [TARGET ...]``.

A target is a study or a figure (``mayzel2024``, ``mayzel2024_fig2`` or ``results/figures/mayzel2024/fig2.pdf``). On the
same kind of machine every number must be the same; elsewhere within tolerances (docs/record.md). Exit status 1: numbers
differ, or there is nothing to compare.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from homeostat import cli
from homeostat.errors import DataError, HomeostatError, nearest
from homeostat.record.compare import Difference, differences, exact
from homeostat.record.curves import curves_of, digests
from homeostat.record.read import FOLDER, Record, of_settings, read_all
from homeostat.record.run import Run, read_run
from homeostat.record.settings import blocks_of, differing, settings_of

_SHOWN = 3


@dataclass
class Outcome:
    """What came of comparing a run: figures that agree exactly or within tolerances, differences, and notes."""

    same: list[str] = field(default_factory=list)
    within: list[str] = field(default_factory=list)
    differ: dict[str, list[Difference]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether something was compared and nothing differs."""
        return bool(self.same or self.within) and not self.differ

    def lines(self) -> Iterator[str]:
        """Yield what to print."""
        yield from self.notes
        for name, found in self.differ.items():
            yield f"{name} differs: {_figures(len(found)).replace('figure', 'number')}, the largest first"
            yield from (f"  {each}" for each in found[:_SHOWN])
        agreeing = len(self.same) + len(self.within)
        if agreeing:
            how = f" ({len(self.same)} to the last digit, {len(self.within)} within tolerances)" if self.within else ""
            yield f"{_figures(agreeing)} {'agrees' if agreeing == 1 else 'agree'}{how}."
        if self.differ:
            yield f"{_figures(len(self.differ))} {'differs' if len(self.differ) == 1 else 'differ'}."
        elif not agreeing:
            yield "Nothing was compared."


def verify(run: Run, records: Sequence[Record], targets: Sequence[str] = (), *, tolerant: bool = False) -> Outcome:
    """Compare the figures of a run with the records of the same settings.

    Parameters
    ----------
    run
        The run.
    records
        All records.
    targets
        Studies or figures; none means all that both have.
    tolerant
        Whether numbers may differ within tolerances on the same kind of machine, too.

    Raises
    ------
    DataError
        A target is not in the run.
    """
    outcome = Outcome()
    for study, figures in _chosen(run, targets).items():
        settings = settings_of(study, run.config)
        record = of_settings(records, study, settings)
        if record is None:
            outcome.notes.append(_no_record(study, settings, records))
            continue
        absent = [name for name in record.about["figures"] if name not in run.figures[study]]
        if absent and not targets:
            outcome.notes.append(f"{study}: this run does not have {', '.join(absent)}.")
        for figure in figures:
            if figure in record.about["figures"]:
                _compare(run, record, figure, not tolerant and _same_kind(run, record, figure), outcome)
            else:
                outcome.notes.append(f"{study}: {figure} is not in the record.")
    return outcome


def _compare(run: Run, record: Record, figure: str, strict: bool, outcome: Outcome) -> None:
    name, table = f"{record.study} {figure}", run.table(record.study, figure)
    panels = exact(figure, digests(table), record.about["figures"][figure]["panels"])
    if not panels:
        outcome.same.append(name)
        return
    here, recorded = curves_of(figure, table, thin=False), [curve for curve in record.curves if curve.figure == figure]
    found = differences(here, recorded, panels if strict else None, diverging=record.diverging)
    named = {each.panel for each in found}
    if strict:
        what = "numbers that are not among the recorded means differ"
        found += [Difference(figure, panel, what) for panel in panels if panel not in named]
    if found:
        outcome.differ[name] = found
    else:
        outcome.within.append(name)


def _same_kind(run: Run, record: Record, figure: str) -> bool:
    about = record.made(figure)
    blocks = {
        path: value for path, value in blocks_of(record.study, run.config).items() if about["blocks"].get(path) != value
    }
    return run.machine(record.study) == about["machine"] and not blocks


def _chosen(run: Run, targets: Sequence[str]) -> dict[str, list[str]]:
    if not targets:
        return run.figures
    known = {study: (study, names) for study, names in run.figures.items()}
    for study, names in run.figures.items():
        for name in names:
            known |= {f"{study}_{name}": (study, [name])}
    found: dict[str, list[str]] = {}
    for target in targets:
        path = Path(target)
        word = f"{path.parent.name}_{path.stem}" if path.suffix else target
        if word not in known:
            raise DataError(f"{target}: this run has no such study or figure{nearest(word, known) or '.'}")
        study, names = known[word]
        found.setdefault(study, []).extend(name for name in names if name not in found.get(study, []))
    return found


def _no_record(study: str, settings: dict[str, object], records: Sequence[Record]) -> str:
    its = [each for each in records if each.study == study]
    if not its:
        return f"{study}: there is no record of it."
    near = min(its, key=lambda each: len(differing(settings, each.about["settings"])))
    words = differing(settings, near.about["settings"])
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return (
        f"{study}: there is no record of these settings. The nearest ({study}/{near.folder.name}) differs in "
        f"{'; '.join(words[:_SHOWN])}{more}."
    )


def _figures(count: int) -> str:
    return f"{count} figure" if count == 1 else f"{count} figures"


def main() -> None:
    """Compare, print and exit with 1 where something differs."""
    parser = argparse.ArgumentParser(prog="python -m homeostat.record.verify", description=__doc__)
    parser.add_argument("targets", nargs="*", help="studies or figures; by default all of the run")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of the run's views")
    parser.add_argument("--record", type=Path, default=FOLDER, help="folder of all records")
    parser.add_argument("--tolerant", action="store_true", help="allow tolerances on the same kind of machine, too")
    options = parser.parse_args()
    outcome = verify(read_run(options.results), read_all(options.record), options.targets, tolerant=options.tolerant)
    print(*outcome.lines(), sep="\n")
    if not outcome.agrees:
        raise HomeostatError("This run is not what the record says.")


if __name__ == "__main__":
    cli.run(main)
