"""The programs of mayzel2024 from data to tables: what they write of a model is what the plain formulas say of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import doubtful
import numpy as np
import pandas as pd
import pytest
from enumeration import exact_log_likelihood
from pipeline import call
from rp_examples import correlated_patterns
from scipy import stats

from homeostat.files import load_npz, save_npz
from homeostat.ising import storage as ising
from homeostat.recordings import Recording
from homeostat.rp import Independent
from homeostat.rp.funnel import binomial_interval
from homeostat.rp.projections import MEAN_ABSOLUTE_WEIGHT, feature_values
from homeostat.rp.storage import from_arrays
from homeostat.tables import read_table
from mayzel2024 import data, details, fig2, fig3, fig5, fit, patterns, table
from mayzel2024.conditions import Condition
from mayzel2024.study import StudyData

BASE = Condition("reshaped", 8, 12, 3.0, 3.0, 1.0, "adam")
CONDITIONS = {
    "RP": BASE.but(model="rp", factor=0.0, optimizer="natural"),
    "reshaped": BASE,
    "other noise": BASE.but(repeat=1),
    "homeostatic": BASE.but(constraint="output", budget=1.5),
    "clamp": BASE.but(constraint="clamp", budget=1.5),
    "projected": BASE.but(constraint="projected", budget=1.5),
}
SEEDS = (0, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recording of ten neurons as the study reads it, and a fit of each condition for two seeds."""
    where = tmp_path_factory.mktemp("mayzel2024")
    # Rates and correlations change with time, so that training and test patterns can be told apart.
    spikes = np.concatenate([correlated_patterns(2000, 10, seed) for seed in (0, 1)])
    spikes[2000:] |= (np.random.default_rng(5).random((2000, 10)) < 0.2).astype(np.uint8)
    recording = Recording(spikes, 20.0, [str(unit) for unit in range(10)], "made-up", repeats=4)
    recording.save(where / "recording.npz", {})
    sizes = {"train": 2000, "test": 1000, "split": "blocks"}
    call(data, "--recording", where / "recording.npz", "--output", where / "data.npz", settings=sizes)
    training = {
        "steps": 40, "learning_rate": 0.05, "chains": 256, "sweeps": 1, "batch": 512,
        "acceptance": "heat_bath", "stopping": "steps", "tolerance": 0.005,
    }  # fmt: skip
    for label, condition in CONDITIONS.items():
        settings = {
            "condition": condition.name, "first": SEEDS[0], "last": SEEDS[-1], "threshold": 1.0,
            "training": training | {"optimizer": condition.optimizer}, "ais": {"chains": 64, "temperatures": 20},
        }  # fmt: skip
        files = ("--checkpoint", where / "checkpoint.npz", "--output", where / f"{label}.npz")
        call(fit, "--data", where / "data.npz", "--device", "cpu", *files, settings=settings)
    return where


def fits(folder: Path) -> Iterator[tuple[str, int, dict[str, Any], Any, Any, np.ndarray, np.ndarray]]:
    """Yield label, index, arrays, model, initial model, training and test patterns of each fit."""
    study = StudyData.read(folder / "data.npz")
    for label in CONDITIONS:
        arrays = load_npz(folder / f"{label}.npz")[0]
        for index, seed in enumerate(SEEDS):
            train, test = study.patterns(seed, 8)
            yield label, index, arrays, from_arrays(arrays)[index], from_arrays(arrays, "initial_")[index], train, test


def test_measures_of_a_fit_are_those_of_the_plain_formulas_on_held_out_patterns(folder: Path) -> None:
    for label, index, arrays, model, initial, train, test in fits(folder):
        said = {name: arrays[name][index] for name in arrays if np.shape(arrays[name])[:1] == (len(SEEDS),)}
        assert said["log_likelihood"] == pytest.approx(exact_log_likelihood(model, test)[0], abs=1e-5), label
        # They differ, so that the patterns that were learned would be noticed.
        assert abs(exact_log_likelihood(model, train)[0] - said["log_likelihood"]) > 1e-3
        f = feature_values(model, test)[0]
        assert said["rate"] == pytest.approx(f.mean(axis=0), abs=1e-5)
        pairs = np.corrcoef(f.T)[np.triu_indices(f.shape[1], 1)]
        assert said["correlation"] == pytest.approx(pairs.mean(), abs=1e-4)
        p = train.mean(axis=0)
        assert said["independent"] == pytest.approx(np.log(np.where(test == 1, p, 1 - p)).sum(axis=1).mean())
        constraint = fit.constraint(CONDITIONS[label])
        mapped = constraint.weights(initial.synapses, initial.wiring)
        start = replace(initial, synapses=np.asarray(mapped, np.float32))
        assert said["initial_rate"] == pytest.approx(feature_values(start, test)[0].mean(axis=0), abs=1e-5)
        total = np.abs(model.weight).sum()
        assert said["absolute_weight"] == pytest.approx(total, rel=1e-5)
        assert said["cost"] == pytest.approx(total / np.abs(initial.weight).sum(), rel=1e-5)
        a, b = initial.weight[0].astype(float), model.weight[0].astype(float)
        cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
        assert said["angle"] == pytest.approx(np.degrees(np.arccos(np.clip(cosine, -1, 1))), abs=0.05)


