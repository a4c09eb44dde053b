"""Conditions of the fits: what one network is and how it is trained, as a name that is the path of its result."""

from dataclasses import dataclass, fields
from typing import Any

from homeostat.errors import ConfigError


@dataclass(frozen=True)
class Condition:
    """One point of the study's design; fits of equal conditions are one file, whichever figure asks.

    Attributes
    ----------
    normalization
        A name of :data:`homeostat.normalization.CONDITIONS`.
    batch, rate, iterations
        Images in a training batch, Adam's learning rate, number of steps.
    rows
        Every so many iterations the activation probabilities of the batch are kept.
    """

    normalization: str
    batch: int
    rate: float
    iterations: int
    rows: int

    @property
    def name(self) -> str:
        """The condition as part of a path: ``normalization~BatchNorm_batch~32_…``."""
        return "_".join(f"{field.name}~{_text(getattr(self, field.name))}" for field in fields(self))

    @classmethod
    def parse(cls, name: str) -> "Condition":
        """Return the condition of a ``name``.

        Raises
        ------
        ConfigError
            The name has an unknown part, or lacks one.
        """
        kinds = {field.name: field.type for field in fields(cls)}
        values: dict[str, Any] = {}
        for part in name.split("_"):
            key, _, text = part.partition("~")
            if key not in kinds:
                raise ConfigError(f"{name!r} is no condition of shen2021: unknown part {part!r}")
            values[key] = kinds[key](text)  # type: ignore[operator]
        if absent := [key for key in kinds if key not in values]:
            raise ConfigError(f"{name!r} is no condition of shen2021: without {', '.join(absent)}")
        return cls(**values)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
