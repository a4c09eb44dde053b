"""The whole way from a user's own file to a figure, at the size of config/test.yaml."""

import re
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from pipeline import build, command, run


def write_nwb(path: Path, n_units: int = 24, seconds: float = 80.0) -> None:
    """Write a minimal NWB file: a units table of spike times in seconds, with a common slow drive."""
    rng = np.random.default_rng(0)
    bins = int(seconds / 0.02)
    drive = np.repeat(rng.normal(size=bins // 25 + 1), 25)[:bins, None]
    fired = rng.random((bins, n_units)) < 1 / (1 + np.exp(2.0 - 0.6 * drive))
    trains = [np.sort((np.flatnonzero(unit) + rng.random(unit.sum())) * 0.02) for unit in fired.T]
    with h5py.File(path, "w") as file:
        units = file.create_group("units")
        units["spike_times"] = np.concatenate(trains)
        units["spike_times_index"] = np.cumsum([len(train) for train in trains])
        units["id"] = np.arange(n_units)


@pytest.mark.slow
def test_own_nwb_file_becomes_a_figure(tmp_path: Path) -> None:
    # A name that would do harm if it ever reached a shell unquoted.
    session = tmp_path / "my session; touch pwned.nwb"
    write_nwb(session)
    figure = "results/figures/mayzel2024/fig1s1.pdf"
    recording = f"recording={session}"
    build(tmp_path, figure, config=(recording,))
    rows = pd.read_csv(tmp_path / figure.replace("pdf", "csv"))
    assert {"panel", "condition", "seed", "x", "y", "data", "scale", "device"} <= set(rows.columns)
    assert rows["data"].str.startswith("own-my-session").all()
    assert set(rows["scale"]) == {"test"} and set(rows["device"]) == {"cpu"}
    assert set(rows["panel"]) == {"A", "B"} and set(rows["seed"]) == {0, 1, 2}
    assert np.isfinite(rows["y"]).all()
    # Worse than guessing at random would mean a broken likelihood.
    assert (rows.loc[rows["measure"] == "log_likelihood", "y"] > -20 * np.log(2) - 5).all()
    for kind in ("pdf", "png"):
        assert (tmp_path / figure).with_suffix(f".{kind}").stat().st_size > 5000
    assert not list(tmp_path.rglob("pwned*"))
    assert not list(tmp_path.rglob("*.part*"))
    assert "Nothing to be done" in build(tmp_path, figure, config=(recording,))
    # One more seed: its block is fitted, no other.
    more = build(tmp_path, figure, config=(recording, 'mayzel2024={"seeds":4}'), flags=("--dry-run",))
    planned = re.findall(r"fitting .*, seeds (\d) to (\d)\.", more)
    assert planned and set(planned) == {("2", "3")}
    build(tmp_path, figure, config=(recording, "seeds_per_job=1"))
    other = pd.read_csv(tmp_path / figure.replace("pdf", "csv"))
    keys = ["panel", "condition", "seed", "x", "measure"]
    merged = rows.merge(other, on=keys, suffixes=("", "_other"))
    assert len(merged) == len(rows)
    assert np.array_equal(merged["y"], merged["y_other"])


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"not an HDF5 file", "own.nwb"),
        (b"", "own.nwb"),
        (None, "Missing input files"),
    ],
)
def test_bad_file_stops_with_a_sentence_and_leaves_no_output(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "own.nwb"
    if content is not None:
        path.write_bytes(content)
    status, printed = run(command(tmp_path, "mayzel2024_fig1s1", config=(f"recording={path}",)))
    assert status != 0 and sentence in printed and "Traceback" not in printed, printed
    assert not list(tmp_path.glob("results/data/recordings/*"))


def test_unknown_recording_is_answered_with_the_nearest(tmp_path: Path) -> None:
    status, printed = run(command(tmp_path, "mayzel2024_fig1s1", config=("recording=prefrontal_5",)))
    assert status != 0 and "did you mean 'prefrontal_50'" in printed, printed
