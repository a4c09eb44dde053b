"""Plots of models and recordings, in the style of the studies' figures.

Functions draw into given axes or make their own, and return them. Models are fitted estimators by the names of the
legend, ``{"RP": rp, "pairwise": pairs}``; a single one also serves. Doubtful fits are drawn hollow. Importing this
module sets matplotlib's parameters to the style of the studies' figures.

>>> import numpy as np
>>> from homeostat.plots import plot_population_count
>>> from homeostat.rp import Independent
>>> spikes = (np.random.default_rng(0).random((500, 5)) < 0.3).astype(np.uint8)
>>> ax = plot_population_count(spikes, Independent().fit(spikes))
>>> ax.get_xlabel(), [text.get_text() for text in ax.get_legend().get_texts()]
('active neurons', ['Independent', 'data'])
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from homeostat.extras import need

need(__name__, "figures", "matplotlib", "pandas", "seaborn", "fontpkg_arimo")

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from numpy.typing import NDArray

from homeostat.arrays import check_patterns
from homeostat.errors import DataError
from homeostat.figures import panels, style
from homeostat.figures.palette import Palette
from homeostat.rp.correlations import (
    Weighted,
    marginals,
    pairwise_correlations,
    patterns_of,
    population_count,
    triplet_correlations,
)
from homeostat.rp.funnel import binomial_interval, funnel

# As in the figures of mayzel2024; other names get colours of their own, the same in every plot.
_COLOURS = Palette(
    {
        "independent": "#999999",
        "pairwise": "#555555",
        "RP": "#0072B2",
        "reshaped": "#D55E00",
        "backprop": "#009E73",
        "homeostatic": "#CC79A7",
        "bounded": "#E69F00",
        "K-pairwise": "#882255",
        "K-synchrony": "#44AA99",
        "RP + pairwise": "#332288",
    }
)
# A model that is known by its class has the colour of its name.
for _kind, _name in {
    "Independent": "independent",
    "PairwiseMaxEnt": "pairwise",
    "ReshapedRP": "reshaped",
    "BackpropRP": "backprop",
    "HomeostaticRP": "homeostatic",
    "BoundedRP": "bounded",
    "KPairwise": "K-pairwise",
    "KSynchrony": "K-synchrony",
    "PairwiseRP": "RP + pairwise",
}.items():
    _COLOURS[_kind] = _COLOURS[_name]
# Patterns that a model above 15 neurons is sampled for.
_SAMPLES = 100_000
# Points of a scatter plot; beyond, an even choice of them.
_POINTS = 20_000
# Neurons whose triplets are compared; beyond, an even choice of them. Their number grows as n to the power of 3.
_IN_TRIPLETS = 100


def plot_comparison(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the gains of models with their intervals.

    Parameters
    ----------
    table
        As :func:`homeostat.rp.evaluation.compare` returns it.
    ax
        Axes to draw into.

    Returns
    -------
    Axes
        One row for each model, the best on top; hollow marks are doubtful fits, and models that failed say so.

    Raises
    ------
    DataError
        The table has other columns.
    """
    if missing := {"model", "gain", "gain_low", "gain_high", "doubt", "error"} - set(table.columns):
        raise DataError(f"the table has no column {', '.join(sorted(missing))}; give what compare returned")
    ax = _axes(ax, height=0.5 + 0.28 * max(3, len(table)))
    sound = (table["doubt"] == "") & (table["error"] == "")
    for row, (_, each) in enumerate(table.iterrows()):
        if each["error"]:
            ax.annotate("failed", (0, row), xytext=(4, 0), textcoords="offset points", va="center", color=style.GREY)
            continue
        colour = _COLOURS[each["model"]]
        if np.isfinite(each["gain_low"]):
            ax.plot([each["gain_low"], each["gain_high"]], [row, row], color=colour, lw=1.5)
        ax.plot(each["gain"], row, "o", color=colour, mfc=colour if sound.iloc[row] else "white", zorder=3)
    ax.axvline(0, color=style.GREY, lw=0.8, ls="--", zorder=0)
    ax.set_yticks(range(len(table)), table["model"])
    ax.set(ylim=(len(table) - 0.4, -0.6), xlabel="gain in log-likelihood (nats / bin)")
    return ax


