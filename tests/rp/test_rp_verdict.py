"""What a fit says of itself: sound fits raise no alarm, fits that failed do."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from enumeration import exact_log_likelihood, exact_moments
from rp_examples import correlated_patterns, seeds, small_models
from sklearn.exceptions import ConvergenceWarning

from homeostat.errors import DataError
from homeostat.rp import RP, BackpropRP, Independent, PairwiseMaxEnt, ReshapedRP
from homeostat.rp.fitting import fit_many
from homeostat.rp.projections import feature_values
from homeostat.rp.registry import rule_of
from homeostat.rp.settings import Training
from homeostat.rp.trainer import Trainer
from homeostat.rp.verdict import doubts, moment_errors

PATTERNS = correlated_patterns(6000)
NATURAL = Training(steps=60, chains=1024, optimizer="natural")


def independent():
    return Independent().fit(PATTERNS).score(PATTERNS)


@pytest.mark.parametrize("device", ["cpu", "cpu:0"])
def test_a_sound_fit_has_no_doubt_and_says_how_good_it_is(device):
    models = small_models(2, n_projections=30, lam=0.0)
    result = fit_many(models, [PATTERNS] * 2, rule_of("rp"), NATURAL, seeds(2), device=device)
    assert result.doubt == ["", ""]
    assert (result.moment_error < 3).all()
    exact = exact_log_likelihood(result.models, PATTERNS)
    assert result.gain == pytest.approx(exact - independent(), abs=1e-4)


def test_moment_errors_are_in_standard_errors_of_the_data():
    models = small_models(1, lam=0.1)
    outputs = feature_values(models, PATTERNS)[0]
    model = exact_moments(models).f
    # An output that hardly varies counts as if it did by one pattern.
    spread = np.maximum(outputs.std(axis=0), 1 / np.sqrt(len(PATTERNS)))
    z = (model[0] - outputs.mean(axis=0)) / (spread / np.sqrt(len(PATTERNS)))
    found = moment_errors(model - outputs.mean(axis=0), outputs.var(axis=0)[None], np.array([len(PATTERNS)]))
    assert found == pytest.approx(np.sqrt((z**2).mean()))


def test_averages_are_compared_while_weights_move():
    """Weights that move to the last step change the averages of models and data alike: not a reason to doubt."""
    models = small_models(2, n_projections=30, lam=0.5)
    models = replace(models, threshold=np.full_like(models.threshold, 2.5))
    training = Training(steps=60, chains=2048, batch=None, learning_rate=0.3, optimizer="adam")
    many = np.tile(PATTERNS, (20, 1))
    result = fit_many(models, [many] * 2, rule_of("backprop"), training, seeds(2))
    assert result.doubt == ["", ""]
    assert (result.moment_error < 5).all()


def test_a_fit_that_ran_away_is_doubtful():
    """Steps far too large: averages end far from the data's."""
    models = small_models(1, n_projections=30, lam=0.0)
    wild = replace(NATURAL, optimizer="adam", learning_rate=100.0, batch=None)
    result = fit_many(models, [PATTERNS], rule_of("rp"), wild, seeds(1))
    assert result.moment_error[0] > 10
    assert "standard errors from the data's" in result.doubt[0]


def test_factors_that_got_worse_are_put_back_to_the_start():
    trainer = Trainer(small_models(1, n_projections=30, lam=0.0), [PATTERNS], rule_of("rp"), NATURAL, seeds(1))
    trainer.advance()
    trainer._values["lam"] = trainer._values["lam"] + 3.0
    result, start = trainer.judged(), trainer._first()
    assert np.array_equal(result.models.lam, start.lam)
    assert result.gain[0] == pytest.approx(exact_log_likelihood(start, PATTERNS)[0] - independent(), abs=1e-4)


def test_weights_that_got_worse_than_their_start_are_doubtful():
    models = small_models(1, lam=1.0)
    trainer = Trainer(models, [PATTERNS], rule_of("reshaped"), Training(steps=20, chains=256, batch=None), seeds(1))
    trainer.advance()
    trainer._values["weight"] = trainer._values["weight"] * 20.0
    result = trainer.judged()
    assert np.isnan(result.moment_error[0]) and "below its own start" in result.doubt[0]


def test_each_reason_has_its_sentence():
    one = np.ones(1)
    assert doubts(one, one, one, one, True) == [""]
    assert (
        "no finite" in doubts(one, one, np.nan * one, one, True)[0]
        or "not a finite" in doubts(one, one, np.nan * one, one, True)[0]
    )
    assert "below the independent model" in doubts(one, one, -one, one, True)[0]
    # Few projections cannot say what the rates are: below independence is then a finding.
    assert doubts(one, one, -one, one, False) == [""]
    assert doubts(np.nan * one, np.nan * one, one, one, False) == [""]


def test_estimators_warn_of_what_went_wrong_and_only_then():
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = PairwiseMaxEnt(steps=40, chains=1024).fit(PATTERNS)
        assert model.converged_ and model.gain_ > 0
        ReshapedRP(30, 3, steps=200, chains=256).fit(PATTERNS)
    with pytest.warns(ConvergenceWarning, match="below the independent model"):
        few = RP(2, 2, steps=40, chains=1024).fit(PATTERNS)
    assert few.gain_ < 0 and few.doubt_ == ""
    with pytest.warns(ConvergenceWarning, match="'likelihood' was not met in 20 steps"):
        assert not ReshapedRP(30, 3, steps=20, chains=256, stopping="likelihood").fit(PATTERNS).converged_


@pytest.mark.parametrize("stopping", ["likelihood", "clopper_pearson"])
@pytest.mark.parametrize("make", [PairwiseMaxEnt, lambda **kw: RP(20, 3, **kw)], ids=["pairwise", "RP"])
def test_estimators_of_factors_stop_by_either_rule(make, stopping):
    model = make(steps=400, chains=1024, stopping=stopping).fit(PATTERNS)
    assert model.converged_ and 0 < model.n_steps_ < 400


def test_the_rule_on_averages_is_for_models_with_factors_to_learn():
    with pytest.raises(DataError, match="for models that learn weights alone use 'likelihood'"):
        ReshapedRP(20, 3, stopping="clopper_pearson").fit(PATTERNS)
    model = BackpropRP(20, 3, steps=60, chains=256, batch=None, stopping="steps").fit(PATTERNS)
    assert np.isfinite(model.moment_error_)


def test_a_saved_model_keeps_its_verdict(tmp_path):
    model = RP(20, 3, steps=40, chains=1024).fit(PATTERNS)
    model.save(tmp_path / "model.npz")
    again = RP.load(tmp_path / "model.npz")
    for name in ("converged_", "moment_error_", "gain_", "doubt_"):
        assert getattr(again, name) == getattr(model, name)
