"""What parsers raise on damaged files, as one kind of error."""

import os
from collections.abc import Callable
from typing import TypeVar

from homeostat.errors import DataError

T = TypeVar("T")


def parse(path: str | os.PathLike[str], kind: str, parser: Callable[[], T]) -> T:
    """Call a parser; whatever a damaged file makes it raise becomes a DataError."""
    try:
        return parser()
    except (DataError, FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # zlib and numpy raise nearly anything on garbled bytes, MemoryError included
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(
            f"{path}: damaged, cut short, with pickled objects, or not a {kind} file ({reason}); fetch or export it "
            "again"
        ) from error