def test_the_pairwise_model_is_fitted_by_its_own_kernel_and_goes_into_the_same_table(folder: Path) -> None:
    condition = Condition("pairwise", 8, 0, 2.0, float("inf"), 0.0, "natural")
    settings = {
        "condition": condition.name, "first": SEEDS[0], "last": SEEDS[-1], "threshold": 1.0,
        "training": {"steps": 60, "chains": 512, "sweeps": 1, "acceptance": "metropolis"},
        "ais": {"chains": 64, "temperatures": 20},
    }  # fmt: skip
    files = ("--checkpoint", folder / "checkpoint.npz", "--output", folder / "pairwise.npz")
    call(fit, "--data", folder / "data.npz", "--device", "cpu", *files, settings=settings)
    assert not (folder / "checkpoint.npz").exists()
    arrays = load_npz(folder / "pairwise.npz")[0]
    models, study = ising.from_arrays(arrays), StudyData.read(folder / "data.npz")
    first, second = np.triu_indices(8, 1)
    for index, seed in enumerate(SEEDS):
        train, test = study.patterns(seed, 8)
        assert arrays["log_likelihood"][index] == pytest.approx(exact_log_likelihood(models[index], test)[0], abs=1e-5)
        f = np.hstack([test, test[:, first] & test[:, second]])
        assert arrays["rate"][index] == pytest.approx(f.mean(axis=0))
        assert arrays["correlation"][index] == pytest.approx(np.corrcoef(f.T)[np.triu_indices(36, 1)].mean(), abs=1e-5)
        independent = Independent().fit(train).score(train)
        assert exact_log_likelihood(models[index], train)[0] > independent + 0.01
    given = ("--data", folder / "data.npz", "--fits", folder / "pairwise.npz", folder / "RP.npz")
    call(table, *given, "--output", folder / "both.csv", settings=shown("pairwise", "RP", in_degree=3))
    rows = pd.read_csv(folder / "both.csv").set_index("label")
    assert (rows.loc["pairwise", ["projections", "neurons", "cost", "angle"]] == [36, 8, 1.0, 0.0]).all(axis=None)


def test_models_of_a_seed_start_from_the_same_projections_and_learn_what_they_should(folder: Path) -> None:
    found = {(label, index): (model, initial) for label, index, _, model, initial, _, _ in fits(folder)}
    for (label, index), (model, initial) in found.items():
        assert np.array_equal(initial.weight, found["RP", index][1].weight)
        moved = not np.array_equal(model.weight, initial.weight)
        assert moved == (label != "RP") and np.any(model.lam != initial.lam) == (label == "RP")
        weight = np.abs(model.weight[0])
        if label in ("clamp", "projected"):  # a budget is what a projection of three inputs may have
            assert weight.max() <= 0.5 + 1e-6 and weight.max() > 0.49
        if label == "homeostatic":  # 1.5 for each projection, shared out evenly among the neurons
            fed = model.connectivity[0].any(axis=0)
            assert weight.sum(axis=0)[fed] == pytest.approx(1.5 * 12 / 8, rel=1e-5)
    assert not np.array_equal(found["RP", 0][1].weight, found["RP", 1][1].weight)
    # A repeat differs in nothing but the samples that it draws.
    once, again = (found[label, 0][0].weight for label in ("reshaped", "other noise"))
    assert not np.array_equal(once, again) and np.corrcoef(once.ravel(), again.ravel())[0, 1] > 0.9


def test_training_and_test_patterns_share_no_bin(folder: Path) -> None:
    study = StudyData.read(folder / "data.npz")
    bits = np.arange(12)
    numbered = (np.arange(4000)[:, None] >> bits & 1).astype(np.uint8)  # each bin has a word of its own
    recording = Recording(numbered, 20.0, [str(bit) for bit in bits], "numbered", repeats=4)
    for kind in ("blocks", "random"):
        train, test = replace(study, recording=recording, split=kind).patterns(0, 12)
        assert len(train) == 2000 and len(test) == 1000
        assert len(np.unique(np.concatenate([train, test]) @ (1 << bits))) == 3000


