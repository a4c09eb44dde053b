"""The record beside a run, the share of previews that larger runs confirmed, and the pages made from it."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline import ROOT
from record_runs import run, table, value

from homeostat.claims import load_claims
from homeostat.claims.judge import missing
from homeostat.errors import ConfigError, DataError
from homeostat.record import Record, best, read_all
from homeostat.record.beside import previews, recorded, said, summary
from homeostat.record.docs import overview, page, pages, with_overview
from homeostat.record.prose import with_numbers
from homeostat.record.run import read_run
from homeostat.record.together import Finding, findings, said_of_systems
from homeostat.record.write import definition, write_record

CLAIMS = load_claims(ROOT / "config/claims/keck2012.yaml")
HEADLINES = [claim.id for claim in CLAIMS if claim.rank == "headline"]


def record(name: str, seeds: int = 3, study: str = "keck2012", **verdicts: str) -> Record:
    """Return a record with some verdicts; ids are written with _ for their point."""
    figures = {"fig1": {"key": "0", "panels": {}}}
    about = {"study": study, "scale": name, "seeds": seeds, "hours": 1.0, "figures": figures, "data": {"mnist": "0"}}
    about |= {"device": "cpu", "revision": "abc", "date": "2026-01-02T03:04:05"}
    given = {key.replace("_", "."): verdict for key, verdict in verdicts.items()}
    rows: list[dict[str, Any]] = [
        {"id": claim.id, "verdict": given.get(claim.id, "missing"), "definition": definition(claim)} for claim in CLAIMS
    ]
    made = Record(Path("record") / study / name, about)
    made.__dict__["claims"] = rows
    return made


def rows() -> list[dict[str, Any]]:
    return [missing(claim, "no run") for claim in CLAIMS]


def test_each_claim_is_shown_as_the_largest_run_that_judged_it() -> None:
    small = record("default", K0_1="reproduced", K1_1a="not reproduced", K1_2a="points to")
    large = record("real", K0_1="not reproduced", K1_1a="points to", K2_1="open")
    found = best([large, small], "keck2012")
    shown = {name: (found[name]["verdict"], found[name]["record"]) for name in ("K0.1", "K1.1a", "K1.2a", "K2.1")}
    assert shown == {
        "K0.1": ("not reproduced", "real"), "K1.1a": ("not reproduced", "default"), "K1.2a": ("points to", "default"),
        "K2.1": ("open", "real"),
    }  # fmt: skip
    assert {row["id"]: row["record"] for row in recorded(rows(), [small])}["K0.1"] == "default"


def test_the_line_counts_headlines_and_names_the_records_that_judged() -> None:
    small = record("default", K1_1a="reproduced", K1_2b="reproduced", K2_1="points to")
    large = record("real", K0_1="not reproduced")
    assert "K1.2b" not in HEADLINES and {"K0.1", "K1.1a", "K2.1"} <= set(HEADLINES)
    line = summary(rows(), [small, large])
    assert line.startswith("record: 1 reproduced, 1 not, 0 inconclusive; previews: 1 point to it")
    assert line.endswith("(real, default)")
    assert summary(rows(), []) == "" and summary([], [small]) == ""


def test_what_the_tests_sizes_say_is_never_shown() -> None:
    tiny = record("test", K0_1="reproduced")
    assert best([tiny], "keck2012") == {} and summary(rows(), [tiny]) == ""
    assert previews([record("test", K0_1="points to"), record("real", K0_1="reproduced")]).share != 1.0


def test_the_share_of_previews_is_counted_from_the_records() -> None:
    small = record("default", K0_1="points to", K1_1a="points away", K1_2a="points to", K2_1="open", K3_1="points to")
    large = record("real", K0_1="reproduced", K1_1a="reproduced", K1_2a="inconclusive", K2_1="reproduced")
    found = previews([small, large])
    assert (found.confirmed, found.refuted, found.undecided) == (("keck2012 K0.1",), ("keck2012 K1.1a",), 2)
    assert said(found) == "Of 2 previews that a larger run of the record decided, 50 % were confirmed."
    assert said(previews([small])) == "" and said(previews([small, record("real", study="other")])) == ""


def test_a_claim_that_was_changed_since_does_not_count_and_is_said_to_be_so() -> None:
    small, large = record("default", K0_1="points to"), record("real", K0_1="reproduced")
    (row,) = [row for row in large.claims if row["id"] == "K0.1"]
    row["definition"] = "0"
    assert previews([small, large]).confirmed == ()
    line = next(line for line in page("keck2012", CLAIMS, [large]).splitlines() if line.startswith("| K0.1"))
    assert line.endswith("| reproduced | real (the claim was changed since) |")


def test_a_definition_is_of_what_is_asked_not_of_its_words() -> None:
    claim = CLAIMS[0]
    assert definition(dataclasses.replace(claim, claim="Other words.", note="")) == definition(claim)
    assert definition(dataclasses.replace(claim, averaged=not claim.averaged)) != definition(claim)


def test_a_page_has_every_claim_once_and_previews_apart() -> None:
    made = page("keck2012", CLAIMS, [record("default", K0_1="points to", K1_1a="not reproduced")])
    for claim in CLAIMS:
        assert made.count(f"\n| {claim.id} |") == 1
    assert "*preview: points to*" in made and "**not reproduced**" in made
    assert "## Headlines" in made and "| default | default | 3 | fig1 | mnist | cpu | abc | 2026-01-02 | 1.00 |" in made


def together(tmp_path: Path, claims: str, *records: Record) -> list[Finding]:
    text = f"mechanisms: [{{name: Scaling, what: It is, buys: [{{what: accuracy, claims: {{keck2012: [{claims}]}}}}]}}]"
    (tmp_path / "together.yaml").write_text(text)
    return findings(tmp_path / "together.yaml", ROOT / "config/claims", records)


def test_what_a_mechanism_buys_follows_from_the_verdicts(tmp_path: Path) -> None:
    made = record("default", K0_1="reproduced", K1_1a="not reproduced", K1_2a="points to", K2_1="inconclusive")
    found = together(tmp_path, "K0.1, not K0.1, K1.1a, not K1.1a, K1.2a, not K1.2a, K2.1, K2.2", made)
    assert [each.answer for each in found] == [
        "yes", "no", "no", "yes", "preview: yes", "preview: no", "open", "not measured",
    ]  # fmt: skip


def test_a_claim_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"keck2012 has no claim 'K0\.11'; did you mean 'K0\.1'"):
        together(tmp_path, "K0.11")


def test_numbers_in_prose_are_those_of_the_record() -> None:
    made = record("default", K0_1="reproduced")
    row = next(row for row in made.claims if row["id"] == "K0.1")
    row |= {"value": -0.12345, "low": -1.5, "high": 1234.0, "readings": [{"reading": "a b", "value": 7.0}]}
    numbers = {"9.9 %": "", "-3": " low", "1.0": " size", "1,0": " high", "0.00": " [a b]"}
    text = ", ".join(f"{number}<!-- record: keck2012 K0.1{end} -->" for number, end in numbers.items())
    assert with_numbers(text, [made], "a.md").replace("<!-- record: keck2012 K0.1", "").replace(" -->", "") == (
        "-12.3 %, -2 low, 0.1 size, 1,234 high, 7.00 [a b]"
    )
    for wrong, sentence in (
        ("1<!-- record: keck2012 K0.2 -->", "a.md: the record has no number for '<!-- record: keck2012 K0.2 -->'"),
        ("1<!-- record: keck2012 K0.1 [c] -->", "has no number for"),
        ("one<!-- record: keck2012 K0.1 -->", "1 comments that name the record have no number before them"),
    ):
        with pytest.raises(DataError, match=re.escape(sentence)):
            with_numbers(wrong, [made], "a.md")


def test_plotted_means_in_prose_are_those_of_the_largest_run_that_has_them(tmp_path: Path) -> None:
    small, large = run(tmp_path / "a"), run(tmp_path / "b", {"fig1": table(of=lambda *at: 3.0, scale="real")})
    for made, name in ((small, "default"), (large, "real")):
        write_record(read_run(made), "keck2012", tmp_path / "record", name=name)
    records = read_all(tmp_path / "record")
    mark = "<!-- record: keck2012 fig1 A | score | scaling | {} -->"
    assert with_numbers("9.90" + mark.format(4), records, "a.md") == "3.00" + mark.format(4)
    cell = mark.format(4).replace("|", r"\|")  # in a table of Markdown
    assert with_numbers("9.90" + cell, records, "a.md") == "3.00" + cell
    smaller = with_numbers("9.9 %" + mark.format("4.0"), records[:1], "a.md")
    mean = np.mean([value("scaling", seed, 4.0) for seed in range(4)])
    assert smaller == f"{100 * mean:.1f} %" + mark.format("4.0")
    curve = records[0].curves[0]
    budgets = dataclasses.replace(records[0], about=records[0].about)
    vars(budgets)["curves"] = [dataclasses.replace(curve, budget=("0", "1", "3", "6"), mean=(1.0, 2.0, 3.0, 4.0))]
    assert with_numbers("9.0" + mark.format("φ 3"), [budgets], "a.md") == "3.0" + mark.format("φ 3")
    for wrong in (mark.format(5), mark.replace(" | {}", ""), mark.format(4).replace("score", "scores")):
        with pytest.raises(DataError, match="the record has no number for"):
            with_numbers("1" + wrong, records, "a.md")


def test_prose_in_docs_quotes_the_record() -> None:
    for name, made in pages(ROOT / "config" / "claims", read_all()).items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made, f"{name}: make record-docs"


def test_the_table_of_the_readme_is_that_of_the_record() -> None:
    kept = (ROOT / "README.md").read_text(encoding="utf-8")
    assert kept == with_overview(kept, overview(ROOT / "config/claims", read_all())), "make record-docs"
    made = overview(ROOT / "config/claims", [record("default", K0_1="reproduced", K1_1a="points to")])
    assert "| [keck2012](docs/keck2012-claims.md) | 7 | 1 | 0 | 0 | 0 | 1 | default |" in made


def test_the_page_says_what_holds_in_more_than_one_system() -> None:
    """Every kind of sentence, from answers that are known; previews and what nobody measured judge nothing."""
    answers = {
        ("Scaling", "accuracy"): {"a": ["reproduced"], "b": ["reproduced"]},
        ("Scaling", "cost"): {"a": ["reproduced"], "b": ["not reproduced"]},
        ("Noise", "accuracy"): {"a": ["reproduced"], "b": ["points to"]},
        ("Noise", "cost"): {"b": ["reproduced", "inconclusive"]},
        ("Budgets", "cost"): {"a": ["not reproduced"], "b": ["inconclusive"]},
        ("Budgets", "accuracy"): {"a": ["points to"], "b": ["missing"]},
    }
    found = [
        Finding(mechanism, gain, study, CLAIMS[0], False, {"verdict": verdict})
        for (mechanism, gain), systems in answers.items()
        for study, verdicts in systems.items()
        for verdict in verdicts
    ]
    assert said_of_systems(found) == [
        "- **Judged in two systems or more, and seen in each**: accuracy by scaling (a, b).",
        "- **Judged in two systems or more, and seen in part**: cost by scaling (a, b).",
        "- **Judged in one system only, and seen there**: accuracy by noise (a).",
        "- **Judged in one system only, and seen in part**: cost by noise (b).",
        "- **Judged, and open**: cost by budgets (a, b).",
        "- **Not judged so far**: accuracy by budgets (a, b).",
    ]
    (denied,) = [dataclasses.replace(found[0], denied=True)]
    assert said_of_systems([denied]) == ["- **Judged, and not seen**: accuracy by scaling (a)."]
