"""The workflow as a whole: plans for each configuration, lint, targets, programs."""

import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import commands
import pytest
from pipeline import ROOT, snakemake
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, ResourceSettings

from homeostat.recordings import read_spikes

PROGRAM = re.compile(r"\bpython -m (\w+)\.(\w+)\b")


@pytest.fixture(scope="module")
def workflow() -> Any:
    """The parsed workflow, as `snakemake --lint` has it."""
    with SnakemakeApi(OutputSettings(quiet=None)) as api:
        handle = api.workflow(resource_settings=ResourceSettings(), snakefile=ROOT / "Snakefile")
        parsed = handle._get_workflow(check_envvars=False)
        parsed.include(ROOT / "Snakefile", overwrite_default_target=True)
        parsed.check()
        yield parsed


@pytest.fixture(scope="module")
def rules(workflow: Any) -> list[Any]:
    """Every rule that runs something."""
    found = [rule for rule in workflow.rules if not rule.norun]
    assert found
    return found


@pytest.mark.parametrize("overlay", [None, "real", "paper", "test"])
def test_plan_of_each_configuration_has_few_full_jobs(overlay: str | None, tmp_path: Path, workflow: Any) -> None:
    options = ["--configfile", str(ROOT / "config" / f"{overlay}.yaml")] if overlay else []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status, printed = snakemake("--dry-run", "--directory", str(tmp_path), *options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert status == 0, printed
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 30, "CPU seconds"
    table, _, _ = printed.partition("\ntotal ")  # a dry run prints it twice
    for study in workflow.globals["config"]["studies"]:
        jobs = re.findall(rf"^{study}_\w+ +(\d+)$", table, re.MULTILINE)
        assert 3 < sum(map(int, jobs)) <= 300, study


def test_blocks_hold_every_seed_once(workflow: Any) -> None:
    assert workflow.globals["blocks"](7, 3) == [(0, 2), (3, 5), (6, 6)]


def test_lint_congratulates() -> None:
    _, printed = snakemake("--lint")
    assert "Congratulations" in printed, printed


def test_started_elsewhere_it_plans_the_same(tmp_path: Path) -> None:
    status, printed = snakemake("--dry-run", cwd=tmp_path)
    assert status == 0, printed


def test_mistakes_in_the_configuration_are_told_without_a_traceback(tmp_path: Path) -> None:
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("devise: cpu\nmayzel2024: {seeds: 0}\n")
    status, printed = snakemake("--dry-run", "--configfile", str(overlay))
    assert status != 0
    assert "devise: there is no such key; did you mean 'device'?" in printed
    assert "mayzel2024.seeds: 0 is not allowed; give an integer from 1 to 10000." in printed
    assert "Traceback" not in printed


def test_single_keys_on_the_command_line(tmp_path: Path) -> None:
    values = ["seeds_per_job=1", "studies=mayzel2024", "recording=example50", 'mayzel2024={"seeds":2}']
    status, printed = snakemake("--dry-run", "--directory", str(tmp_path), "--config", *values)
    assert status == 0, printed


def test_every_rule_stands_in_the_list_with_a_line(workflow: Any) -> None:
    assert not [rule.name for rule in workflow.rules if not rule.docstring]


def test_every_program_belongs_to_a_rule_or_to_make(workflow: Any, rules: list[Any]) -> None:
    used = {tuple(stage.program.split(".")) for stage in workflow.globals["CATALOG"].stages.values()}
    used |= {match for rule in rules for match in PROGRAM.findall(rule.shellcmd)}
    # Figures that are off by default are not declared here.
    declared = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    used |= {*re.findall(r'program="(\w+)\.(\w+)"', declared), *re.findall(r'figure\(\s*"(\w+)",\s*"(\w+)"', declared)}
    # Two runs are compared beside the workflow, which knows one.
    used |= set(re.findall(r"-m (report)\.(\w+)", (ROOT / "Makefile").read_text()))
    folder = ROOT / "workflow" / "scripts"
    there = {(path.parent.name, path.stem) for path in folder.rglob("*.py") if "if __name__ ==" in path.read_text()}
    assert there == used


def test_no_rule_depends_on_where_the_checkout_lies(rules: list[Any]) -> None:
    for rule in rules:
        recorded = [*map(str, rule.input), rule.shellcmd, *(str(value) for _, value in rule.params.items())]
        assert not [text for text in recorded if str(ROOT) in text], f"{rule.name}: a moved checkout would run it again"


def test_every_figure_is_a_rule_of_its_own(workflow: Any) -> None:
    names = {rule.name for rule in workflow.rules}
    for study, figures in workflow.globals["CATALOG"].figures.items():
        assert {study, *(f"{study}_{figure}" for figure in figures)} <= names


def test_the_mirror_reaches_every_job_whatever_its_name() -> None:
    mirror = "/a folder/{of}'s $(echo data)"
    prefix = commands.shell_prefix(ROOT, 0, mirror, conda=False).format()  # as Snakemake does
    job = subprocess.run(["bash", "-c", f'{prefix} printf %s "$HOMEOSTAT_MIRROR"'], capture_output=True, text=True)
    assert job.stdout == mirror


def test_every_key_of_the_configuration_is_used(workflow: Any) -> None:
    text = "".join(path.read_text() for path in (ROOT / "workflow").rglob("*") if path.suffix in (".smk", ".py"))
    unused = [path for path in leaves(workflow.globals["config"]) if not is_named(path.split("."), text)]
    assert not unused


def is_named(path: list[str], text: str) -> bool:
    """Whether a key, or (below a section of a study) the section it stands in, occurs in the workflow."""
    if path[0] == "recording_options":  # what read_spikes takes
        return path[1] == "split" or path[1] in signature(read_spikes).parameters
    names = path[-2:] if len(path) > 2 else path[-1:]
    return any(re.search(rf"\b{name}\b", text) for name in names)


def leaves(section: dict[str, Any], path: str = "") -> Iterator[str]:
    for key, value in section.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from leaves(value, where)
        else:
            yield where


def test_jobs_on_this_machine_start_without_snakemakes_rate_limit(tmp_path: Path) -> None:
    """The pinned Snakemake has the limit that `without_rate_limit` lifts, and runs without it."""
    limit = "workflow.scheduler.job_rate_limiter"
    (tmp_path / "Snakefile").write_text(
        f"import sys\n\nsys.path.insert(0, {str(ROOT / 'workflow/lib')!r})\nimport internals\n\n"
        f'onstart:\n    print("before:", {limit} is not None)\n    internals.without_rate_limit(workflow)\n\n'
        f'onsuccess:\n    print("after:", {limit})\n\n'
        'rule all:\n    output:\n        "made"\n    shell:\n        "touch {output}"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert "before: True" in done.stdout and "after: None" in done.stdout and (tmp_path / "made").exists()
