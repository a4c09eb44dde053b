"""Conditions of a study as names that are the paths of their results: ``model~rp_neurons~50_slope~3``.

A condition is a frozen dataclass of words and numbers; words hold neither ``~`` nor ``_``.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Condition:
...     model: str
...     neurons: int
...     slope: float = 3.0
>>> name_of(Condition("rp", 50)), name_of(Condition("rp", 50, float("inf")))
('model~rp_neurons~50', 'model~rp_neurons~50_slope~inf')
>>> parse(Condition, "model~rp_neurons~50").slope
3.0
"""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

from homeostat.errors import ConfigError

T = TypeVar("T")


def text_of(value: Any) -> str:
    """Return a value as it stands in a name."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def name_of(condition: Any) -> str:
    """Return a condition's name, in the order of its fields; those that are as usual (their default) are left out."""
    values = {field: getattr(condition, field.name) for field in fields(condition)}
    return "_".join(f"{field.name}~{text_of(value)}" for field, value in values.items() if value != field.default)


def parse(kind: type[T], name: str) -> T:
    """Return the condition of a name.

    Raises
    ------
    ConfigError
        The name has an unknown part, lacks one, or has a word where a number is wanted.
    """
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for part in name.split("_"):
        key, _, text = part.partition("~")
        if key not in known:
            raise ConfigError(f"{name!r} is no condition: unknown part {part!r}; known are {', '.join(known)}")
        try:
            values[key] = known[key].type(text)  # type: ignore[operator]
        except ValueError:
            raise ConfigError(f"{name!r} is no condition: {part!r} is no number") from None
    absent = [key for key, field in known.items() if key not in values and field.default is MISSING]
    if absent:
        raise ConfigError(f"{name!r} is no condition: {', '.join(absent)} is missing")
    return kind(**values)
