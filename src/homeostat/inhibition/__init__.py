"""Networks with excitation and inhibition: normalization of activity, and of the errors that are sent back.

>>> from homeostat.inhibition import NETWORKS, Configuration, initial_weights
>>> import numpy as np
>>> weights = initial_weights((12, 6, 6, 3), np.random.SeedSequence(0))
>>> weights[0]["ex"].shape, bool((weights[0]["ex"] > 0).all())
((6, 12), True)
>>> NETWORKS["inorm_center"].error
'center'
"""

from homeostat.extras import need
from homeostat.inhibition.configurations import Configuration, Ranges, sample_configuration
from homeostat.inhibition.initial import initial_weights, n_inhibitory
from homeostat.inhibition.jitter import luminosity_jitter
from homeostat.inhibition.kinds import ERRORS, NETWORKS, Network

__all__ = [
    "ERRORS",
    "NETWORKS",
    "Configuration",
    "Network",
    "Ranges",
    "initial_weights",
    "luminosity_jitter",
    "n_inhibitory",
    "sample_configuration",
]

# The networks themselves are torch's.
need(__name__, "torch", "torch")
