"""Records over recordings: one of each, verdicts over all, and the page; a planted claim holds in one of two."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mayzel2024_tables import write_tables
from pipeline import ROOT

from homeostat.claims import PREVIEWS, load_claims
from homeostat.errors import DataError
from homeostat.record import read_all, read_record
from homeostat.record.gains import gains_of, read_gains
from homeostat.record.over import draw, page, read_over, write_over
from homeostat.record.prose import with_numbers
from homeostat.record.run import Run

NAMES = ("visual_50", "retina50")
CONFIG = {"recording": "prefrontal_surrogate", "mayzel2024": {}, "recording_options": {}, "surrogate": {}}


def of_several(folder: Path) -> Run:
    """Return a run on two recordings; homeostatic models are worse than random ones on the second."""
    views: dict[str, str] = {}
    for at, name in enumerate(NAMES):
        where = folder / "figures/mayzel2024" / name
        where.mkdir(parents=True)
        for path in write_tables(where, "real", name):
            views[f"results/figures/mayzel2024/{name}/{path.name}"] = f"{at}{path.stem}".ljust(16, "0")
        if at:
            rows = pd.read_csv(where / "fig2.csv")
            rows.loc[rows["condition"].eq("homeostatic") & rows["panel"].eq("B"), "y"] -= 2
            rows.to_csv(where / "fig2.csv", index=False)
    views["results/figures/mayzel2024/recordings.csv"] = "f" * 16
    return Run(folder, {"views": views, "jobs": {}, "config": CONFIG, "revision": "r", "date": "2026-11-27"})


@pytest.fixture(scope="module", autouse=True)
def of_no_machine() -> Iterator[None]:
    """Runs here have no jobs, whose machine and hours a record would name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "machine", lambda self, study: {})
        patch.setattr(Run, "hours", lambda self, jobs: 0.5)
        patch.setattr("homeostat.record.write.blocks_of", lambda study, config: {})
        for module in ("write", "over"):
            patch.setattr(f"homeostat.record.{module}.settings_of", lambda study, config: dict(config[study]))
        yield


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Run]]:
    folder = tmp_path_factory.mktemp("first")
    run = of_several(folder)
    assert run.recordings == list(NAMES)
    runs = [run.on(name) for name in run.recordings]
    write_over(runs, "mayzel2024", folder / "record")
    return folder / "record", runs


@pytest.fixture
def written(first: tuple[Path, list[Run]], tmp_path: Path) -> tuple[Path, list[Run]]:
    """Return a record of two recordings, which a test may change, and its runs."""
    folder, runs = first
    return Path(shutil.copytree(folder, tmp_path / "record")), runs


def test_verdicts_over_recordings(written: tuple[Path, list[Run]]) -> None:
    folder, _ = written
    rows: dict[str, dict[str, Any]] = {row["id"]: row for row in read_over(folder, "mayzel2024")}
    row = rows["C2.1e"]
    assert (row["verdict"], row["holds"], row["fails"], row["of"]) == ("depends", 1, 1, 2)
    assert row["recordings"] == {"visual_50": "reproduced", "retina50": "not reproduced"}
    assert rows["C1.2a"]["verdict"] == "everywhere" and rows["C1.2a"]["low"] > 0
    # No page takes the record of one recording for the study's own.
    assert read_all(folder) == []
    each = {record.folder.name: record for record in read_all(folder / "mayzel2024", "recordings")}
    assert (
        set(each) == set(NAMES)
        and each["visual_50"].about["figures"].keys() == each["retina50"].about["figures"].keys()
    )
    verdicts = {row["id"]: row["verdict"] for row in each["retina50"].claims}
    assert verdicts["C2.1e"] == "not reproduced"


