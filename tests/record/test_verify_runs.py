"""``make verify`` on runs of the pipeline: what changes rounding passes, what changes results is found."""

import json
import shutil
from pathlib import Path

import pytest
from pipeline import ROOT, TEST, build, overlay

from homeostat.record import read_all
from homeostat.record.run import read_run
from homeostat.record.verify import Outcome, verify

pytestmark = pytest.mark.slow
FIGURE = "results/figures/keck2012/fig1.csv"
SECONDS = 600
SIGN, FLIPPED = "(y[d] - scaled * weights[c, d])", "(y[d] + scaled * weights[c, d])"


def outcome(folder: Path) -> Outcome:
    """Return what verify says of a run, within tolerances, against the record that is in the repository."""
    return verify(read_run(folder / "results"), read_all(), ["keck2012_fig1"], tolerant=True)


def claimed_to_be_the_same(folder: Path) -> None:
    """Have the manifest of a run say that its settings are those of config/test.yaml."""
    (record,) = [each for each in read_all(study="keck2012") if each.scale == "test"]
    path = folder / "results/run.json"
    manifest = json.loads(path.read_text())
    for name, value in record.about["settings"].items():
        section = manifest["config"]
        *parts, last = name.split(".")
        for part in parts:
            section = section[part]
        section[last] = value
    path.write_text(json.dumps(manifest))


def test_a_fresh_run_agrees_to_the_last_digit_or_within_tolerances(tmp_path: Path) -> None:
    build(tmp_path, FIGURE, timeout=SECONDS)
    found = verify(read_run(tmp_path / "results"), read_all())
    assert found.agrees and list(found.lines())[-1].startswith("1 figure agrees"), list(found.lines())


@pytest.mark.parametrize(
    ("cores", "config", "variables"),
    [
        (1, {"keck2012": {"bars": {"seeds_per_job": 1}}}, {}),
        (2, {}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "ATEN_CPU_CAPABILITY": "default"}),
    ],
    ids=["one core, blocks of one seed", "another processor"],
)
def test_cores_blocks_and_processors_change_nothing_that_counts(tmp_path, monkeypatch, cores, config, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    configs = (TEST, overlay(tmp_path / "more.yaml", config)) if config else (TEST,)
    build(tmp_path, FIGURE, configs=configs, cores=cores, timeout=SECONDS)
    assert outcome(tmp_path).agrees, list(outcome(tmp_path).lines())


@pytest.mark.parametrize(
    ("change", "said"),
    [({"rate": 0.0033}, "here,"), ({"seeds": 1}, "number of seeds: 1 here, 2 in the record")],
    ids=["a learning rate a tenth higher", "a dropped seed"],
)
def test_a_planted_setting_is_found(tmp_path: Path, change: dict[str, float], said: str) -> None:
    planted = overlay(tmp_path / "planted.yaml", {"keck2012": {"bars": change}})
    build(tmp_path, FIGURE, configs=(TEST, planted), timeout=SECONDS)
    assert not outcome(tmp_path).agrees and "no record of these settings" in "\n".join(outcome(tmp_path).lines())
    claimed_to_be_the_same(tmp_path)
    assert not outcome(tmp_path).agrees and said in "\n".join(outcome(tmp_path).lines())


def test_a_planted_sign_is_found(tmp_path: Path) -> None:
    """The decay of weights, which keeps their total at the norm of the input, with the other sign."""
    source = tmp_path / "source"
    for name in ("src", "workflow", "config", "record", "envs", "profiles", "docs"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "CITATION.cff"):
        shutil.copy(ROOT / name, source / name)
    program = source / "src/homeostat/mixture/kernels.py"
    text = program.read_text()
    assert text.count(SIGN) == 1
    program.write_text(text.replace(SIGN, FLIPPED))
    build(tmp_path, FIGURE, root=source, timeout=SECONDS)
    assert not outcome(tmp_path).agrees
