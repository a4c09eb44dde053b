"""The library's plots show the numbers of the measures, hollow marks for doubtful fits, and sentences for the rest."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from rp_examples import correlated_patterns
from scipy.sparse import issparse

from homeostat import rp
from homeostat.errors import DataError
from homeostat.figures import style
from homeostat.plots import (
    _COLOURS,
    plot_comparison,
    plot_correlations,
    plot_patterns,
    plot_population_count,
    plot_projections,
)
from homeostat.rp import RP, Independent, PairwiseMaxEnt, ReshapedRP
from homeostat.rp.correlations import pairwise_correlations, patterns_of, population_count, triplet_correlations
from homeostat.rp.evaluation import compare
from homeostat.rp.funnel import funnel

SPIKES = correlated_patterns(3000)
TRAIN, TEST = SPIKES[:2000], SPIKES[2000:]


@pytest.fixture(scope="module")
def models():
    reshaped = ReshapedRP(20, in_degree=3, steps=60, chains=256).fit(TRAIN)
    reshaped.doubt_ = "made up"
    return {"pairs": PairwiseMaxEnt(steps=20, chains=256).fit(TRAIN), "reshaped": reshaped}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def labelled(ax, text):
    """The line whose label contains a text."""
    (line,) = [each for each in ax.get_lines() if text in str(each.get_label())]
    return line


def test_comparison_shows_gains_and_their_intervals():
    models = {"pairs": PairwiseMaxEnt(steps=20, chains=256), "none": RP(0)}
    table = compare(SPIKES, models, seeds=2)
    table.loc[table["model"] == "pairs", "doubt"] = "made up"
    ax = plot_comparison(table)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["pairs", "independent", "none"]
    bar, point = ax.get_lines()[:2]
    assert list(bar.get_xdata()) == [table.gain_low[0], table.gain_high[0]]
    assert point.get_xdata()[0] == table.gain[0] and point.get_markerfacecolor() == "white"
    assert [text.get_text() for text in ax.texts] == ["failed"]


def test_patterns_show_every_pattern_and_the_share_outside(models):
    ax = plot_patterns(TEST, models)
    found = {name: funnel(model, TEST) for name, model in models.items()}
    drawn = np.concatenate([np.asarray(each.get_offsets()) for each in ax.collections])
    told = np.concatenate([np.column_stack([each.observed, each.predicted]) for each in found.values()])
    assert np.allclose(np.sort(drawn, axis=0), np.sort(told, axis=0))
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[:2] == [f"{name}: {100 * each.outside:.1f} % outside" for name, each in found.items()]
    (points,) = ax.collections
    hollow = points.get_facecolor()[:, 3] == 0
    assert hollow.sum() == len(found["reshaped"].patterns) < len(hollow)


def test_population_count_of_data_and_models(models):
    ax = plot_population_count(TEST, models)
    observed = population_count(TEST)
    assert np.allclose(labelled(ax, "pairs").get_ydata(), population_count(*patterns_of(models["pairs"])))
    assert labelled(ax, "reshaped").get_markerfacecolor() == "white"
    (bars,) = ax.containers
    assert np.allclose(bars.lines[0].get_ydata(), observed[observed > 0])
    # Two bins, of which a model of many neurons expects no count as often as half a time.
    wide = (np.random.default_rng(0).random((3000, 15)) < 0.5).astype(np.uint8)
    ax = plot_population_count(wide[:2], Independent().fit(wide))
    assert ax.get_xlim()[1] == wide[:2].sum(axis=1).max() + 0.5


def test_correlations_of_data_and_models(models):
    axes = plot_correlations(TEST, models)
    patterns = patterns_of(models["pairs"])
    upper = np.triu_indices(8, 1)
    rates, pairs, triplets = (labelled(ax, "pairs:") for ax in axes)
    assert np.allclose(rates.get_xdata(), TEST.mean(axis=0))
    assert np.allclose(pairs.get_xdata(), pairwise_correlations(TEST)[upper])
    assert np.allclose(pairs.get_ydata(), pairwise_correlations(*patterns)[upper])
    assert np.allclose(triplets.get_ydata(), triplet_correlations(*patterns))
    miss = np.sqrt(np.mean((triplets.get_ydata() - triplets.get_xdata()) ** 2))
    assert triplets.get_label() == f"pairs: rms {miss:.2g}"
    assert labelled(axes[0], "reshaped:").get_markerfacecolor() == "none"
    # Where neurons are many, some of them stand for all triplets.
    many = (np.random.default_rng(1).random((400, 150)) < 0.1).astype(np.uint8)
    axes = plot_correlations(many, Independent().fit(many))
    assert axes[2].get_title() == "triplet correlations of 100 neurons"
    # Two neurons have no triplets.
    few = plot_correlations(TEST[:, :2], Independent().fit(TRAIN[:, :2]))
    assert few[2].texts[0].get_text() == "too few neurons"


def test_projections_of_a_model(models):
    model = models["reshaped"]
    axes = plot_projections(model, TEST)
    drawn = axes[0].collections[0].get_array().reshape(model.projections_.shape)
    assert sorted(map(tuple, drawn.tolist())) == sorted(map(tuple, model.projections_.tolist()))
    patterns, weights = patterns_of(model)
    points = axes[2].get_lines()[1]
    assert np.allclose(points.get_xdata(), model.projection_rates(TEST))
    assert np.allclose(points.get_ydata(), weights @ model.project(patterns))
    assert to_rgba(points.get_markerfacecolor()) == to_rgba("white")
    assert len(plot_projections(model)) == 2


def test_projections_of_a_large_model_are_points(monkeypatch):
    """Its weights are a sparse matrix, whose cells would be narrower than a pixel."""
    monkeypatch.setattr("homeostat.rp.base._LARGE", 0)
    model = ReshapedRP(30, in_degree=1, steps=5, chains=64, seed=1).fit(TRAIN)
    assert issparse(model.projections_)
    axes = plot_projections(model)
    (points,) = axes[0].collections
    neuron, row = np.asarray(points.get_offsets(), int).T
    drawn = np.zeros(model.projections_.shape)
    drawn[row, neuron] = points.get_array()
    assert sorted(map(tuple, drawn.tolist())) == sorted(map(tuple, model.projections_.toarray().tolist()))
    # Rows by the neuron with the largest weight.
    assert (np.diff(np.abs(drawn).argmax(axis=1)) >= 0).all()


def test_a_class_has_the_colour_of_its_name_and_models_beside_each_other_differ():
    kinds = [getattr(rp, name) for name in rp._ESTIMATORS]
    colours = {kind.__name__: _COLOURS[kind.__name__] for kind in kinds}
    assert len(set(colours.values())) == len(colours)
    assert colours["KPairwise"] == _COLOURS["K-pairwise"] and colours["ReshapedRP"] == _COLOURS["reshaped"]


def test_given_axes_are_used(models):
    _, axes = style.panels(1, 3)
    assert plot_patterns(TEST, models, axes[0]) is axes[0]
    assert plot_correlations(TEST, models, axes)[2] is axes[2]


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: plot_comparison(compare(TEST, ["Independent"], seeds=1).drop(columns="doubt")), "no column doubt"),
        (lambda: plot_patterns(TEST, RP()), "RP: give fitted models; this RP is not a fitted model"),
        (lambda: plot_patterns(TEST, {"pairs": 3}), "pairs: give fitted models"),
        (lambda: plot_patterns(TEST[:3], Independent().fit(TRAIN), seen=9), "no pattern occurs 9 times"),
        (lambda: plot_population_count(TEST[:, :3], Independent().fit(TRAIN)), "the model has 8 neurons"),
        (lambda: plot_correlations(TEST, Independent().fit(TRAIN), axes=[]), "three axes are needed"),
        (lambda: plot_projections(PairwiseMaxEnt(steps=1, chains=64).fit(TRAIN)), "has no random projections"),
        (lambda: plot_projections(RP()), "or is not fitted yet"),
        (lambda: plot_patterns([[0, 2]], Independent().fit(TRAIN)), "0 and 1 only"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(call, sentence):
    with pytest.raises(DataError, match=sentence):
        call()


def test_no_models_are_no_plot() -> None:
    for plot in (plot_patterns, plot_population_count, plot_correlations):
        with pytest.raises(DataError, match="give at least one fitted model"):
            plot(np.eye(4, dtype=np.uint8), {})
