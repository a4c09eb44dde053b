"""The part of a configuration that one study's numbers depend on."""

from collections.abc import Iterator, Mapping
from typing import Any

# Sections and keys outside a study's own that its numbers depend on.
SHARED = {
    "mayzel2024": ("recording", "recording_options", "surrogate", "generator"),
    "shen2021": ("street_digits",),
}
# How many seeds or configurations one job computes: numbers differ by rounding at most.
BLOCKS = ("seeds_per_job", "configurations_per_job")


def settings_of(study: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the numbers of a study depend on, as dotted paths and values; blocks of seeds are left out.

    >>> settings_of("keck2012", {"device": "cpu", "keck2012": {"bars": {"seeds": 2, "seeds_per_job": 1}}})
    {'keck2012.bars.seeds': 2}
    """
    return {path: value for path, value in _leaves(study, config) if path.rpartition(".")[2] not in BLOCKS}


def blocks_of(study: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the jobs of a study are cut into blocks of seeds, as dotted paths and values."""
    found = {path: value for path, value in _leaves(study, config) if path.rpartition(".")[2] in BLOCKS}
    return {**({"seeds_per_job": config["seeds_per_job"]} if "seeds_per_job" in config else {}), **found}


def differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """Return the dotted paths on which two settings differ, each with both values as text."""
    paths = [path for path in dict.fromkeys([*a, *b]) if a.get(path) != b.get(path)]
    return [f"{path} {a.get(path)} (there {b.get(path)})" for path in paths]


def _leaves(study: str, config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in (study, *SHARED.get(study, ())):
        if name in config:
            yield from _below(name, config[name])


def _below(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _below(f"{path}.{key}", value[key])
    else:
        yield path, value
