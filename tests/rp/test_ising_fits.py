"""Fits of pairwise and K-pairwise models: against exact maxima, of known generators, verdicts, files, checkpoints."""

import warnings

import numpy as np
import pytest
from enumeration import exact_log_likelihood, exact_probabilities
from killed import Killed, kill_at
from rp_examples import correlated_patterns, ising_models, seeds, waves
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from homeostat.errors import DataError
from homeostat.files import load_npz
from homeostat.ising.coordinates import pooled_counts
from homeostat.ising.fitting import fit_ising
from homeostat.ising.models import IsingModels, pairs
from homeostat.ising.pseudolikelihood import pseudo_likelihood_maximum
from homeostat.ising.storage import from_arrays, to_arrays
from homeostat.ising.trainer import IsingTrainer
from homeostat.rp import Independent, KPairwise, PairwiseMaxEnt
from homeostat.rp.exact import all_patterns
from homeostat.rp.settings import Training

PATTERNS = correlated_patterns(6000)
SETTINGS = {"default": {}, "config.yaml": {"steps": 60, "chains": 1024}}
TRAINING = Training(steps=60, chains=512, sweeps=1)


def features(patterns: np.ndarray, *, counts: bool = False) -> np.ndarray:
    """Return neurons, pairs and whether K neurons are active, for K from 3 on (the others follow)."""
    first, second = np.triu_indices(patterns.shape[1], 1)
    found = [patterns, patterns[:, first] * patterns[:, second]]
    if counts:
        found.append(patterns.sum(axis=1)[:, None] == np.arange(3, patterns.shape[1] + 1))
    return np.hstack(found).astype(float)


def exact_maximum(patterns: np.ndarray, *, counts: bool = False) -> float:
    """Return the largest mean log-likelihood that these features can reach, by enumeration."""
    everything = features(all_patterns(patterns.shape[1]), counts=counts)
    observed = features(patterns, counts=counts).mean(axis=0)

    def loss(lam: np.ndarray) -> tuple[float, np.ndarray]:
        energy = -everything @ lam
        log_z = np.logaddexp.reduce(energy)
        return log_z + lam @ observed, observed - everything.T @ np.exp(energy - log_z)

    options = {"maxiter": 5000, "maxfun": 9000, "ftol": 1e-14, "gtol": 1e-8}
    return -minimize(loss, np.zeros(everything.shape[1]), jac=True, method="L-BFGS-B", options=options).fun


def synchronous(n_patterns: int = 20_000, n_neurons: int = 9) -> np.ndarray:
    """Return patterns of neurons that now and then fire nearly all at once: more than pairs can say."""
    rng = np.random.default_rng(3)
    event = rng.random((n_patterns, 1)) < 0.04
    return (rng.random((n_patterns, n_neurons)) < np.where(event, 0.85, 0.06)).astype(np.uint8)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("rate", [0.0013, 0.005, 0.02, 0.04, 0.2])
def test_pairwise_fits_of_sparse_waves_reach_what_pairs_add(rate: float, settings: dict) -> None:
    patterns = waves(rate=rate)
    independent = Independent().fit(patterns).score(patterns)
    best = exact_maximum(patterns)
    for seed in range(2):
        model = PairwiseMaxEnt(seed=seed, **settings).fit(patterns)
        assert (model.score(patterns) - independent) / (best - independent) > (0.95 if settings else 0.98)
        assert model.doubt_ == "" and model.converged_ and model.moment_error_ < 6
        assert model.gain_ == pytest.approx(model.score(patterns) - independent, abs=1e-4)


