"""Judge the claims of one study by the numbers behind its figures."""

from homeostat import cli
from homeostat.claims import ROW, Tables, flat, judge, load_claims, summary
from homeostat.files import write_json, write_rows
from homeostat.provenance import provenance


def main() -> None:
    job = cli.job(__doc__, "definitions", "tables")
    claims, tables, real = load_claims(job.path("definitions")), Tables(job.inputs["tables"]), job.settings["real"]
    rows = [judge(claim, tables, real) for claim in claims]
    for row in rows:
        print(f"{row['id']}: {row['verdict']}" + (f" ({row['reason']})" if row["reason"] else ""))
    print(summary(claims[0].study, rows))
    devices = {row["device"] for row in rows if row["device"]}
    record = provenance(device=", ".join(sorted(devices)), real_data=real)
    for path in job.outputs:
        if path.suffix == ".csv":
            write_rows(path, ROW, map(flat, rows))
        else:
            write_json(path, {"study": claims[0].study, "rows": rows, "provenance": record})


if __name__ == "__main__":
    cli.run(main)
