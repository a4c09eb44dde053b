"""The colours of the static figures, for the living ones: one condition has one colour in both."""

from collections.abc import Iterable

from matplotlib.colors import to_hex

from eyono2026.colours import COLOURS as EYONO
from keck2012.colours import COLOURS as KECK
from krishna2024.colours import COLOURS as KRISHNA
from mayzel2024.colours import COLOURS as MAYZEL
from mayzel2024.colours import colours as families
from shen2021.colours import COLOURS as SHEN

PALETTES = {"mayzel2024": MAYZEL, "shen2021": SHEN, "keck2012": KECK, "eyono2026": EYONO, "krishna2024": KRISHNA}


def colours_of(study: str, labels: Iterable[str]) -> dict[str, str]:
    """Return the colours of those conditions of a figure that have one; of a study that is not here, none."""
    if study not in PALETTES:
        return {}
    labels = list(labels)
    found = PALETTES[study].among(labels)
    if study == "mayzel2024":
        # Values of λ and φ have shades, in their order.
        found |= {
            label: to_hex(of) for label, of in families([each for each in labels if set("λφ") & set(each)]).items()
        }
    return found
