"""compare(): the generating family comes first, its interval covers the true gain, and what cannot be is a sentence."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from enumeration import exact_probabilities
from rp_examples import correlated_patterns, ising_models
from scipy import stats
from sklearn.pipeline import Pipeline

from homeostat.errors import DataError
from homeostat.recordings import Recording, time_blocks
from homeostat.rp import RP, Independent, KSynchrony, PairwiseMaxEnt
from homeostat.rp.correlations import log_probabilities
from homeostat.rp.evaluation import Trial, compare, hold_out, paired_interval, run_trials, summarize, with_reference
from homeostat.rp.exact import all_patterns

FAST_PAIRS = PairwiseMaxEnt(steps=20, chains=256)
FAST_RP = RP(20, in_degree=3, slope=float("inf"), steps=40, chains=512)


def drawn(p: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Patterns drawn independently from the probabilities of all patterns."""
    neurons = int(np.log2(len(p)))
    return all_patterns(neurons)[np.random.default_rng(seed).choice(len(p), size=count, p=p)]


def pairwise_truth(neurons: int = 7) -> np.ndarray:
    """Probabilities of all patterns under a pairwise model with strong couplings of both signs."""
    rng = np.random.default_rng(5)
    energies = np.concatenate([rng.normal(1.2, 0.3, neurons), rng.normal(0, 0.8, neurons * (neurons - 1) // 2)])
    return exact_probabilities(ising_models(energies))[0]


def projection_truth(seed: int, neurons: int = 10) -> np.ndarray:
    """Probabilities of all patterns under random projections of many neurons, those of ``FAST_RP`` with this seed."""
    rng = np.random.default_rng(6)
    model = RP(20, in_degree=5, threshold=3.5, slope=float("inf"), seed=seed)
    models = model._start(np.zeros((2, neurons), np.uint8), None)
    return exact_probabilities(replace(models, lam=rng.normal(0, 2.0, models.lam.shape).astype(np.float32)))[0]


def test_pairwise_data_are_best_described_by_the_pairwise_model():
    table = compare(
        drawn(pairwise_truth(), 20_000, 1), {"pairs": FAST_PAIRS, "RP": FAST_RP}, seeds=2, split="random"
    ).set_index("model")
    assert list(table.index) == ["pairs", "RP", "independent"]
    assert table.gain_low["pairs"] > table.gain_high["RP"] > 0
    assert table.loc["independent", ["gain", "gain_low", "gain_high"]].eq(0).all()
    assert table.parameters.to_dict() == {"pairs": 28, "RP": 20, "independent": 7}
    assert table.converged["pairs"] and table.doubt["pairs"] == "" and table.error["pairs"] == ""


def test_data_of_random_projections_are_best_described_by_these():
    data = drawn(projection_truth(seed=3), 40_000, 2)
    rp = RP(20, in_degree=5, threshold=3.5, slope=float("inf"), steps=80, chains=512)
    table = compare(data, {"pairs": FAST_PAIRS, "RP": rp}, seeds=[3], split="random").set_index("model")
    assert list(table.index) == ["RP", "pairs", "independent"]
    assert table.gain_low["RP"] > table.gain_high["pairs"]
    # The generator's own likelihood is the best there is, and is reached.
    p = projection_truth(seed=3)
    assert table.nats_per_bin["RP"] == pytest.approx(p[p > 0] @ np.log(p[p > 0]), abs=0.02)


def test_independent_data_are_best_described_by_the_independent_model():
    data = (np.random.default_rng(3).random((6000, 8)) < 0.3).astype(np.uint8)
    table = compare(data, {"pairs": FAST_PAIRS}, seeds=1)
    assert table.model[0] == "independent"
    assert table.gain[1] < 0


def test_the_interval_covers_the_true_gain():
    # The fitted models' true gain is known by enumeration; the interval comes from 1,000 held-out bins.
    p = pairwise_truth(5)
    patterns, covered = all_patterns(5), 0
    models = {"pairs": PairwiseMaxEnt(steps=5, chains=64), "independent": Independent()}
    for number in range(150):
        held = hold_out(drawn(p, 3000, 100 + number), split="random", test=1 / 3)
        trials = run_trials(held, models, seeds=1)
        table = summarize(held, trials).set_index("model")
        pairs, independent = (log_probabilities(trial.estimator, patterns) for trial in trials)
        covered += table.gain_low["pairs"] <= p @ (pairs - independent) <= table.gain_high["pairs"]
    # 150 intervals of 95 %: the chance that fewer than 132 cover is below 1 in 10,000.
    assert covered >= 132


def test_a_table_needs_trials_of_its_reference():
    held = hold_out(drawn(pairwise_truth(5), 1500, 1), split="random", test=1 / 3)
    trials = run_trials(held, {"independent": Independent()}, seeds=1)
    with pytest.raises(DataError, match="reference is 'independant'; did you mean 'independent'"):
        summarize(held, trials, reference="independant")


def test_one_seed_and_equal_blocks_give_students_interval():
    differences = np.random.default_rng(0).normal(0.1, 1.0, 400)
    block = np.repeat(np.arange(20), 20)
    found = paired_interval(differences, block, confidence=0.9)
    means = differences.reshape(20, 20).mean(axis=1)
    assert found.value == pytest.approx(means.mean())
    assert found[1:] == pytest.approx(stats.ttest_1samp(means, 0).confidence_interval(0.9))


def test_equal_seeds_add_nothing_and_a_known_error_adds_its_own():
    differences = np.random.default_rng(0).normal(0.1, 1.0, 4000)
    block = time_blocks(4000, block_bins=40)
    one, three = paired_interval(differences, block), paired_interval(np.tile(differences, (3, 1)), block)
    assert three.high - three.low == pytest.approx(one.high - one.low, rel=0.02)
    wider = paired_interval(differences, block, known_error=10.0)
    assert wider.high - wider.low == pytest.approx(2 * 10 * 1.96, rel=0.01)
    assert np.isnan(paired_interval(differences, block, known_error=np.nan).low)
    assert np.isnan(paired_interval(differences, np.zeros(4000)).low)


@pytest.mark.parametrize(
    "seeds, of_blocks, of_seeds, of_both",
    [(1, 1.0, 0.0, 0.5), (5, 1.0, 0.0, 0.0), (5, 1.0, 1.0, 0.3), (4, 0.2, 2.0, 1.0), (3, 0.0, 0.0, 1.0)],
)
def test_the_interval_covers_the_mean_over_blocks_and_seeds(seeds, of_blocks, of_seeds, of_both):
    rng = np.random.default_rng(7)
    covered, trials, block = 0, 1500, np.repeat(np.arange(25), 2)
    for _ in range(trials):
        parts = of_blocks * rng.normal(size=25) + of_both * rng.normal(size=(seeds, 25))
        parts += of_seeds * rng.normal(size=(seeds, 1))
        found = paired_interval(np.repeat(parts, 2, axis=1), block)
        covered += found.low <= 0 <= found.high
    # Four standard errors of a share of 1,500 trials are .023; Satterthwaite's degrees of freedom are cautious.
    assert 0.927 < covered / trials < 0.99


def test_slow_fluctuations_do_not_fool_the_interval():
    rng = np.random.default_rng(8)
    covered = naive = 0
    block = time_blocks(4000, block_bins=100)
    for _ in range(400):
        slow = np.repeat(rng.normal(size=400), 10)  # alike over ten bins
        found = paired_interval(slow, block)
        covered += found.low <= 0 <= found.high
        naive += abs(slow.mean()) < 1.96 * slow.std() / np.sqrt(len(slow))
    assert covered / 400 > 0.91 and naive / 400 < 0.6


class Broken:
    """A model of a user's that fails."""

    def fit(self, X):
        raise RuntimeError("no licence\nfor this")

    def score_samples(self, X):
        return np.zeros(len(X))


class Uniform:
    """A model of a user's, without parameters."""

    def fit(self, X):
        self.neurons = np.asarray(X).shape[1]

    def score_samples(self, X):
        return np.full(len(X), -self.neurons * np.log(2))


def test_a_model_that_fails_is_a_row_with_the_reason():
    models = {"broken": Broken(), "none": RP(0), "uniform": Uniform(), "nan": Nan()}
    table = compare(correlated_patterns(2000), models, seeds=2).set_index("model")
    assert table.error["broken"] == "RuntimeError: no licence for this"
    assert table.error["none"] == "n_projections must be at least 1, got 0"
    assert "finite log-likelihood" in table.error["nan"]
    assert table.nats_per_bin[["broken", "none", "nan"]].isna().all()
    assert table.nats_per_bin["uniform"] == pytest.approx(-8 * np.log(2)) and table.seeds["uniform"] == 1
    assert list(table.index[:2]) == ["independent", "uniform"]


class Nan(Uniform):
    def score_samples(self, X):
        return np.full(len(X), np.nan)


def test_doubt_is_in_the_table_and_not_a_warning(recwarn):
    # One projection says too little about ten neurons.
    data = (np.random.default_rng(0).random((2000, 10)) < 0.1).astype(np.uint8)
    few = RP(1, in_degree=1, steps=1, chains=64)
    table = compare(data, {"few": few, "chain": Pipeline([("model", few)]), "diverging": Doubtful()}, seeds=1)
    doubt = table.set_index("model").doubt
    assert doubt["diverging"] == "made up"
    assert "below the independent model's" in doubt["few"] and "below the independent model's" in doubt["chain"]
    assert [each.category for each in recwarn] == [UserWarning]
    assert not [each for each in recwarn if "Convergence" in each.category.__name__]


class Doubtful(Uniform):
    def fit(self, X):
        super().fit(X)
        warnings.warn("an old format", UserWarning, stacklevel=1)
        self.doubt_, self.converged_ = "made up", False


def test_gains_from_another_reference():
    data = correlated_patterns(3000)
    table = compare(data, {"pairs": FAST_PAIRS, "uniform": Uniform()}, seeds=1, reference="uniform").set_index("model")
    assert table.gain["uniform"] == 0
    assert table.gain["pairs"] == pytest.approx(table.nats_per_bin["pairs"] + 8 * np.log(2))
    bits = table.gain["independent"] / np.log(2)
    held = hold_out(data)
    assert table.bits_per_spike["independent"] == pytest.approx(bits * held.test.n_bins / held.test.spikes.sum())


def made_trial(model, seed, scores, log_z_error=0.0, doubt=""):
    return Trial(model, seed, Uniform(), scores, doubt=doubt, log_z_error=log_z_error)


def gain_over(held, own, reference):
    """Return the table's row of trials with the scores and log Z errors ``own``, above a reference with others."""
    trials = [made_trial("mine", seed, *each) for seed, each in enumerate(own)]
    trials += [made_trial("theirs", seed, *each) for seed, each in enumerate(reference)]
    return summarize(held, trials, reference="theirs").set_index("model").loc["mine"]


def test_the_interval_holds_what_log_z_of_both_is_uncertain_by():
    held = hold_out(correlated_patterns(4000))
    base = np.full(held.test.n_bins, -2.0)
    half = {}
    for name, own, reference in (
        ("none", 0.0, 0.0), ("mine", 0.3, 0.0), ("theirs", 0.0, 0.3), ("both", 0.3, 0.4),
    ):  # fmt: skip
        row = gain_over(held, [(base + 0.1, own)], [(base, reference)])
        assert row.gain == pytest.approx(0.1) and row.doubt == ""
        half[name] = (row.gain_high - row.gain_low) / 2
    assert half == pytest.approx({"none": 0, "mine": 1.96 * 0.3, "theirs": 1.96 * 0.3, "both": 1.96 * 0.5}, rel=1e-3)
    row = gain_over(held, [(base + 0.1, 0.0)], [(base, np.nan, "annealing misses a mode")])
    assert row.gain == pytest.approx(0.1) and np.isnan([row.gain_low, row.gain_high]).all()
    assert row.doubt == "the reference: annealing misses a mode"


def test_seeds_of_either_side_are_in_the_interval():
    held = hold_out(correlated_patterns(4000))
    base = np.full(held.test.n_bins, -2.0)
    spread = [(base - 1, 0.0), (base, 0.0), (base + 1, 0.0)]
    for own, reference, gain in (([(base + 0.1, 0.0)], spread, 0.1), (spread, [(base, 0.0)], 0.0)):
        row = gain_over(held, own, reference)
        # Three seeds with the standard deviation 1, and Student's factor of two degrees of freedom.
        assert row.gain == pytest.approx(gain) and row.gain_high - gain == pytest.approx(4.303 / 3**0.5, rel=0.01)
    # Seed by seed, nothing varies.
    assert gain_over(held, spread, spread).gain_high == pytest.approx(0, abs=1e-9)
    # A single trial has the same error beside every seed; errors of seeds average out.
    for own, reference in ((1, 4), (4, 1)):
        for errors, total in (((0.2, 0.0), 0.2 / own**0.5), ((0.0, 0.2), 0.2 / reference**0.5)):
            row = gain_over(held, [(base, errors[0])] * own, [(base, errors[1])] * reference)
            assert row.gain_high == pytest.approx(1.96 * total, rel=1e-3)
    with pytest.raises(DataError, match="mine has 2 seeds, the reference theirs 3"):
        gain_over(held, spread[:2], spread)


@pytest.mark.parametrize("split", ["blocks", "random"])
def test_no_bin_is_in_training_and_test(split):
    # Each bin says its number.
    numbers = (np.arange(2**12)[:, None] >> np.arange(12) & 1).astype(np.uint8)
    held = hold_out(Recording(numbers, 20.0, list("abcdefghijkl"), "numbers"), split=split, test=0.25)
    train, test = (set((each.spikes @ (1 << np.arange(12))).tolist()) for each in (held.train, held.test))
    assert len(train) == 3072 and len(test) == 1024 and not train & test
    if split == "blocks":
        # Neighbours stay together, up to the ends of blocks.
        apart = sum(number + 1 not in train for number in train)
        assert apart < 60
    assert len(held.block) == 1024


def test_repeats_are_held_out_as_a_whole_and_words_count_per_bin():
    data = correlated_patterns(6000)
    recording = Recording(data, 20.0, list("abcdefgh"), "repeated", repeats=10)
    held = hold_out(recording, test=0.2)
    assert held.test.n_bins == 1200 and len(set(held.block)) == 2
    singles, pairs = (compare(recording, {"independent": Independent()}, seeds=1, window=window) for window in (1, 2))
    assert pairs.nats_per_bin[0] == pytest.approx(singles.nats_per_bin[0], rel=0.01)
    assert pairs.parameters[0] == 16 and pairs.test_bins[0] == singles.test_bins[0]


def test_data_and_models_in_other_forms():
    data = correlated_patterns(2000)
    frame = pd.DataFrame(data, columns=list("abcdefgh"))
    table = compare(frame, ["Independent", FAST_PAIRS], seeds=1)
    assert set(table.model) == {"independent", "PairwiseMaxEnt"}
    assert compare(data, ["Independent", FAST_PAIRS], seeds=1).gain.equals(table.gain)
    assert compare(data, [Independent()], seeds=np.int64(2)).seeds[0] == 1
    assert with_reference({"mine": Independent()}).keys() == {"independent"}


@pytest.mark.parametrize(
    "models, options, sentence",
    [
        (["RPP"], {}, "there is no model 'RPP'.*RP.*there are"),
        ([RP], {}, r"RP is a class; give an estimator, RP\(\)"),
        ([3], {}, "int has no fit and score_samples"),
        ("RP", {}, "expected estimators or their names"),
        (["RP", RP(3)], {}, "two models are called RP"),
        ({"independent": KSynchrony()}, {}, "'independent' is the name of the independent model"),
        (None, {"seeds": []}, "seeds is empty"),
        (None, {"seeds": [-1]}, "seed"),
        (None, {"test": 1.5}, "expected a share of the bins between 0 and 1"),
        (None, {"split": "time"}, "unknown split 'time'"),
        (None, {"window": 0}, "window is 0"),
        (None, {"reference": "pair"}, "reference is 'pair'.*pairwise"),
        (["Independent"], {"confidence": 95}, "expected a level between 0 and 1"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(models, options, sentence):
    with pytest.raises(DataError, match=sentence):
        compare(correlated_patterns(1000), models, **options)
