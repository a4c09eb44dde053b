"""A run on several recordings: where its files lie, and claims that are known to hold on some of them."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from mayzel2024_tables import write_tables
from pipeline import ROOT, TEST, build, call, command, overlay, plan, pretend, run

from homeostat.config import load_schema
from homeostat.scale import load_presets, scale_of
from report import claims as program

NAMES = ("visual_50", "retina50")
CLAIMS = ROOT / "config/claims/mayzel2024.yaml"


def paths(folder: Path, target: str, *more: Path) -> set[str]:
    return {path for path, _, _ in plan(folder, target, configs=(TEST, *more))}


def test_each_recording_has_its_figures_and_shares_its_fits_with_a_run_on_it_alone(tmp_path: Path) -> None:
    several = overlay(tmp_path / "several.yaml", {"recordings": list(NAMES), "studies": ["mayzel2024"]})
    alone = overlay(tmp_path / "alone.yaml", {"recording": "visual_50", "studies": ["mayzel2024"]})
    both, one = paths(tmp_path, "all", several), paths(tmp_path, "all", alone)
    for name in NAMES:
        assert f"results/figures/mayzel2024/{name}/fig4.pdf" in both
        assert f"results/tables/mayzel2024/{name}/fig3_details.csv" in both
        assert f"results/claims/mayzel2024/{name}.csv" in both
    assert "results/claims/mayzel2024.csv" in both and "results/figures/mayzel2024/fig2.pdf" not in both
    assert "results/figures/mayzel2024/fig2.pdf" in one and not [
        path for path in one if "/mayzel2024/visual_50" in path and "/fits/" not in path and "/data/" not in path
    ]
    fits = {path for path in one if "/fits/" in path}
    assert fits and fits <= both
    # One figure of one recording is a target, and needs nothing of the others; so is that figure of all.
    for target in ("results/figures/mayzel2024/visual_50/fig3.pdf", "mayzel2024_fig3_visual_50"):
        found = paths(tmp_path, target, several)
        assert "results/figures/mayzel2024/visual_50/fig3.csv" in found and "retina50" not in " ".join(found)
    drawn = re.findall(r"figures/mayzel2024/(\w+)/fig3\.pdf", " ".join(paths(tmp_path, "mayzel2024_fig3", several)))
    assert sorted(drawn) == sorted(NAMES)


def test_a_recording_that_nobody_knows_is_named(tmp_path: Path) -> None:
    wrong = overlay(tmp_path / "wrong.yaml", {"recordings": ["visual_50", "retna50"]})
    status, printed = run(command(tmp_path, "all", configs=(wrong,), flags=("-n",)))
    assert status and "'retna50' is neither a file nor a known recording; did you mean 'retina50'?" in printed


def test_the_shipped_configuration_of_several_recordings_is_of_real_scale() -> None:
    presets = load_presets(ROOT / "config")
    overlay = yaml.safe_load((ROOT / "config/recordings.yaml").read_text())
    from homeostat.scale import merged

    config = merged(presets["default"], overlay)
    schema = load_schema(ROOT / "workflow/schemas/config.schema.yaml")
    assert scale_of("mayzel2024", config | {"recording": "visual_50"}, presets, schema) == "real"
    assert len(config["recordings"]) == 4


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Judge tables of four recordings: homeostatic models beat random ones on two of them, by planting."""
    folder = tmp_path_factory.mktemp("several")
    names, files = ["a", "b", "c", "d"], []
    for name in names:
        (folder / name).mkdir()
        tables = write_tables(folder / name, "real", name)
        if name in "cd":
            table = pd.read_csv(folder / name / "fig2.csv")
            table.loc[table["condition"].eq("homeostatic") & table["panel"].eq("B"), "y"] -= 2
            table.to_csv(folder / name / "fig2.csv", index=False)
        files += tables
    settings = {"real": names, "recordings": names}
    outputs = [folder / f"mayzel2024.{kind}" for kind in ("csv", "json")]
    call(program, "--definitions", CLAIMS, "--tables", *files, "--output", *outputs, settings=settings)
    table = pd.read_csv(outputs[0]).set_index("id")
    rows = json.loads(outputs[1].read_text())["rows"]
    return {row["id"]: row | {"line": table.loc[row["id"]]} for row in rows}


def test_a_claim_holds_in_as_many_recordings_as_it_was_planted_in(judged: dict[str, dict]) -> None:
    row = judged["C2.1e"]
    assert (row["over"], row["verdict"], row["holds"], row["fails"], row["of"]) == ("depends", "depends", 2, 2, 4)
    assert [each["verdict"] for each in row["recordings"]] == ["reproduced"] * 2 + ["not reproduced"] * 2
    assert row["reason"].startswith("holds in 2 of 4 recordings; reproduced in a, b; not reproduced in c, d")
    assert row["line"]["holds"] == 2 and row["line"]["recordings"].startswith("a: reproduced (0.")
    # Two recordings up and two down: the pooled gain is not told from none.
    assert row["low"] < 0 < row["high"] and row["spread"] > 0.5
    everywhere = judged["C1.2a"]
    assert (everywhere["over"], everywhere["verdict"], everywhere["holds"]) == ("everywhere", "reproduced", 4)
    assert everywhere["low"] <= everywhere["value"] <= everywhere["high"]


def test_verdicts_over_recordings_reach_scorecard_and_page(tmp_path: Path) -> None:
    several = overlay(tmp_path / "several.yaml", {"recordings": list(NAMES), "studies": ["mayzel2024"]})
    configs = (TEST, several)
    files = [path for path, _, _ in plan(tmp_path, "all", configs=configs)]
    pretend(tmp_path, files, "all", configs=configs)
    for name in NAMES:
        (tmp_path / name).mkdir()
        for table in write_tables(tmp_path / name, "test", name):
            (path,) = tmp_path.glob(f"results/store/mayzel2024/figures/{name}/{table.stem}.*.csv")
            table.rename(path)
    for path in files:
        if "/claims/" in path or "/report/" in path or "scorecard" in path or path.endswith("index.html"):
            (tmp_path / path).unlink()
    targets = ["results/claims/mayzel2024/visual_50.json", "scorecard", "page_so_far"]
    build(tmp_path, *targets, configs=configs)
    rows = {row["id"]: row for row in json.loads((tmp_path / "results/scorecard/scorecard.json").read_text())}
    # The tests' size is too small to judge, so this is a preview.
    row = rows["C2.1e"]
    assert (row["over"], row["verdict"], row["holds"], row["of"]) == ("everywhere", "points to", 2, 2)
    alone = json.loads((tmp_path / "results/claims/mayzel2024/visual_50.json").read_text())["rows"]
    each = {row["id"]: row for row in alone}["C2.1e"]
    assert row["recordings"][0] == {"recording": "visual_50", **each}
    page = (tmp_path / "results/so-far.html").read_text()
    for said in ("holds in 2 of 2 recordings", "visual_50: Figure 2", 'id="mayzel2024-retina50-fig2-D"', "of 2 <"):
        assert said in page, said
    # Every link within the page leads somewhere.
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