def shown(*labels: str, neurons: int = 10, **more: Any) -> dict[str, Any]:
    """Return the settings of a table, of a scale that needs so many neurons; the recording here has 10."""
    needs = {"bins": {"test": 3000}, "neurons": {"test": neurons}}
    return {"labels": list(labels), "scale": "test", "needs": needs, **more}


def test_tables_count_weight_in_units_of_random_projections(folder: Path) -> None:
    files = [folder / f"{label}.npz" for label in CONDITIONS]
    given = ("--data", folder / "data.npz", "--fits", *files)
    call(table, *given, "--output", folder / "table.csv", settings=shown(*CONDITIONS, in_degree=3))
    rows = pd.read_csv(folder / "table.csv").set_index(["label", "seed"])
    assert set(rows["scale"]) == {"test"}
    unit = 3 * MEAN_ABSOLUTE_WEIGHT
    for label, index, arrays, model, _, _, _ in fits(folder):
        row = rows.loc[label, SEEDS[index]]
        assert row["used"] == pytest.approx(np.abs(model.weight).sum() / 12 / unit, rel=1e-5)
        assert row["available"] == pytest.approx(CONDITIONS[label].budget / unit)
        assert row["log_likelihood"] == pytest.approx(arrays["log_likelihood"][index])
        assert row["rate"] == pytest.approx(arrays["rate"][index].mean())
    kinds = ["projections", "histograms", "course"]
    call(details, *given, "--output", folder / "details.csv", settings=shown(*CONDITIONS, kinds=kinds))
    found = pd.read_csv(folder / "details.csv").query("label == 'reshaped' and seed == 1").groupby("measure")
    arrays = load_npz(folder / "reshaped.npz")[0]
    model = from_arrays(arrays)[1]
    assert found.get_group("rate")["y"].to_numpy() == pytest.approx(arrays["rate"][1], rel=1e-5)
    density = found.get_group("weight density")
    inside = np.abs(model.weight[model.connectivity]) < 4
    assert density["y"].sum() * 0.05 == pytest.approx(inside.mean(), abs=1e-3)
    weights = model.weight[model.connectivity]
    at_one = density[np.isclose(density["x"], 1.025)]["y"].iloc[0]
    assert at_one == pytest.approx(((weights >= 1.0) & (weights < 1.05)).mean() / 0.05, abs=1e-3)


def test_a_doubt_goes_from_the_fit_into_every_table(folder: Path, tmp_path: Path) -> None:
    arrays, meta = load_npz(folder / "RP.npz")
    assert arrays["doubt"].shape == arrays["moment_error"].shape == (2,)
    save_npz(tmp_path / "RP.npz", arrays | {"doubt": np.array(["", "log Z, and more"])}, meta)
    given = ("--data", folder / "data.npz", "--fits", tmp_path / "RP.npz")
    call(table, *given, "--output", tmp_path / "table.csv", settings=shown("RP", in_degree=3))
    call(details, *given, "--output", tmp_path / "details.csv", settings=shown("RP", kinds=["projections"]))
    call(patterns, *given, "--output", tmp_path / "patterns.csv", tmp_path / "funnel.csv", settings=shown("RP"))
    for name in ("table", "details", "funnel"):
        rows = read_table(tmp_path / f"{name}.csv")
        assert set(rows.loc[rows["seed"] == 0, "doubt"]) == {""}, name
        assert set(rows.loc[rows["seed"] == 1, "doubt"]) == {"log Z, and more"}, name
    assert doubtful.doubtful_fits([str(tmp_path / "table.csv")]) == ["made-up: RP, K 12, seed 1: log Z, and more"]


def test_the_end_of_a_run_names_doubtful_fits_once(tmp_path: Path) -> None:
    row = "label,data,seed,projections,budget,log_likelihood,doubt\n"
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "other.csv")]
    fits = [f"RP,mine,{seed},10,0.0,-1.0,{'bad' if seed else ''}\n" for seed in range(8)]
    paths[0].write_text(row + "".join(fits[:2]))
    paths[1].write_text(row + "".join(fits[:2]))
    paths[2].write_text("label,x\na,1\n")
    given = [str(path) for path in (*paths, tmp_path / "absent.csv", tmp_path / "fit.npz")]
    said = doubtful.sentence(given)
    assert said.startswith("1 fit is doubtful.") and said.endswith("\n  mine: RP, K 10, seed 1: bad")
    paths[1].write_text(row + "".join(fits))
    assert doubtful.sentence(given).startswith("7 fits are doubtful.")
    assert "and 2 more" in doubtful.sentence(given)
    paths[0].write_text(row + fits[0])
    assert doubtful.sentence(given[:1]) == ""