def plot_patterns(data: Any, models: Any, ax: Axes | None = None, *, seen: int = 2, level: float = 0.99) -> Axes:
    """Draw predicted against observed probabilities of single patterns, with the interval of chance (panel 1C).

    Parameters
    ----------
    data
        Patterns, best held-out ones: a recording or an array (n_bins, n_neurons).
    models
        Fitted models.
    ax
        Axes to draw into.
    seen
        Least number of times that a pattern must occur to be shown.
    level
        Level of the interval in which the observed share of a pattern lies if its predicted probability is right.

    Returns
    -------
    Axes
        The legend has the share of each model's patterns outside the interval.
    """
    ax = _axes(ax)
    spikes = check_patterns(data, at_least=1)
    named = _named(models)
    found = [funnel(model, spikes, seen=seen, level=level) for _, model, _ in named]
    if not len(found[0].patterns):
        raise DataError(f"no pattern occurs {seen} times or more: take fewer neurons, or more bins")
    for (name, model, colour), each in zip(named, found, strict=True):
        face = "none" if _doubtful(model) else colour
        ax.plot([], [], "o", color=colour, mfc=face, ms=3, label=f"{name}: {100 * each.outside:.1f} % outside")
    # In random order, so that no model covers the others.
    sizes = [len(each.patterns) for each in found]
    order = np.random.default_rng(0).permutation(sum(sizes))
    observed, predicted = (np.concatenate(each)[order] for each in zip(*(each[1:3] for each in found), strict=True))
    edges = np.repeat([to_rgba(colour) for _, _, colour in named], sizes, axis=0)[order]
    faces = edges * np.repeat([[1, 1, 1, not _doubtful(model)] for _, model, _ in named], sizes, axis=0)[order]
    points = ax.scatter(observed, predicted, s=3, lw=0.3, rasterized=True)
    points.set(facecolor=faces, edgecolor=edges)
    p = np.geomspace(max(predicted.min(), 1e-3 / len(spikes)), 1.0, 400)
    low, high = binomial_interval(p, len(spikes), level)
    for bound in (low, high):
        shown = bound > 0
        label = f"{100 * level:g} % interval" if bound is low else None
        ax.plot(bound[shown], p[shown], color="black", lw=0.8, zorder=3, label=label)
    ax.set(xscale="log", yscale="log", xlabel="observed probability", ylabel="predicted probability")
    ax.legend(loc="lower right")
    return ax


def plot_population_count(data: Any, models: Any, ax: Axes | None = None, *, level: float = 0.95) -> Axes:
    """Draw P(K), the probability that K neurons fire in a bin, of data and models.

    Parameters
    ----------
    data, models, ax
        As of :func:`plot_patterns`.
    level
        Level of the binomial interval around the data's values.
    """
    ax = _axes(ax)
    spikes = check_patterns(data, at_least=1)
    observed = population_count(spikes)
    last = int(np.flatnonzero(observed)[-1])
    for name, model, colour in _named(models):
        predicted = population_count(*_patterns(model, spikes))
        # Of few bins, no count may be as probable as half a bin.
        last = int(np.flatnonzero(predicted >= 0.5 / len(spikes)).max(initial=last))
        ax.plot(predicted, "o-", color=colour, ms=3, mfc="white" if _doubtful(model) else colour, label=name)
    low, high = binomial_interval(observed, len(spikes), level)
    error = np.maximum([observed - low, high - observed], 0)
    # Empty classes have no place on a logarithmic axis.
    shown = observed > 0
    ax.errorbar(
        np.flatnonzero(shown), observed[shown], yerr=error[:, shown],
        fmt="s", ms=3.5, color="black", mfc="white", elinewidth=0.8, label="data", zorder=4,
    )  # fmt: skip
    ax.set(yscale="log", xlabel="active neurons", ylabel="probability")
    ax.set(xlim=(-0.5, last + 0.5), ylim=(0.3 / len(spikes), 1.5))
    ax.legend()
    return ax


