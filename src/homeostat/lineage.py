"""What made a result: the tree of keys behind a file, with settings, data, code and device (docs/store.md)."""

import csv
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from homeostat.errors import DataError
from homeostat.keys import DIGITS, key_in, key_of

RECORD = ".recipe.json"
_KEY = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
_HASH = re.compile(r"[0-9a-f]{32,}")
# So many jobs of one rule are listed below a result; of more, the first.
_MOST = 6


@dataclass(frozen=True)
class Made:
    """One stored result: how it was made, as the record beside it says.

    Attributes
    ----------
    key, rule
        Its key, and the rule of the workflow.
    condition
        The rule's wildcards: condition, seeds, recording.
    settings
        What the job got of the configuration.
    inputs
        By name, the keys of stored results; ``sha256:...`` of the content of a file that is not a result.
    code
        Hash of the code.
    git_revision, versions
        Revision of the source tree and versions of packages in the run that first asked for it.
    files
        Its files that are there.
    problem
        What is wrong with the record; empty where it is whole.
    """

    key: str
    rule: str = "unknown"
    condition: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    code: str = ""
    git_revision: str = "unknown"
    versions: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()
    problem: str = ""

    @property
    def needs(self) -> list[str]:
        """The keys of stored results that it was made from, each once."""
        return list(dict.fromkeys(key for keys in self.inputs.values() for key in keys if ":" not in key))


class Store:
    """The records of a store.

    Parameters
    ----------
    results
        The folder that holds ``store/``.
    """

    def __init__(self, results: str | os.PathLike[str]) -> None:
        self._results = Path(results)
        self._made: dict[str, Made] = {}
        self._told: dict[str, dict[str, str]] = {}

    @cached_property
    def _records(self) -> dict[str, Path]:
        found = (self._results / "store").rglob(f"*{RECORD}")
        return {str(key_in(path.as_posix())): path for path in sorted(found)}

    def made(self, key: str) -> Made:
        """Return how the result of a key was made; with a ``problem`` where its record is missing or damaged."""
        if key not in self._made:
            self._made[key] = self._read(key)
        return self._made[key]

    def told(self, key: str) -> dict[str, str]:
        """Return the ``device`` and ``data`` that the files of a result name themselves; empty where they do not."""
        if key not in self._told:
            self._told[key] = _told_by([Path(path) for path in self.made(key).files])
        return self._told[key]

    def behind(self, key: str) -> dict[str, Made]:
        """Return a result and everything that it was made from, by key; the result first."""
        found: dict[str, Made] = {}
        waiting = [key]
        while waiting:
            each = waiting.pop(0)
            if each not in found:
                found[each] = self.made(each)
                waiting += found[each].needs
        return found

    def _read(self, key: str) -> Made:
        path = self._records.get(key)
        if path is None:
            return Made(key, problem="there is no record of it: it was deleted, or not copied")
        # The key stands in the names of files, or in that of their folder.
        beside = path.parent.glob("*" if key in path.parent.name else f"*.{key}.*")
        named = [each for each in sorted(beside) if not each.name.endswith(RECORD)]
        files = [each.as_posix() for each in named]
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            recipe = record["recipe"]
            made = Made(
                key,
                str(recipe["rule"]),
                dict(recipe.get("condition", {})),
                dict(recipe.get("settings", {})),
                dict(recipe.get("inputs", {})),
                str(recipe.get("code", "")),
                str(record["git_revision"]),
                dict(record["versions"]),
                files,
                "" if key_of(recipe) == key else f"{path} was changed: it is not the recipe of this key",
            )
            iter(made.needs)  # refuses inputs that are not lists
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return Made(key, files=files, problem=f"{path} cannot be read ({error!r})")
        return made


