"""Judge the claims of one study by the numbers behind its figures."""

import argparse
from pathlib import Path

from homeostat import cli
from homeostat.claims import ROW, Tables, flat, judge, load_claims, summary
from homeostat.files import write_json, write_rows
from homeostat.provenance import provenance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--definitions", type=Path, required=True, help="config/claims/STUDY.yaml")
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="CSV of each figure; may be missing")
    parser.add_argument("--real", nargs="*", default=[], help="names of data, as in the tables, that are real")
    parser.add_argument("--output", type=Path, nargs="+", required=True, help="the .csv and .json to write")
    options = parser.parse_args()
    claims, tables = load_claims(options.definitions), Tables(options.tables)
    rows = [judge(claim, tables, options.real) for claim in claims]
    for row in rows:
        print(f"{row['id']}: {row['verdict']}" + (f" ({row['reason']})" if row["reason"] else ""))
    print(summary(claims[0].study, rows))
    devices = {row["device"] for row in rows if row["device"]}
    record = provenance(device=", ".join(sorted(devices)), real_data=options.real)
    for path in options.output:
        if path.suffix == ".csv":
            write_rows(path, ROW, map(flat, rows))
        else:
            write_json(path, {"study": claims[0].study, "rows": rows, "provenance": record})


if __name__ == "__main__":
    cli.run(main)
