"""Write the report page: every figure, every verdict, and how they were made."""

import json

from homeostat import cli
from homeostat.files import atomic_path
from report.render import render
from report.runs import read_run


def main() -> None:
    job = cli.job(__doc__, "figures", "scorecard", "plot")
    files = list(map(str, job.inputs["figures"]))
    scorecard, plot = job.path("scorecard"), job.path("plot")
    run = read_run([*files, str(scorecard), str(plot)])
    print(f"{len(run.jobs)} jobs are recorded.")
    rows = json.loads(scorecard.read_text(encoding="utf-8"))
    pages = render(**job.settings, rows=rows, run=run, files=files, plot=plot)
    for path in job.outputs:
        with atomic_path(path) as temporary:
            temporary.write_text(pages[path.name.partition(".")[0]], encoding="utf-8")
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    cli.run(main)
