"""Poisson mixtures on normalized input, learned by EM or by a Hebbian network (Keck, Savin & Lücke 2012).

The estimators are imported when first asked for: scripts that use the learners alone do not pay for them.
"""

from typing import Any

_ESTIMATORS = ("PoissonMixture", "HebbianNetwork")
__all__ = list(_ESTIMATORS)


def __getattr__(name: str) -> Any:
    if name in _ESTIMATORS:
        import importlib

        return getattr(importlib.import_module("homeostat.mixture.estimator"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
