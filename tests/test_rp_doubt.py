"""Fits that end below what they should beat are named, sound ones are not: by exact likelihoods."""

from dataclasses import replace

import numpy as np
from rp_examples import correlated_patterns, seeds, small_models

from homeostat.rp.doubt import training_doubts
from homeostat.rp.exact import exact_log_likelihood
from homeostat.rp.fitting import fit_many
from homeostat.rp.measures import independent_log_likelihood
from homeostat.rp.pairwise import pairwise_models
from homeostat.rp.partition import exact_log_partition, independent_bias, log_partition
from homeostat.rp.training import RESHAPED, RP, Training

PATTERNS = correlated_patterns(3000)
BASE = independent_bias(PATTERNS.mean(axis=0), 3000)[None]


def doubts(models, initial, contains_independent):
    given = (models, initial, exact_log_partition(models), [PATTERNS], BASE, seeds(1))
    return training_doubts(*given, contains_independent=contains_independent)


def test_sound_fits_raise_no_doubt():
    for rule, initial in (
        (RP, small_models(1, lam=0.0)),
        (RESHAPED, small_models(1)),
        (RP, pairwise_models([PATTERNS])),
    ):
        training = Training(steps=60, chains=512, optimizer="natural" if rule is RP else "adam")
        fitted = fit_many(initial, [PATTERNS], rule, training, seeds(1)).models
        assert doubts(fitted, initial, initial.shape[1] == 36) == [""]


def test_a_fit_that_ends_below_its_start_is_named():
    initial = small_models(1)
    worse = replace(initial, lam=-3 * initial.lam)
    (said,) = doubts(worse, initial, False)
    before, after = (exact_log_likelihood(models, PATTERNS)[0] for models in (initial, worse))
    assert said == (
        f"the log-likelihood of the training patterns ends at {after:.3f}, below where it began ({before:.3f})"
    )


def test_a_pairwise_fit_that_ends_below_the_independent_model_is_named_and_few_projections_are_not():
    initial = pairwise_models([PATTERNS])
    rng = np.random.default_rng(0)
    worse = replace(initial, lam=(initial.lam + rng.normal(size=initial.lam.shape)).astype(np.float32))
    independent = independent_log_likelihood(BASE[0], PATTERNS)
    assert exact_log_likelihood(worse, PATTERNS)[0] < independent - 0.1
    (said,) = doubts(worse, worse, True)
    assert said.endswith(f"below the independent model ({independent:.3f})") and "began" not in said
    assert doubts(worse, worse, False) == [""]


def test_nothing_is_said_where_log_z_is_not_known():
    initial = small_models(1)
    worse = replace(initial, lam=-3 * initial.lam)
    unknown = exact_log_partition(worse)._replace(error=np.array([np.nan]), doubt=("x",))
    given = (worse, initial, unknown, [PATTERNS], BASE, seeds(1))
    assert training_doubts(*given, contains_independent=True) == [""]


def test_larger_models_are_compared_by_annealing():
    n_neurons = 24
    patterns = correlated_patterns(2000, n_neurons)
    base = independent_bias(patterns.mean(axis=0), 2000)[None]
    initial = small_models(1, n_neurons=n_neurons, n_projections=40)
    worse = replace(initial, lam=-initial.lam)
    for models, ends in ((initial, ""), (worse, "below where it began")):
        log_z = log_partition(models, base, seeds(1), chains=256, temperatures=200)
        (said,) = training_doubts(
            models, initial, log_z, [patterns], base, seeds(1), contains_independent=False, temperatures=200
        )
        assert (ends in said) if ends else said == ""
