"""What a run made, for its last lines."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

# What users look at; all else is on the way to it.
_LOOKED_AT = ("figures", "scorecard")
_MOST = 10


class Made:
    """The files that the jobs of a run made."""

    def __init__(self) -> None:
        self._outputs: dict[str, None] = {}
        self._used: set[str] = set()

    def job(self, inputs: Iterable[str], outputs: Iterable[str]) -> None:
        """Note what a job uses and makes."""
        self._used.update(map(str, inputs))
        self._outputs.update(dict.fromkeys(map(str, outputs)))

    def told(self) -> Iterator[str]:
        """Yield one line for each folder of figures; else one for the page; else what no job of the run used.

        Where figures were made, the rule ``all`` and `make figures` name the page.
        """
        paths = [PurePosixPath(path) for path in self._outputs]
        shown = [path for path in paths if set(_LOOKED_AT) & set(path.parts) and path.suffix != ".html"]
        shown = [path for path in shown if "store" not in path.parts]
        pages = [path for path in paths if path.name == "index.html"]
        if not shown and not pages:
            last = [path for path in self._outputs if path not in self._used]
            yield from last[:_MOST]
            if len(last) > _MOST:
                yield f"and {len(last) - _MOST} more files"
        for folder in dict.fromkeys(path.parent for path in shown):
            here = [path for path in shown if path.parent == folder]
            names = sorted({path.stem for path in here}, key=_natural)
            kinds = dict.fromkeys(path.suffix.removeprefix(".") for path in here)
            yield f"{folder}/: {', '.join(names)} ({', '.join(kinds)})"
        for page in [] if shown else pages:
            yield f"Report page: {page}"


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts ``fig2`` before ``fig10``."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]
