"""Names of conditions, which are paths: there and back, and what cannot be."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from homeostat import conditions
from homeostat.conditions import Grid
from homeostat.errors import ConfigError


@dataclass(frozen=True)
class Condition(conditions.Condition):
    kind: str
    size: int
    rate: float = 0.5


RATES = [0.5, 1e-5, float("inf"), 0.0, 3.0, 3.0000001, 0.1 + 0.2, 1.2345678e20, -1 / 3, np.float64(2 / 3)]


@pytest.mark.parametrize(
    "condition", [Condition("a", 3), Condition("b", -1, 1e-5), *(Condition("c", 0, rate) for rate in RATES)]
)
def test_a_name_is_read_as_what_it_was_made_of(condition: Condition) -> None:
    assert Condition.parse(condition.name) == condition


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kind~a_size~3_colour~red", "unknown part 'colour~red'; known are kind, size, rate"),
        ("kind~a_size~large", "'size~large' is not a number"),
        ("rate~1", "kind, size is missing"),
        ("", "unknown part ''"),
    ],
)
def test_an_error_names_the_fault(name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Condition.parse(name)


def test_other_values_have_other_names() -> None:
    names = [Condition("a", 3, rate).name for rate in RATES]
    assert len(set(names)) == len(RATES)
    # Short where this says all.
    assert names[1] == "kind~a_size~3_rate~1e-05"
    assert names[4:6] == ["kind~a_size~3_rate~3", "kind~a_size~3_rate~3.0000001"]
    grid = Grid.over(Condition("a", 3), rate=RATES[1:])
    assert list(Grid.parse(Condition, grid.name)) == list(grid)


@dataclass(frozen=True)
class Kinds(conditions.Condition):
    kind: str
    length: float = 1.0

    KINDS: ClassVar = {"kind": ("plain", "plain_long")}


def test_words_are_checked_and_may_hold_an_underscore() -> None:
    assert Kinds.columns() == ["kind", "length"]
    assert Kinds.parse("kind~plain_long_length~2") == Kinds("plain_long", 2.0)
    with pytest.raises(ConfigError, match="kind must be one of plain, plain_long, got 'plane'; did you mean 'plain'"):
        Kinds("plane")


def test_a_grid_holds_each_combination_and_its_name_is_read_back() -> None:
    grid = Grid.over(Condition("a", 3), size=[3, 4], rate=[0.5, 1e20, float("inf")])
    assert grid.name == "kind~a_size~3+4_rate~0.5+1e+20+inf" and grid.varied == ["size", "rate"]
    assert list(Grid.parse(Condition, grid.name)) == list(grid)
    assert [(each.size, each.rate) for each in grid][:4] == [(3, 0.5), (3, 1e20), (3, float("inf")), (4, 0.5)]
    assert Grid(Condition("a", 3)).name == Condition("a", 3).name == "kind~a_size~3"
    assert Grid.over(Condition("a", 3), rate=[0.5]).name == "kind~a_size~3"
    with pytest.raises(ConfigError, match="'size~4\\+b' is not a number"):
        Grid.parse(Condition, "kind~a_size~4+b")