def test_the_page_has_a_sign_for_each_recording(written: tuple[Path, list[Run]]) -> None:
    folder, _ = written
    text = page("mayzel2024", load_claims(ROOT / "config/claims/mayzel2024.yaml"), folder)
    (line,) = [line for line in text.splitlines() if line.startswith("| C2.1e |")]
    assert "| ● | ✕ | 1 of 2 | depends |" in line
    assert "| visual_50 | real | " in text
    assert page("shen2021", load_claims(ROOT / "config/claims/shen2021.yaml"), folder) == ""
    assert "](img/mayzel2024-recordings.png)" in text
    for study, there in (("mayzel2024", True), ("shen2021", False)):
        path = folder / f"{study}.png"
        draw(study, load_claims(ROOT / f"config/claims/{study}.yaml"), folder, path)
        assert path.is_file() == there
    # Homeostatic models were made 2 nats worse on the second recording.
    gains = read_gains(folder / "mayzel2024/recordings")
    gain = next(each for each in gains if each.condition == "homeostatic")
    first, second = (gain.recordings[name] for name in NAMES)
    assert first[0] - second[0] == pytest.approx(2, abs=0.01)
    assert f"| {gain.name} | {first[0]:.2f} ({first[1]:.2f} to {first[2]:.2f}) |" in text
    quote = f"9.99<!-- record: mayzel2024 gain retina50 \\| homeostatic \\| {gain.budget!r} low -->"
    made = with_numbers(quote, [], "a.md", {"mayzel2024": gains})
    assert made == quote.replace("9.99", f"{second[1]:.2f}")
    with pytest.raises(DataError, match=r"a\.md: the record has no number for"):
        with_numbers(quote.replace("retina50", "nowhere"), [], "a.md", {"mayzel2024": gains})


def test_gains_are_paired_by_seed_and_leave_out_doubtful_fits() -> None:
    """RP of seed s has likelihood 10 s; A is better by 1, 2, 3, so its gain is 2 with half-width 4.303 / √3."""
    rows = [("B", "RP", 0.0, seed, 10.0 * seed, "") for seed in range(4)]
    rows += [("B", "A", 5.0, seed, 11.0 * seed + 1, "") for seed in range(3)] + [("B", "A", 5.0, 3, -99.0, "wrong")]
    rows += [("C", "A", 5.0, seed, 0.0, "") for seed in range(3)] + [("B", "alone", 0.0, 0, 0.0, "")]
    table = pd.DataFrame(rows, columns=["panel", "condition", "budget", "seed", "y", "doubt"])
    table = table.assign(measure="log_likelihood", x=0.0)
    (gain,) = gains_of("mayzel2024", {"one": table})
    assert gain.name == "A, φ = 5" and gain.pooled == ()
    assert gain.recordings["one"] == pytest.approx([2, 2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5], abs=1e-3)
    (gain,) = gains_of("mayzel2024", {"one": table, "two": table})
    assert gain.pooled[0] == pytest.approx(2) and gain.pooled[1] < 2 < gain.pooled[2]


def test_damaged_gains_are_named(tmp_path: Path) -> None:
    assert read_gains(tmp_path) == []
    (tmp_path / "gains.json").write_text('[{"what": 1}]')
    with pytest.raises(DataError, match="not gains over recordings"):
        read_gains(tmp_path)


def test_one_recording_never_counts_as_two(written: tuple[Path, list[Run]]) -> None:
    folder, runs = written
    with pytest.raises(DataError, match="two runs are on one recording: visual_50, visual_50"):
        write_over([runs[0], runs[0]], "mayzel2024", folder)
    damaged = folder / "mayzel2024/recordings/claims.json"
    damaged.write_text(json.dumps([{"name": 1}]))
    with pytest.raises(DataError, match="not verdicts over recordings"):
        read_over(folder, "mayzel2024")


def later_figure_2(folder: Path, first: Run, name: str = "retina50", scale: str = "real", **settings: int) -> Run:
    """Return a later run of figure 2 of one recording alone, in which homeostatic models are no worse."""
    where = folder / "later/figures/mayzel2024" / name
    where.mkdir(parents=True)
    (path,) = (path for path in write_tables(where, scale, name) if path.stem == "fig2")
    views = {f"results/figures/mayzel2024/{name}/{path.name}": "2" * 16}
    known = {**first.manifest, "config": CONFIG | {"mayzel2024": settings}}
    later = Run(folder / "later", {**known, "views": views, "revision": "s", "date": "2026-11-28"})
    return later.on(name)


