"""Whatever happened to a file on its way, reading it ends in a recording or in a HomeostatError."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from fuzzing import cases, damage
from hypothesis import given
from hypothesis import strategies as st
from spike_files import trains, words, write_csv, write_indy, write_nwb

from homeostat.errors import HomeostatError
from homeostat.recordings import Recording, read_spikes

KINDS = (
    "nwb",
    "csv",
    "mat5.mat",
    "packed.mat",
    "sparse.mat",
    "mat73.mat",
    "indy.mat",
    "npz",
    "npy",
    "ours.npz",
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    spikes = words(300, 3)
    times = trains(spikes)
    paths = {kind: folder / f"a.{kind}" for kind in KINDS}
    write_nwb(
        paths["nwb"],
        times,
        observed=[np.array([[0.0, 6.0]])] * 3,
        columns={"quality": ["good", "mua", "good"], "snr": [1.0, 2.0, 3.0], "electrodes": [0, 1, 1]},
        intervals={"trials": np.array([[0.0, 2.0], [3.0, 5.0]]), "invalid_times": np.array([[1.0, 1.1]])},
    )
    write_csv(paths["csv"], times)
    write_indy(paths["indy.mat"], [[[], []], times[:2], [times[2], []]])
    scipy.io.savemat(paths["mat5.mat"], {"x": spikes})
    scipy.io.savemat(paths["packed.mat"], {"x": spikes, "cell": [spikes, "text"]}, do_compression=True)
    scipy.io.savemat(paths["sparse.mat"], {"x": scipy.sparse.csc_array(spikes)})
    with h5py.File(paths["mat73.mat"], "w") as file:
        file.create_dataset("x", data=spikes, chunks=(100, 3), compression="gzip")
    np.savez_compressed(paths["npz"], x=spikes)
    np.save(paths["npy"], spikes)
    Recording(spikes, 20.0, list("abc"), "x").save(paths["ours.npz"], {})
    return folder


@pytest.mark.parametrize("kind", KINDS)
@cases(60)
@given(data=st.data())
def test_damaged_files(kind: str, files: Path, tmp_path: Path, data: st.DataObject) -> None:
    damaged = damage(data, (files / f"a.{kind}").read_bytes())
    path = tmp_path / f"a.{kind}"
    path.write_bytes(damaged)
    try:
        recording = read_spikes(path, min_bins=1)
    except HomeostatError as error:
        assert path.name in str(error)
    else:
        assert recording.spikes.max() == 1
