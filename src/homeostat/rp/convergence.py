"""When a fit may stop: marginals within their intervals (the paper), or a likelihood that no longer grows."""

import numpy as np
from numpy.typing import NDArray

_WINDOW = 50


def clopper_pearson(
    successes: NDArray[np.float64], trials: NDArray[np.float64], alpha: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the exact two-sided binomial interval of confidence 1 - ``alpha`` (non-integer counts allowed)."""
    from scipy.special import betaincinv

    with np.errstate(invalid="ignore"):
        low = np.where(successes > 0, betaincinv(successes, trials - successes + 1, alpha / 2), 0.0)
        high = np.where(successes < trials, betaincinv(successes + 1, trials - successes, 1 - alpha / 2), 1.0)
    return low, high


class MarginalTest:
    """Compares the model's marginals, averaged over the last 50 steps, with the data's.

    The interval has confidence 0.68 (one SD; alpha = 0.32 in the paper) and is widened by the Monte-Carlo
    error of the average, in quadrature.

    Parameters
    ----------
    n_patterns : int (M,)
        Training patterns of each model.
    samples_per_step : int
        Patterns that the chains give per step.
    """

    def __init__(self, n_patterns: NDArray[np.int64], samples_per_step: int, alpha: float = 0.32) -> None:
        self._trials = n_patterns[:, None].astype(float)
        self._samples = samples_per_step * _WINDOW
        self._alpha = alpha
        self.history: NDArray[np.float64] = np.zeros((0,))

    def update(self, f_model: NDArray[np.float64], f_data: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Take the marginals (M, K) of one step; return which models (M,) pass."""
        latest = f_model[None]
        self.history = latest if self.history.ndim == 1 else np.concatenate([self.history, latest])[-_WINDOW:]
        if len(self.history) < _WINDOW:
            return np.zeros(len(f_model), dtype=bool)
        mean = self.history.mean(axis=0)
        low, high = clopper_pearson(f_data * self._trials, self._trials, self._alpha)
        half = np.where(mean > f_data, high - f_data, f_data - low)
        monte_carlo = f_data * (1 - f_data) / self._samples
        return np.asarray((np.abs(mean - f_data) <= np.sqrt(half**2 + monte_carlo)).all(axis=1))


class LikelihoodPlateau:
    """Ends a fit when the log-likelihood has stopped growing, whatever the number of steps.

    The likelihood of each model is estimated every ``every`` steps. A model whose likelihood gained less than
    ``tolerance`` over the last three estimates enters its last phase, ``settling`` steps in which the learning
    rate falls by a cosine to 1 %, and then stops.

    Parameters
    ----------
    n_models : int
    every, settling : int
        Steps between estimates, and steps of the last phase.
    tolerance : float
        In nats per pattern.
    """

    _SPAN = 3

    def __init__(self, n_models: int, every: int, settling: int, tolerance: float) -> None:
        self.every, self._settling, self._tolerance = every, settling, tolerance
        self.history: NDArray[np.float64] = np.zeros((0, n_models))
        self.settled_from: NDArray[np.int64] = np.full(n_models, -1, dtype=np.int64)

    def update(self, step: int, likelihood: NDArray[np.float64]) -> None:
        """Take the log-likelihoods (M,) at a step."""
        self.history = np.concatenate([self.history, likelihood[None]])
        if len(self.history) > self._SPAN:
            gain = self.history[-1] - self.history[-1 - self._SPAN]
            plateau = (gain < self._tolerance) & (self.settled_from < 0)
            self.settled_from[plateau] = step

    def rate_factor(self, step: int) -> NDArray[np.float64]:
        """Return the share of the learning rate, (M,), at a step."""
        since = np.where(self.settled_from < 0, 0, step - self.settled_from)
        progress = np.clip(since / self._settling, 0.0, 1.0)
        return 0.01 + 0.99 * 0.5 * (1.0 + np.cos(np.pi * progress))

    def finished(self, step: int) -> NDArray[np.bool_]:
        """Return which models (M,) have settled."""
        return (self.settled_from >= 0) & (step - self.settled_from >= self._settling)
