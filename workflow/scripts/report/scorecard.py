"""Collect the judged claims of all studies; a study that has none yet is listed as missing."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from homeostat import cli
from homeostat.claims import GROUPS, PREVIEWS, columns, counted, flat, group, load_claims, missing, summary
from homeostat.errors import DataError
from homeostat.files import atomic_path, write_json, write_rows
from homeostat.record import Record, read_all
from homeostat.record.beside import previews, said
from homeostat.record.beside import summary as recorded

PREVIEW = "Previews: the run is too small to judge, or only real data can tell; they are never counted"
MISSING = "Missing: a figure is not there, this scale leaves out what the claim is about, or a fit of it is doubtful"


def lines(studies: Mapping[str, Sequence[Mapping[str, Any]]], records: Sequence[Record] = ()) -> list[str]:
    """Return the scorecard as text: the headlines of each study here and in the record, the rest, what words mean."""
    rows = [row for of_study in studies.values() for row in of_study]
    found = []
    for study, of_study in studies.items():
        found.append(summary(study, of_study))
        if its := recorded(of_study, records):
            found.append(f"{' ' * len(study)}  {its}")
    for name in GROUPS[1:]:
        rest = [row for row in rows if group(row) == name]
        if rest:
            found.append(f"{name.capitalize()} ({len(rest)}, not counted above): {counted(rest)}")
    verdicts = {row["verdict"] for row in rows}
    meant = [(PREVIEW, verdicts & set(PREVIEWS)), (MISSING, verdicts & {"missing"})]
    found += [f"{sentence} (docs/claims.md)." for sentence, where in meant if where]
    if any(line.lstrip().startswith("record: ") for line in found):
        found.append("Record: the largest runs that were kept (docs/record.md). " + said(previews(records)))
    return [line.rstrip() for line in found]


def judged(path: Path, definitions: Path) -> list[dict[str, Any]]:
    """Return the rows of one study, or its claims as missing where it was not judged."""
    if not path.exists():
        return [missing(claim, f"{path} is not there") for claim in load_claims(definitions)]
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: these are not judged claims ({error!r}); delete it and run again") from error
    return rows


def main() -> None:
    job = cli.job(__doc__, "claims", "definitions", "record")
    # A stored file has its key in its name, after the study.
    named = {path.name.partition(".")[0]: path for path in job.inputs["claims"]}
    studies = {study: judged(path, job.path("definitions") / f"{study}.yaml") for study, path in named.items()}
    text = "\n".join(lines(studies, read_all(job.path("record"))))
    print(text)
    rows = [row for of_study in studies.values() for row in of_study]
    for path in job.outputs:
        if path.suffix == ".csv":
            write_rows(path, columns(rows), map(flat, rows))
        elif path.suffix == ".json":
            write_json(path, rows)
        else:
            with atomic_path(path) as temporary:
                temporary.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
