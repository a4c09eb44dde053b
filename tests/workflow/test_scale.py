"""The scale of a study: read from its sizes, whatever anyone calls it."""

import copy
from typing import Any

import pytest
from pipeline import ROOT

from homeostat.config import load_schema, schema_types
from homeostat.scale import KINDS, SCALES, Size, limited, load_presets, reaches, scale_of, sizes_of

SCHEMA = load_schema(ROOT / "workflow/schemas/config.schema.yaml")
PRESETS = load_presets(ROOT / "config")
STUDIES = SCHEMA["properties"]["studies"]["items"]["enum"]


def changed(preset: str, **values: Any) -> dict[str, Any]:
    """Return a shipped configuration with some values changed; paths are written with ``__``."""
    config = copy.deepcopy(PRESETS[preset])
    for path, value in values.items():
        *sections, key = path.split("__")
        section = config
        for name in sections:
            section = section[name]
        section[key] = value
    return config


def scale(study: str, preset: str, **values: Any) -> str:
    return scale_of(study, changed(preset, **values), PRESETS, SCHEMA)


def leaves(path: str, node: dict[str, Any]):
    for key, child in node.get("properties", {}).items():
        yield from leaves(f"{path}.{key}", child)
    if "properties" not in node:
        yield path, node


@pytest.mark.parametrize("section", [*STUDIES, *(name for name, c in SCHEMA["properties"].items() if "counts" in c)])
def test_every_number_and_list_of_a_study_says_whether_it_is_a_size(section: str) -> None:
    for path, node in leaves(section, SCHEMA["properties"][section]):
        if {"integer", "number", "array"} & set(schema_types(node)):
            assert node.get("size") in KINDS, f"{path}: add size: larger, smaller, count or none"
            assert (node["size"] != "count") or schema_types(node) == ("array",), path
        else:
            assert "size" not in node, path


@pytest.mark.parametrize("study", STUDIES)
def test_shipped_configurations_are_what_they_are_called_and_grow(study: str) -> None:
    assert [scale(study, name) for name in SCALES] == list(SCALES)
    for index, name in enumerate(SCALES):
        for smaller in SCALES[: index + 1]:
            for size in sizes_of(study, PRESETS[name], SCHEMA):
                if size.path in ("mayzel2024.chains", "mayzel2024.batch"):
                    continue  # larger runs have fewer of them, and more steps
                values = []
                for config in (PRESETS[name], PRESETS[smaller]):
                    value: Any = config
                    for key in size.path.split("."):
                        value = value[key]
                    values.append(value)
                assert not size.smaller(*values), f"{size.path} is smaller in {name} than in {smaller}"


@pytest.mark.parametrize(
    ("study", "preset", "values", "expected"),
    [
        ("mayzel2024", "default", {"mayzel2024__seeds": 10}, "default"),
        ("mayzel2024", "real", {"mayzel2024__seeds": 11, "mayzel2024__batch": None}, "real"),
        ("mayzel2024", "default", {"mayzel2024__projections": 100}, "custom: projections 100 (at least test)"),
        ("mayzel2024", "paper", {"mayzel2024__seeds": 50}, "custom: seeds 50 (at least real)"),
        ("mayzel2024", "test", {"mayzel2024__seeds": 1}, "custom: seeds 1 (below test)"),
        # Sizes of other studies, what is not a size, and a coarser stopping rule.
        ("mayzel2024", "real", {"krishna2024__seeds": 1, "mayzel2024__learning_rate__rp": 1e-9}, "real"),
        ("mayzel2024", "real", {"mayzel2024__tolerance": 5.0}, "custom: tolerance 5 (below test)"),
        ("mayzel2024", "real", {"mayzel2024__budgets": [1.0]}, "custom: budgets 1 value (below test)"),
        (
            "mayzel2024", "real", {"mayzel2024__fig1__projections": list(range(10, 90, 10))},
            "custom: fig1.projections up to 80 (at least test)",
        ),
        # The surrogate counts where it is used.
        ("mayzel2024", "default", {"surrogate__thin": 1}, "custom: surrogate.thin 1 (below test)"),
        ("mayzel2024", "real", {"surrogate__thin": 1}, "real"),
        ("shen2021", "default", {"street_digits__train": 500}, "custom: street_digits.train 500 (below test)"),
        ("shen2021", "real", {"street_digits__train": 500}, "real"),
        ("shen2021", "default", {"shen2021__train_images": 40000}, "custom: train_images 40,000 (at least test)"),
        (
            "krishna2024", "paper",
            {"krishna2024__seeds": 1, "krishna2024__position__batches": 1, "krishna2024__heading__batches": 1,
             "krishna2024__gru__batches": 1, "krishna2024__quiescence__runs": 4},
            "custom: seeds 1, position.batches 1, gru.batches 1, 2 more (below test)",
        ),
        ("keck2012", "paper", {"keck2012__digits__batch": 100}, "custom: digits.batch 100 (at least real)"),
    ],
)  # fmt: skip
def test_scale_is_read_from_the_sizes(study: str, preset: str, values: dict[str, Any], expected: str) -> None:
    assert scale(study, preset, **values) == expected


def test_the_label_of_a_user_says_nothing() -> None:
    assert scale("mayzel2024", "test", scale="paper") == "test"


def test_too_few_data_count_as_what_there_is() -> None:
    effective = {"mayzel2024.train_samples": 32_000, "mayzel2024.test_samples": 8_000}
    found = scale_of("mayzel2024", PRESETS["real"], PRESETS, SCHEMA, effective)
    assert found == "custom: train_samples 32,000, test_samples 8,000 (at least test)"


@pytest.mark.parametrize(
    ("word", "reached"),
    [
        ("test", ["test"]),
        ("real", ["test", "default", "real"]),
        ("custom: seeds 50 (at least real)", ["test", "default", "real"]),
        ("custom: seeds 1 (below test)", []),
        ("custom", []),
        ("huge", []),
        ("(at least real) paper", []),
    ],
)
def test_a_scale_reaches_those_that_it_is_at_least(word: str, reached: list[str]) -> None:
    assert [name for name in SCALES if reaches(word, name)] == reached


NEEDED = {
    "bins": {"test": 3_000, "default": 50_000, "real": 200_000, "paper": 200_000},
    "neurons": {"test": 20, "default": 50, "real": 50, "paper": 50},
}


@pytest.mark.parametrize(
    ("word", "bins", "neurons", "expected"),
    [
        ("real", 200_000, 50, "real"),
        ("real", 199_999, 80, "custom: bins 199,999 (at least default)"),
        ("paper", 5_000, 30, "custom: bins 5,000, neurons 30 (at least test)"),
        ("default", 50_000, 12, "custom: neurons 12 (below test)"),
        ("custom: seeds 50 (at least real)", 200_000, 50, "custom: seeds 50 (at least real)"),
        ("custom: seeds 50 (at least real)", 60_000, 50, "custom: bins 60,000, seeds 50 (at least default)"),
        ("custom: seeds 1 (below test)", 10, 2, "custom: seeds 1 (below test)"),
    ],
)
def test_data_that_are_too_few_lower_the_scale(word: str, bins: int, neurons: int, expected: str) -> None:
    assert limited(word, {"bins": bins, "neurons": neurons}, NEEDED) == expected


def test_all_there_is_is_never_smaller_and_a_number_is_smaller_than_all() -> None:
    assert Size("n", "larger").smaller(None, 5) == "" and Size("n", "larger").smaller(10**9, None) == "n 1,000,000,000"
