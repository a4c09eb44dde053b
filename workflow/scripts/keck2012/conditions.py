"""Conditions of the fits: what one model is, and grids of conditions as names, which are the paths of their results."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any

from homeostat.errors import ConfigError
from homeostat.naming import text_of

LEARNERS = ("em", "network")
SCALINGS = ("normalized", "raw")


@dataclass(frozen=True)
class Condition:
    """One point of the study's design.

    Attributes
    ----------
    learner
        ``em`` or ``network``.
    units
        C.
    total
        A, to which patterns are normalized (digits without normalization have it on average).
    scaling
        ``normalized`` or ``raw``.
    gain
        Half-width of the uniform factor on each pattern's intensity.
    start, weight
        Initial weights (homeostat.mixture.starts), and their sum in units of the mean sum of the input, 0: as drawn.
        ``truth``: the generating fields.
    rate, schedule, current, plasticity, batch
        The network's (homeostat.mixture.network).
    switch
        A in the second half of learning; 0 leaves it.
    """

    learner: str
    units: int
    total: float
    scaling: str = "normalized"
    gain: float = 0.0
    start: str = "input"
    weight: float = 0.0
    rate: float = 0.0
    schedule: str = "constant"
    current: str = "log"
    plasticity: str = "scaled"
    batch: int = 1
    switch: float = 0.0

    def __post_init__(self) -> None:
        """Check the kinds that no library function checks."""
        for name, known in (("learner", LEARNERS), ("scaling", SCALINGS)):
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")

    @property
    def name(self) -> str:
        """The condition as a grid of one."""
        return grid(self)

    def but(self, **changes: Any) -> "Condition":
        """Return the condition with some values changed."""
        return replace(self, **changes)


def grid(base: Condition, **axes: list[Any]) -> str:
    """Return the name of a grid: ``base`` with each combination of the values of ``axes``.

    >>> grid(Condition("em", 10, 250.0), start=["input", "truth"], gain=[0.0, 0.9])
    'learner~em_units~10_total~250_gain~0+0.9_start~input+truth'
    """
    parts = []
    for field in fields(Condition):
        values = axes.get(field.name, [getattr(base, field.name)])
        if values != [field.default]:
            parts.append(f"{field.name}~{'+'.join(map(text_of, values))}")
    return "_".join(parts)


def expand(name: str) -> list[Condition]:
    """Return the conditions of a grid.

    Raises
    ------
    ConfigError
        The name has an unknown part.
    """
    return list(_expand(name))


def _expand(name: str) -> Iterator[Condition]:
    kinds = {field.name: field.type for field in fields(Condition)}
    axes: dict[str, list[Any]] = {}
    for part in name.split("_"):
        key, _, text = part.partition("~")
        if key not in kinds:
            raise ConfigError(f"{name!r} is no grid of keck2012: unknown part {part!r}")
        axes[key] = [kinds[key](value) for value in text.split("+")]  # type: ignore[operator]
    for values in product(*axes.values()):
        yield Condition(**dict(zip(axes, values, strict=True)))
