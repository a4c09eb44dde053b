"""Variants of a recording or of its fits, as part of the recording's name: ``visual_50+bins~5``.

>>> visual = Variant.parse("visual_50+training~2000+steps~50")
>>> visual.recording, visual.changes
('visual_50', {'training': '2000', 'steps': '50'})
>>> visual.of_data.name, Variant.parse("visual_50").name
('visual_50+training~2000', 'visual_50')
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What changes the recording itself, what changes how the study takes it, and what changes how a fit is made.
_RECORDING, _DATA, _FIT = ("bins",), ("training", "split"), ("threshold", "steps")


@dataclass(frozen=True)
class Variant:
    """A recording, and what is different from the configuration.

    Attributes
    ----------
    recording
        Its name.
    changes
        ``bins``: so many bins become one; ``training``: number of training bins; ``split``: ``random`` or ``blocks``;
        ``threshold``: θ; ``steps``: the fits have so many steps, whether or not the likelihood still grows.
    """

    recording: str
    changes: Mapping[str, str]

    @classmethod
    def parse(cls, name: str) -> "Variant":
        """Return the variant of a name."""
        recording, *parts = name.split("+")
        return cls(recording, dict(part.split("~") for part in parts))

    @property
    def name(self) -> str:
        """The variant as it stands in paths."""
        return "+".join([self.recording, *(f"{key}~{value}" for key, value in self.changes.items())])

    @property
    def of_recording(self) -> "Variant":
        """What differs in the recording itself."""
        return self._only(_RECORDING)

    @property
    def of_data(self) -> "Variant":
        """What differs in the data of the study."""
        return self._only((*_RECORDING, *_DATA))

    def _only(self, names: tuple[str, ...]) -> "Variant":
        return Variant(self.recording, {key: value for key, value in self.changes.items() if key in names})

    def data(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of the study's data (``train``, ``test``, ``split``) with the changes."""
        found = dict(settings)
        if "training" in self.changes:
            found["train"] = int(self.changes["training"])
        if "split" in self.changes:
            found["split"] = self.changes["split"]
        return found

    def fit(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a fit with the changes."""
        found = dict(settings)
        if "threshold" in self.changes:
            found["threshold"] = float(self.changes["threshold"])
        if "steps" in self.changes:
            steps = {"steps": int(self.changes["steps"]), "stopping": "steps"}
            found["training"] = {**settings["training"], **steps}
        return found
