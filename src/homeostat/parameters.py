"""Dataclasses of settings: made from a section of the configuration, and checked for the types of their fields."""

import dataclasses
import numbers
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from homeostat.errors import ConfigError, DataError, nearest

T = TypeVar("T")

_KINDS = {int: (numbers.Integral, "an integer"), float: (numbers.Real, "a number"), str: (str, "text")}


def check_types(settings: Any) -> None:
    """Refuse values that Python would take until something far away fails: ``"64"``, ``2.5`` steps.

    Parameters
    ----------
    settings
        Instance of a dataclass; its fields of type int, float, str or bool, also with ``| None``, are looked at. 0 and
        1 may stand for False and True.

    Raises
    ------
    DataError
        Names the field, what it holds and what it may hold.

    >>> from homeostat.rp import RP
    >>> check_types(RP(n_projections="30"))
    Traceback (most recent call last):
    homeostat.errors.DataError: n_projections must be an integer, got '30'
    """
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        allowed = typing.get_args(field.type) if isinstance(field.type, types.UnionType) else (field.type,)
        if allowed == (bool,) and not (isinstance(value, int | np.bool_) and value in (0, 1)):
            raise DataError(f"{field.name} must be True or False, got {value!r}")
        known = [_KINDS[kind] for kind in allowed if kind in _KINDS]
        if not known or (value is None and type(None) in allowed):
            continue
        if not isinstance(value, tuple(kind for kind, _ in known)) or isinstance(value, bool):
            names = [name for _, name in known] + ["None"] * (type(None) in allowed)
            raise DataError(f"{field.name} must be {' or '.join(names)}, got {value!r}")


def from_section(kind: type[T], section: Mapping[str, Any]) -> T:
    """Return a dataclass of settings from a section of the configuration, or from a program's ``--settings``.

    Parameters
    ----------
    kind
        A dataclass. Sections become the dataclasses that its fields are declared with, and lists become tuples.
    section
        Values by name; only fields with a default may be missing.

    Raises
    ------
    ConfigError
        Names the keys that the dataclass does not have, and those that it lacks.

    >>> Schedule = dataclasses.make_dataclass("Schedule", [("epochs", int), ("epsilon", float)])
    >>> from_section(Schedule, {"epochs": 3, "epsilon": 0.5}).epochs
    3
    >>> from_section(Schedule, {"epochs": 3, "epsilom": 0.5})
    Traceback (most recent call last):
    homeostat.errors.ConfigError: Schedule has no setting 'epsilom'; did you mean 'epsilon'? It lacks 'epsilon'.
    """
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}  # type: ignore[arg-type]
    problems = [
        f"{kind.__name__} has no setting {name!r}{nearest(name, fields)}" for name in section if name not in fields
    ]
    required = [
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    lacking = [repr(name) for name in required if name not in section]
    if lacking:
        problems.append(f"{'It' if problems else kind.__name__} lacks {', '.join(lacking)}")
    if problems:
        sentence = " ".join(each if each.endswith("?") else f"{each}." for each in problems)
        raise ConfigError(sentence)
    kinds = typing.get_type_hints(kind)
    return kind(**{name: _as_declared(kinds[name], value) for name, value in section.items()})


def _as_declared(kind: Any, value: Any) -> Any:
    """Return a value as the class that a field is declared with."""
    for each in typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,):
        if dataclasses.is_dataclass(each) and isinstance(value, Mapping):
            return from_section(typing.cast(type, each), value)
        if typing.get_origin(each) is tuple and isinstance(value, list):
            return tuple(value)
    return value
