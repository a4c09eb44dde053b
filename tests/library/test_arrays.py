"""Estimators take what users have in hand, remember the names of neurons, and refuse what is masked or missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from rp_examples import correlated_patterns

from homeostat.arrays import as_array, check_patterns, names_of
from homeostat.errors import DataError
from homeostat.mixture import PoissonMixture
from homeostat.recordings import Recording
from homeostat.rp import RP, Independent

SPIKES = correlated_patterns(300)
NAMES = [f"n{i}" for i in range(SPIKES.shape[1])]
FRAME = pd.DataFrame(SPIKES, columns=NAMES)
RECORDING = Recording(SPIKES, 20.0, NAMES, "x")

KINDS = {
    "recording": RECORDING,
    "data frame": FRAME,
    "nullable integers": FRAME.astype("Int64"),
    "nullable and plain": FRAME.astype({"n0": "boolean", "n1": "Int8", "n2": float, "n3": bool}),
    "sparse columns": FRAME.astype(pd.SparseDtype("uint8", 0)),
    "csr_matrix": scipy.sparse.csr_matrix(SPIKES),
    "csc_array": scipy.sparse.csc_array(SPIKES),
    "coo_array of bool": scipy.sparse.coo_array(SPIKES.astype(bool)),
    "masked array without a mask": np.ma.masked_array(SPIKES),
    "masked array, none masked": np.ma.masked_array(SPIKES, mask=np.zeros(SPIKES.shape, bool)),
    "lists": SPIKES.tolist(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_users_have_in_hand_gives_the_same_patterns(kind: str) -> None:
    assert np.array_equal(check_patterns(KINDS[kind]), SPIKES)
    model = Independent().fit(KINDS[kind])
    assert np.array_equal(model.rates_, Independent().fit(SPIKES).rates_)
    assert np.array_equal(model.score_samples(KINDS[kind]), model.score_samples(SPIKES))


MASKED = np.ma.masked_array(SPIKES, mask=False)
MASKED[7, 2] = np.ma.masked
MISSING = FRAME.astype("Int64")
MISSING.loc[7, "n2"] = pd.NA
REFUSED = {
    "masked": (MASKED, r"1 values are masked \(the first: row 7, column 2\)"),
    "missing": (MISSING, r"1 values are missing \(the first: row 7, column 'n2'\)"),
    "NaN": (FRAME.astype(float).where(np.arange(300)[:, None] + np.zeros(8) != 3), r"row 3, column 'n0'"),
    "text": (FRAME.assign(n1="a"), r"the column 'n1' holds (object|str|string), expected numbers"),
    "categories": (FRAME.astype({"n1": "category"}), "the column 'n1' holds category"),
    "counts": (FRAME * 2, "0 and 1 only; row"),
    "sparse counts": (scipy.sparse.csr_array(3 * SPIKES), "0 and 1 only; row"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("model", [Independent, RP])
def test_what_is_no_pattern_is_refused_by_name(kind: str, model: type) -> None:
    values, sentence = REFUSED[kind]
    with pytest.raises(DataError, match=sentence):
        model().fit(values)


@pytest.mark.parametrize("named", [FRAME, RECORDING], ids=["data frame", "recording"])
def test_names_are_remembered_and_checked(named: object) -> None:
    model = RP(n_projections=4, in_degree=3, steps=2, chains=64).fit(named)  # type: ignore[arg-type]
    assert list(model.feature_names_in_) == NAMES
    assert np.isfinite(model.score(named)) and np.isfinite(model.score(SPIKES))  # type: ignore[arg-type]
    turned = FRAME[NAMES[::-1]]
    for call in (model.score_samples, model.project, model.score):
        with pytest.raises(DataError, match=r"in another order .*: n7, n6, n5, n4, n3 and 3 more in place of n0, n1"):
            call(turned)
    with pytest.raises(DataError, match=r"not those that the model was fitted to; missing: n2; unknown: other"):
        model.score(FRAME.rename(columns={"n2": "other"}))
    with pytest.raises(DataError, match="missing: n7"):
        model.score(RECORDING.select(NAMES[:-1]))
    assert not hasattr(model.fit(SPIKES), "feature_names_in_")


def test_names_that_are_numbers_are_none() -> None:
    """As in scikit-learn: the columns of a data frame without names are numbered."""
    assert names_of(pd.DataFrame(SPIKES)) is None and names_of(SPIKES) is None
    assert not hasattr(Independent().fit(pd.DataFrame(SPIKES)), "feature_names_in_")


def test_names_are_kept_in_the_file(tmp_path: Path) -> None:
    model = RP(n_projections=4, in_degree=3, steps=2, chains=64).fit(FRAME)
    model.save(tmp_path / "a.npz")
    assert list(RP.load(tmp_path / "a.npz").feature_names_in_) == NAMES
    model.fit(SPIKES).save(tmp_path / "b.npz")
    assert not hasattr(RP.load(tmp_path / "b.npz"), "feature_names_in_")


def test_mixtures_take_and_check_them_too() -> None:
    inputs = FRAME + 1
    model = PoissonMixture(n_components=2, epochs=1).fit(inputs)
    assert list(model.feature_names_in_) == NAMES
    with pytest.raises(DataError, match="in another order"):
        model.predict(inputs[NAMES[::-1]])


def test_one_pattern_of_a_data_frame() -> None:
    assert Independent().fit(FRAME).score_samples(FRAME.iloc[:1]).shape == (1,)
    assert as_array(FRAME.iloc[0]).shape == (SPIKES.shape[1],)
