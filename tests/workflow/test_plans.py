"""What a change of the configuration reruns, for every study; and what is left when a run fails."""

import json
import os
import re
import shutil
import time
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
    there = set(map(without_key, everything))
    more = {study: with_one_more_seed(CONFIG[study]) for study in STUDIES}
    assert all(more[study] != CONFIG[study] for study in STUDIES)
    planned = to_do(tmp_path, "all", configs=(overlay(tmp_path / "more.yaml", more),))
    blocks = {path: re.search(rf"(?:{'|'.join(SEEDS)})~(\d+)-(\d+)", path) for path in planned}
    for study in STUDIES:
        fits = {path: block for path, block in blocks.items() if block and f"/{study}/" in path}
        assert fits, f"{study}: no file is named after its seeds"
        for path, block in fits.items():
            assert without_key(path) not in there, f"{path} is there under another key and would be made again"
            assert int(block[2]) + 1 in numbers(more[study]), path
    # Another place to look for data in fetches nothing again.
    elsewhere = to_do(tmp_path, "all", configs=(overlay(tmp_path / "mirror.yaml", {"mirror": "elsewhere"}),))
    assert set(elsewhere.values()) <= {"page_write", "page"}
    # Data do not depend on seeds; what follows from the fits does.
    rest = {rule for path, rule in planned.items() if not blocks[path]}
    assert not {rule for rule in rest if rule.startswith("data_") or rule.endswith("_data")}


def test_dates_of_the_users_own_files_say_nothing(tmp_path: Path) -> None:
    recording, models = tmp_path / "mine.npy", tmp_path / "my_models.py"
    recording.write_bytes(b"spikes")
    models.write_text(
        "from homeostat.rp import ModelKind, register\nregister(ModelKind('tuned', 'tuned', ('weight', 'threshold')))\n"
    )
    mine = {"recording": str(recording), "extra_models": [str(models)]}
    configs = (TEST, overlay(tmp_path / "mine.yaml", mine))
    there = [path for path, _, _ in plan(tmp_path, "mayzel2024_fig2", configs=configs)]
    assert any("/own-mine-" in path for path in there) and any("model~tuned" in path for path in there)
    pretend(tmp_path, there, "mayzel2024_fig2", configs=configs)
    shutil.rmtree(tmp_path / ".snakemake")
    for path in (recording, models):
        os.utime(path, (time.time() + 9, time.time() + 9))
    assert to_do(tmp_path, "mayzel2024_fig2", configs=configs) == {}
    # Another content is another key.
    models.write_text(models.read_text() + "X = 1\n")
    assert {rule for rule in to_do(tmp_path, "mayzel2024_fig2", configs=configs).values() if "fit" in rule} == {
        "mayzel2024_fit"
    }


def without_key(path: str) -> str:
    return re.sub(r"\.[0-9a-f]{16}", "", path)


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
    pretend(tmp_path, rules, "all", configs=configs)
    write_tables(tmp_path, "test", "prefrontal_surrogate")
    for figure in FIGURES:
        (path,) = tmp_path.glob(f"results/store/mayzel2024/figures/{figure}.*.csv")
        (tmp_path / f"{figure}.csv").rename(path)
    # One figure is to be made again, from a table that nobody can read.
    (lost,) = tmp_path.glob("results/store/mayzel2024/figures/fig1s1.*.csv")
    lost.unlink()
    status, printed = run(command(tmp_path, "all", configs=configs, flags=("--keep-going",)))
    assert status != 0 and "results/scorecard says" in printed, printed
    rows = json.loads((tmp_path / "results/scorecard/scorecard.json").read_text())
    of_lost = [row for row in rows if row["figure"] == "fig1s1"]
    assert of_lost and {row["verdict"] for row in of_lost} == {"missing"}
    assert {row["reason"] for row in of_lost} == {"fig1s1.csv is not there"}
    # The others are judged as ever.
    tables = Tables(tmp_path.glob("results/store/mayzel2024/figures/*.csv"))
    claims = load_claims(ROOT / "config/claims/mayzel2024.yaml")
    judged = [judge(claim, tables, []) for claim in claims if claim.figure != "fig1s1"]
    assert [row for row in rows if row not in of_lost] == json.loads(json.dumps(judged))
    # A run that makes the rest makes the scorecard again.
    planned = to_do(tmp_path, "all", configs=configs)
    assert {str(lost.relative_to(tmp_path)), "results/scorecard/scorecard.json"} <= set(planned)
