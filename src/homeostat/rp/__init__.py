"""Random-projection (RP) maximum-entropy models of spike patterns (Mayzel & Schneidman 2024).

The estimators are imported when first asked for: scripts that use the engine alone do not pay for them.
"""

from typing import Any

_ESTIMATORS = ("RP", "ReshapedRP", "BackpropRP", "HomeostaticRP", "BoundedRP", "PairwiseMaxEnt", "Independent")
__all__ = list(_ESTIMATORS)


def __getattr__(name: str) -> Any:
    if name in _ESTIMATORS:
        import importlib

        return getattr(importlib.import_module("homeostat.rp.estimator"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
