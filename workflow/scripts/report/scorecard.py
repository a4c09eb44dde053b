"""Collect the judged claims of all studies; a study that has none yet is listed as missing."""

import argparse
import json
from pathlib import Path
from typing import Any

from homeostat import cli
from homeostat.claims import ROW, load_claims, missing, summary
from homeostat.errors import DataError
from homeostat.files import atomic_path, write_json, write_rows

REASONS = {
    "not judged": "the scale is too small to be fair, or only real data can tell",
    "missing": "a figure is not there, this scale leaves out what the claim is about, or a fit of it is doubtful",
}


def judged(path: Path, definitions: Path) -> list[dict[str, Any]]:
    """Return the rows of one study, or its claims as missing where it was not judged."""
    if not path.exists():
        return [missing(claim, f"{path} is not there") for claim in load_claims(definitions)]
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: these are no judged claims ({error!r}); delete it and run again") from error
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=Path, nargs="+", required=True, help="what report.claims wrote (JSON)")
    parser.add_argument("--definitions", type=Path, required=True, help="folder of STUDY.yaml, what each paper claims")
    parser.add_argument("--output", type=Path, nargs="+", required=True, help="the .csv, .json and .txt to write")
    options = parser.parse_args()
    studies = {path.stem: judged(path, options.definitions / f"{path.stem}.yaml") for path in options.claims}
    lines = [summary(study, rows) for study, rows in studies.items()]
    for verdict, why in REASONS.items():
        if any(row["verdict"] == verdict for rows in studies.values() for row in rows):
            lines.append(f"{verdict.capitalize()}: {why} (docs/claims.md).")
    print("\n".join(lines))
    rows = [row for of_study in studies.values() for row in of_study]
    for path in options.output:
        if path.suffix == ".csv":
            write_rows(path, ROW, rows)
        elif path.suffix == ".json":
            write_json(path, rows)
        else:
            with atomic_path(path) as temporary:
                temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
