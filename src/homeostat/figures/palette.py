"""Colours of conditions: one colour, one meaning."""

import zlib
from collections.abc import Iterable, Mapping

# Paul Tol's muted and bright colours, dark ones first: they stay apart for colour-blind readers.
SPARE = ("#882255", "#117733", "#332288", "#AA4499", "#44AA99", "#999933", "#EE6677", "#4477AA", "#66CCEE", "#CCBB44")
MARKS = "os^DvPX<>dph"
"""Markers of conditions, in the order of a palette: they tell apart in grey what colours tell apart in print."""


class Palette(dict[str, str]):
    """Colours by condition; a condition that has none gets one of its own, the same whenever its name is met.

    A condition of a study has a fixed colour. One that a user adds (``extra_models``) has not, and is drawn all the
    same.

    >>> colours = Palette({"RP": "#0072B2"})
    >>> colours["RP"], colours["mine"] == colours["mine"], colours["mine"] in SPARE
    ('#0072B2', True, True)
    """

    def __missing__(self, label: str) -> str:
        """Choose a colour that no other condition has, as long as there is one."""
        free = [colour for colour in SPARE if colour not in self.values()] or list(SPARE)
        self[label] = free[zlib.crc32(label.encode()) % len(free)]
        return self[label]

    def mark(self, label: str) -> str:
        """Return the marker of a condition; those of one colour have one marker."""
        colour = self[label].lower()
        return MARKS[list(dict.fromkeys(each.lower() for each in self.values())).index(colour) % len(MARKS)]

    def among(self, labels: Iterable[str]) -> dict[str, str]:
        """Return the colours of those labels that are a condition, or have one among their words.

        >>> Palette({"EM": "#0072B2", "EM, input": "#56B4E9"}).among(["EM, input: raw", "EM, C = 10", "spikes"])
        {'EM, input: raw': '#56B4E9', 'EM, C = 10': '#0072B2'}
        """
        found = {}
        for label in labels:
            words = label.replace(":", ",").split(", ")
            # The longest first: a condition may be a part of another's name.
            parts = [", ".join(words[i:j]) for i in range(len(words)) for j in range(len(words), i, -1)]
            known = sorted((part for part in parts if part in self), key=len, reverse=True)
            if known:
                found[label] = self[known[0]]
        return found

    def sharing(self) -> Mapping[str, list[str]]:
        """Return the colours that stand for more than one condition, with these conditions."""
        found: dict[str, list[str]] = {}
        for label, colour in self.items():
            found.setdefault(colour.lower(), []).append(label)
        return {colour: labels for colour, labels in found.items() if len(labels) > 1}
