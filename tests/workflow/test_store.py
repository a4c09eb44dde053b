"""Keys, views and manifests: two configurations side by side, nothing lost before it is pruned."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import prune
import pytest
import runs
from pipeline import ROOT, TEST, command, overlay, plan, run, tables
from store import FileHashes, Store, same

from homeostat.errors import DataError
from homeostat.files import load_npz, save_npz
from homeostat.keys import key_in, key_of, made_from, record_beside
from homeostat.planned import PLANNED_VARIABLE

RECIPE = {"rule": "fit", "condition": {"first": "0"}, "settings": {"steps": 3}, "inputs": {"data": []}, "code": "c"}


# ------------------------------------------------------------------------------------------------- one file


def stored(folder: Path, recipe: dict = RECIPE, name: str = "fit") -> Path:
    """Store an NPZ as a job does."""
    path = folder / f"{name}.{key_of(recipe)}.npz"
    Path(record_beside(str(path))).write_text(json.dumps({"key": key_of(recipe), "recipe": recipe}))
    save_npz(path, {"x": np.arange(3)}, {"device": "cpu"})
    return path


def test_a_stored_file_knows_what_it_is_made_from(tmp_path: Path) -> None:
    path = stored(tmp_path)
    meta = load_npz(path)[1]
    assert meta == {"device": "cpu", "key": key_of(RECIPE), "recipe": RECIPE}
    assert key_in(str(path)) == key_of(RECIPE) == made_from(path)["key"]
    # Whoever takes it elsewhere may call it as he likes.
    path.rename(tmp_path / "mine.npz")
    assert load_npz(tmp_path / "mine.npz")[1] == meta and made_from(tmp_path / "mine.npz") == {}


def test_another_file_in_its_place_is_refused(tmp_path: Path) -> None:
    a, b = stored(tmp_path), stored(tmp_path, RECIPE | {"settings": {"steps": 4}})
    assert a != b
    b.write_bytes(a.read_bytes())
    with pytest.raises(DataError, match=f"it holds another result, with the key {key_of(RECIPE)}"):
        load_npz(b)


def test_a_key_that_is_not_that_of_the_recipe_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.npz"
    save_npz(path, {}, {"key": key_of(RECIPE), "recipe": RECIPE | {"settings": {"steps": 4}}})
    with pytest.raises(DataError, match="it holds another result"):
        load_npz(path)


def test_without_a_record_nothing_is_stored(tmp_path: Path) -> None:
    path = stored(tmp_path)
    record = Path(record_beside(str(path)))
    record.write_text(record.read_text().replace("3", "4"))
    with pytest.raises(DataError, match=r"this is not what .* is made from"):
        save_npz(path, {}, {})
    record.unlink()
    with pytest.raises(DataError, match=r"what .* is made from cannot be read"):
        save_npz(path, {}, {})


def test_a_file_of_the_users_is_known_by_its_content(tmp_path: Path) -> None:
    file, cache = tmp_path / "mine.npy", tmp_path / "cache/files.json"
    file.write_bytes(b"one")
    hashes = FileHashes(cache)
    first = hashes(str(file))
    hashes.save()
    # Older, of the same size, in its place.
    (tmp_path / "other").write_bytes(b"two")
    os.utime(tmp_path / "other", (1, 1))
    os.replace(tmp_path / "other", file)
    assert FileHashes(cache)(str(file)) != first
    file.write_bytes(b"one")
    assert FileHashes(cache)(str(file)) == first
    for damaged in ("{", "[1]", "null", '"x"', json.dumps({str(file): 3})):
        cache.write_text(damaged)
        assert FileHashes(cache)(str(file)) == first
    assert FileHashes(cache)(str(tmp_path / "none")) == "missing"


def test_a_large_file_is_read_once(tmp_path: Path) -> None:
    file, cache = tmp_path / "mine.npy", tmp_path / "files.json"
    file.write_bytes(b"one")
    hashes = FileHashes(cache)
    hashes(str(file))
    hashes.save()
    known = json.loads(cache.read_text())
    known[str(file)][-1] = "as remembered"
    cache.write_text(json.dumps(known))
    assert FileHashes(cache)(str(file)) == "as remembered"


def test_every_file_of_an_input_counts(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b")]

    def identities() -> list[str]:
        sources = SimpleNamespace(_allitems=lambda: [("source", [str(file) for file in files])])
        nothing = SimpleNamespace(_allitems=lambda: [])
        rule = SimpleNamespace(wildcard_names={"key"}, input=sources, params=nothing, output=["x.{key}.npz"])
        return (
            Store(lambda name: rule, FileHashes(tmp_path / "cache.json"), "").made("x", {}).recipe["inputs"]["source"]
        )

    for file in files:
        file.write_text(file.name)
    first = identities()
    files[1].write_text("changed")
    assert len(set(first)) == 2 and identities()[0] == first[0] and identities()[1] != first[1]


@pytest.mark.parametrize(
    ("view", "stored", "equal"), [(b"a" * 9, b"a" * 9, True), (b"ab", b"aa", False), (b"a", b"aa", False)]
)
def test_a_view_is_compared_byte_for_byte(view: bytes, stored: bytes, equal: bool, tmp_path: Path) -> None:
    (tmp_path / "view").write_bytes(view)
    (tmp_path / "stored").write_bytes(stored)
    os.utime(tmp_path / "view", (1, 1))
    assert same(str(tmp_path / "view"), str(tmp_path / "stored")) is equal
    assert not same(str(tmp_path / "none"), str(tmp_path / "stored"))


def test_code_that_was_edited_since_the_plan_stores_nothing() -> None:
    words = [sys.executable, "-c", "from homeostat import cli; cli.run(lambda: print('ran'))"]

    def done(planned: int) -> subprocess.CompletedProcess[str]:
        around = os.environ | {PLANNED_VARIABLE: str(planned), "PYTHONPATH": f"{ROOT}/src"}
        return subprocess.run(words, env=around, capture_output=True, text=True, check=False)

    assert done(time.time_ns()).stdout == "ran\n"
    refused = done(1)
    assert refused.returncode == 1 and refused.stdout == ""
    assert re.match(r"error: .*\.py was changed after this run was planned; start the run again\n", refused.stderr)


# ------------------------------------------------------------------------------------------------ tidying up


def manifest(folder: Path, jobs: dict[str, Sequence[str]], views: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures").mkdir(exist_ok=True)
    graph = {key: {"rule": "r", "files": [], "inputs": list(inputs)} for key, inputs in jobs.items()}
    content = {"format": runs.FORMAT, "views": views, "jobs": graph, "replaced": {}}
    (folder / "run.json").write_text(json.dumps(content))


def test_prune_deletes_what_no_run_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = {name: f"{number:016x}" for number, name in enumerate(("shown", "behind", "named", "lost"))}
    for name, key in keys.items():
        for path in (f"store/s/fits/{name}.{key}.npz", f"store/s/fits/{name}.{key}.recipe.json",
                     f"logs/s/fits/{name}.{key}.log", f"checkpoints/{key}.npz"):  # fmt: skip
            (tmp_path / "results" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "results" / path).write_text("x")
    manifest(tmp_path / "results", {keys["shown"]: [keys["behind"]], keys["behind"]: []}, {"v": keys["shown"]})
    manifest(tmp_path / "results/runs/tight", {keys["named"]: []}, {"v": keys["named"]})

    def call(*flags: str) -> str:
        monkeypatch.setattr(sys, "argv", ["prune", *flags])
        said = prune.main()
        return capsys.readouterr().out + (said or "")

    said = call()
    assert f"results/store/s/fits/lost.{keys['lost']}.npz" in said and "1 results are shown by no run" in said
    assert not [name for name in ("shown", "behind", "named") if name + "." in said]
    assert len(list(tmp_path.rglob("lost.*"))) == 3
    assert "Deleted: 1 results" in call("--yes")
    left = {path.name.partition(".")[0] for path in tmp_path.rglob("*") if path.is_file() and "store" in path.parts}
    assert left == {"shown", "behind", "named"} and not (tmp_path / f"results/checkpoints/{keys['lost']}.npz").exists()
    # A run that nobody knows may use anything.
    (tmp_path / "results/runs/tight/run.json").write_text("{")
    assert "results/runs/tight/run.json is missing or damaged" in call("--yes")
    assert len(list(tmp_path.rglob("named.*"))) == 3


# --------------------------------------------------------------------------------------------------- runs

FIGURE = "results/figures/keck2012/fig1"


def jobs(folder: Path, *configs: Path, target: str = "keck2012_fig1", **more: str) -> list[str]:
    """Run, and return the rules that ran."""
    status, printed = run(command(folder, target, configs=(TEST, *configs)), **more)
    assert status == 0, printed
    return re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", printed, re.MULTILINE)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder in which a figure was made, then that of another configuration; and the latter."""
    folder = tmp_path_factory.mktemp("two")
    other = overlay(folder / "other.yaml", {"keck2012": {"bars": {"iterations": 3}}})
    first = jobs(folder)
    assert sorted(first) == [f"keck2012_{name}" for name in ("data", "draw_fig1", "fig1", "fit", "fit", "table")]
    second = jobs(folder, other)
    # EM learns for so many iterations; the network has no use for them.
    assert sorted(second) == [f"keck2012_{name}" for name in ("draw_fig1", "fig1", "fit", "table")]
    return folder, other


