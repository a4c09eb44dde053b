"""Conditions of a study: frozen dataclasses whose names are the paths of their results.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Model(Condition):
...     model: str
...     neurons: int
...     slope: float = 3.0
>>> Model("rp", 50).name, Model("rp", 50, float("inf")).name
('model~rp_neurons~50', 'model~rp_neurons~50_slope~inf')
>>> Model.parse("model~rp_neurons~50").slope
3.0
>>> Grid.over(Model("rp", 50), slope=[3.0, 5.0]).name
'model~rp_neurons~50_slope~3+5'
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from itertools import product
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from homeostat.errors import ConfigError, nearest

# Between parts of a name: words may hold an underscore, names of fields hold none.
_PART = re.compile(r"_(?=[^_~]+~)")
# Between values of a grid; the plus sign of 1e+20 is part of a number.
_VALUE = re.compile(r"(?<![0-9]e)\+")


class Condition:
    """One point of a study's design: a base for frozen dataclasses of words and numbers.

    Fits of equal conditions are one file, whichever figure asks for them. Names of fields hold neither ``_`` nor
    ``~``, words hold neither ``~`` nor ``+``.
    """

    KINDS: ClassVar[Mapping[str, Sequence[str]]] = {}
    """The words that a field may have, for the fields that no library function checks."""

    def __post_init__(self) -> None:
        """Check the words.

        Raises
        ------
        ConfigError
            A field has a word that it does not know.
        """
        for name, known in self.KINDS.items():
            value = getattr(self, name)
            if value not in known:
                raise ConfigError(f"{name} must be one of {', '.join(known)}, got {value!r}{nearest(value, known)}")

    @property
    def name(self) -> str:
        """The condition as part of a path, in the order of its fields; fields that have their default are left out."""
        return Grid(self).name

    @classmethod
    def parse(cls, name: str) -> Self:
        """Return the condition of a name.

        Raises
        ------
        ConfigError
            The name has an unknown part, lacks one, or has a word where a number is wanted.
        """
        return cls(**{key: value for key, (value,) in _values_of(cls, name, lambda text: [text]).items()})

    @classmethod
    def columns(cls) -> list[str]:
        """Return the names of the fields, which tables have as columns."""
        return [field.name for field in fields(cls)]  # type: ignore[arg-type]

    def but(self, **changes: Any) -> Self:
        """Return the condition with some values changed."""
        return replace(self, **changes)  # type: ignore[type-var]


C = TypeVar("C", bound=Condition)


@dataclass(frozen=True)
class Grid(Generic[C]):
    """Conditions that are fitted together: ``base`` with each combination of the values of ``axes``."""

    base: C
    axes: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    @classmethod
    def over(cls, base: C, **axes: Sequence[Any]) -> "Grid[C]":
        """Return the grid over lists of values."""
        return cls(base, tuple((name, tuple(values)) for name, values in axes.items()))

    @classmethod
    def parse(cls, kind: type[C], name: str) -> "Grid[C]":
        """Return the grid of a name.

        Raises
        ------
        ConfigError
            As for a single condition's name.
        """
        axes = _values_of(kind, name, _VALUE.split)
        return cls.over(kind(**{key: values[0] for key, values in axes.items()}), **axes)

    @property
    def name(self) -> str:
        """The grid as part of a path: a condition's name with all values of a field."""
        parts = []
        for name, default, values in self._values():
            if values != (default,):
                parts.append(f"{name}~{'+'.join(map(text_of, values))}")
        return "_".join(parts)

    @property
    def varied(self) -> list[str]:
        """The fields that have more than one value."""
        return [name for name, _, values in self._values() if len(values) > 1]

    def __iter__(self) -> Iterator[C]:
        """Yield each condition; the last field varies fastest."""
        names, _, values = zip(*self._values(), strict=True)
        for combination in product(*values):
            yield self.base.but(**dict(zip(names, combination, strict=True)))

    def _values(self) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
        axes = dict(self.axes)
        for field in fields(self.base):  # type: ignore[arg-type]
            yield field.name, field.default, axes.get(field.name, (getattr(self.base, field.name),))


class Entry(NamedTuple):
    """A fit that a figure needs: its label there, its condition (or grid), and the name of the data it is fitted to."""

    label: str
    condition: Any
    data: str = ""


def text_of(value: Any) -> str:
    """Return a value as it stands in a name: as short as it can be, and different from every other value's."""
    if not isinstance(value, float):
        return str(value)
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def six_digits(value: float) -> float:
    """Return a computed value as it stands in a short name, without the last digits of its computation.

    >>> text_of(0.1 * 3), text_of(six_digits(0.1 * 3))
    ('0.30000000000000004', '0.3')
    """
    return float(f"{value:g}")


def _values_of(kind: type[Condition], name: str, split: Callable[[str], list[str]]) -> dict[str, list[Any]]:
    """Return the values of each field that a name holds; ``split`` makes texts of values of a field's text."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    values = {}
    for part in _PART.split(name):
        key, _, text = part.partition("~")
        if key not in known:
            raise ConfigError(f"{name!r} is not a condition: unknown part {part!r}; known are {', '.join(known)}")
        try:
            values[key] = [known[key].type(value) for value in split(text)]  # type: ignore[operator]
        except ValueError:
            raise ConfigError(f"{name!r} is not a condition: {part!r} is not a number") from None
    absent = [key for key, field in known.items() if key not in values and field.default is MISSING]
    if absent:
        raise ConfigError(f"{name!r} is not a condition: {', '.join(absent)} is missing")
    return values
