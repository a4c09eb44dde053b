"""Write the report page of what is there: claims are judged from the tables that exist, the rest is missing."""

import argparse
import json
from pathlib import Path

from homeostat import cli
from homeostat.claims import Tables, load_claims
from homeostat.files import atomic_path
from report.contents import by_figure
from report.judging import judged
from report.render import render
from report.runs import read_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--about", type=json.loads, required=True, help="configuration, figures and real data, as JSON")
    parser.add_argument("--figures", nargs="*", default=[], help="the figures in the store")
    parser.add_argument("--studies", nargs="*", default=[], help="whose claims to judge")
    parser.add_argument("--definitions", type=Path, required=True, help="folder of STUDY.yaml, what each paper claims")
    parser.add_argument("--output", type=Path, required=True, help="the page")
    options = parser.parse_args()
    rows, files = [], by_figure(options.figures)
    for study in options.studies:
        its = options.about["figures"][study]
        # Figures over all recordings are named like those of a run without several.
        several = list(dict.fromkeys(name.rpartition("/")[0] for name in its if "/" in name))
        tables = {
            at: Tables(
                files.get((study, name), {}).get("csv", f"{name.rpartition('/')[2]}.csv")
                for name in its
                if name.rpartition("/")[0] == at
            )
            for at in several or [""]
        }
        claims = load_claims(options.definitions / f"{study}.yaml")
        rows += [judged(claim, tables, options.about["real"]) for claim in claims]
    run = read_run(options.figures)
    with atomic_path(options.output) as temporary:
        page = render(**options.about, rows=rows, files=options.figures, run=run, so_far=True)["index"]
        temporary.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
