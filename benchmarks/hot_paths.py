"""Every hot path against its plain reference, and how far it is from the least that the machine allows.

    make bench, or: OMP_NUM_THREADS=1 python benchmarks/hot_paths.py [--quick] [--only WORD ...] [--output FOLDER]

CPU seconds (user and system) of one thread; a path and its reference take turns in one process, and medians are
compared. The floor is the larger of two times: operations at the speed of a large product of matrices, bytes at the
speed of a large copy, both measured here; operations are counted in each file's ``cases``. It is a floor, not a
promise: most paths are no products of matrices. Writes hot_paths.csv.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported

import timing

# One file per study, and what they have in common.
FILES = ("rp", "shen2021", "keck2012", "eyono2026", "krishna2024", "pipeline")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer turns: a first look")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="paths with one of these in their name")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    options = parser.parse_args()
    machine, rows = timing.Machine.measured(3 if options.quick else 9), []
    timing.show_heading(machine)
    for name in FILES:
        for case in importlib.import_module(name).cases():
            if options.only and not any(word in case.path for word in options.only):
                continue
            rows.append(case.timed(machine, 3 if options.quick else 7))
            timing.show_row(rows[-1])
    if not rows:
        print(f"error: no path has one of {', '.join(options.only)} in its name", file=sys.stderr)
        raise SystemExit(1)
    speeds = {"gflops": machine.flops / 1e9, "copy_gb_per_s": machine.bandwidth / 1e9}
    timing.write(options.output / "hot_paths.csv", [row | speeds for row in rows])


if __name__ == "__main__":
    main()
