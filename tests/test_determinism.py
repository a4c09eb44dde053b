"""The same numbers whatever the machine does with the jobs, and wherever the folders are."""

import io
from pathlib import Path

import pandas as pd
import pytest
from pipeline import SMALL_FIGURE, TEST, Built, build, command, long_test, overlay, plan, read_only, run, tables

SECONDS = 1800
# Another number of models in one matrix product may add in another order.
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All figures of all studies."""
    folder = tmp_path_factory.mktemp("all")
    build(folder, "all", timeout=SECONDS)
    return Built(folder, (TEST,), tables(folder), 0.0)


def built_elsewhere(expected: Built, target: str, folder: Path) -> None:
    """Build a target on one core, some fits first, in an awkward folder, from a source that nobody can write to."""
    folder = folder / "Zürich año 神経; $HOME `x` 'y' {z}"
    folder.mkdir()
    files = plan(folder, target, configs=expected.configs)
    fits = [path for path, rule, _ in files if rule.endswith(("_fit", "_train"))]
    for targets in ([fits[-1], fits[len(fits) // 2]], [target]):
        words = command(folder, *targets, configs=expected.configs, cores=1)
        status, printed = run(read_only(words), timeout=SECONDS)
        assert status == 0, printed
    assert tables(folder) == expected.tables


def test_one_core_another_order_an_awkward_folder_and_a_read_only_source(small: Built, tmp_path: Path) -> None:
    built_elsewhere(small, f"{SMALL_FIGURE}.pdf", tmp_path)


@long_test("all figures twice")
def test_all_figures_elsewhere(everything: Built, tmp_path: Path) -> None:
    built_elsewhere(everything, "all", tmp_path)


@long_test("all figures twice; one is in test_end_to_end.py")
def test_all_figures_in_blocks_of_one_seed(everything: Built, tmp_path: Path) -> None:
    single = overlay(tmp_path / "single.yaml", {"seeds_per_job": 1})
    build(tmp_path, "all", configs=(TEST, single), timeout=SECONDS)
    found = tables(tmp_path)
    assert list(found) == list(everything.tables)
    for name, content in found.items():
        rows, wanted = (pd.read_csv(io.BytesIO(each)) for each in (content, everything.tables[name]))
        keys = [column for column in wanted if column not in ("x", "y")]
        # Blocks change the order of rows, not what they say.
        rows, wanted = (each.sort_values([*keys, "x", "y"], ignore_index=True) for each in (rows, wanted))
        pd.testing.assert_frame_equal(rows, wanted, rtol=TOLERANCE, atol=TOLERANCE)
        print(f"{name}: {'the same bytes' if content == everything.tables[name] else 'equal within the tolerance'}")