def _told_by(files: Sequence[Path]) -> dict[str, str]:
    """Return the device and the data that a result's own files name: an NPZ in its record, a table in its columns."""
    found: dict[str, set[str]] = {"device": set(), "data": set()}
    for path in files:
        if path.suffix == ".npz":
            meta = record(path)
            found["device"].add(str(meta.get("device") or ""))
            inner = meta["recording"] if isinstance(meta.get("recording"), dict) else meta
            found["data"].add(str(inner.get("content_hash") or inner.get("content_sha256") or ""))
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as stream:
                rows = csv.reader(stream)
                columns = next(rows, [])
                at = {name: columns.index(name) for name in found if name in columns}
                for row in rows:
                    for name, column in at.items():
                        found[name].add(row[column])
    return {name: ", ".join(sorted(values - {""})) for name, values in found.items()}


def record(path: Path) -> dict[str, Any]:
    """Return the record that an NPZ of this project carries; empty for any other file, or none. Reads nothing else."""
    import numpy as np  # the tree of a figure needs it for fits only

    try:
        with np.load(path, allow_pickle=False) as archive:
            found = json.loads(archive["meta_json"].tobytes())
    except Exception:  # zipfile and numpy raise nearly anything on garbled bytes
        return {}
    return found if isinstance(found, dict) else {}


def content(path: Path) -> str:
    """Return the hash of a recording's words, or the path of a file that has none."""
    its = record(path)
    inner = its["recording"] if isinstance(its.get("recording"), dict) else its
    return str(inner.get("content_hash") or inner.get("content_sha256") or path)


def locate(name: str) -> tuple[Store, str]:
    """Return the store and the key of a file: a view, a stored result, or a key itself in this folder's results.

    Raises
    ------
    DataError
        There is no such file, no store above it, or nothing in the store that it is a copy of.
    """
    if _KEY.fullmatch(name) and not Path(name).exists():
        store = Store("results")
        if store.made(name).problem and not store.made(name).files:
            raise DataError(f"{name}: there is no result of this key in results/store")
        return store, name
    path = Path(name)
    if not path.is_file():
        raise DataError(f"{name}: there is no such file; name a figure, a table or a result, or a key")
    # As it was written, where that is enough: names in the answer are then relative, too.
    above = [*path.parents, *path.absolute().parents]
    results = next((folder for folder in above if (folder / "store").is_dir()), None)
    if results is None:
        raise DataError(f"{name}: there is no folder store/ above it, so nobody wrote down what made it")
    named = key_in(path.as_posix())
    if named and (results / "store").absolute() in path.absolute().parents:
        return Store(results), named
    return Store(results), _key_of_view(path, results)


def _key_of_view(path: Path, results: Path) -> str:
    """Return the key of a view, as its run's manifest has it; the view must still be what the store holds."""
    shown = path.absolute()
    for folder in (each for each in shown.parents if (each / "run.json").is_file()):
        try:
            views = json.loads((folder / "run.json").read_text(encoding="utf-8"))["views"]
            # Manifests name views from the folder that the run worked in.
            key = {(results.absolute().parent / view): key for view, key in views.items()}.get(shown)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{folder / 'run.json'}: this is not the manifest of a run ({error!r})") from error
        if key:
            files = [Path(each) for each in Store(results).made(key).files]
            if any(each.suffix == path.suffix and each.read_bytes() == path.read_bytes() for each in files):
                return str(key)
            raise DataError(f"{path}: it differs from the stored copy; it was changed, or copied from elsewhere")
    raise DataError(f"{path}: no run.json above it names this file; `make figures` writes what made which file")


def tree(store: Store, key: str, *, every: bool = False) -> Iterator[str]:
    """Yield the lines of the tree behind a key: each result once, with what is special about it.

    Parameters
    ----------
    store
        The records.
    key
        Whose tree.
    every
        Whether all results of one rule are listed, however many there are.
    """
    told: set[str] = set()
    yield from _lines(store, key, "", "", told, every, None)


