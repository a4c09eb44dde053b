"""Whether the fields of a dataclass of settings hold values of the types they are declared with."""

import dataclasses
import numbers
import types
import typing
from typing import Any

from homeostat.errors import DataError

_KINDS = {int: (numbers.Integral, "an integer"), float: (numbers.Real, "a number"), str: (str, "text")}


def check_types(settings: Any) -> None:
    """Refuse values that Python would take until something far away fails: ``"64"``, ``2.5`` steps.

    Parameters
    ----------
    settings
        Instance of a dataclass; its fields of type int, float or str, also with ``| None``, are looked at.

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
        known = [_KINDS[kind] for kind in allowed if kind in _KINDS]
        if not known or (value is None and type(None) in allowed):
            continue
        if not isinstance(value, tuple(kind for kind, _ in known)) or isinstance(value, bool):
            names = [name for _, name in known] + ["None"] * (type(None) in allowed)
            raise DataError(f"{field.name} must be {' or '.join(names)}, got {value!r}")