def plot_correlations(data: Any, models: Any, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Draw what models predict against the data: firing rates, pairwise correlations, triplet correlations.

    Parameters
    ----------
    data, models
        As of :func:`plot_patterns`.
    axes
        Three axes to draw into.

    Returns
    -------
    sequence of three Axes
        Rates are probabilities per bin, pairs Pearson correlations, triplets third central moments (of 100 neurons,
        evenly chosen, where there are more). Legends have the root mean square difference of each model.
    """
    if axes is None:
        _, axes = style.panels(1, 3, width=7.0, height=2.5)
    if len(axes) != 3:
        raise DataError(f"three axes are needed, for rates, pairs and triplets; got {len(axes)}")
    spikes = check_patterns(data)
    some = np.linspace(0, spikes.shape[1] - 1, min(spikes.shape[1], _IN_TRIPLETS)).round().astype(int)
    of_some = f" of {len(some)} neurons" if len(some) < spikes.shape[1] else ""
    titles = "rates (per bin)", "pairwise correlations", f"triplet correlations{of_some}"

    def triplets(patterns: NDArray[np.generic], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        return triplet_correlations(patterns[:, some], weights)

    measures: Sequence[Callable[..., NDArray[np.float64]]] = (marginals, _pairs, triplets)
    predicted = [(name, model, colour, _patterns(model, spikes)) for name, model, colour in _named(models)]
    for ax, title, measure in zip(axes, titles, measures, strict=True):
        ax.set(title=title, xlabel="data", ylabel="model")
        observed = measure(spikes)
        known = np.isfinite(observed)
        if not known.any():
            style.unavailable(ax, "too few neurons")
            continue
        ends = float(observed[known].min()), float(observed[known].max())
        ax.plot(ends, ends, color=style.GREY, lw=0.8, zorder=0)
        for name, model, colour, patterns in predicted:
            found = measure(*patterns)
            both = known & np.isfinite(found)
            miss = float(np.sqrt(np.mean((found[both] - observed[both]) ** 2)))
            chosen = np.flatnonzero(both)[:: -(-int(both.sum()) // _POINTS) or 1]
            face = "none" if _doubtful(model) else colour
            ax.plot(
                observed[chosen], found[chosen], "o", color=colour, mfc=face, mew=0.3, ms=2.5, alpha=0.6,
                label=f"{name}: rms {miss:.2g}", rasterized=True,
            )  # fmt: skip
        panels.headroom(ax, 0.1 * len(predicted) + 0.05)
        ax.legend(loc="upper left")
    return axes


def plot_projections(model: Any, data: Any = None, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Draw the projections of a fitted RP model: their weights, how learning changed them, how often they fire.

    Parameters
    ----------
    model
        A fitted estimator with projections.
    data
        Patterns, for the third panel: the mean output of each projection in data and model.
    axes
        Two axes to draw into; three with data.

    Raises
    ------
    DataError
        The model has no random projections.
    """
    if not hasattr(model, "n_projections") or not hasattr(model, "projections_"):
        raise DataError(f"a {type(model).__name__} has no random projections to draw, or is not fitted yet")
    count = 2 if data is None else 3
    if axes is None:
        _, axes = style.panels(1, count, width=7.0, height=2.5)
    if len(axes) != count:
        raise DataError(f"{count} axes are needed, got {len(axes)}")
    # A model with couplings shows its random projections only.
    some, wiring = slice(model.n_projections), model.models_.wiring
    slots, neuron = wiring.slots[0, some], wiring.neuron[0, some]
    weights, initial = model.models_.synapses[0, some], model.initial_.synapses[0, some]
    # Projections of like inputs side by side: by the neuron with the largest weight.
    largest = np.abs(weights).argmax(axis=1)[:, None]
    strength, first = (np.take_along_axis(each, largest, axis=1)[:, 0] for each in (np.abs(weights), neuron))
    order = np.lexsort((-strength, first))
    reach = float(strength.max()) or 1.0
    look: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -reach, "vmax": reach, "rasterized": True}
    if isinstance(model.projections_, np.ndarray):
        panels.heat_map(axes[0], pd.DataFrame(model.projections_[some][order]), label="weight a", **look)
    else:
        # A cell of so large a matrix would be narrower than a pixel.
        row, slot = np.nonzero(slots[order])
        at = order[row], slot
        points = axes[0].scatter(neuron[at], row, s=2, lw=0, c=weights[at], **look)
        axes[0].set(xlim=(-0.5, wiring.n_neurons - 0.5), ylim=(len(order) - 0.5, -0.5))
        axes[0].figure.colorbar(points, ax=axes[0], label="weight a")
    axes[0].set(xlabel="neuron", ylabel="projection")
    weights, initial = weights[slots], initial[slots]
    bins = np.histogram_bin_edges(np.concatenate([weights, initial]), 40).tolist()
    panels.distribution(axes[1], initial, bins, colour=style.GREY, label="before", stat="count", fill=True)
    colour = _COLOURS[type(model).__name__]
    panels.distribution(axes[1], weights, bins, colour=colour, label="learned", stat="count")
    axes[1].set(xlabel="weight a", ylabel="synapses")
    axes[1].legend()
    if data is not None:
        spikes = check_patterns(data, model.n_features_in_, at_least=1)
        patterns, shares = _patterns(model, spikes)
        observed, predicted = model.projection_rates(spikes)[some], shares @ model.project(patterns)[:, some]
        ends = float(min(observed.min(), predicted.min())), float(max(observed.max(), predicted.max()))
        axes[2].plot(ends, ends, color=style.GREY, lw=0.8, zorder=0)
        fill = "white" if _doubtful(model) else colour
        axes[2].plot(observed, predicted, "o", color=colour, mfc=fill, ms=3)
        axes[2].set(xlabel="mean output, data", ylabel="mean output, model")
    return axes


def _axes(ax: Axes | None, *, width: float = 3.4, height: float = 2.8) -> Axes:
    return style.panels(1, 1, width=width, height=height)[1] if ax is None else ax


def _named(models: Any) -> list[tuple[str, Any, str]]:
    """Return names, fitted models and colours."""
    if not isinstance(models, Mapping):
        models = {type(models).__name__: models}
    if not models:
        raise DataError("give at least one fitted model")
    for name, model in models.items():
        if not hasattr(model, "score_samples") or not hasattr(model, "n_features_in_"):
            raise DataError(f"{name}: give fitted models; this {type(model).__name__} is not a fitted model")
    return [(str(name), model, _COLOURS[str(name)]) for name, model in models.items()]


def _doubtful(model: Any) -> bool:
    return bool(getattr(model, "doubt_", ""))


def _patterns(model: Any, spikes: NDArray[np.uint8]) -> Weighted:
    """Return patterns of a model of the same neurons as the data."""
    check_patterns(spikes, model.n_features_in_, at_least=1)
    return patterns_of(model, n_samples=_SAMPLES)


def _pairs(patterns: NDArray[np.generic], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    matrix = pairwise_correlations(patterns, weights)
    return np.asarray(matrix[np.triu_indices(len(matrix), 1)])
