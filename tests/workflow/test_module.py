"""homeostat as a module of another workflow, with its own rules, folder and configuration; the catalog's layout."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from pipeline import ROOT, overlay, plan, run

OUTER = f"""
configfile: "mine.yaml"


rule all:
    input:
        "copy.csv",


module homeostat:
    snakefile:
        {str(ROOT / "workflow/Snakefile")!r}
    config:
        config["homeostat"]


use rule * from homeostat as homeostat_*


rule copy:
    input:
        "results/figures/keck2012/fig1.csv",
    output:
        "copy.csv",
    shell:
        "[[ -z ${{{{PYTHONPATH:-}}}} ]] && cp {{input}} {{output}}"
"""
SMALL = {"device": "cpu", "keck2012": {"bars": {"seeds": 2, "samples": 300, "epochs": 6, "iterations": 5}}}


def outer(folder: Path, *flags: str) -> tuple[int, str]:
    words = [sys.executable, "-m", "snakemake", "--cores", "2", "--directory", str(folder), *flags]
    return run([*words, "--snakefile", str(folder / "Snakefile")])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with another workflow, in which a figure of this one was made."""
    where = tmp_path_factory.mktemp("outer")
    (where / "Snakefile").write_text(OUTER)
    overlay(where / "mine.yaml", {"something": "of the other workflow's", "homeostat": SMALL})
    status, printed = outer(where)
    assert status == 0, printed
    return where


def test_a_figure_is_made_with_the_defaults_filled_in_and_under_the_same_keys(folder: Path, tmp_path: Path) -> None:
    shown = folder / "results/figures/keck2012/fig1.csv"
    assert (folder / "copy.csv").read_bytes() == shown.read_bytes()
    configs = (overlay(tmp_path / "small.yaml", SMALL),)
    alone = {path for path, _, _ in plan(tmp_path, "keck2012_fig1", configs=configs) if "/store/" in path}
    made = {path.relative_to(folder).as_posix() for path in (folder / "results/store").rglob("*") if path.is_file()}
    assert {path for path in made if not path.endswith(".recipe.json")} == alone
    records = [json.loads(path.read_text()) for path in (folder / "results/store").rglob("*.recipe.json")]
    assert {"keck2012_data", "keck2012_fit"} < {record["recipe"]["rule"] for record in records}


def test_nothing_is_made_twice_and_the_other_workflow_keeps_snakemakes_rerun_triggers(folder: Path) -> None:
    status, printed = outer(folder, "--dry-run")
    assert status == 0 and "Nothing to be done" in printed, printed
    before = set(folder.rglob("results/**/*"))
    (folder / "Snakefile").write_text(OUTER.replace("cp {input} {output}", "cat {input} > {output}"))
    status, printed = outer(folder)
    assert status == 0 and "Rule: copy" in printed and "Rule: homeostat" not in printed, printed
    assert set(folder.rglob("results/**/*")) == before


def test_a_rule_can_be_changed(folder: Path, tmp_path: Path) -> None:
    change = "\n\nuse rule keck2012_fit from homeostat as homeostat_keck2012_fit with:\n    threads: 2\n"
    (tmp_path / "Snakefile").write_text(OUTER + change)
    overlay(tmp_path / "mine.yaml", {"homeostat": SMALL})
    status, printed = outer(tmp_path, "--dry-run")
    assert status == 0 and "homeostat_keck2012_fit " in printed, printed


def test_results_have_one_place(tmp_path: Path) -> None:
    prefixed = OUTER.replace("    config:\n", '    prefix:\n        "x"\n    config:\n')
    (tmp_path / "Snakefile").write_text(prefixed)
    overlay(tmp_path / "mine.yaml", {"homeostat": SMALL})
    status, printed = outer(tmp_path, "--dry-run")
    assert status != 0 and "leave out `prefix`" in printed, printed


def test_the_layout_is_that_of_the_workflow_catalog(tmp_path: Path) -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage["software-stack-deployment"]) and isinstance(usage["report"], bool)
    for name in ("README.md", "LICENSE", "config/README.md", "config/config.yaml", "workflow/Snakefile"):
        assert (ROOT / name).is_file(), name
    jobs = []
    for snakefile in ("Snakefile", "workflow/Snakefile"):
        words = [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            str(ROOT / snakefile),
            "--dry-run",
            "--quiet",
            "rules",
        ]
        status, printed = run([*words, "--directory", str(tmp_path)])
        assert status == 0, printed
        jobs.append([line for line in printed.splitlines() if line.startswith("total")])
    assert jobs[0] == jobs[1] and jobs[0]
