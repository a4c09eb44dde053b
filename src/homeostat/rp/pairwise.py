"""Whether projections are the neurons and pairs of a pairwise model."""

import numpy as np

from homeostat.rp.projections import RPModels


def holds_pairwise(models: RPModels) -> bool:
    """Return whether the last projections are x_i and x_i x_j, beside others: steps, or sigmoids that are as steep."""
    _, n_projections, n_neurons = models.shape
    others = n_projections - n_neurons * (n_neurons + 1) // 2
    if others < 1:
        return False
    fan_in = models.wiring.fan_in[:, others:]
    scale = models.synapses[:, others:, :1]
    return bool(
        (fan_in == np.where(np.arange(n_projections - others) < n_neurons, 1, 2)).all()
        and (models.synapses[:, others:] == scale * models.wiring.slots[:, others:]).all()
        and np.allclose(models.threshold[:, others:], scale[..., 0] * (fan_in - 0.5))
    )
