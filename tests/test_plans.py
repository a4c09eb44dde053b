"""What a change of the configuration reruns, for every study; and what is left when a run fails."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from mayzel2024_tables import FIGURES, write_tables
from pipeline import ROOT, TEST, command, overlay, plan, pretend, run

from homeostat.claims import Tables, judge, load_claims

CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text())
STUDIES = CONFIG["studies"]
# What a study repeats itself over: in the configuration, and in the paths of its fits.
SEEDS = ("seeds", "configurations")


def to_do(folder: Path, *targets: str, **options) -> dict[str, str]:
    """Return the files that would be made, with their rules."""
    return {path: rule for path, rule, todo in plan(folder, *targets, **options) if todo}


def with_one_more_seed(section: dict[str, Any]) -> dict[str, Any]:
    """Return a section of the configuration with one more of each number of seeds in it."""
    return {
        key: with_one_more_seed(value) if isinstance(value, dict) else value + 1 if key in SEEDS else value
        for key, value in section.items()
    }


def test_one_more_figure_or_seed_refits_nothing_that_is_there(tmp_path: Path) -> None:
    everything = [path for path, _, _ in plan(tmp_path, "all", configs=())]
    some = []
    for study in STUDIES:
        figures = [path for path in everything if re.fullmatch(rf"results/figures/{study}/\w+\.csv", path)]
        # The figure in the middle: what it shares with others lies on either side.
        some.append(figures[len(figures) // 2])
    there = [path for path, _, _ in plan(tmp_path, *some, configs=())]
    pretend(tmp_path, there, *some, configs=())
    planned = to_do(tmp_path, "all", configs=())
    assert planned and not set(there) & set(planned)

    pretend(tmp_path, everything, "all", configs=())
    more = {study: with_one_more_seed(CONFIG[study]) for study in STUDIES}
    assert all(more[study] != CONFIG[study] for study in STUDIES)
    planned = to_do(tmp_path, "all", configs=(overlay(tmp_path / "more.yaml", more),))
    blocks = {path: re.search(rf"(?:{'|'.join(SEEDS)})~(\d+)-(\d+)", path) for path in planned}
    for study in STUDIES:
        fits = {path: block for path, block in blocks.items() if block and f"/{study}/" in path}
        assert fits, f"{study}: no file is named after its seeds"
        for path, block in fits.items():
            assert not (tmp_path / path).exists(), f"{path} is there and would be made again"
            assert int(block[2]) + 1 in numbers(more[study]), path
    # Another place to look for data in fetches nothing anew.
    elsewhere = to_do(tmp_path, "all", configs=(overlay(tmp_path / "mirror.yaml", {"mirror": "elsewhere"}),))
    assert set(elsewhere.values()) <= {"page"}
    # Data do not depend on seeds; what follows from the fits does.
    rest = {rule for path, rule in planned.items() if not blocks[path]}
    assert not {rule for rule in rest if rule.startswith("data_") or rule.endswith("_data")}


def numbers(section: dict[str, Any]) -> Iterator[int]:
    """Yield every number of seeds in a section."""
    for key, value in section.items():
        if isinstance(value, dict):
            yield from numbers(value)
        elif key in SEEDS:
            yield value


def test_a_failed_run_leaves_a_scorecard_of_what_is_there(tmp_path: Path) -> None:
    configs = (TEST, overlay(tmp_path / "one.yaml", {"studies": ["mayzel2024"]}))
    rules = {path: rule for path, rule, _ in plan(tmp_path, "all", configs=configs)}
    (tmp_path / "results/figures/mayzel2024").mkdir(parents=True)
    write_tables(tmp_path / "results/figures/mayzel2024", "test", "prefrontal_surrogate")
    pretend(tmp_path, rules, "all", configs=configs)
    # A fit that only this figure shows is to be made again, and its data cannot be read.
    lost = "results/figures/mayzel2024/fig1s1.csv"
    alone = [p for p in rules if "slope~inf" in p and rules[p] == "mayzel2024_fit" and "pairwise" not in p]
    again = ("--keep-going", "--forcerun", alone[0])
    status, printed = run(command(tmp_path, "all", configs=configs, flags=again))
    assert not (tmp_path / lost).exists(), "the table of the earlier run would pass for current"
    assert status != 0 and "not a complete NPZ file" in printed and "results/scorecard says" in printed, printed
    rows = json.loads((tmp_path / "results/scorecard/scorecard.json").read_text())
    of_lost = [row for row in rows if row["figure"] == "fig1s1"]
    assert of_lost and {row["verdict"] for row in of_lost} == {"missing"}
    assert {row["reason"] for row in of_lost} == {"fig1s1.csv is not there"}
    # The others are judged as ever.
    tables = Tables(tmp_path / f"results/figures/mayzel2024/{figure}.csv" for figure in FIGURES)
    claims = load_claims(ROOT / "config/claims/mayzel2024.yaml")
    judged = [judge(claim, tables, []) for claim in claims if claim.figure != "fig1s1"]
    assert [row for row in rows if row not in of_lost] == json.loads(json.dumps(judged))
    # A run that makes the rest makes the scorecard anew.
    planned = to_do(tmp_path, "all", configs=configs)
    assert {lost, "results/claims/mayzel2024.json", "results/scorecard/scorecard.json"} <= set(planned)
