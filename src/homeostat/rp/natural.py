"""The natural gradient of the factors lambda: Newton steps by the sampled Hessian, then Robbins-Monro averaging.

The Hessian of -L by lambda is the covariance C of the projections' outputs under the model.
"""

import os
from dataclasses import dataclass, field
from typing import Any

from array_api_compat import array_namespace, device

from homeostat.errors import DataError
from homeostat.rp.optimizers import Arrays

# Ridge, in units of the variance of an output: directions of the projections' outputs that vary less than this are not
# told apart by any realistic number of samples.
_RIDGE = 1e-6
_SHRINKAGE = 3.0
# Matrices of factors by factors in float64 that a step holds at a time: the covariance and its last estimate, the
# identity, and two inside the solver.
_MATRICES = 5
# Largest Kullback-Leibler divergence of one step, in nats.
_TRUST = 0.5


def check_memory(n_projections: int) -> None:
    """Refuse a natural gradient whose matrices this machine cannot hold, before it is tried.

    Raises
    ------
    DataError
        With what would be needed, and what to do.
    """
    needed = _MATRICES * 8 * n_projections**2
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise DataError(
            f"the natural gradient of {n_projections:,} factors needs {needed / 1e9:,.0f} GB, and this machine has "
            f"{there / 1e9:,.0f} GB: fewer projections, for a pairwise model fewer neurons (are the patterns turned "
            "round? Rows are patterns, columns neurons), or the optimizer adam"
        )


@dataclass
class NaturalGradient:
    """Steps d = C^-1 g, of sizes that fall as 1 / t after a warm-up, so that the chains' noise averages out.

    Early steps are cut to a trust region in the divergence d' C d / 2.

    Parameters
    ----------
    chains : int
        Samples that each estimate of C comes from.
    steps : int
        Steps of the fit, which decide how long the warm-up is.

    Attributes
    ----------
    state
        ``covariance``, (M, K, K): C with a memory that grows as the fit settles.
    count : int
        Steps taken.
    """

    chains: int
    steps: int
    state: Arrays = field(default_factory=dict)
    count: int = 0

    def update(self, values: Arrays, gradients: Arrays, covariance: Any) -> Arrays:
        """Return ``lam`` (M, K) after one step, from its gradient and the covariance (M, K, K) over the chains."""
        gradient = gradients["lam"]
        xp = array_namespace(gradient)
        self.count += 1
        settled = self.count - min(15, max(3, self.steps // 4))
        before = self.state.get("covariance")
        if before is not None:
            share = 0.3 if settled < 4 else 1.0 / settled
            covariance = (1.0 - share) * before + share * covariance
        self.state["covariance"] = covariance
        identity = xp.eye(gradient.shape[1], dtype=gradient.dtype, device=device(gradient))
        # One model at a time: on a GPU, how a library rounds depends on how many matrices it is given at once.
        steps = [
            self._newton(covariance[model : model + 1], gradient[model : model + 1], identity, settled)
            for model in range(len(gradient))
        ]
        return {"lam": values["lam"] + xp.concat(steps, axis=0)}

    def _newton(self, covariance: Any, gradient: Any, identity: Any, settled: int) -> Any:
        """Return the step of one model, (1, K)."""
        xp = array_namespace(gradient)
        # A covariance of K outputs from few samples has spuriously small eigenvalues: shrink until there are many.
        n_outputs = gradient.shape[1]
        n_samples = self.chains * max(min(self.count, 3), settled)
        # Towards equal variances, not each output's own: those of rare outputs are the worst known.
        variance = xp.linalg.trace(covariance) / n_outputs
        ridge = (_RIDGE + _SHRINKAGE * variance * n_outputs / n_samples)[:, None, None]
        direction = xp.linalg.solve(covariance + ridge * identity, gradient[:, :, None])
        divergence = 0.5 * xp.sum(direction * (covariance @ direction), axis=1)
        size = xp.sqrt(_TRUST / xp.clip(divergence, _TRUST, None))
        if settled > 0:
            size = size * (1.0 + 0.5 * settled) ** -0.9
        return size * direction[:, :, 0]
