"""Write docs/STUDY-claims.md and docs/together.md from the record (``make record-docs``)."""

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from homeostat import cli
from homeostat.claims import GROUPS, PREVIEWS, Claim, count, group, load_claims
from homeostat.claims.judge import missing
from homeostat.claims.place import JUDGED_AT
from homeostat.record import over, together
from homeostat.record.beside import previews, recorded, said, summary
from homeostat.record.gains import read_gains
from homeostat.record.markdown import made, number, table_row
from homeostat.record.prose import MARK, with_numbers
from homeostat.record.read import FOLDER, Record, best, read_all
from homeostat.record.together_figure import draw
from homeostat.record.write import ROOT, definition, write_text

# Between these marks of the README stands the table.
OPEN, CLOSE = "<!-- record: written by make record-docs -->", "<!-- end of record -->"
HEADINGS = {"headlines": "Headlines", "details": "Details", "checks and ours": "Checks, and what we added"}


def page(study: str, claims: Sequence[Claim], records: Sequence[Record]) -> str:
    """Return the page of one study."""
    its = [record for record in records if record.study == study and record.counts]
    rows = [missing(claim, "") for claim in claims]
    found = [f"# {study}: every claim, as the record has it", ""]
    found += ["<!-- Written by `make record-docs` from record/ and config/claims; do not edit. -->", ""]
    found += _wrapped(
        "Each claim is shown as the largest run of the record judged it. A *preview* is from a run that is too small "
        "to judge, or on data that cannot tell, and does not count. Intervals are 95 %, over seeds. How claims are "
        "judged is in [claims.md](claims.md), and what a record is in [record.md](record.md)."
    )
    found += [
        "",
        f"{summary(rows, its)[:1].upper()}{summary(rows, its)[1:]}." if its else "There is no record yet.",
        "",
    ]
    found += ["| record | scale | seeds | figures | data | device | revision | date | CPU hours |"]
    found += ["| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    found += [_about(record) for record in reversed(its)]
    known = best(its, study)
    for name in GROUPS:
        chosen = [(claim, row) for claim, row in zip(claims, rows, strict=True) if group(row) == name]
        if chosen:
            found += ["", f"## {HEADINGS[name]}", ""]
            found += [
                "| id | panel | claim | our number | interval | the paper's | reproduced where | verdict | record |"
            ]
            found += ["| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
            found += [line for claim, _ in chosen for line in _lines(claim, known.get(claim.id, {}))]
    return "\n".join(found) + "\n"


def _about(record: Record) -> str:
    about = record.about
    data = ", ".join(about["data"]) or "simulated"
    cells = [
        record.folder.name,
        record.scale,
        about["seeds"],
        ", ".join(about["figures"]),
        data,
        ", ".join(record.made_by("device")),
    ]
    return table_row([*cells, *made(record)])


def _lines(claim: Claim, row: dict[str, object]) -> Iterator[str]:
    changed = bool(row) and row["definition"] != definition(claim)
    record = str(row.get("record", "")) + (" (the claim was changed since)" if changed else "")
    place = f"{claim.figure.removeprefix('fig')} {claim.panel}"
    words = claim.claim + (f" *{claim.note}*" if claim.note else "")
    yield table_row([claim.id, place, words, *_numbers(claim, row), _verdict(row), record])
    readings = row.get("readings") or ()
    assert isinstance(readings, Sequence)
    for each, its in zip(claim.readings, readings, strict=False):
        yield table_row(["", "", f"— with {each.reading}", *_numbers(each, its), _verdict(its), ""])


def _numbers(claim: Claim, row: dict[str, object]) -> list[str]:
    unit = f" {claim.unit}" if claim.unit and not claim.relation.every_seed else ""
    ends = [row.get(name) for name in ("low", "high")]
    interval = "" if None in ends else " to ".join(number(float(str(end))) for end in ends)
    paper = ""
    if claim.paper is not None:
        paper = number(claim.paper.value) + (f" ± {number(claim.paper.spread)}" if claim.paper.spread else "")
    value = row.get("value")
    return ["" if value is None else f"{number(float(str(value)))}{unit}", interval, paper, claim.relation.text]


def _verdict(row: dict[str, object]) -> str:
    verdict = str(row.get("verdict", "missing"))
    if verdict in PREVIEWS:
        verdict = f"*preview: {verdict}*"
    elif verdict == "not reproduced":
        verdict = f"**{verdict}**"
    # A claim that is judged on a part of the curve says which, and what it is elsewhere.
    _, judged, where = str(row.get("reason", "")).partition(JUDGED_AT)
    return f"{verdict}, {judged}{where}" if judged else verdict


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 120, break_long_words=False)


def pages(definitions: Path, records: Sequence[Record], folder: Path = FOLDER) -> dict[str, str]:
    """Return the pages of all studies by the names of their files."""
    found, gains = {}, {}
    for path in sorted(definitions.glob("*.yaml")):
        claims, gains[path.stem] = load_claims(path), read_gains(folder / path.stem / over.NAME)
        found[f"{path.stem}-claims.md"] = page(path.stem, claims, records)
        if several := over.page(path.stem, claims, folder):
            found[f"{path.stem}-recordings.md"] = several
    for path in sorted((definitions.parents[1] / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if path.name not in found and MARK in text and path.name != "record.md":
            found[path.name] = with_numbers(text, records, path.name, gains)
    found["together.md"] = together.page(definitions.parent / "together.yaml", definitions, records)
    return found


def overview(definitions: Path, records: Sequence[Record]) -> str:
    """Return the table of the README: what the largest runs said of the headlines of each study."""
    found = ["| study | headlines | reproduced | not | open | depends on the reading | previews only | runs |"]
    found += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for path in sorted(definitions.glob("*.yaml")):
        study = path.stem
        rows = recorded([missing(claim, "") for claim in load_claims(path)], records)
        its = [row for row in rows if group(row) == "headlines"]
        counts = count(its)
        cells = [counts[name] for name in ("reproduced", "not reproduced", "inconclusive", "depends")]
        runs = ", ".join(sorted({row["record"] for row in its if row["record"]})) or "none yet"
        link = f"[{study}](docs/{study}-claims.md)"
        found.append(table_row([link, len(its), *cells, sum(counts[name] for name in PREVIEWS), runs]))
    return "\n".join(found)


def with_overview(text: str, table: str) -> str:
    """Return a page with the table between its marks."""
    before, _, rest = text.partition(OPEN)
    _, _, after = rest.partition(CLOSE)
    return f"{before}{OPEN}\n{table}\n{CLOSE}{after}"


def main() -> None:
    """Write the pages, and print how far previews can be trusted."""
    parser = argparse.ArgumentParser(prog="python -m homeostat.record.docs", description=__doc__)
    parser.add_argument("--record", type=Path, default=FOLDER, help="folder of all records")
    parser.add_argument("--output", type=Path, default=ROOT / "docs", help="folder of the pages")
    options = parser.parse_args()
    records = read_all(options.record)
    for name, text in pages(ROOT / "config" / "claims", records, options.record).items():
        write_text(options.output / name, text)
        print(options.output / name)
    definitions = ROOT / "config" / "claims"
    path = ROOT / "config" / "together.yaml"
    found, systems = together.findings(path, definitions, records), together.systems(path)
    draw(found, systems, options.output / "img/together.png")
    for each in sorted(definitions.glob("*.yaml")):
        over.draw(each.stem, load_claims(each), options.record, options.output / f"img/{each.stem}-recordings.png")
    readme = options.output.parent / "README.md"
    if readme.is_file():
        write_text(readme, with_overview(readme.read_text(encoding="utf-8"), overview(definitions, records)))
    print(said(previews(records)))


if __name__ == "__main__":
    cli.run(main)