def test_going_back_copies_and_computes_nothing(two: tuple[Path, Path]) -> None:
    folder, other = two
    of_other = tables(folder)
    assert jobs(folder) == ["keck2012_fig1"] and tables(folder) != of_other
    assert jobs(folder, other) == ["keck2012_fig1"] and tables(folder) == of_other


def test_a_run_with_a_name_stands_beside_the_others(two: tuple[Path, Path]) -> None:
    folder, other = two
    jobs(folder)
    before = tables(folder)
    assert jobs(folder, other, HOMEOSTAT_RUN="tight") == ["keck2012_fig1"]
    assert tables(folder) == before
    tight = (folder / "results/runs/tight/figures/keck2012/fig1.csv").read_bytes()
    assert tight != before["keck2012/fig1.csv"]
    manifests = [
        json.loads((folder / path).read_text()) for path in ("results/run.json", "results/runs/tight/run.json")
    ]
    assert [each["run"] for each in manifests] == ["default", "tight"] and all(each["finished"] for each in manifests)
    shown = [set(each["views"].values()) for each in manifests]
    assert all(shown) and not shown[0] & shown[1]
    status, printed = run(command(folder, "all"), HOMEOSTAT_RUN="../x")
    assert status != 0 and "run: '../x' is not a name of letters" in printed


