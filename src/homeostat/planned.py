"""Whether a job uses what its run was planned with: nothing else may be stored under the keys of the plan."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from homeostat.errors import ConfigError

# When the keys of a run were made (ns since the epoch), in the environment of its jobs.
PLANNED_VARIABLE = "HOMEOSTAT_PLANNED"

_ROOT = Path(__file__).parents[2]
# Modules that were loaded when their files were still those of the plan; what happens to these later does not matter.
_as_planned: set[str] = set()
_files: list[Path] = []


def reads(files: Iterable[Path]) -> None:
    """Have the files and folders of this repository that a job reads checked, too."""
    _files[:] = files


def refuse_changed() -> None:
    """Refuse to go on with code, or files of this repository, that changed since the run was planned.

    Programs of a run call this at their start, and before each file gets its name: a function may import modules.

    Raises
    ------
    ConfigError
        One was changed.
    """
    planned = os.environ.get(PLANNED_VARIABLE)
    if not planned:
        return
    loaded = _loaded() - _as_planned
    for file in [*map(Path, sorted(loaded)), *_read()]:
        if os.stat(file).st_mtime_ns > int(planned):
            refuse(file)
    _as_planned.update(loaded)


def refuse(what: str | os.PathLike[str]) -> NoReturn:
    """Say that something is not as it was planned."""
    raise ConfigError(f"{os.fspath(what)} was changed after this run was planned; start the run again")


def _loaded() -> set[str]:
    """Return the files of this repository's modules that are loaded."""
    files = (getattr(module, "__file__", None) or "" for module in list(sys.modules.values()))
    return {file for file in files if file.startswith(f"{_ROOT}/") and not file.startswith(f"{_ROOT}/.venv/")}


def _read() -> Iterator[Path]:
    for path in _files:
        yield path
        # Where a file was taken away, its folder tells.
        yield from path.rglob("*")
