"""The configuration: valid as shipped, and every mistake answered with a sentence."""

import copy
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline import ROOT

from homeostat import config_docs
from homeostat.config import describe, load_schema, schema_types, validate_config
from homeostat.errors import ConfigError

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
DEFAULTS = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
OVERLAYS = ["real", "paper", "test"]


def changed(path: str, value: Any) -> dict[str, Any]:
    config = copy.deepcopy(DEFAULTS)
    *sections, key = path.split(".")
    section = config
    for name in sections:
        section = section[name]
    section[key] = value
    return config


def message(config: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        validate_config(config, SCHEMA)
    return str(caught.value)


def nodes(schema: dict[str, Any], path: str = ""):
    for key, child in schema.get("properties", {}).items():
        where = f"{path}.{key}" if path else key
        yield where, child
        yield from nodes(child, where)


LEAVES = [path for path, node in nodes(load_schema(SCHEMA)) if "properties" not in node]


def test_default_is_valid_and_complete_and_comes_back_unchanged() -> None:
    assert validate_config(DEFAULTS, SCHEMA) == DEFAULTS


@pytest.mark.parametrize("name", OVERLAYS)
def test_overlay_names_known_keys_with_valid_values(name: str) -> None:
    overlay = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    assert validate_config(overlay, SCHEMA, complete=False) == overlay


def test_schema_describes_each_key_and_refuses_others() -> None:
    schema = load_schema(SCHEMA)
    for path, node in [("the top", schema), *nodes(schema)]:
        assert node.get("description"), path
        assert node.get("type"), path
        if "properties" in node:
            assert node["additionalProperties"] is False, path
        elif "enum" not in node and {"integer", "number"} & set(schema_types(node)):
            assert "maximum" in node, path
            assert "minimum" in node or "exclusiveMinimum" in node, path


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("devise", "cpu", "devise: there is no such key; did you mean 'device'?"),
        ("mayzel2024.seed", 1, "mayzel2024.seed: there is no such key; did you mean 'seeds'?"),
        ("mayzel2024.steps.zzz", 1, "known here: rp, reshaped, backprop, pairwise, sgd."),
        ("device", "gpu", "device: 'gpu' is not allowed; give one of auto, cpu, cuda; did you mean 'cpu'?"),
        ("mayzel2024.seeds", 0, "mayzel2024.seeds: 0 is not allowed; give an integer from 1 to 10000."),
        ("mayzel2024.seeds", 2.5, "mayzel2024.seeds: 2.5 is not allowed"),
        ("mayzel2024.seeds", True, "mayzel2024.seeds: true is not allowed"),
        ("mayzel2024.seeds", None, "mayzel2024.seeds: null is not allowed"),
        ("mayzel2024.slope", -1.0, "give a number above 0 and up to 1000."),
        ("mayzel2024.slope", math.nan, "mayzel2024.slope: nan is not allowed"),
        ("mayzel2024.slope", math.inf, "mayzel2024.slope: inf is not allowed"),
        ("mayzel2024.threshold", "high", "mayzel2024.threshold: 'high' is not allowed; give a number"),
        ("mayzel2024.fig1.projections", [], "give a list (each an integer from 1 to 100000; at least 1"),
        ("mayzel2024.fig1.projections", [5, 5], "none twice"),
        ("mayzel2024.fig1.projections", [5, 0], "mayzel2024.fig1.projections.1: 0 is not allowed"),
        ("mayzel2024", None, "mayzel2024: null is not allowed; give a section of keys."),
        ("mayzel2024.ais", [1], "mayzel2024.ais: [1] is not allowed; give a section of keys."),
        ("mayzel2024.chains", 100, "an integer from 64 to 1000000 that is a multiple of 64."),
        ("recording_options.time_unit", "min", "give one of s, ms, null"),
        ("recording", 7, "recording: 7 is not allowed; give text."),
        (5, 1, "5: there is no such key; known here: run, "),
        ("scale", "paper", "scale: there is no such key any more: the scale of a study is read from its sizes; delete"),
        ("bin_ms", 10, "it stands below recording_options, as recording_options: {bin_ms: ...}."),
        ("seeds", 10, "seeds: there is no such key; it stands below mayzel2024 or shen2021"),
    ],
)
def test_mistake_is_answered_with_key_value_and_what_is_allowed(path: Any, value: Any, expected: str) -> None:
    config = {**DEFAULTS, path: value} if isinstance(path, int) else changed(path, value)
    assert expected in message(config)


def test_all_mistakes_are_told_at_once() -> None:
    config = changed("mayzel2024.seeds", -3)
    config["device"] = "tpu"
    config["mirorr"] = None
    del config["seeds_per_job"]
    text = message(config)
    assert text.startswith("The configuration has 4 problems:\n")
    assert len(text.splitlines()) == 5
    assert "seeds_per_job: this key is missing; give an integer from 1 to 1000." in text


def test_not_a_mapping_at_all() -> None:
    assert "give a section of keys" in message([])


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("mayzel2024.seeds", "3", 3),
        ("mayzel2024.seeds", 3.0, 3),
        ("mayzel2024.learning_rate.rp", "1e-3", 1e-3),  # YAML 1.1 reads 1e-3 as text
        ("mayzel2024.fig1.projections", ["10", "20"], [10, 20]),  # parts of --config values are text
        ("mayzel2024.batch", "null", None),
        ("mirror", "", None),
        ("recording_options.drop_bad_units", "True", True),
        ("studies", "mayzel2024", ["mayzel2024"]),
        ("recording", "my data/ü 1.nwb", "my data/ü 1.nwb"),
    ],
)
def test_text_that_spells_the_expected_type_is_taken(path: str, value: Any, expected: Any) -> None:
    assert validate_config(changed(path, value), SCHEMA) == changed(path, expected)


def test_input_is_not_modified() -> None:
    config = changed("mayzel2024.seeds", "3")
    before = copy.deepcopy(config)
    validate_config(config, SCHEMA)
    assert config == before


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(DEFAULTS)) | st.text(), values, max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_mapping_is_accepted_or_refused_with_a_sentence(config: dict[str, Any]) -> None:
    try:
        validate_config(config, SCHEMA, complete=False)
    except ConfigError as error:
        assert str(error).startswith("The configuration has ")


@given(st.sampled_from(LEAVES), values)
@settings(max_examples=300, deadline=None)
def test_any_value_of_a_key_is_accepted_or_the_key_is_named(path: str, value: Any) -> None:
    try:
        validate_config(changed(path, value), SCHEMA)
    except ConfigError as error:
        assert f"\n  {path}" in str(error)


def test_page_of_keys_is_up_to_date(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    config_docs.main(["--schema", str(SCHEMA), "--config", str(ROOT / "config" / "config.yaml"), "--output", str(page)])
    assert page.read_text() == (ROOT / "config" / "README.md").read_text(), (
        "config/README.md is out of date: run `make config-docs`"
    )


def test_page_names_every_key_with_its_range() -> None:
    page = (ROOT / "config" / "README.md").read_text()
    schema = load_schema(SCHEMA)
    for path, node in nodes(schema):
        assert f"`{path}`" in page or "properties" in node, path
        if "properties" not in node:
            assert describe(node) in page, path
