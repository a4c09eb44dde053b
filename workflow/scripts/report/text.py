"""Numbers, times and names as a reader expects them."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None) -> str:
    """Return a number with three significant digits and a real minus sign; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:.3g}"
    if "e" in text:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        size = int(exponent)
        text = f"{value:,.0f}" if 3 <= size < 9 else f"{float(mantissa):g} × 10{str(size).translate(_RAISED)}"
    return text.replace("-", "−")


def interval(row: Mapping[str, Any]) -> str:
    """Return the interval of a claim's row: ``−0.2 to 0.3``, or nothing."""
    if row["low"] is None or row["high"] is None:
        return ""
    return f"{number(row['low'])} to {number(row['high'])}"


def several(verdict: str) -> str:
    """Return a verdict as it follows a number of claims: ``5 point to``."""
    return verdict.replace("points", "point")


def duration(seconds: float | None) -> str:
    """Return a time in the unit that suits it: ``12 s``, ``3.5 min``, ``2.1 h``."""
    if seconds is None:
        return "not known"
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.{0 if seconds >= 10 * size else 1}f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 1 else "< 1 s"


def scale(scales: Mapping[str, str]) -> str:
    """Return the scales of some studies in short: ``default; keck2012: custom: bars.seeds 5 (at least test)``."""
    (usual, _), *others = Counter(scales.values()).most_common()
    return "; ".join([usual, *(f"{study}: {word}" for study, word in scales.items() if others and word != usual)])


def figure_name(name: str) -> str:
    """Return a figure's name in words: ``fig1s2`` is ``Figure 1, supplement 2``."""
    found = re.fullmatch(r"fig([A-Z]?\d+)(?:s(\d+))?", name)
    if not found:
        return name.replace("_", " ").capitalize()
    return f"Figure {found[1]}" + (f", supplement {found[2]}" if found[2] else "")
