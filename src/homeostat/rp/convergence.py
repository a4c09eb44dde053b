"""The paper's stopping rule: every marginal within a Clopper-Pearson interval of its empirical value."""

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
