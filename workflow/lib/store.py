"""The store: where each job's results lie, by a key of everything that they are made from (docs/store.md).

All keys are known before anything runs. They follow from the rules as they are written: a rule's program, its shell
command, its params, its wildcards, and the keys of its inputs.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakemake.io import apply_wildcards
from snakemake.iocontainers import Wildcards

from homeostat.keys import Recipe, key_in, key_of, record_beside

STORE = "results/store"
# Params that say how a job runs, not what it makes.
_NOT_IN_KEY = ("checkpoint", "given", "key", "program")


class FileHashes:
    """SHA-256 of the user's own files, remembered by path, size, time and inode.

    Parameters
    ----------
    path
        Where they are remembered (JSON); a file that is not there or damaged is an empty one.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._new = False
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        self._known: dict[str, Any] = found if isinstance(found, dict) else {}

    def __call__(self, file: str) -> str:
        """Return the hash of a file, or ``"missing"`` where there is none (Snakemake says so)."""
        try:
            found = os.stat(file)
        except OSError:
            return "missing"
        identity = [found.st_size, found.st_mtime_ns, found.st_ino]
        name = os.path.abspath(file)
        known = self._known.get(name)
        if not (isinstance(known, list) and known[:-1] == identity):
            with open(file, "rb") as stream:
                known = [*identity, hashlib.file_digest(stream, "sha256").hexdigest()]
            self._known[name], self._new = known, True
        return str(known[-1])

    def save(self) -> None:
        """Write what was learned."""
        if self._new:
            write(self._path, json.dumps(self._known, indent=1, sort_keys=True))
            self._new = False


def chosen(paths: Sequence[str], of: int | str) -> str:
    """Return one of several paths, by its number or a part of its name."""
    return paths[of] if isinstance(of, int) else next(path for path in paths if of in Path(path).name)


def write(path: Path, text: str) -> None:
    """Write a file that is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@dataclass(frozen=True)
class Made:
    """One job of the plan: its rule, its key, what the key is made from, and its files."""

    rule: str
    key: str
    recipe: Recipe
    paths: tuple[str, ...]
    inputs: tuple[str, ...]

    @property
    def record(self) -> str:
        """Where it is written down what the job's files are made from."""
        return record_beside(self.paths[0])

    def write_record(self, **more: Any) -> None:
        """Write down what the job's files are made from, and ``more``; before the job, so that none is without it."""
        write(Path(self.record), json.dumps({"key": self.key, "recipe": self.recipe, **more}, indent=1) + "\n")


class Store:
    """Keys and paths of all results.

    Parameters
    ----------
    rule
        Returns a rule of the workflow by its name.
    file_hash
        Returns the hash of a file that is not a result.
    command
        The shell command of all rules.
    """

    def __init__(self, rule: Callable[[str], Any], file_hash: Callable[[str], str], command: str) -> None:
        self._rule, self._file_hash, self._command = rule, file_hash, command
        self._about: dict[str, _About] = {}
        self._made: dict[tuple[str, ...], Made] = {}
        self._by_key: dict[str, Made] = {}

    def made(self, rule: str, wildcards: Mapping[str, Any]) -> Made:
        """Return the job of a rule for some wildcards; others than the rule's are ignored."""
        about = self._about.get(rule)
        if about is None:
            about = self._about[rule] = _About.of(rule, self._rule(rule))
        try:
            its = {name: str(wildcards[name]) for name in about.wildcards}
        except KeyError as error:
            raise KeyError(f"rule {rule}: its wildcard {error} is not given") from None
        at = (rule, *its.values())
        found = self._made.get(at)
        if found is None:
            found = self._made[at] = self._make(about, its)
            self._by_key[found.key] = found
        return found

    def of_key(self, key: str) -> Made | None:
        """Return the job of a key, among those that were asked for by now."""
        return self._by_key.get(key)

    def _make(self, about: "_About", its: dict[str, str]) -> Made:
        wildcards = Wildcards(fromdict=its)
        inputs: dict[str, list[str]] = {}
        paths: list[str] = []
        for name, item in about.inputs:
            named = item(wildcards) if callable(item) else [each.format(**its) for each in _as_list(item)]
            for path in _as_list(named):
                paths.append(path)
                inputs.setdefault(name or "input", []).append(self._identity(path))
        params = {name: item(wildcards) if callable(item) else item for name, item in about.params}
        recipe: dict[str, Any] = {"rule": about.name, "condition": its, "inputs": inputs}
        if "content" in params:
            # What is known by its content is not made again when the program changes that fetches it.
            recipe |= {"settings": {"content": params["content"]}}
        else:
            code = hashlib.sha256(f"{params.pop('code', '')} {self._command}".encode()).hexdigest()[:16]
            recipe |= {"code": code, "settings": params.pop("settings", {}) | params}
        # As JSON has it, so that what is read back has the same key.
        recipe = json.loads(json.dumps(recipe, default=str))
        key = key_of(recipe)
        outputs = tuple(template.format(**its, key=key) for template in about.outputs)
        return Made(about.name, key, recipe, outputs, tuple(paths))

    def _identity(self, path: str) -> str:
        if path.startswith(STORE):
            key = key_in(path)
            assert key is not None, path
            return key
        return f"sha256:{self._file_hash(path)}"


@dataclass(frozen=True)
class _About:
    """What counts of a rule."""

    name: str
    wildcards: tuple[str, ...]
    inputs: tuple[tuple[str | None, Any], ...]
    params: tuple[tuple[str, Any], ...]
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, name: str, rule: Any) -> "_About":
        names = sorted(rule.wildcard_names - {"key"})
        plain = {name: f"{{{name}}}" for name in (*names, "key")}
        return cls(
            name,
            tuple(names),
            tuple((name, _plain(item)) for name, item in rule.input._allitems()),
            tuple((name, item) for name, item in rule.params._allitems() if name not in _NOT_IN_KEY),
            tuple(str(apply_wildcards(item, plain)) for item in rule.output),
        )


def _plain(item: Any) -> Any:
    """Return an input function as it was written, or a path or several as text."""
    if isinstance(item, str) and getattr(item, "callable", None) is not None:
        return item.callable  # type: ignore[attr-defined]
    if isinstance(item, list):
        return [str(each) for each in item]
    return item if callable(item) else str(item)


def _as_list(value: Any) -> list[str]:
    return [str(value)] if isinstance(value, str | os.PathLike) else [str(each) for each in value]


def same(view: str, stored: str) -> bool:
    """Whether a view is the stored file: byte for byte, whatever the dates."""
    try:
        if os.path.getsize(view) != os.path.getsize(stored):
            return False
        with open(view, "rb") as a, open(stored, "rb") as b:
            while block := a.read(1 << 20):
                if block != b.read(len(block)):
                    return False
    except OSError:
        return False
    return True


def behind(store: Store, keys: Iterable[str]) -> Iterator[Made]:
    """Yield every job behind some keys, each once, a job before those that it was made from."""
    waiting, seen = list(keys), set()
    while waiting:
        key = waiting.pop()
        made = store.of_key(key)
        if made is None or key in seen:
            continue
        seen.add(key)
        yield made
        waiting += [each for of in made.recipe["inputs"].values() for each in of]
