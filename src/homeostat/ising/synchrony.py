"""The K-synchrony model: the population count alone, or with the neurons' rates. Exact, by recursion.

With weights w_i = exp(-h_i), the patterns of K active neurons sum to the elementary symmetric polynomial e_K(w), which
a recursion over neurons gives in n^2 steps ::

    e_K(w_1 ... w_i) = e_K(w_1 ... w_{i-1}) + w_i e_{K-1}(w_1 ... w_{i-1})

All of it is in logarithms of positive terms, so that nothing cancels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from homeostat.arrays import as_array, check_patterns
from homeostat.errors import DataError
from homeostat.parameters import check_types
from homeostat.rp.measures import log_likelihood_of_rates
from homeostat.rp.partition import independent_bias
from homeostat.rp.pattern_model import PatternModel
from homeostat.rp.sampling import check_count
from homeostat.seeds import check_seed
from homeostat.sklearn_api import check_is_fitted

Values = NDArray[np.float64]

# Counts that no training pattern has are as probable, together, as this many patterns.
_UNSEEN = 0.5
# A Gaussian prior on the log odds of single neurons is worth as many patterns.
_PRIOR_PATTERNS = 1.0


@dataclass(kw_only=True, eq=False, repr=False)
class KSynchrony(PatternModel):
    """K-synchrony model: the patterns with K active neurons are as probable, together, as in the data.

    p(x) = P(K) / C(n, K), or with the rates of the neurons p(x) = P(K) exp(-sum_i h_i x_i) / e_K, where e_K is the sum
    over the patterns with K active neurons. log Z is known; nothing is sampled to learn or to score.

    Parameters
    ----------
    rates : bool
        Whether the rates of the neurons are met as well; else all neurons are alike.

    Attributes
    ----------
    population_count_ : float64 (n_features_in_ + 1,)
        P(K). Counts that no training pattern has share the weight of half a pattern.
    fields_ : float64 (n_features_in_,)
        h, with the mean zero; all zero where the neurons are alike.
    potential_ : float64 (n_features_in_ + 1,)
        V_K = log e_K - log P(K), so that p(x) = exp(-h . x - V_K) and Z = 1.
    rates_ : float64 (n_features_in_,)
        Firing probabilities per bin of the model.
    converged_, gain_, doubt_
        Whether the search for h ended, the log-likelihood per training pattern above that of the independent model,
        nats (exact), and what speaks against the fit.

    Examples
    --------
    >>> import numpy as np
    >>> from homeostat.rp import Independent, KSynchrony
    >>> spikes = np.repeat(np.eye(2, dtype=np.uint8)[[0, 1, 1]], 100, axis=0)  # always one, and the second more often
    >>> KSynchrony().fit(spikes).population_count_.round(2).tolist()
    [0.0, 1.0, 0.0]
    >>> KSynchrony(rates=True).fit(spikes).rates_.round(2).tolist()
    [0.33, 0.67]
    """

    _fitted: ClassVar[tuple[str, ...]] = (
        "n_features_in_",
        "n_patterns_",
        "converged_",
        "gain_",
        "doubt_",
        "n_parameters_",
    )

    rates: bool = False

    def fit(self, X: NDArray[np.generic], y: None = None) -> Self:
        """Fit the model to patterns of 0 and 1, (n_patterns, n_neurons).

        Raises
        ------
        DataError
            The patterns are not a matrix of 0 and 1, or a parameter has the wrong type.
        """
        patterns = check_patterns(X)
        self._remember_names(X)
        check_types(self)
        if not isinstance(self.rates, bool | np.bool_):
            raise DataError(f"rates must be True or False, got {self.rates!r}")
        self.n_patterns_, self.n_features_in_ = patterns.shape
        seen = np.bincount(patterns.sum(axis=1, dtype=np.int64), minlength=self.n_features_in_ + 1)
        count = seen.astype(float)
        unseen = count == 0
        if unseen.any():
            count[unseen] = _UNSEEN / unseen.sum()
        means = patterns.mean(axis=0)
        self.population_count_ = count / count.sum()
        self.fields_, self.converged_ = np.zeros(self.n_features_in_), True
        if self.rates:
            self.fields_, self.converged_ = _fields(means, self.population_count_, self.n_patterns_)
        self.doubt_ = "" if self.converged_ else "the search for the fields did not end"
        self._prepare()
        bias = independent_bias(means, self.n_patterns_)
        share = seen / len(patterns)
        mean = -float(means @ self.fields_) - float(share @ self.potential_)
        self.gain_ = mean - log_likelihood_of_rates(bias, means)
        return self

    def _prepare(self) -> None:
        prefix, odds = _recursion(self.fields_)
        self._odds = odds
        self.potential_ = prefix[-1] - np.log(self.population_count_)
        self.rates_ = _rates(odds, self.population_count_)
        self.n_parameters_ = self.n_features_in_ + (self.n_features_in_ - 1 if self.rates else 0)

    @property
    def log_partition_(self) -> float:
        """log Z, which is zero: the potential is chosen so."""
        check_is_fitted(self, "fields_")
        return 0.0

    def score_samples(self, X: NDArray[np.generic]) -> Values:
        """Return log p(x) of each pattern, in nats, shape (n_patterns,).

        Raises
        ------
        DataError
            Patterns of other neurons, or not of 0 and 1.
        """
        check_is_fitted(self, "fields_")
        self._check_names(X)
        patterns = check_patterns(np.atleast_2d(as_array(X)), self.n_features_in_, at_least=1)
        return np.asarray(-(patterns @ self.fields_) - self.potential_[patterns.sum(axis=1, dtype=np.int64)])

    def sample(self, n_samples: int = 1, *, seed: int = 0) -> NDArray[np.uint8]:
        """Return independent patterns of the model, uint8 (n_samples, n_neurons).

        Raises
        ------
        DataError
            ``n_samples`` is not an integer above 0, or ``seed`` not one from 0 on.
        """
        check_is_fitted(self, "fields_")
        check_seed(seed)
        check_count(n_samples)
        rng = np.random.default_rng(seed)
        left = rng.choice(self.n_features_in_ + 1, size=n_samples, p=self.population_count_)
        patterns = np.zeros((n_samples, self.n_features_in_), np.uint8)
        for neuron in range(self.n_features_in_ - 1, -1, -1):
            active = rng.random(n_samples) < self._odds[neuron, left]
            patterns[:, neuron] = active
            left -= active
        return patterns

    def _stored(self) -> dict[str, Any]:
        return {"fields": self.fields_, "population_count": self.population_count_}

    def _restore(self, arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        self.fields_, self.population_count_ = arrays["fields"], arrays["population_count"]
        self._prepare()


def _recursion(fields: Values) -> tuple[Values, Values]:
    """Return log e_K of the first i neurons, (n + 1, n + 1), and the odds that neuron i is active.

    The latter, (n, n + 1), are p(x_i = 1 | K of the neurons 0 to i are active).
    """
    n_neurons = len(fields)
    prefix = np.full((n_neurons + 1, n_neurons + 1), -np.inf)
    prefix[0, 0] = 0.0
    odds = np.zeros((n_neurons, n_neurons + 1))
    for i, field in enumerate(fields):
        active = np.concatenate([[-np.inf], prefix[i, :-1] - field])
        prefix[i + 1] = np.logaddexp(prefix[i], active)
        there = prefix[i + 1] > -np.inf
        odds[i, there] = np.exp(active[there] - prefix[i + 1, there])
    return prefix, odds


def _rates(odds: Values, count: Values) -> Values:
    """Return p(x_i = 1), (n,), for the population count P(K)."""
    rates, left = np.zeros(len(odds)), count.copy()
    for i in range(len(odds) - 1, -1, -1):
        active = left * odds[i]
        rates[i] = active.sum()
        left -= active
        left[:-1] += active[1:]
    return rates


def _fields(means: Values, count: Values, n_patterns: int) -> tuple[Values, bool]:
    """Return the fields with which neurons have the mean rates ``means``, and whether the search for them ended.

    The likelihood given the counts is concave: -h . means - sum_K P(K) log e_K(h).
    """
    # Here, because the import takes as long as all the rest.
    from scipy.optimize import minimize

    inside = np.clip(means, 0.5 / n_patterns, 1.0 - 0.5 / n_patterns)
    scale = 1.0 / np.sqrt(inside * (1.0 - inside))
    start = np.log1p(-inside) - np.log(inside)
    start -= start.mean()

    def loss(z: Values) -> tuple[float, Values]:
        fields = start + z * scale
        prefix, odds = _recursion(fields)
        value = float(fields @ means) + float(count @ prefix[-1])
        prior = _PRIOR_PATTERNS / n_patterns
        return value + 0.5 * prior * float(z @ z), (means - _rates(odds, count)) * scale + prior * z

    options = {"gtol": 0.01 / np.sqrt(n_patterns), "ftol": 0.0, "maxiter": 500}
    found = minimize(loss, np.zeros(len(means)), jac=True, method="L-BFGS-B", options=options)
    fields = start + found.x * scale
    return fields - fields.mean(), bool(np.abs(found.jac).max() <= options["gtol"])
