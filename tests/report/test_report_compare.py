"""The page that compares two runs: what was planted is on it, what is the same is not, and nothing is run as code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image
from pipeline import ROOT
from test_comparison import table
from test_report_page import HOSTILE, Reader

from report import beside, compare


def row(number: int, verdict: str, **changes: Any) -> dict[str, Any]:
    given = {"study": "mayzel2024", "id": f"C{number}", "figure": "fig2", "panel": "A", "claim": f"Statement {number}."}
    numbers = {"value": 0.5, "low": 0.4, "high": 0.6, "unit": "nats", "n_seeds": 5, "reason": None}
    return given | {"verdict": verdict} | numbers | changes


def write_run(name: str, figures: dict[str, pd.DataFrame], claims: list[dict[str, Any]], **config: Any) -> None:
    """Write the views of a run into this folder: figures of mayzel2024, scorecard, manifest."""
    folder = Path("results") if name == "default" else Path("results/runs") / name
    for figure, rows in figures.items():
        path = folder / f"figures/mayzel2024/{figure}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.to_csv(path, index=False)
        Image.new("RGB", (60, 40)).save(path.with_suffix(".png"))
    (folder / "scorecard").mkdir(parents=True)
    (folder / "scorecard/scorecard.json").write_text(json.dumps(claims))
    manifest = {"run": name, "config": {"run": name, **config}, "revision": "abc", "date": "2026-01-02T03:04:05+00:00"}
    (folder / "run.json").write_text(json.dumps(manifest | {"finished": True}))


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    claims = [row(1, "reproduced"), row(2, "inconclusive")]
    write_run("default", {"fig2": table(), "fig3": table()}, claims, mayzel2024={"seeds": 5, "steps": 10})
    changed = [row(1, "not reproduced", value=-1.0), row(2, "inconclusive")]
    write_run("tight", {"fig2": table(shift=1.0), "fig3": table()}, changed, mayzel2024={"seeds": 5, "steps": 20})
    return tmp_path


def compared(monkeypatch: pytest.MonkeyPatch, a: str = "default", b: str = "tight") -> tuple[str, pd.DataFrame]:
    monkeypatch.setattr(sys, "argv", ["compare", "--a", a, "--b", b])
    compare.main()
    page = Path(f"results/compare/{a}-{b}.html")
    return page.read_text(), pd.read_csv(page.with_suffix(".csv"), keep_default_na=False, dtype=str)


def test_what_was_planted_is_on_the_page_and_in_the_csv(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, rows = compared(monkeypatch)
    read = Reader(page)
    assert rows[rows["kind"] == "setting"][["measure", "a", "b"]].values.tolist() == [["mayzel2024.steps", "10", "20"]]
    assert rows[rows["kind"] == "verdict"][["condition", "a", "b"]].values.tolist() == [
        ["C1", "reproduced", "not reproduced"]
    ]
    beyond = rows[rows["state"] == "beyond"]
    assert beyond[["figure", "condition", "x"]].values.tolist() == [["fig2", "RP", "2"]]
    assert float(beyond["b"].iloc[0]) - float(beyond["a"].iloc[0]) == pytest.approx(1.0)
    assert (rows["state"] == "same").sum() == 6 + 5
    assert "mayzel2024.steps" in page and "Statement 1." in page and "Statement 2." not in page
    assert '1 <span class="muted">of 12</span>' in page
    assert "The same in both, number by number: mayzel2024 fig3." in page
    pictures = [attributes["src"] or "" for attributes in read.all("img")]
    assert len(pictures) == 1 and pictures[0].startswith("data:image/svg+xml;base64,")


def test_links_lead_to_files(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, _ = compared(monkeypatch)
    links = [attributes["href"] or "" for attributes in Reader(page).all("a")]
    files = [two / "results/compare" / link for link in links if not link.startswith("#")]
    assert {path.resolve().relative_to(two).as_posix() for path in files} == {
        "results/figures/mayzel2024/fig2.png", "results/runs/tight/figures/mayzel2024/fig2.png",
        "results/compare/default-tight.csv",
    }  # fmt: skip
    assert all(path.is_file() for path in files)


def test_a_run_and_itself_are_the_same(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, rows = compared(monkeypatch, "tight", "tight")
    assert set(rows["kind"]) == {"number"} and set(rows["state"]) == {"same"}
    assert "Both runs have the same configuration." in page and "<img" not in page


def test_names_of_others_are_text_on_the_page(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = {"fig2": table(conditions=("RP", HOSTILE)), "fig9": table(conditions=(HOSTILE,))}
    write_run("bad", hostile, [row(1, "missing", claim=HOSTILE, reason=HOSTILE, value=None)], **{HOSTILE: HOSTILE})
    page, _ = compared(monkeypatch, "default", "bad")
    assert not Reader(page).all("script")[0].get("src") and "<img src=x" not in page and "alert(1)</script>" not in page


def test_a_figure_or_scorecard_of_one_run_only_is_said_to_be_so(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run("more", {"fig5": table()}, [])
    page, rows = compared(monkeypatch, "default", "more")
    assert set(rows.loc[rows["figure"] == "fig5", "state"]) == {"only in B"}
    assert set(rows.loc[rows["kind"] == "verdict", "b"]) == {""} and "no such claim" in page


def test_a_figure_of_earlier_settings_is_named(
    two: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("results/runs/tight/run.json")
    stale = [f"results/runs/tight/figures/mayzel2024/fig3.{kind}" for kind in ("csv", "pdf")]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"stale": stale}))
    page, _ = compared(monkeypatch)
    assert "Figures of tight that are of earlier settings, data or code:</strong> mayzel2024/fig3." in page
    assert "Not by the settings of tight, but by earlier ones: mayzel2024/fig3.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        ("default", "tigth", "B=tigth: there is no such run; did you mean 'tight'? Runs here: default, tight."),
        ("x", "tight", "A=x: there is no such run. Runs here: default, tight."),
        ("../..", "tight", "A=../..: there is no such run."),
    ],
)
def test_a_run_that_is_not_there_is_answered_with_those_that_are(two: Path, a: str, b: str, sentence: str) -> None:
    command = [sys.executable, "-m", "report.compare", "--a", a, "--b", b]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'workflow/scripts'}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1200)
    assert done.returncode == 1 and f"error: {sentence}" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"config": 3}', "{"])
def test_a_damaged_manifest_is_named(two: Path, text: str) -> None:
    (two / "results/runs/tight/run.json").write_text(text)
    with pytest.raises(beside.DataError, match=r"results/runs/tight/run\.json: this is not the manifest of a run"):
        beside.Shown.read("tight", "B")


def test_damaged_numbers_are_named(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("results/figures/mayzel2024/fig2.csv").write_text("panel,x\nA,one\n")
    monkeypatch.setattr(sys, "argv", ["compare", "--a", "default", "--b", "tight"])
    with pytest.raises(beside.DataError, match=r"fig2\.csv: these are not the numbers of a figure"):
        compare.main()