def _lines(
    store: Store, key: str, head: str, indent: str, told: set[str], every: bool, before: Made | None
) -> Iterator[str]:
    made = store.made(key)
    condition = ", ".join(f"{name} {value}" for name, value in made.condition.items())
    if key in told:
        yield f"{head}{key}  as above"
        return
    yield f"{head}{key}  {made.rule}{f': {condition}' if condition else ''}"
    told.add(key)
    below = [(name, each) for name, keys in made.inputs.items() for each in dict.fromkeys(keys)]
    bar = f"{indent}{'│' if below else ' '}  "
    yield from (f"{bar}{line}" for line in _about(store, made, before))
    listed = list(_grouped(store, below, every))
    for number, (name, each, more) in enumerate(listed):
        last = number == len(listed) - 1
        branch, following = (f"{indent}└─ ", f"{indent}   ") if last else (f"{indent}├─ ", f"{indent}│  ")
        label = f"{name}: " if name != "input" else ""
        if ":" in each:
            yield f"{branch}{label}a file with the {each.replace(':', ' ', 1)}"
        elif more:
            yield f"{branch}and {more} more of {store.made(each).rule} (--all lists them)"
        else:
            yield from _lines(store, each, f"{branch}{label}", following, told, every, _sibling(store, listed, number))


def _grouped(store: Store, below: Sequence[tuple[str, str]], every: bool) -> Iterator[tuple[str, str, int]]:
    """Yield (name, key, how many more stand for this one); 0 for a result that is listed itself."""
    rules = [store.made(key).rule if ":" not in key else key for _, key in below]
    for rule in dict.fromkeys(rules):
        its = [each for each, of in zip(below, rules, strict=True) if of == rule]
        shown = its if every or len(its) <= _MOST + 1 else its[:_MOST]
        yield from ((*each, 0) for each in shown)
        if len(shown) < len(its):
            yield (*its[len(shown)], len(its) - len(shown))


def _sibling(store: Store, listed: Sequence[tuple[str, str, int]], number: int) -> Made | None:
    """Return the result that stands before one, if it is of the same rule."""
    if number == 0 or ":" in listed[number - 1][1] or listed[number - 1][2]:
        return None
    before = store.made(listed[number - 1][1])
    return before if before.rule == store.made(listed[number][1]).rule else None


def _about(store: Store, made: Made, before: Made | None) -> Iterator[str]:
    """Yield what else is to say of a result; what is as in the sibling before it is not said twice."""
    if made.problem:
        yield f"PROBLEM: {made.problem}"
    elif not made.files:
        yield "its files are not there any more"
    settings = {
        name: value for name, value in made.settings.items() if not before or before.settings.get(name) != value
    }
    if settings:
        yield "settings: " + ", ".join(f"{name} {_shown(value)}" for name, value in settings.items())
    facts = _facts(store, made)
    if before:
        usual = _facts(store, before)
        facts = {name: value for name, value in facts.items() if value != usual[name]}
    facts = {name: value for name, value in facts.items() if value and value != "unknown"}
    if facts:
        yield ", ".join(f"{name} {value}" for name, value in facts.items())


def _facts(store: Store, made: Made) -> dict[str, str]:
    told = store.told(made.key)
    # The whole hash of the data is in the JSON.
    short = f"{told['data'][:DIGITS]}…" if _HASH.fullmatch(told["data"]) else told["data"]
    return {"code": made.code, "revision": made.git_revision, "device": told["device"], "data": short}


def _shown(value: Any) -> str:
    if isinstance(value, list):
        unique = list(dict.fromkeys(map(str, value)))
        return "[" + ", ".join(unique[:_MOST]) + (", …" if len(unique) > _MOST else "") + "]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_json(store: Store, key: str) -> str:
    """Return everything behind a key as JSON: ``key``, and ``made``, the results by key."""
    found = {each: asdict(made) | store.told(each) for each, made in store.behind(key).items()}
    return json.dumps({"key": key, "made": found}, indent=1, ensure_ascii=False)
