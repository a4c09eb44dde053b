"""The scale of a study in a run, read from its sizes: that of a shipped configuration, or a custom one.

A size is a key of the configuration that makes a study larger (or, for some keys, smaller): numbers of seeds, of
training steps, of units. The schema says so of each key (``size``). A study is of a shipped scale where none of its
sizes is smaller than there; more seeds than a scale has do not make it less than that scale.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeostat.yaml_files import read_yaml

# The shipped scales, from the smallest on.
SCALES = ("test", "default", "real", "paper")
KINDS = ("larger", "smaller", "count", "none")

_SHOWN = 3
_FLOOR = re.compile(r"\((?:at least (?P<floor>\w+)|below \w+)\)$")

Settings = Mapping[str, Any]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Size:
    """A key that is a size: its dotted path, and what makes it at least as large as another (``KINDS``)."""

    path: str
    kind: str

    def smaller(self, value: Any, other: Any) -> str:
        """Say how ``value`` is smaller than ``other``, or nothing where it is not.

        None stands for all there is, and is smaller than nothing.

        >>> Size("position.batches", "larger").smaller(20, 400)
        'position.batches 20'
        """
        if value is None or value == other:
            return ""
        if isinstance(value, list):
            if len(value) < len(other):
                return f"{self.path} {len(value)} {'value' if len(value) == 1 else 'values'}"
            if self.kind == "larger" and max(value) < max(other):
                return f"{self.path} up to {max(value):,}"
            return ""
        if other is None or (value > other if self.kind == "smaller" else value < other):
            return f"{self.path} {value:{',' if isinstance(value, int) else 'g'}}"
        return ""


def load_presets(folder: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """Return the shipped configurations by their scale, each complete: ``config.yaml`` with its overlay."""
    default = _read(Path(folder) / "config.yaml")
    return {
        name: default if name == "default" else merged(default, _read(Path(folder) / f"{name}.yaml")) for name in SCALES
    }


def sizes_of(study: str, config: Settings, schema: Schema) -> list[Size]:
    """Return the sizes of a study: those of its section, and of the shared sections that it uses in ``config``."""
    found = []
    for section, child in schema["properties"].items():
        counts = child.get("counts")
        shared = counts and counts["study"] == study and counts["value"] in (_at(config, key) for key in counts["keys"])
        if section == study or shared:
            found += [Size(path, kind) for path, kind in _leaves(section, child) if kind != "none"]
    return found


def scale_of(
    study: str,
    config: Settings,
    presets: Mapping[str, Settings],
    schema: Schema,
    effective: Mapping[str, Any] | None = None,
) -> str:
    """Return the scale of a study: ``real``, or ``custom: position.batches 20 (at least test)``.

    A custom scale names what is smaller than in the shipped configuration that it differs least from, and the largest
    shipped scale that no size is below.

    Parameters
    ----------
    study
        Its name.
    config
        The configuration of the run, complete and valid.
    presets
        The shipped configurations by scale (:func:`load_presets`).
    schema
        The schema of the configuration.
    effective
        Values by dotted path that hold instead of the configured ones, where the data are too few for these.
    """
    sizes = sizes_of(study, config, schema)
    given = {size: (effective or {}).get(size.path, _at(config, size.path)) for size in sizes}
    smaller: dict[str, list[str]] = {}
    different: dict[str, int] = {}
    for name in SCALES:
        others = {size: _at(presets[name], size.path) for size in sizes}
        said = [size.smaller(given[size], others[size]) for size in sizes]
        smaller[name] = [text.removeprefix(f"{study}.") for text in said if text]
        different[name] = sum(given[size] != others[size] for size in sizes)
    floor = [name for name in SCALES if not smaller[name]]
    # Where two scales differ equally from this run, the larger: a reader must know what is smaller than there.
    near = min(reversed(SCALES), key=different.__getitem__)
    if floor and SCALES.index(floor[-1]) >= SCALES.index(near):
        return floor[-1]
    shown, rest = smaller[near][:_SHOWN], len(smaller[near]) - _SHOWN
    said = [*shown, *([f"{rest} more"] if rest > 0 else [])]
    return _custom(said, floor)


def reaches(scale: str, wanted: str) -> bool:
    """Whether a scale, as :func:`scale_of` writes it, has no size below those of the shipped scale ``wanted``."""
    found = _FLOOR.search(scale)
    floor = found["floor"] if found else scale
    return floor in SCALES and SCALES.index(floor) >= SCALES.index(wanted)


def limited(scale: str, held: Mapping[str, int], needed: Mapping[str, Mapping[str, int]]) -> str:
    """Return the scale of a study on data that may be smaller than its settings ask for.

    >>> limited("real", {"bins": 5_000}, {"bins": {"test": 3_000, "default": 50_000, "real": 200_000}})
    'custom: bins 5,000 (at least test)'

    Parameters
    ----------
    scale
        What :func:`scale_of` says of the settings.
    held
        What the data hold, by name.
    needed
        What each shipped scale needs of it, by the same names.
    """
    reached = [name for name in SCALES if reaches(scale, name)]
    left = [name for name in reached if all(held[size] >= needed[size][name] for size in held)]
    if left == reached:
        return scale
    short = [f"{size} {count:,}" for size, count in held.items() if count < needed[size][reached[-1]]]
    if scale not in SCALES:
        short.append(scale.removeprefix("custom: ").rpartition(" (")[0])
    return _custom(short, left)


def _custom(smaller: Sequence[str], floor: Sequence[str]) -> str:
    return f"custom: {', '.join(smaller)} ({f'at least {floor[-1]}' if floor else f'below {SCALES[0]}'})"


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(path)
    return found


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with another one over it, section by section."""
    both = {key: merged(base[key], over[key]) for key in base.keys() & over.keys() if isinstance(base[key], Mapping)}
    return {**base, **over, **both}


def _at(config: Settings, path: str) -> Any:
    found: Any = config
    for key in path.split("."):
        found = found[key]
    return found


def _leaves(path: str, schema: Schema) -> Iterator[tuple[str, str]]:
    if "properties" in schema:
        for key, child in schema["properties"].items():
            yield from _leaves(f"{path}.{key}", child)
    else:
        yield path, schema.get("size", "none")
