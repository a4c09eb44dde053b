"""The same numbers whatever the machine does with the jobs, and wherever the folders are."""

import io
from pathlib import Path

import pandas as pd
from pipeline import (
    SMALL_FIGURE,
    TARGETS,
    Built,
    build,
    command,
    long_test,
    overlay,
    plan,
    read_only,
    run,
    tables,
)

SECONDS = 1800
# Another number of models in one matrix product may add in another order.
TOLERANCE = 1e-6


def built_elsewhere(expected: Built, folder: Path, *figures: str) -> None:
    """Build figures on one core, some fits first, in an awkward folder, from a source that nobody can write to."""
    folder = folder / "Zürich año 神経; $HOME `x` 'y' {z}"
    folder.mkdir()
    files = plan(folder, *figures, configs=expected.configs)
    fits = [path for path, rule, _ in files if rule.endswith(("_fit", "_train"))]
    for targets in ((fits[-1], fits[len(fits) // 2]), figures):
        words = command(folder, *targets, configs=expected.configs, cores=1)
        status, printed = run(read_only(words), timeout=SECONDS)
        assert status == 0, printed
    assert tables(folder) == expected.tables


def test_one_core_another_order_an_awkward_folder_and_a_read_only_source(small: Built, tmp_path: Path) -> None:
    built_elsewhere(small, tmp_path, f"{SMALL_FIGURE}.pdf")


@long_test("figures of every study twice")
def test_every_study_elsewhere(every_study: Built, tmp_path: Path) -> None:
    built_elsewhere(every_study, tmp_path, *TARGETS)


@long_test("figures of every study twice; one is in test_end_to_end.py")
def test_every_study_in_blocks_of_one_seed(every_study: Built, tmp_path: Path) -> None:
    alone = {"seeds_per_job": 1, "keck2012": {"bars": {"seeds_per_job": 1}}, "eyono2026": {"configurations_per_job": 1}}
    single = overlay(tmp_path / "single.yaml", alone)
    build(tmp_path, *TARGETS, configs=(*every_study.configs, single), timeout=SECONDS)
    found = tables(tmp_path)
    assert list(found) == list(every_study.tables)
    for name, content in found.items():
        rows, wanted = (pd.read_csv(io.BytesIO(each)) for each in (content, every_study.tables[name]))
        keys = [column for column in wanted if column not in ("x", "y")]
        # Blocks change the order of rows, not what they say.
        rows, wanted = (each.sort_values([*keys, "x", "y"], ignore_index=True) for each in (rows, wanted))
        pd.testing.assert_frame_equal(rows, wanted, rtol=TOLERANCE, atol=TOLERANCE)
        print(f"{name}: {'the same bytes' if content == every_study.tables[name] else 'equal within the tolerance'}")
