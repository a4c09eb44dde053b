"""Names of conditions, which are paths: there and back, and what cannot be."""

import subprocess
import sys
from dataclasses import dataclass

import pytest
from pipeline import PROGRAMS, environment

from homeostat.errors import ConfigError
from homeostat.naming import name_of, parse


@dataclass(frozen=True)
class Condition:
    kind: str
    size: int
    rate: float = 0.5


@pytest.mark.parametrize(
    "condition", [Condition("a", 3), Condition("b", -1, 1e-5), Condition("c", 0, float("inf")), Condition("", 7, 0.0)]
)
def test_a_name_is_read_as_what_it_was_made_of(condition: Condition) -> None:
    assert parse(Condition, name_of(condition)) == condition


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kind~a_size~3_colour~red", "unknown part 'colour~red'; known are kind, size, rate"),
        ("kind~a_size~large", "'size~large' is no number"),
        ("rate~1", "kind, size is missing"),
        ("", "unknown part ''"),
    ],
)
def test_what_is_wrong_with_a_name_is_told(name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse(Condition, name)


def test_a_program_tells_it_too() -> None:
    command = [sys.executable, "-m", "shen2021.train", "--condition", "normalization~BatchNorm_batch~many"]
    done = subprocess.run(command, env=environment(**PROGRAMS), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "argument --condition: 'normalization~BatchNorm_batch~many' is no condition: 'batch~many'" in done.stderr
