"""Judge the claims of one study by the numbers behind its figures, on one recording or on each of several."""

from homeostat import cli, lineage
from homeostat.claims import Tables, columns, flat, load_claims, summary
from homeostat.files import write_json, write_rows
from homeostat.provenance import provenance
from report.judging import judged


def main() -> None:
    job = cli.job(__doc__, "definitions", "tables", "data")
    claims, real, paths = load_claims(job.path("definitions")), job.settings["real"], job.inputs["tables"]
    names = job.settings.get("recordings", [""])
    each = len(paths) // len(names)
    tables = {name: Tables(paths[each * at : each * (at + 1)]) for at, name in enumerate(names)}
    contents = {name: lineage.content(path) for name, path in zip(names, job.inputs["data"], strict=False)}
    rows = [judged(claim, tables, real, contents) for claim in claims]
    for row in rows:
        print(f"{row['id']}: {row['verdict']}" + (f" ({row['reason']})" if row["reason"] else ""))
    print(summary(claims[0].study, rows))
    devices = {row["device"] for row in rows if row["device"]}
    record = provenance(device=", ".join(sorted(devices)), real_data=real)
    for path in job.outputs:
        if path.suffix == ".csv":
            write_rows(path, columns(rows), map(flat, rows))
        else:
            write_json(path, {"study": claims[0].study, "rows": rows, "provenance": record})


if __name__ == "__main__":
    cli.run(main)
