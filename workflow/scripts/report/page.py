"""Write the report page: every figure, every verdict, and how they were made."""

import argparse
import json
from pathlib import Path

from homeostat import cli
from homeostat.files import atomic_path
from report.render import render
from report.runs import read_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--about", type=json.loads, required=True, help="configuration, figures and real data, as JSON")
    parser.add_argument("--figures", nargs="*", default=[], help="the figures in the store")
    parser.add_argument("--plot", type=Path, help="the picture of the scorecard")
    parser.add_argument("--scorecard", type=Path, required=True, help="the scorecard (JSON)")
    parser.add_argument("--output", type=Path, nargs="+", required=True, help="index.html and scorecard.html")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    run = read_run([*options.figures, *map(str, [options.scorecard, options.plot])])
    print(f"{len(run.jobs)} jobs are recorded.")
    rows = json.loads(options.scorecard.read_text(encoding="utf-8"))
    given = {"files": options.figures, "plot": options.plot, "threads": options.threads}
    pages = render(**options.about, rows=rows, run=run, **given)
    for path in options.output:
        with atomic_path(path) as temporary:
            temporary.write_text(pages[path.name.partition(".")[0]], encoding="utf-8")
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    cli.run(main)
