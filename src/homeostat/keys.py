"""Keys: the name of a result is a hash of everything that it was made from (docs/store.md)."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeostat.errors import DataError

DIGITS = 16
_IN_PATH = re.compile(rf"\.([0-9a-f]{{{DIGITS}}})(?=[./])")

Recipe = Mapping[str, Any]


def key_of(recipe: Recipe) -> str:
    """Return the key of a recipe: 16 hexadecimal digits of the SHA-256 of its JSON, with sorted keys.

    >>> key_of({"rule": "fit", "inputs": {}}) == key_of({"inputs": {}, "rule": "fit"})
    True
    """
    return hashlib.sha256(canonical(recipe).encode()).hexdigest()[:DIGITS]


def canonical(recipe: Recipe) -> str:
    """Return a recipe as JSON: the same text for equal recipes."""
    return json.dumps(recipe, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def record_beside(path: str) -> str:
    """Return where the recipe of a stored result stands, as JSON: beside it.

    >>> record_beside("results/store/keck2012/tables/fig1.0123456789abcdef.csv")
    'results/store/keck2012/tables/fig1.0123456789abcdef.recipe.json'
    """
    return str(Path(path).with_suffix(".recipe.json"))


def made_from(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the ``key`` and ``recipe`` of a result that is to be stored; nothing where its path names no key.

    Raises
    ------
    DataError
        The record beside it is missing, damaged, or that of another result.
    """
    key = key_in(os.fspath(path))
    if key is None:
        return {}
    record = record_beside(os.fspath(path))
    try:
        recipe = json.loads(Path(record).read_text(encoding="utf-8"))["recipe"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{record}: what {path} is made from cannot be read ({error}); start the run again") from None
    if key_of(recipe) != key:
        raise DataError(f"{record}: this is not what {path} is made from; delete both and run again")
    return {"key": key, "recipe": recipe}


def key_in(path: str) -> str | None:
    """Return the key in the path of a stored result, or None where there is none.

    >>> key_in("results/store/keck2012/tables/fig1.0123456789abcdef.csv")
    '0123456789abcdef'
    """
    found = _IN_PATH.findall(path)
    return found[-1] if found else None
