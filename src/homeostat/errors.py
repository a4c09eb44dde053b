"""Errors meant for the person who runs the program.

Each one says what was wrong, where (file, key, row), and what is allowed. Scripts print the sentence
and stop; they show a traceback only for errors that are not of this kind, which are our own faults.
"""

import difflib
from collections.abc import Iterable


class HomeostatError(ValueError):
    """Base of every error caused by the user's input, configuration or machine."""


class ConfigError(HomeostatError):
    """A configuration key or value that cannot be used."""


class DataError(HomeostatError):
    """A recording, image set or result file that cannot be used."""


class FetchError(HomeostatError):
    """A dataset that none of its sources could deliver."""


class DeviceError(HomeostatError):
    """The requested compute device is not there."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint ``"; did you mean 'x'?"``, or an empty string when nothing known is close."""
    match = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else ""