def test_figures_of_one_recording_are_added_to_the_record_over_recordings(
    written: tuple[Path, list[Run]], tmp_path: Path
) -> None:
    folder, runs = written
    before = {row["id"]: row for row in read_over(folder, "mayzel2024")}
    gains = read_gains(folder / "mayzel2024/recordings")
    later = later_figure_2(tmp_path, runs[1])
    with pytest.raises(DataError, match="the record there is larger"):
        write_over([later], "mayzel2024", folder)
    write_over([later], "mayzel2024", folder, add=True)
    after = {row["id"]: row for row in read_over(folder, "mayzel2024")}
    assert before["C2.1e"]["verdict"] == "depends" and after["C2.1e"]["verdict"] == "everywhere"
    # What figure 2 does not show is as it was, and its numbers are those of the tables.
    assert after.keys() == before.keys()
    same = [id for id in before if id.startswith(("C1.", "C3."))]
    assert len(same) > 10
    assert [after[id] for id in same] == [before[id] for id in same]
    # A claim of figure 2 about one number has it pooled from the verdicts.
    pooled = [row for row in after.values() if row["id"].startswith("C2.") and row.get("low") is not None]
    assert pooled and all(row["low"] < row["value"] < row["high"] for row in pooled)
    for gain, known in zip(read_gains(folder / "mayzel2024/recordings"), gains, strict=True):
        name, moved = (gain.condition, gain.budget), 2 * (gain.condition == "homeostatic")
        assert name == (known.condition, known.budget)
        assert gain.recordings["visual_50"] == known.recordings["visual_50"]
        assert gain.recordings["retina50"] == pytest.approx(np.add(known.recordings["retina50"], moved), abs=2e-3)
        assert gain.pooled == pytest.approx(known.pooled, abs=2e-3) or moved
    (record,) = (each for each in read_all(folder / "mayzel2024", "recordings") if each.folder.name == "retina50")
    assert record.made_by("revision") == ["r", "s"] and record.made("fig1")["date"] == "2026-11-27"
    assert "| r, s | 2026-11-27, 2026-11-28 |" in page(
        "mayzel2024", load_claims(ROOT / "config/claims/mayzel2024.yaml"), folder
    )


def test_a_recording_of_other_settings_is_replaced_and_the_others_stay(
    written: tuple[Path, list[Run]], tmp_path: Path
) -> None:
    folder, runs = written
    before = {row["id"]: row for row in read_over(folder, "mayzel2024")}
    later = later_figure_2(tmp_path, runs[1], seeds=9)
    with pytest.raises(DataError, match="the record there has other settings: seeds"):
        write_over([later], "mayzel2024", folder, add=True)
    with pytest.raises(DataError, match="no figure of mayzel2024 on visual_50"):
        write_over([later, later.on("visual_50")], "mayzel2024", folder, add=True, replace=True)
    assert {row["id"]: row for row in read_over(folder, "mayzel2024")} == before
    assert "fig1" in read_record(folder / "mayzel2024/recordings/retina50").about["figures"]
    write_over([later], "mayzel2024", folder, add=True, replace=True)
    after = {row["id"]: row for row in read_over(folder, "mayzel2024")}
    records = {each.folder.name: each for each in read_all(folder / "mayzel2024", "recordings")}
    assert list(records["retina50"].about["figures"]) == ["fig2"] and "fig1" in records["visual_50"].about["figures"]
    # What only the old record of that recording showed is not told of it any more.
    assert before["C1.1a"]["of"] == 2 and list(after["C1.1a"]["recordings"]) == ["visual_50"]
    assert after["C2.1e"]["of"] == 2


def test_a_small_run_on_a_further_recording_leaves_the_pooled_numbers(
    written: tuple[Path, list[Run]], tmp_path: Path
) -> None:
    """Its verdicts are previews, which do not count beside those of two others."""
    folder, runs = written
    before = {row["id"]: row for row in read_over(folder, "mayzel2024")}
    write_over([later_figure_2(tmp_path, runs[1], "example50", "test")], "mayzel2024", folder, add=True)
    after = {row["id"]: row for row in read_over(folder, "mayzel2024")}
    shown = [id for id, row in after.items() if row["recordings"].get("example50") in PREVIEWS]
    pooled = [id for id in shown if "low" in before[id] and before[id]["of"] == 2]
    assert pooled and any("readings" in before[id] for id in shown)
    for id in shown:
        names = ("value", "low", "high", "of", "verdict")
        assert [after[id].get(name) for name in names] == [before[id].get(name) for name in names]


def test_an_added_copy_of_a_recording_does_not_count_again(written: tuple[Path, list[Run]], tmp_path: Path) -> None:
    folder, runs = written
    for name in NAMES:
        path = folder / "mayzel2024/recordings" / name / "about.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"data": {name: "the same words"}}))
    write_over([later_figure_2(tmp_path, runs[1])], "mayzel2024", folder, add=True)
    rows = {row["id"]: row for row in read_over(folder, "mayzel2024")}
    assert rows["C2.1e"]["of"] == 1 and list(rows["C2.1e"]["recordings"]) == ["visual_50"]
