"""Check a configuration against its schema and say, in sentences, everything that is wrong with it."""

import functools
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema

from homeostat.errors import ConfigError, nearest
from homeostat.yaml_files import read_yaml

Schema = Mapping[str, Any]

_TYPE_NAMES = {
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a section of keys",
    "null": "null",
}
_NUMBERS = ("integer", "number")


def _is_finite_number(checker: Any, value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


# JSON has neither NaN nor infinity, but YAML has, and a NaN passes every range check.
_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite_number),
)


def load_schema(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a schema (YAML) and check that it is one itself."""
    return _load_schema(Path(path))


@functools.cache
def _load_schema(path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = read_yaml(path)
    _close(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def _close(node: dict[str, Any]) -> None:
    """Say of each node with properties that it is an object and has no others."""
    if "properties" in node:
        node.setdefault("type", "object")
        node.setdefault("additionalProperties", False)
        for child in node["properties"].values():
            _close(child)


def schema_types(schema: Schema) -> tuple[str, ...]:
    """Return the types that a schema node allows; none named means any."""
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def describe(schema: Schema) -> str:
    """Say which values a schema node allows: ``"an integer from 1 to 20, or null"``."""
    if "enum" in schema:
        return "one of " + ", ".join("null" if value is None else str(value) for value in schema["enum"])
    names = []
    for kind in schema_types(schema):
        name = _TYPE_NAMES[kind]
        if kind in _NUMBERS:
            name += _describe_range(schema)
        elif kind == "array":
            name += _describe_items(schema)
        names.append(name)
    return ", or ".join(names)


def _describe_range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        text = f" from {low} to {high}"
    else:
        bounds = (("above", above), ("from", low), ("up to", high), ("below", below))
        parts = [f"{word} {bound}" for word, bound in bounds if bound is not None]
        text = f" {' and '.join(parts)}" if parts else ""
    return text + (f" that is a multiple of {schema['multipleOf']}" if "multipleOf" in schema else "")


def _describe_items(schema: Schema) -> str:
    notes = [f"each {describe(schema['items'])}"] if "items" in schema else []
    if "minItems" in schema:
        most = f" and at most {schema['maxItems']}" if "maxItems" in schema else ""
        notes.append(f"at least {schema['minItems']}{most}")
    if schema.get("uniqueItems"):
        notes.append("none twice")
    return f" ({'; '.join(notes)})" if notes else ""


def validate_config(
    config: Mapping[str, Any], schema_path: str | os.PathLike[str], *, complete: bool = True
) -> dict[str, Any]:
    """Return ``config`` with every value in its schema's type, or say all that is wrong with it.

    Snakemake hands over parts of ``--config`` values as text, and YAML 1.1 reads ``1e-3`` as text too, so
    text that spells a value of the expected type is taken as that value.

    Parameters
    ----------
    config
        The merged configuration.
    schema_path
        A JSON schema (2020-12) written as YAML.
    complete
        Whether a key that the schema describes and ``config`` lacks is an error. Overlays are incomplete.

    Raises
    ------
    ConfigError
        One sentence for each problem: the key's path, what was found, and what is allowed.
    """
    schema = load_schema(schema_path)
    coerced: dict[str, Any] = _coerce(config, schema)
    problems = [sentence for error in _Validator(schema).iter_errors(coerced) for sentence in _sentences(error)]
    if complete:
        problems += list(_missing(coerced, schema))
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ConfigError(f"The configuration has {count}:\n  " + "\n  ".join(sorted(set(problems))))
    return coerced


def _coerce(value: Any, schema: Schema) -> Any:
    types = schema_types(schema)
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        return {key: _coerce(item, known.get(key, {})) for key, item in value.items()}
    if "array" in types:
        if isinstance(value, str) and "string" not in types and not _spells_null(value, types):
            value = [value]  # --config studies=mayzel2024
        if isinstance(value, list):
            return [_coerce(item, schema.get("items", {})) for item in value]
    if isinstance(value, str):
        return _from_text(value, types)
    if isinstance(value, float) and value.is_integer() and "integer" in types and "number" not in types:
        return int(value)
    return value


def _spells_null(text: str, types: tuple[str, ...]) -> bool:
    return "null" in types and text.strip().lower() in ("", "null", "~")


def _from_text(text: str, types: tuple[str, ...]) -> Any:
    if _spells_null(text, types):
        return None
    if "string" in types:
        return text
    if "boolean" in types and text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind, parse in (("integer", int), ("number", float)):
        if kind in types:
            try:
                return parse(text)
            except ValueError:
                continue
    return text


def _missing(value: Any, schema: Schema, path: str = "") -> Iterator[str]:
    if not isinstance(value, Mapping):
        return
    for key, child in schema.get("properties", {}).items():
        where = f"{path}.{key}" if path else key
        if key not in value:
            yield f"{where}: this key is missing; give {describe(child)}."
        else:
            yield from _missing(value[key], child, where)


def _shown(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _sentences(error: jsonschema.ValidationError) -> Iterator[str]:
    schema, value = error.schema, error.instance
    if error.validator == "additionalProperties":
        yield from _unknown_keys(list(error.absolute_path), value, schema)
        return
    where = ".".join(map(str, error.absolute_path)) or "The whole"
    hint = nearest(str(value), map(str, schema["enum"])) if error.validator == "enum" else ""
    yield f"{where}: {_shown(value)} is not allowed; give {describe(schema)}{hint or '.'}"


def _unknown_keys(path: list[Any], value: Mapping[Any, Any], schema: Schema) -> Iterator[str]:
    known, removed = schema["properties"], schema.get("removed", {})
    for key in value:
        if key not in known:
            where = ".".join(map(str, [*path, key]))
            inside = [section for section, child in known.items() if key in child.get("properties", {})]
            if key in removed:
                hint = f" any more: {removed[key]}."
            elif inside:
                hint = f"; it stands below {' or '.join(inside)}, as {inside[0]}: {{{key}: ...}}."
            else:
                hint = nearest(str(key), known) or "; known here: " + ", ".join(known) + "."
            yield f"{where}: there is no such key{hint}"