def test_patterns_outside_the_interval_are_counted_where_a_binomial_number_would_rarely_be(folder: Path) -> None:
    predicted = np.array([0.3, 0.01, 1e-5])
    low, high = binomial_interval(predicted, 1000)
    for p, a, b in zip(predicted, low, high, strict=True):
        inside = stats.binom.cdf(round(b * 1000), 1000, p) - stats.binom.cdf(round(a * 1000) - 1, 1000, p)
        assert 0.99 <= inside <= 1.0
        # One count narrower on either side, and it would be less.
        if a > 0:
            assert stats.binom.cdf(round(a * 1000), 1000, p) > 0.005
        assert stats.binom.sf(round(b * 1000) - 1, 1000, p) > 0.005
    given = ("--data", folder / "data.npz", "--fits", folder / "RP.npz")
    written = (folder / "patterns.csv", folder / "funnel.csv")
    call(patterns, *given, "--output", *written, settings=shown("RP", neurons=20))
    points, shares = pd.read_csv(folder / "patterns.csv"), pd.read_csv(folder / "funnel.csv")
    assert set(points["scale"]) == set(shares["scale"]) == {"custom: neurons 10 (below test)"}
    label, index, _, model, _, _, test = next(fits(folder))
    assert (label, index) == ("RP", 0)
    distinct, counts = np.unique(test, axis=0, return_counts=True)
    seen = counts >= 2
    assert sorted(points["observed"]) == pytest.approx(sorted(counts[seen] / len(test)))
    likely = np.exp([exact_log_likelihood(model, word[None])[0] for word in distinct[seen]])
    assert sorted(points["predicted"]) == pytest.approx(sorted(likely), rel=1e-4)
    outside = (points["observed"] < points["low"]) | (points["observed"] > points["high"])
    assert shares.loc[shares["seed"] == 0, "outside"].iloc[0] == pytest.approx(outside.mean())
    assert 0 < outside.mean() < 1


def source(**columns: Any) -> pd.DataFrame:
    """Return rows of a table with the columns that every table has."""
    return pd.DataFrame(columns).assign(data="made-up", scale="test", device="cpu", doubt="")


def test_figures_pair_models_of_a_seed() -> None:
    budgets = [1.0, 3.0, 6.0]
    parts = [source(label=["RP"] * 2, budget=0.0, available=0.9, seed=[0, 1], log_likelihood=[-10.0, -20.0])]
    for label in fig2.CURVES:
        for budget in budgets:
            likelihood = [-10.0 - budget, -20.0 - budget]
            parts.append(
                source(label=label, budget=budget, available=budget / 6, seed=[0, 1], log_likelihood=likelihood)
            )
    found = fig2.pairs(pd.concat(parts))
    assert set(found["budget"]) == {3.0, 6.0} and len(found) == 3 * 2 * 2
    assert (found["x"] - found["y"]).to_numpy() == pytest.approx(found["budget"].to_numpy())

    rates = {"rate": [0.2, 0.3, 0.1], "initial_rate": [0.1, 0.4, 0.0]}
    rows = [
        source(label="φ = 1", budget=1.0, seed=0, measure=name, x=[0, 1, 2], y=values) for name, values in rates.items()
    ]
    # A projection that is silent at the start has no relative change.
    assert fig3.relative_changes(pd.concat(rows), ["φ = 1"])["y"].tolist() == pytest.approx([1.0, 0.25])

    labels = ["unconstrained", "other noise", "bounded", "scatter: circuit 4", "scatter: input 4", "scatter: input 2"]
    angles = [
        source(label=label, budget=0.0, seed=0, measure="angle", x=[0, 1], y=[10.0 * number, 10.0 * number + 1])
        for number, label in enumerate(labels)
    ]
    compared = fig5.rotations(pd.concat(angles)).groupby("condition")[["x", "y"]].first()
    assert json.loads(compared.T.to_json()) == {
        "unconstrained v other noise": {"x": 0.0, "y": 10.0},
        "unconstrained v bounded": {"x": 0.0, "y": 20.0},
        "input 4 v circuit 4": {"x": 40.0, "y": 30.0},
        "unconstrained v circuit 4": {"x": 0.0, "y": 30.0},
        "input 4 v input 2": {"x": 40.0, "y": 50.0},
    }
