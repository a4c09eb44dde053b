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
from spike_files import (
    matlab_cell,
    matlab_sparse,
    trains,
    words,
    write_csv,
    write_indy,
    write_nwb,
    write_sparse_logical,
)

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
    "cells5.mat",
    "cells73.mat",
    "logical.mat",
    "sparse73.mat",
    "sparse.npz",
    "pynapple.npz",
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
    cell = np.empty((3, 1), object)
    cell[:, 0] = times
    scipy.io.savemat(paths["cells5.mat"], {"spikes": {"times": cell, "UID": [1, 2, 3]}}, do_compression=True)
    write_sparse_logical(paths["logical.mat"], spikes)
    with h5py.File(paths["cells73.mat"], "w") as file:
        matlab_cell(file, "spikes/times", times)
    with h5py.File(paths["sparse73.mat"], "w") as file:
        matlab_sparse(file, "raster", spikes)
    scipy.sparse.save_npz(paths["sparse.npz"], scipy.sparse.csc_array(spikes))
    index = np.repeat([0, 1, 2], [len(train) for train in times])
    group = {"t": np.concatenate(times), "index": index, "start": [0.0], "end": [6.0], "keys": [0, 1, 2]}
    np.savez(paths["pynapple.npz"], **group)
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