@pytest.mark.parametrize("rate", [0.003, 0.03, 0.2])
@pytest.mark.parametrize("n_neurons", [12, 15])
def test_known_generators_are_found(n_neurons: int, rate: float) -> None:
    rng = np.random.default_rng(n_neurons)
    fields = np.log(1 / rate - 1) + rng.normal(0, 0.4, n_neurons)
    truth = ising_models(np.concatenate([fields, rng.normal(0, 0.6, n_neurons * (n_neurons - 1) // 2)]))
    p = exact_probabilities(truth)[0]
    patterns = all_patterns(n_neurons)[rng.choice(len(p), 100_000, p=p / p.sum())]
    model = PairwiseMaxEnt().fit(patterns)
    gap = exact_log_likelihood(model.models_, patterns)[0] - exact_log_likelihood(truth, patterns)[0]
    # A maximum lies above the truth on its own data, by about half a nat per parameter and data set.
    assert 0 <= gap < n_neurons * (n_neurons + 1) / 2 / 100_000
    p_model = exact_probabilities(model.models_)[0]
    x = all_patterns(n_neurons).astype(float)
    rates = patterns.T.astype(float) @ patterns / len(patterns)
    error = np.sqrt(np.maximum(rates * (1 - rates), 1e-5) / len(patterns))
    z = ((x * p_model[:, None]).T @ x - rates) / error
    assert np.sqrt((z**2).mean()) < 0.5
    if rate > 0.1:
        off = np.triu_indices(n_neurons, 1)
        assert np.corrcoef(model.couplings_[off], truth.coupling[0][off])[0, 1] > 0.97


def test_populations_with_a_mode_that_the_pseudo_likelihood_invents_are_fitted() -> None:
    """The maximum of the pseudo-likelihood is far below independence; the fit starts from less of it."""
    rng = np.random.default_rng(0)
    drive = rng.gamma(0.35, 1.0, (20_000, 1))
    patterns = (rng.random((20_000, 40)) < 1 - np.exp(-0.25 * drive * rng.uniform(0.3, 2.0, 40))).astype(np.uint8)
    trainer = IsingTrainer(patterns, TRAINING, seeds(1)[0])
    most = pseudo_likelihood_maximum(patterns, trainer._coordinates)
    assert np.linalg.norm(trainer._start) < 0.95 * np.linalg.norm(most)
    model = PairwiseMaxEnt().fit(patterns)
    assert model.converged_ and model.gain_ > 0.5 and model.moment_error_ < 6


def test_k_pairwise_reaches_its_exact_maximum_above_the_pairwise_one() -> None:
    patterns = synchronous()
    pairwise, best = exact_maximum(patterns), exact_maximum(patterns, counts=True)
    assert best - pairwise > 0.005
    model = KPairwise().fit(patterns)
    score = model.score(patterns)
    assert score == pytest.approx(exact_log_likelihood(model.models_, patterns)[0], abs=1e-5)
    assert 0 <= best - score < 0.1 * (best - pairwise)
    p = exact_probabilities(model.models_)[0]
    found = np.bincount(all_patterns(9).sum(axis=1), weights=p)
    data = np.bincount(patterns.sum(axis=1), minlength=10) / len(patterns)
    assert found == pytest.approx(data, abs=0.002)
    k = np.arange(10.0)
    for power in range(3):
        assert data @ (model.potential_ * k**power) == pytest.approx(0, abs=1e-3)
    assert model.n_parameters_ == 45 + 7 and model.converged_


def test_k_pairwise_finds_a_known_generator() -> None:
    rng = np.random.default_rng(1)
    potential = 0.25 * (np.arange(11.0) - 3) ** 2 * (np.arange(11) > 3)
    truth = ising_models(np.concatenate([rng.normal(1.0, 0.4, 10), rng.normal(-0.2, 0.4, 45)]), -0.2 * potential)
    p = exact_probabilities(truth)[0]
    patterns = all_patterns(10)[rng.choice(1024, 100_000, p=p / p.sum())]
    model = KPairwise().fit(patterns)
    gap = exact_log_likelihood(model.models_, patterns)[0] - exact_log_likelihood(truth, patterns)[0]
    assert -2e-5 < gap < 63 / 100_000


def test_a_fit_far_from_its_moments_is_doubtful() -> None:
    trainer = IsingTrainer(PATTERNS, TRAINING, seeds(1)[0])
    trainer._size = 0.0
    trainer._theta = trainer._average = trainer._theta + 3.0
    trainer._engine.load(trainer._coordinates.model(trainer._theta))
    while not trainer.done:
        trainer.advance()
    result = trainer.result()
    assert "standard errors from the data's" in result.doubt[0]
    # Such a fit is put back to its start.
    start = trainer._coordinates.model(trainer._start)
    assert np.array_equal(result.models.coupling, start.coupling)
    independent = Independent().fit(PATTERNS).score(PATTERNS)
    assert result.gain[0] == pytest.approx(exact_log_likelihood(start, PATTERNS)[0] - independent, abs=1e-4)


def test_a_fit_below_the_independent_model_becomes_it_and_says_so() -> None:
    trainer = IsingTrainer(PATTERNS, TRAINING, seeds(1)[0])
    trainer.advance()
    trainer._start = trainer._average = trainer._start + 3.0
    trainer._course.mean = trainer._values(trainer._data)[None]
    result = trainer.result()
    assert "below the independent model" in result.doubt[0] and result.gain[0] == 0.0
    independent = Independent().fit(PATTERNS).score(PATTERNS)
    assert exact_log_likelihood(result.models, PATTERNS)[0] == pytest.approx(independent, abs=1e-5)


def test_an_estimator_warns_of_a_planted_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        PairwiseMaxEnt(steps=40, chains=1024).fit(PATTERNS)
    monkeypatch.setattr("homeostat.ising.trainer._STABLE", 100.0)
    monkeypatch.setattr("homeostat.ising.trainer._STEP", 100.0)
    with pytest.warns(ConvergenceWarning, match="standard errors from the data's"):
        model = PairwiseMaxEnt(steps=40, chains=1024).fit(PATTERNS)
    assert not model.converged_ and model.doubt_ and model.gain_ > 0


@pytest.mark.parametrize("patterns", [np.zeros((50, 4), np.uint8), np.ones((50, 1), np.uint8), np.eye(3, dtype=int)])
def test_silent_constant_and_few_neurons_are_fitted(patterns: np.ndarray) -> None:
    for kind in (PairwiseMaxEnt, KPairwise):
        model = kind(steps=20, chains=64).fit(patterns)
        assert np.isfinite(model.score(patterns)) and model.score(patterns) <= 0 and model.gain_ > -0.02


def test_sums_over_all_patterns_and_sampling_agree() -> None:
    model = KPairwise(steps=80, chains=512).fit(synchronous())
    p = np.exp(model.score_samples(all_patterns(9)))
    assert p.sum() == pytest.approx(1, abs=1e-5)
    assert model.log_partition_error_ == 0 and model.check_log_partition(20_000)
    samples = model.sample(50_000)
    assert samples.mean(axis=0) == pytest.approx(p @ all_patterns(9), abs=0.01)


@pytest.mark.parametrize("kind", [PairwiseMaxEnt, KPairwise])
def test_a_saved_model_comes_back(kind, tmp_path) -> None:
    model = kind(steps=40, chains=256, seed=np.int64(3)).fit(PATTERNS)
    model.save(tmp_path / "model.npz")
    again = kind.load(tmp_path / "model.npz")
    assert again.get_params() == model.get_params() and again.n_features_in_ == 8
    assert np.array_equal(again.score_samples(PATTERNS), model.score_samples(PATTERNS))
    assert np.array_equal(again.factors_, model.factors_) and np.array_equal(again.sample(100), model.sample(100))
    for name in ("converged_", "moment_error_", "gain_", "doubt_", "n_steps_", "device_"):
        assert getattr(again, name) == getattr(model, name)
    other = {PairwiseMaxEnt: KPairwise, KPairwise: PairwiseMaxEnt}[kind]
    with pytest.raises(DataError, match=f"not a {other.__name__}"):
        other.load(tmp_path / "model.npz")


def test_damaged_arrays_are_refused() -> None:
    arrays = to_arrays(ising_models(np.arange(10.0)))
    assert isinstance(from_arrays(arrays), IsingModels)
    for change in ({"coupling": np.zeros((1, 3))}, {"potential": np.zeros((1, 2))}, {"field": np.zeros(4)}):
        with pytest.raises(DataError, match="no Ising models"):
            from_arrays(arrays | change)
    with pytest.raises(DataError, match="no Ising models"):
        from_arrays({})


def test_equal_seeds_are_equal_alone_and_beside_others() -> None:
    sets = [PATTERNS, correlated_patterns(5000, seed=1)]
    both = fit_ising(sets.__getitem__, TRAINING, seeds(2))
    alone = fit_ising(lambda index: sets[1], TRAINING, seeds(1, 1))
    assert np.array_equal(both.models.coupling[1], alone.models.coupling[0])
    assert np.array_equal(both.chains[1], alone.chains[0]) and both.gain[1] == alone.gain[0]
    other = fit_ising(lambda index: sets[1], TRAINING, seeds(1, 2))
    assert not np.array_equal(other.chains, alone.chains)


@pytest.mark.parametrize("potential", [False, True])
@pytest.mark.parametrize("stopping", ["steps", "likelihood", "clopper_pearson"])
def test_a_killed_fit_goes_on_with_the_same_numbers(stopping: str, potential: bool, tmp_path) -> None:
    training = Training(steps=100, chains=256, sweeps=1, stopping=stopping, check_every=10)

    def fit(progress=None):
        return fit_ising(
            lambda index: PATTERNS, training, seeds(1), potential=potential,
            progress=progress, checkpoint=tmp_path / "fit.npz", checkpoint_seconds=0,
        )  # fmt: skip

    whole = fit()
    with pytest.raises(Killed):
        fit(kill_at(30))
    assert load_npz(tmp_path / "fit.npz")[0]["running:step"] == 29
    again = fit()
    for name in ("field", "coupling", "potential"):
        assert np.array_equal(getattr(again.models, name), getattr(whole.models, name))
    assert np.array_equal(again.trace_error, whole.trace_error) and again.gain[0] == whole.gain[0]
    assert again.moment_error[0] == whole.moment_error[0] and again.steps[0] == whole.steps[0]


@pytest.mark.parametrize("stopping", ["likelihood", "clopper_pearson"])
def test_either_rule_ends_a_fit(stopping: str) -> None:
    model = PairwiseMaxEnt(steps=400, chains=1024, stopping=stopping).fit(PATTERNS)
    assert model.converged_ and 0 < model.n_steps_ < 400
    with pytest.warns(ConvergenceWarning, match=f"{stopping!r} was not met in 5 steps"):
        PairwiseMaxEnt(steps=5, chains=256, stopping=stopping).fit(PATTERNS)


@pytest.mark.parametrize("rate, values", [(0.5, 9), (0.05, 4)])
def test_parameters_of_counts_that_share_a_potential_are_counted_once(rate: float, values: int, tmp_path) -> None:
    patterns = (np.random.default_rng(0).random((4000, 8)) < rate).astype(np.uint8)
    model = KPairwise(steps=5, chains=64).fit(patterns)
    assert model.n_potential_ == values
    # What the model can say of log p: all functions of neurons, pairs and shared counts, up to a constant.
    group = pooled_counts(np.bincount(patterns.sum(axis=1), minlength=9) / 4000, 4000)
    x = all_patterns(8).astype(float)
    first, second = pairs(8)
    features = np.hstack([x, x[:, first] * x[:, second], np.eye(values)[group[x.sum(axis=1).astype(int)]]])
    assert model.n_parameters_ == np.linalg.matrix_rank(features - features.mean(axis=0))
    model.save(tmp_path / "model.npz")
    assert KPairwise.load(tmp_path / "model.npz").n_parameters_ == model.n_parameters_
