"""The glossary of the docs (docs/glossary.md), which the page shows where a word is used."""

import re
from dataclasses import dataclass
from pathlib import Path

_ENTRY = re.compile(r"^(?P<term>\S.*)\n: (?P<meaning>.+)$", re.MULTILINE)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A word and what it means."""

    term: str
    meaning: str

    @property
    def anchor(self) -> str:
        """The place of the word in the page."""
        return f"term-{re.sub(r'[^a-z0-9]+', '-', self.term.lower())}"


def read_glossary(path: Path) -> dict[str, list[Entry]]:
    """Return the entries by heading."""
    text = path.read_text(encoding="utf-8")
    places = [*_HEADING.finditer(text)]
    ends = [*(place.start() for place in places[1:]), len(text)]
    return {
        place[1]: [Entry(found["term"], found["meaning"]) for found in _ENTRY.finditer(text, place.end(), end)]
        for place, end in zip(places, ends, strict=True)
    }
