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
_PLACES = {
    **_ESTIMATORS,
    "compare": "homeostat.rp.evaluation",
    "Constraint": "homeostat.rp.constraints",
    **dict.fromkeys(("CONSTRAINTS", "MODELS", "ConstraintKind", "ModelKind", "register"), "homeostat.rp.registry"),
}
__all__ = [*_PLACES]


def __getattr__(name: str) -> Any:
    import importlib

    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