def test_what_other_settings_made_is_named_as_theirs(two: tuple[Path, Path]) -> None:
    folder, other = two
    jobs(folder)
    status, printed = run(command(folder, "keck2012_fig2", configs=(TEST, other)))
    assert status == 0 and "not remade by this run: figures/keck2012/fig1. Build" in printed, printed
    manifest = json.loads((folder / "results/run.json").read_text())
    assert manifest["stale"] == [
        *(f"{FIGURE}.{kind}" for kind in ("csv", "pdf", "png")),
        "results/tables/keck2012/fig1.csv",
    ]
    # Its own settings, and others that have nothing to do with it, say nothing of it.
    unrelated = overlay(folder / "unrelated.yaml", {"keck2012": {"digits": {"seeds": 2}}})
    status, printed = run(command(folder, "keck2012_fig2", configs=(TEST, unrelated)))
    assert status == 0 and "not remade by this run" not in printed
    assert json.loads((folder / "results/run.json").read_text())["stale"] == []


def test_nothing_that_a_run_replaced_is_lost_before_prune(two: tuple[Path, Path]) -> None:
    folder, other = two
    jobs(folder)
    stored = {path for path in (folder / "results/store").rglob("*") if path.is_file()}
    jobs(folder, other)
    assert {path for path in (folder / "results/store").rglob("*") if path.is_file()} == stored


def test_a_plan_says_what_will_run_and_changes_nothing(two: tuple[Path, Path]) -> None:
    folder, other = two
    jobs(folder)
    before = {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*")}
    words = command(folder, "keck2012_fig1", configs=(TEST, other), flags=("--dry-run",))
    status, printed = run(words)
    assert status == 0 and re.search(r"^total +1$", printed, re.MULTILINE), printed
    (folder / FIGURE).with_suffix(".pdf").write_bytes(b"edited")
    before[(folder / FIGURE).with_suffix(".pdf")] = (folder / FIGURE).with_suffix(".pdf").stat().st_mtime_ns
    assert {rule for _, rule, todo in plan(folder, "keck2012_fig1") if todo} == {"keck2012_fig1"}
    assert {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*")} == before
    # `--touch` makes nothing current that is not.
    status, printed = run(command(folder, "keck2012_fig1", flags=("--touch",)))
    assert status == 0, printed
    assert jobs(folder) == ["keck2012_fig1"] and jobs(folder) == []


def test_a_stored_file_of_another_key_is_never_made(two: tuple[Path, Path]) -> None:
    folder, _ = two
    (path,) = (folder / "results/store/keck2012/data").glob("bars.*.npz")
    wrong = str(path.relative_to(folder)).replace(str(key_in(str(path))), "0" * 16)
    status, printed = run(command(folder, wrong))
    assert status != 0 and f"{'0' * 16} is not the key of this configuration, data and code." in printed
    assert not (folder / wrong).exists()


def test_the_page_of_an_unfinished_run_is_written_each_time(two: tuple[Path, Path]) -> None:
    folder, other = two
    pages = []
    for configs in ((), (), (other,)):
        assert jobs(folder, *configs, target="page_so_far") == ["page_so_far"]
        pages.append((folder / "results/so-far.html").read_text())
    assert pages[0] == pages[1] != pages[2]
