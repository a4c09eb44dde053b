"""Write the report page of what is there: claims are judged from the tables that exist, the rest is missing."""

import argparse
import json
from pathlib import Path

from homeostat import cli
from homeostat.claims import Tables, judge, load_claims
from homeostat.files import atomic_path
from report.render import ROOT, render
from report.runs import ask_snakemake


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--about", type=json.loads, required=True, help="configuration, figures and real data, as JSON")
    parser.add_argument("--studies", nargs="*", default=[], help="whose claims to judge")
    parser.add_argument("--definitions", type=Path, required=True, help="folder of STUDY.yaml, what each paper claims")
    parser.add_argument("--output", type=Path, required=True, help="the page")
    options = parser.parse_args()
    rows = []
    for study in options.studies:
        claims = load_claims(options.definitions / f"{study}.yaml")
        tables = Tables(f"results/figures/{study}/{name}.csv" for name in options.about["figures"][study])
        rows += [judge(claim, tables, options.about["real"]) for claim in claims]
    run = ask_snakemake(ROOT / "Snakefile", options.about["config"])
    with atomic_path(options.output) as temporary:
        temporary.write_text(render(**options.about, rows=rows, run=run, so_far=True)["index"], encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
