"""What the five papers say together, from config/together.yaml and the record: a page, and the table behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from homeostat.claims import Claim, load_claims
from homeostat.errors import ConfigError, nearest
from homeostat.record.read import Record, best

NOT = "not "
# From a claim's verdict to whether the mechanism buys what it is said to buy; the second where the claim denies it.
ANSWERS = {
    "reproduced": ("yes", "no"),
    "not reproduced": ("no", "yes"),
    "inconclusive": ("open", "open"),
    "depends": ("depends", "depends"),
    "points to": ("preview: yes", "preview: no"),
    "points away": ("preview: no", "preview: yes"),
    "open": ("preview: open", "preview: open"),
    "missing": ("not measured", "not measured"),
}


@dataclass(frozen=True)
class Finding:
    """One claim about what one mechanism buys in one system."""

    mechanism: str
    buys: str
    study: str
    claim: Claim
    denied: bool
    row: Mapping[str, Any]

    @property
    def answer(self) -> str:
        """``yes``, ``no``, ``open``, ``depends``, a preview of these, or ``not measured``."""
        return ANSWERS[self.row.get("verdict", "missing")][self.denied]


def findings(path: Path, claims: Path, records: Sequence[Record]) -> list[Finding]:
    """Return what the record says of every claim that the file names, in its order.

    Raises
    ------
    ConfigError
        The file names a study or claim that is not there.
    """
    known = {each.stem: {claim.id: claim for claim in load_claims(each)} for each in sorted(claims.glob("*.yaml"))}
    rows = {study: best(records, study) for study in known}
    found = []
    for mechanism in _read(path):
        for gain in mechanism["buys"]:
            for study, ids in gain["claims"].items():
                for name in ids:
                    bare = name.removeprefix(NOT)
                    if bare not in known.get(study, {}):
                        where = known.get(study, known)
                        raise ConfigError(f"{path}: {study} has no claim {bare!r}{nearest(bare, where)}")
                    row = rows[study].get(bare, {})
                    claim = known[study][bare]
                    found.append(Finding(mechanism["name"], gain["what"], study, claim, name != bare, row))
    return found


def page(path: Path, claims: Path, records: Sequence[Record]) -> str:
    """Return docs/together.md."""
    found = findings(path, claims, records)
    gains = list(dict.fromkeys(each.buys for each in found))
    said = [
        "# What the five papers say together",
        "",
        "<!-- Written by `make record-docs` from config/together.yaml, config/claims and record/; do not edit. -->",
        "",
        "Five papers, five systems, and a few mechanisms that return. Below is what each mechanism buys where: yes, no",
        "or open, by our numbers in the largest runs of the [record](record.md). A preview is from a run that is too",
        "small to judge, or on data that cannot tell. Which claims belong where is our choice",
        "(`config/together.yaml`).",
        "",
        "![Mechanisms, what each buys, and whether it did in each system](img/together.png)",
        "",
        "| mechanism | " + " | ".join(gains) + " |",
        "| --- |" + " --- |" * len(gains),
    ]
    for mechanism in dict.fromkeys(each.mechanism for each in found):
        cells = [_cell([each for each in found if (each.mechanism, each.buys) == (mechanism, gain)]) for gain in gains]
        said.append(f"| {mechanism} | " + " | ".join(cells) + " |")
    said += ["", *_systems(found)]
    for given in _read(path):
        said += ["", f"## {given['name']}", "", " ".join(given["what"].split()), ""]
        said += ["| buys | study | claim | our number | it does | record |", "| --- | --- | --- | --- | --- | --- |"]
        said += [_line(each) for each in found if each.mechanism == given["name"]]
    return "\n".join(said) + "\n"


def judged(found: Sequence[Finding]) -> dict[str, list[str]]:
    """Return the answers of each study that are no previews, in the order of the studies."""
    answers: dict[str, list[str]] = {}
    for each in found:
        if each.answer in ("yes", "no", "depends"):
            answers.setdefault(each.study, []).append(each.answer)
    return answers


def _cell(found: Sequence[Finding]) -> str:
    studies = dict.fromkeys(each.study for each in found)
    said = []
    for study in studies:
        answers = [each.answer for each in found if each.study == study]
        said.append(f"{study}: {', '.join(answers)}")
    return "<br>".join(said)


def _systems(found: Sequence[Finding]) -> list[str]:
    """Say of each gain by each mechanism in how many systems it was seen, of those that could tell."""
    every, some, none = [], [], []
    for mechanism, gain in dict.fromkeys((each.mechanism, each.buys) for each in found):
        answers = judged([each for each in found if (each.mechanism, each.buys) == (mechanism, gain)])
        if not answers:
            continue
        all_yes = [study for study, its in answers.items() if set(its) == {"yes"}]
        any_yes = [study for study, its in answers.items() if "yes" in its]
        words = f"{gain} by {mechanism[0].lower()}{mechanism[1:]} ({', '.join(answers)})"
        if len(all_yes) == len(answers):
            every.append(words)
        elif any_yes:
            some.append(f"{gain} by {mechanism[0].lower()}{mechanism[1:]} (not all in {', '.join(answers)})")
        else:
            none.append(words)
    parts = [("Seen wherever it was judged", every), ("Seen in part", some), ("Not seen", none)]
    return [f"- **{name}**: {'; '.join(words)}." for name, words in parts if words]


def _line(each: Finding) -> str:
    value = each.row.get("value")
    number = "" if value is None else f"{value:.3g}"
    if number and each.row.get("low") is not None:
        number += f" ({each.row['low']:.3g} to {each.row['high']:.3g})"
    unit = f" {each.claim.unit}" if number and each.claim.unit and not each.claim.relation.every_seed else ""
    words = f"{each.claim.claim} ({each.claim.id}" + (", which would deny it)" if each.denied else ")")
    cells = [each.buys, each.study, words, f"{number}{unit}", f"**{each.answer}**", each.row.get("record", "")]
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _read(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["mechanisms"]
    return found
