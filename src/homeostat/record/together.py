"""What the five papers say together, from config/together.yaml and the record: a page, and the table behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeostat.claims import Claim, load_claims
from homeostat.errors import ConfigError, nearest
from homeostat.record.markdown import table_row, with_interval
from homeostat.record.read import Record, best
from homeostat.yaml_files import read_yaml

NOT = "not "
_SCALES = ("scale", "machine", "brain", "here")
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
        "The five papers study five systems, and the same few mechanisms of homeostasis and normalization in them.",
        "",
        "| paper | system |",
        "| --- | --- |",
        *(f"| [{study}]({study}.md) | {given['what']} |" for study, given in systems(path).items()),
        "",
        "Normalization of artificial networks and homeostasis of the brain correspond at four scales (after table 1 of",
        "Shen, Wang & Navlakha 2021; the last column is ours):",
        "",
        "| scale | machine learning | brain | here |",
        "| --- | --- | --- | --- |",
        *(table_row([row[name] for name in _SCALES]) for row in _read(path, "scales")),
        "",
        "This page puts side by side what each mechanism buys in each system. Each answer is our verdict on one claim,",
        "in the largest run of the [record](record.md) that judged it: *yes*, it does; *no*, it does not; *open*, the",
        "interval leaves both possible; *depends*, readings of the claim differ. A *preview* is from a run that is too",
        "small to judge, or on data that cannot tell, and proves nothing. No two systems have the same measure (their",
        "units stand below), so answers can be compared and numbers cannot. Which claims belong where is our choice",
        "(`config/together.yaml`).",
        "",
        "![Mechanisms, what each buys, and whether it did in each system](img/together.png)",
        "",
        "| mechanism | " + " | ".join(gains) + " |",
        "| --- |" + " --- |" * len(gains),
    ]
    for mechanism in dict.fromkeys(each.mechanism for each in found):
        cells = [_cell([each for each in found if (each.mechanism, each.buys) == (mechanism, gain)]) for gain in gains]
        said.append(table_row([mechanism, *cells]))
    said += ["", "## What holds in more than one system", "", *said_of_systems(found)]
    for given in _read(path):
        said += ["", f"## {given['name']}", "", " ".join(given["what"].split()), ""]
        said += ["| buys | study | claim | our number | it does | record |", "| --- | --- | --- | --- | --- | --- |"]
        said += [_line(each) for each in found if each.mechanism == given["name"]]
    return "\n".join(said) + "\n"


def judged(found: Sequence[Finding]) -> dict[str, list[str]]:
    """Return the answers of each study that are not previews, in the order of the studies."""
    answers: dict[str, list[str]] = {}
    for each in found:
        if each.answer in ("yes", "no", "open", "depends"):
            answers.setdefault(each.study, []).append(each.answer)
    return answers


def _cell(found: Sequence[Finding]) -> str:
    studies = dict.fromkeys(each.study for each in found)
    said = []
    for study in studies:
        answers = [each.answer for each in found if each.study == study]
        said.append(f"{study}: {', '.join(answers)}")
    return "<br>".join(said)


def systems(path: Path) -> dict[str, dict[str, str]]:
    """Return for each study, in the order of the page, its system: ``what`` in a sentence, ``short`` in some words."""
    found: dict[str, dict[str, str]] = read_yaml(path)["systems"]
    return found


def said_of_systems(found: Sequence[Finding]) -> list[str]:
    """Say of each gain by each mechanism in which systems it was seen, by how many of them could tell."""
    kinds: dict[str, list[str]] = {
        "Judged in two systems or more, and seen in each": [],
        "Judged in two systems or more, and seen in part": [],
        "Judged in one system only, and seen there": [],
        "Judged in one system only, and seen in part": [],
        "Judged, and open": [],
        "Judged, and not seen": [],
        "Not judged so far": [],
    }
    everywhere, partly, one, one_partly, undecided, nowhere, unknown = kinds.values()
    for mechanism, gain in dict.fromkeys((each.mechanism, each.buys) for each in found):
        its = [each for each in found if (each.mechanism, each.buys) == (mechanism, gain)]
        answers = judged(its)
        studies = ", ".join(answers or dict.fromkeys(each.study for each in its))
        whole = all(set(each) == {"yes"} for each in answers.values())
        if not answers:
            kind = unknown
        elif not any("yes" in each for each in answers.values()):
            kind = nowhere if all(set(each) == {"no"} for each in answers.values()) else undecided
        elif len(answers) > 1:
            kind = everywhere if whole else partly
        else:
            kind = one if whole else one_partly
        kind.append(f"{gain} by {mechanism[0].lower()}{mechanism[1:]} ({studies})")
    return [f"- **{name}**: {'; '.join(words)}." for name, words in kinds.items() if words]


def _line(each: Finding) -> str:
    number = with_interval(each.row)
    unit = f" {each.claim.unit}" if number and each.claim.unit and not each.claim.relation.every_seed else ""
    words = f"{each.claim.claim} ({each.claim.id}" + (", which would deny it)" if each.denied else ")")
    cells = [each.buys, each.study, words, f"{number}{unit}", f"**{each.answer}**", each.row.get("record", "")]
    return table_row(cells)


def _read(path: Path, what: str = "mechanisms") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_yaml(path)[what]
    return found
