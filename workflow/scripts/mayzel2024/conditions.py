"""Conditions of the fits: what one model is, as a name that is the path of its result."""

from dataclasses import dataclass, fields, replace
from typing import Any

from homeostat.errors import ConfigError

MODELS = ("rp", "reshaped", "backprop", "pruned")


@dataclass(frozen=True)
class Condition:
    """One point of the study's design; fits of equal conditions are one file, whichever figure asks.

    Attributes
    ----------
    model
        ``rp``, ``reshaped``, ``backprop`` or ``pruned`` (RP after pruning and replacement).
    neurons, projections, degree
        Size of the group, number of projections K, mean in-degree.
    slope
        beta; ``inf`` for Heaviside projections.
    factor
        lambda: the fixed one of reshaped models, the initial one of backpropagation (0 where it is learned).
    thresholds
        ``fixed`` or ``tuned``.
    """

    model: str
    neurons: int
    projections: int
    degree: float
    slope: float
    factor: float
    thresholds: str = "fixed"

    @property
    def name(self) -> str:
        """The condition as part of a path: ``model~rp_neurons~50_…``."""
        return "_".join(f"{field.name}~{_text(getattr(self, field.name))}" for field in fields(self))

    @classmethod
    def parse(cls, name: str) -> "Condition":
        """Return the condition of a ``name``."""
        kinds = {field.name: field.type for field in fields(cls)}
        values: dict[str, Any] = {}
        for part in name.split("_"):
            key, _, text = part.partition("~")
            if key not in kinds:
                raise ConfigError(f"{name!r} is no condition of mayzel2024: unknown part {part!r}")
            values[key] = {"int": int, "float": float, "str": str}[str(getattr(kinds[key], "__name__", kinds[key]))](
                text
            )
        return cls(**values)

    def __post_init__(self) -> None:
        """Check the kind of model."""
        if self.model not in MODELS:
            raise ConfigError(f"model must be one of {', '.join(MODELS)}, got {self.model!r}")

    def but(self, **changes: Any) -> "Condition":
        """Return the condition with some values changed."""
        return replace(self, **changes)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
