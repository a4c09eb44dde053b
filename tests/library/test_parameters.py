"""Settings from a section of the configuration: what is nested, listed, unknown or missing."""

from dataclasses import dataclass

import pytest

from homeostat.errors import ConfigError
from homeostat.parameters import from_section


@dataclass(frozen=True)
class Inner:
    steps: int
    rates: tuple[float, ...] = (0.1,)


@dataclass(frozen=True)
class Outer:
    name: str
    training: Inner
    pruning: Inner | None = None


def test_sections_become_dataclasses_and_lists_tuples() -> None:
    found = from_section(Outer, {"name": "a", "training": {"steps": 3, "rates": [1.0, 2.0]}, "pruning": {"steps": 1}})
    assert found == Outer("a", Inner(3, (1.0, 2.0)), Inner(1))
    assert from_section(Outer, {"name": "a", "training": {"steps": 3}, "pruning": None}).pruning is None


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"nam": "a", "training": {"steps": 3}}, "Outer has no setting 'nam'; did you mean 'name'? It lacks 'name'."),
        ({"name": "a"}, "Outer lacks 'training'."),
        ({"name": "a", "training": {}}, "Inner lacks 'steps'."),
        ({"name": "a", "training": {"steps": 1, "q": 2}}, "Inner has no setting 'q'."),
    ],
)
def test_what_is_wrong_is_a_sentence(section: dict, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        from_section(Outer, section)
    assert str(refused.value) == sentence
