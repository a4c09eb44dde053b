"""Write the results of record of a finished run: ``python -m homeostat.record --results results``."""

import argparse
from pathlib import Path

from homeostat import cli
from homeostat.errors import ConfigError, nearest
from homeostat.record.over import write_over
from homeostat.record.read import FOLDER, read_record
from homeostat.record.run import read_run
from homeostat.record.write import size_of, write_moved, write_record


def main() -> None:
    """Write records."""
    parser = argparse.ArgumentParser(prog="python -m homeostat.record", description=__doc__)
    parser.add_argument(
        "--results", type=Path, nargs="+", default=[Path("results")],
        help="folder of the run's views; several, on one recording or more each, are one over recordings",
    )  # fmt: skip
    parser.add_argument("--record", type=Path, default=FOLDER, help="folder of all records")
    parser.add_argument("--studies", nargs="*", help="by default all of the run")
    parser.add_argument("--name", default="", help="of the records; by default their scale")
    parser.add_argument(
        "--replace", action="store_true", help="replace larger records too; with --add only those of other settings"
    )
    parser.add_argument(
        "--add", action="store_true", help="keep figures that only the record has; settings and data must be the same"
    )
    parser.add_argument(
        "--elsewhere",
        action="store_true",
        help="the run is that of a record, on another kind of processor: keep how far rounding moves each curve",
    )
    options = parser.parse_args()
    runs = [read_run(folder) for folder in options.results]
    on = [each for run in runs for each in ([run.on(name) for name in run.recordings] or [run])]
    if len(on) > 1 or on[0].recording:
        if options.elsewhere:
            raise ConfigError("--elsewhere compares one run with its record; one over recordings has no tolerances")
        for study in options.studies or ["mayzel2024"]:
            print(write_over(on, study, options.record, replace=options.replace, add=options.add))
        print(f"All records: {size_of(options.record) / 1e6:.2f} MB.")
        return
    (run,) = runs
    for study in options.studies or sorted(run.figures):
        if study not in run.figures:
            raise ConfigError(f"{study}: this run has no figure of it{nearest(study, run.figures)}.")
        if options.elsewhere:
            where = write_moved(run, study, options.record)
            print(f"{where}: the same run on {', '.join(read_record(where).elsewhere)}.")
            continue
        where = write_record(run, study, options.record, name=options.name, replace=options.replace, add=options.add)
        about = read_record(where).about
        cost = "an unknown number of" if about["hours"] is None else f"{about['hours']:.2f}"
        print(f"{where}: scale {about['scale']}, {len(about['figures'])} figures, {cost} CPU hours.")
    print(f"All records: {size_of(options.record) / 1e6:.2f} MB.")


if __name__ == "__main__":
    cli.run(main)
