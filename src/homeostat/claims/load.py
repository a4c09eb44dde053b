"""Read a claims file (config/claims/STUDY.yaml) and say, in sentences, what is wrong with it."""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from homeostat.claims.claim import Claim, Paper, make_relation
from homeostat.claims.formula import Formula
from homeostat.claims.select import Selection
from homeostat.config import describe, load_schema
from homeostat.errors import ConfigError, nearest
from homeostat.yaml_files import read_yaml

SCHEMA = Path(__file__).with_name("claims.schema.yaml").resolve()  # in a checkout, a link to workflow/schemas/


def load_claims(path: str | os.PathLike[str]) -> list[Claim]:
    """Read and check the claims of one study.

    Raises
    ------
    ConfigError
        The file is missing, no YAML, or does not follow workflow/schemas/claims.schema.yaml, or a formula
        cannot be; each problem is named with its claim and key.
    """
    where = Path(path)
    try:
        raw = read_yaml(where)
    except FileNotFoundError:
        raise ConfigError(f"{where}: there is no such file") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{where}: cannot be read as YAML ({error})") from error
    validator = jsonschema.Draft202012Validator(load_schema(SCHEMA))
    problems = [sentence for error in validator.iter_errors(raw) for sentence in _sentences(error, raw)]
    claims: list[Claim] = []
    if not problems:
        for given in raw["claims"]:
            try:
                claims.append(_claim(raw, given))
            except ValueError as error:
                problems.append(f"{given['id']}: {error}")
        ids = [claim.id for claim in claims]
        problems += [f"{name}: this id is used twice" for name in sorted(set(ids)) if ids.count(name) > 1]
    if problems:
        raise ConfigError(f"{where}:\n  " + "\n  ".join(problems))
    return claims


# Stands in a selection for the name of the reading.
PLACE = "{reading}"


def _claim(study: Mapping[str, Any], given: Mapping[str, Any]) -> Claim:
    if given["rank"] == "headline" and given["source"] == "ours":
        raise ValueError("rank: a headline must be the paper's; give a rank of detail or check, or another source")
    readings = given.get("readings")
    if readings is None:
        if PLACE in str(given):
            raise ValueError(f"{PLACE} stands in a claim that has no readings; give readings")
        return _one(study, given)
    changes = readings if isinstance(readings, Mapping) else {name: {} for name in readings}
    each = tuple(_one(study, given, name, change) for name, change in changes.items())
    if len({str(claim.terms) for claim in each}) < len(each):
        raise ValueError(f"readings: two of them select the same; write {PLACE} in the selections where they differ")
    return replace(each[0], panel=given["panel"], reading="", readings=each)


def _one(
    study: Mapping[str, Any], given: Mapping[str, Any], reading: str = "", change: Mapping[str, str] | None = None
) -> Claim:
    """Return a claim in one reading: ``{reading}`` is filled in, and the keys of ``change`` replace those shared."""
    paper = Paper(**given["paper"]) if "paper" in given else None
    relation, averaged = make_relation(given["relation"], paper), given.get("seeds") == "averaged"
    if relation.every_seed and averaged:
        raise ValueError("seeds are averaged, so the relation cannot ask of every seed")
    place = {"figure": given["figure"], "panel": given["panel"], **(change or {})}
    shared = {**place, **_filled(given.get("select", {}), reading)}
    terms = {name: _selection(shared, _filled(term, reading)) for name, term in given["terms"].items()}
    where = given.get("where")
    return Claim(
        study=study["study"],
        id=given["id"],
        figure=given["figure"],
        panel=place["panel"],
        claim=" ".join(given["claim"].split()),
        terms=terms,
        formula=Formula(given["value"], tuple(terms)),
        relation=relation,
        source=given["source"],
        rank=given["rank"],
        where=where and (_selection(place, where["curve"]), _selection(place, where["above"])),
        reading=reading,
        averaged=averaged,
        scale=given.get("scale", study["scale"]),
        real_data=given.get("data", study["data"]) == "real",
        paper=paper,
        unit=given.get("unit", ""),
        note=" ".join(given.get("note", "").split()),
    )


def _filled(part: Any, reading: str) -> Any:
    """Return a part of a claim with the reading's name in place of ``{reading}``."""
    if isinstance(part, str):
        return part.replace(PLACE, reading)
    if isinstance(part, list):
        return [_filled(each, reading) for each in part]
    return {key: _filled(each, reading) for key, each in part.items()} if isinstance(part, Mapping) else part


def _selection(shared: Mapping[str, Any], term: str | list[str] | Mapping[str, Any]) -> Selection:
    chosen = {**shared, **(term if isinstance(term, Mapping) else {"condition": term})}
    condition = chosen.pop("condition", None)
    if condition is not None:
        chosen["condition"] = (condition,) if isinstance(condition, str) else tuple(condition)
    if "x" in chosen:
        low, high = chosen["x"] if isinstance(chosen["x"], list) else (chosen["x"], chosen["x"])
        chosen["x"] = (-math.inf if low is None else float(low), math.inf if high is None else float(high))
    if "read_at" in chosen:
        chosen["read_at"] = tuple(sorted(map(float, chosen["read_at"])))
    return Selection(**chosen)


def _sentences(error: jsonschema.ValidationError, raw: Any) -> Iterator[str]:
    where, schema, value = _place(error, raw), error.schema, error.instance
    if error.validator == "additionalProperties":
        known = schema["properties"]
        for key in value:
            if key not in known:
                hint = nearest(str(key), known) or f"; known here: {', '.join(known)}"
                yield f"{where}: there is no such key as {key!r}{hint}"
    elif error.validator == "required":
        yield from (
            f"{where}: the key {key!r} is missing; needed are {', '.join(schema['required'])}"
            for key in schema["required"]
            if key not in value
        )
    elif error.validator == "oneOf":
        choices = ", ".join(choice["required"][0] for choice in schema["oneOf"])
        yield f"{where}: give exactly one of {choices}"
    else:
        yield f"{where}: {value!r} is not allowed; give {describe(schema)}"


def _place(error: jsonschema.ValidationError, raw: Any) -> str:
    """Return where in the file an error is: the claim by its id, where it has one, and the keys below."""
    path = list(error.absolute_path)
    if len(path) >= 2 and path[0] == "claims":
        claim = raw["claims"][path[1]]
        name = claim.get("id") if isinstance(claim, Mapping) else None
        path = [str(name) if name else f"claim {int(path[1]) + 1}", *path[2:]]
    return ".".join(map(str, path)) or "the whole file"
