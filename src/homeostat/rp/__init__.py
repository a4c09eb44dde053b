"""Random-projection (RP) maximum-entropy models of spike patterns (Mayzel & Schneidman 2024).

Names are imported when first asked for: scripts that use the engine alone do not pay for the estimators.
"""

from typing import Any

_ESTIMATORS = {
    **dict.fromkeys(("RP", "ReshapedRP", "BackpropRP", "HomeostaticRP", "BoundedRP"), "homeostat.rp.estimator"),
    **dict.fromkeys(("PairwiseMaxEnt", "KPairwise"), "homeostat.ising.estimator"),
    "PairwiseRP": "homeostat.rp.composite",
    "KSynchrony": "homeostat.ising.synchrony",
    "Independent": "homeostat.rp.estimator",
}
_KINDS = ("CONSTRAINTS", "MODELS", "ConstraintKind", "ModelKind", "register")
__all__ = [*_ESTIMATORS, "Constraint", *_KINDS]


def __getattr__(name: str) -> Any:
    import importlib

    if name in _ESTIMATORS:
        return getattr(importlib.import_module(_ESTIMATORS[name]), name)
    if name in _KINDS:
        return getattr(importlib.import_module("homeostat.rp.registry"), name)
    if name == "Constraint":
        return getattr(importlib.import_module("homeostat.rp.constraints"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
