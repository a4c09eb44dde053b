"""Bad input of the RP engine: each gets a sentence that says what was wrong and what is allowed."""

import numpy as np
import pytest
from rp_examples import correlated_patterns, seeds, small_models

from homeostat.arrays import check_patterns
from homeostat.errors import ConfigError, DataError, DeviceError, HomeostatError
from homeostat.rp.constraints import Free
from homeostat.rp.exact import all_patterns
from homeostat.rp.factory import make_engine
from homeostat.rp.fitting import fit_many
from homeostat.rp.projections import random_models
from homeostat.rp.pruning import Pruning
from homeostat.rp.registry import MODELS, ConstraintKind, ModelKind, load, register, rule_of
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Rule, Training
from homeostat.rp.storage import from_arrays, to_arrays

RNG = [np.random.default_rng(0)]
GOOD = correlated_patterns(200)


@pytest.mark.parametrize(
    "patterns, sentence",
    [
        (np.zeros((0, 5), np.uint8), "at least 2 patterns"),
        (np.zeros((1, 5), np.uint8), "at least 2 patterns"),
        (np.zeros((5, 0), np.uint8), "at least one neuron"),
        (np.zeros(5, np.uint8), "matrix"),
        (np.array([[0, 1], [2, 0]]), "row 1, neuron 0 holds 2"),
        (np.array([[0, 1], [np.nan, 0]]), "row 1, neuron 0 holds nan"),
        (np.array([[0, 1], [-1, 0]]), "0 and 1 only"),
        (np.array([["0", "1"], ["1", "0"]]), "numbers 0 or 1"),
        (np.zeros((5, 3), np.uint8), "has 8 neurons"),
    ],
)
def test_patterns(patterns, sentence):
    with pytest.raises(DataError, match=sentence):
        check_patterns(patterns, 8 if "8 neurons" in sentence else None)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"in_degree": 9}, "at most the number of neurons \\(8\\), got 9"),
        ({"in_degree": 0}, "above 0"),
        ({"slope": -3.0}, "must be positive"),
        ({"slope": 0.0}, "must be positive"),
        ({"slope": float("nan")}, "must be positive"),
        ({"n_projections": 0}, "at least 1"),
        ({"n_neurons": 0}, "at least one neuron"),
        ({"connectivity": np.zeros((1, 4, 8), bool)}, "projection 0 of model 0 has no synapse"),
        ({"connectivity": np.ones((1, 8, 4), bool)}, r"shape \(8, 4\) does not fit .* expected \(4, 8\)"),
        ({"connectivity": np.full((1, 4, 8), 0.5)}, "true and false, or 1 and 0"),
    ],
)
def test_designs(arguments, sentence):
    sizes = {"n_neurons": 8, "n_projections": 4, "in_degree": 3} | arguments
    with pytest.raises(DataError, match=sentence):
        random_models(sizes.pop("n_neurons"), sizes.pop("n_projections"), RNG, **sizes)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Training(steps=0), "steps must be at least 1"),
        (lambda: Training(chains=100), "multiple of 64"),
        (lambda: Training(learning_rate=-1.0), "positive"),
        (lambda: Training(momentum=1.0), "at least 0 and below 1, got 1.0"),
        (lambda: Training(optimizer="newton"), "natural, adam, sgd"),  # type: ignore[arg-type]
        (lambda: Training(stopping="never"), "steps, clopper_pearson"),  # type: ignore[arg-type]
        (lambda: Rule(("wieght",)), "did you mean 'weight'"),
        (lambda: Rule(()), "must learn something"),
        (lambda: Pruning(replacements=0), "above 0"),
        (lambda: all_patterns(21), "up to 20 neurons"),
        (lambda: sample_patterns(small_models(1), 0, seeds(1)), "at least 1"),
        (lambda: make_engine(small_models(1)).start_chains([GOOD[:10]], seeds(1)), "multiple of 64"),
    ],
)
def test_settings(make, sentence):
    with pytest.raises(DataError, match=sentence):
        make()


def test_rules_that_do_not_fit_the_model():
    step = small_models(1, slope=np.inf)
    with pytest.raises(DataError, match="Heaviside"):
        fit_many(step, [GOOD], rule_of("reshaped"), Training(steps=1), seeds(1))
    with pytest.raises(DataError, match="natural gradient learns lambda only"):
        fit_many(small_models(1), [GOOD], rule_of("reshaped"), Training(steps=1, optimizer="natural"), seeds(1))
    with pytest.raises(DataError, match="2 models need as many"):
        fit_many(small_models(2), [GOOD, GOOD], rule_of("rp"), Training(steps=1), seeds(1), models_at_once=2)
    with pytest.raises(DataError, match="set batch to None"):
        training = Training(steps=1, stopping="clopper_pearson", batch=64)
        fit_many(small_models(1), [GOOD], rule_of("backprop"), training, seeds(1))


def test_missing_cuda_is_said():
    import torch

    if torch.cuda.is_available():
        pytest.skip("needs a machine without a CUDA device")
    with pytest.raises(DeviceError, match="no CUDA device"):
        make_engine(small_models(1), "cuda")
    from homeostat.device import resolve_device

    assert resolve_device("auto") == resolve_device("cpu") == "cpu"
    with pytest.raises(DeviceError, match="device: auto or cpu"):
        resolve_device("cuda")
    with pytest.raises(HomeostatError, match="auto, cpu, cuda"):
        resolve_device("gpu")


def test_stored_models_come_back_and_damaged_ones_are_refused():
    models = small_models(2, slope=np.inf)
    arrays = to_arrays(models)
    again = from_arrays(arrays)
    assert np.array_equal(again.weight, models.weight) and again.slope == np.inf
    with pytest.raises(DataError, match="no RP models"):
        from_arrays({name: values for name, values in arrays.items() if name != "lam"})
    with pytest.raises(DataError, match="no RP models"):
        from_arrays(arrays | {"weight": arrays["weight"][:-1]})


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (ModelKind, "a ModelKind or a ConstraintKind can be registered"),
        (ModelKind("mine", "", ("lam",)), "the label '' is empty or taken"),
        (ModelKind("mine", "homeostatic", ("lam",)), "the label 'homeostatic' is empty or taken"),
        (ModelKind("mine", "my model", "lam"), r"learn must be a tuple, such as \('lam',\)"),
        (ModelKind("mine", "my model", ("weigth",)), "cannot learn 'weigth'; .* did you mean 'weight'"),
        (ModelKind("mine", "my model", ()), "must learn something"),
        (ConstraintKind("mine", "my model", Free()), "make must be a function of phi and in_degree"),
    ],
)
def test_kinds_that_could_not_be_fitted_or_told_apart(kind, sentence):
    with pytest.raises(DataError, match=sentence):
        register(kind)
    assert "mine" not in MODELS


def test_a_file_of_models_that_ends_the_program(tmp_path):
    (tmp_path / "mine.py").write_text("raise SystemExit(0)")
    with pytest.raises(ConfigError, match="this file of extra_models fails: SystemExit"):
        load([tmp_path / "mine.py"])


@pytest.mark.parametrize("function", ["weights", "pullback", "project"])
def test_a_constraint_that_returns_another_shape(function, monkeypatch):
    class Mine(Free):
        pass

    monkeypatch.setattr(Mine, function, lambda self, free, *rest: free.sum())
    with pytest.raises(DataError, match=rf"Mine\.{function} must return an array of the shape of the free weights"):
        fit_many(small_models(1), [GOOD], Rule(("weight",), Mine()), Training(steps=2), seeds(1))
