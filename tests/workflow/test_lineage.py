"""What made a file: the tree is that of the records that were planted, and says so where one is missing or changed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline import ROOT

from homeostat.errors import DataError
from homeostat.keys import key_of
from homeostat.lineage import Store, as_json, locate, tree


def store(folder: str, name: str, suffixes: tuple[str, ...], rule: str, **recipe: Any) -> str:
    """Write a stored result with its record, and return its key."""
    recipe = {"rule": rule, "condition": {}, "inputs": {}, "code": "c0de", "settings": {}} | recipe
    key = key_of(recipe)
    stem = Path("results/store") / folder / f"{name}.{key}"
    stem.parent.mkdir(parents=True, exist_ok=True)
    record = {"key": key, "recipe": recipe, "git_revision": "abc123", "versions": {"numpy": "2.0"}}
    Path(f"{stem}.recipe.json").write_text(json.dumps(record))
    for suffix in suffixes:
        path = Path(f"{stem}.{suffix}")
        if suffix == "npz":
            meta = json.dumps({"device": "cuda", "recording": {"content_hash": "feed"}}).encode()
            np.savez(path, meta_json=np.frombuffer(meta, np.uint8))
        else:
            path.write_text(f"x,data,device\n1,mine,cpu\n2,mine,{name}\n" if suffix == "csv" else f"{name} {suffix}")
    return key


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A recording of the user's, ten fits of it, a table and a figure, and the figure's views in two runs."""
    monkeypatch.chdir(tmp_path)
    data = store("s/data", "mine", ("npz",), "s_data", inputs={"input": ["sha256:beef"]}, settings={"train": 100})
    fits = [
        store("s/fits", f"fit{k}", ("npz",), "s_fit", inputs={"data": [data]}, condition={"seed": str(k)},
              settings={"steps": 20 if k == 3 else 10})
        for k in range(10)
    ]  # fmt: skip
    table = store("s/tables", "fig1", ("csv",), "s_table", inputs={"input": fits}, settings={"scale": "test"})
    figure = store("s/figures", "fig1", ("pdf", "csv"), "s_draw_fig1", inputs={"data": [data], "table": [table]})
    for views in ("results", "results/runs/tight"):
        shown = {}
        for suffix in ("pdf", "csv"):
            view = Path(views) / f"figures/s/fig1.{suffix}"
            view.parent.mkdir(parents=True, exist_ok=True)
            view.write_bytes(Path(f"results/store/s/figures/fig1.{figure}.{suffix}").read_bytes())
            shown[view.as_posix()] = figure
        Path(views, "run.json").write_text(json.dumps({"format": 1, "views": shown}))
    return {"data": data, "table": table, "figure": figure} | {f"fit{k}": key for k, key in enumerate(fits)}


def printed(name: str, *, every: bool = False) -> list[str]:
    return list(tree(*locate(name), every=every))


def test_the_tree_of_a_figure(made: dict[str, str]) -> None:
    lines = printed("results/figures/s/fig1.pdf")
    assert lines[0] == f"{made['figure']}  s_draw_fig1"
    assert lines[1] == "│  code c0de, revision abc123, device cpu, fig1, data mine"
    assert lines[2] == f"├─ data: {made['data']}  s_data"
    assert lines[3:6] == [
        "│  │  settings: train 100", "│  │  code c0de, revision abc123, device cuda, data feed",
        "│  └─ a file with the sha256 beef",
    ]  # fmt: skip
    assert lines[6:8] == [f"└─ table: {made['table']}  s_table", "   │  settings: scale test"]
    fits = [line for line in lines if "s_fit" in line]
    assert [line.split()[-1] for line in fits[:6]] == [str(k) for k in range(6)]
    assert lines[-1] == "   └─ and 4 more of s_fit (--all lists them)"
    # Said once, and again where it differs: the fourth fit has more steps, the fifth as many as the first.
    assert [line.split("settings: ")[1] for line in lines if "settings: steps" in line] == [
        "steps 10",
        "steps 20",
        "steps 10",
    ]
    # The recording stands in full once.
    assert sum("train 100" in line for line in lines) == 1
    assert sum(line.endswith(f"data: {made['data']}  as above") for line in lines) == 6


def test_all_lists_every_fit(made: dict[str, str]) -> None:
    text = "\n".join(printed("results/figures/s/fig1.csv", every=True))
    assert all(key in text for key in made.values()) and "more of" not in text


@pytest.mark.parametrize("name", ["results/runs/tight/figures/s/fig1.csv", "results/figures/s/fig1.csv"])
def test_views_of_every_run_lead_to_the_same(made: dict[str, str], name: str) -> None:
    assert locate(name)[1] == made["figure"]


def test_a_stored_file_a_key_and_a_path_from_elsewhere_will_do(
    made: dict[str, str], tmp_path: Path, monkeypatch: Any
) -> None:
    assert locate(f"results/store/s/fits/fit3.{made['fit3']}.npz")[1] == made["fit3"]
    assert locate(made["table"])[1] == made["table"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert locate("../results/figures/s/fig1.pdf")[1] == made["figure"]
    assert locate(str(tmp_path / "results/figures/s/fig1.pdf"))[1] == made["figure"]


def test_json_has_every_result_behind_it(made: dict[str, str]) -> None:
    found = json.loads(as_json(*locate("results/figures/s/fig1.pdf")))
    assert found["key"] == made["figure"] and set(found["made"]) == set(made.values())
    fit = found["made"][made["fit3"]]
    assert (fit["settings"], fit["device"], fit["data"]) == ({"steps": 20}, "cuda", "feed")
    assert (fit["git_revision"], fit["versions"], fit["problem"]) == ("abc123", {"numpy": "2.0"}, "")
    assert fit["files"] == [f"results/store/s/fits/fit3.{made['fit3']}.npz"]


def test_a_view_that_was_edited_is_refused(made: dict[str, str]) -> None:
    Path("results/figures/s/fig1.csv").write_text("x\n2\n")
    with pytest.raises(DataError, match="it differs from the stored copy"):
        locate("results/figures/s/fig1.csv")


def test_what_is_missing_or_changed_is_said(made: dict[str, str]) -> None:
    Path(f"results/store/s/data/mine.{made['data']}.recipe.json").unlink()
    record = Path(f"results/store/s/tables/fig1.{made['table']}.recipe.json")
    record.write_text(record.read_text().replace('"scale": "test"', '"scale": "paper"'))
    Path(f"results/store/s/fits/fit0.{made['fit0']}.npz").unlink()
    Path(f"results/store/s/fits/fit1.{made['fit1']}.recipe.json").write_text("{")
    text = "\n".join(printed("results/figures/s/fig1.pdf", every=True))
    assert f"{made['data']}  unknown\n│     PROBLEM: there is no record of it" in text
    assert f"{record} was changed: it is not the recipe of this key" in text
    assert "its files are not there any more" in text and f"fit1.{made['fit1']}.recipe.json cannot be read" in text


def test_garbled_results_have_a_tree_all_the_same(made: dict[str, str]) -> None:
    Path(f"results/store/s/data/mine.{made['data']}.npz").write_bytes(b"PK\x03\x04 nothing")
    assert len(printed("results/figures/s/fig1.pdf")) > 10


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("results/figures/s/fig7.pdf", "there is no such file"),
        ("0123456789abcdef", "there is no result of this key"),
        ("results/stray.csv", "no run.json above it names this file"),
        ("stray.csv", "there is no folder store/ above it"),
    ],
)
def test_what_nobody_made_is_answered_with_a_sentence(made: dict[str, str], name: str, sentence: str) -> None:
    for stray in ("stray.csv", "results/stray.csv"):
        Path(stray).write_text("")
    with pytest.raises(DataError, match=sentence):
        locate(name)


def test_from_the_shell(made: dict[str, str]) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "homeostat.provenance", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1200)

    done = run("results/figures/s/fig1.pdf")
    assert done.stdout.splitlines() == ["results/figures/s/fig1.pdf", *printed("results/figures/s/fig1.pdf")]
    assert done.stderr == "" and json.loads(run(made["table"], "--json").stdout)["key"] == made["table"]
    wrong = run("nothing.pdf")
    assert wrong.returncode == 1 and wrong.stderr.startswith("error: nothing.pdf: there is no such file")


def test_a_folder_with_the_key_in_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    key = store("raw", "mnist", (), "data_fetch")
    folder = Path(f"results/store/raw/mnist.{key}")
    folder.mkdir()
    Path(f"results/store/raw/mnist.{key}.recipe.json").rename(folder / "fetched.recipe.json")
    (folder / "images").write_text("")
    assert Store("results").made(key).files == [f"{folder}/images"]
