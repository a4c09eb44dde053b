"""Manifests: which results a run shows. `make prune` keeps what a manifest names, and what that was made from."""

import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from store import STORE, Made, Store, behind, write

from homeostat.keys import key_in, made_from
from homeostat.machine import cpu_kind
from homeostat.provenance import git_revision, versions

FORMAT = 1


def write_plan(views: str, keys: Store, dag: Any, config: Mapping[str, Any]) -> None:
    """Write down what a run is going to make, and from what: its manifest, and a record beside each future result."""
    for job in dag.needrun_jobs():
        made = keys.of_key(getattr(job.wildcards, "key", ""))
        if made is not None:
            write_record(made)
    write_manifest(views, keys, dag.jobs, config)


def write_record(made: Made) -> None:
    """Write down what a job's files are going to be made from, by which revision and which packages."""
    made.write_record(git_revision=git_revision(), versions=versions())


def write_manifest(
    views: str, keys: Store, jobs: Iterable[Any], config: Mapping[str, Any], *, finished: bool = False
) -> None:
    """Write VIEWS/run.json: the key that each view of this run has, or will have, and what these are made from.

    Views that this run does not ask for stay as they were; those that its settings, data and code would not give are
    ``stale``. Until the run is ``finished``, what it replaces is named too.

    Parameters
    ----------
    views
        The folder of the run's views.
    keys
        The store.
    jobs
        All jobs of the plan; views are those that copy from the store.
    config
        The configuration.
    finished
        Whether all views are there.
    """
    path = Path(views) / "run.json"
    old = read_manifest(path)
    mine: dict[str, str | None] = {}
    for job in jobs:
        if not any(str(file).startswith(f"{STORE}/") for file in job.output):
            mine |= {str(view): key_in(str(file)) for view, file in zip(job.output, job.input, strict=False)}
    mine = {view: key for view, key in mine.items() if key}
    if not mine:
        return
    shown = old["views"] | mine
    others = {view: key for view, key in old["views"].items() if view not in mine and Path(view).is_file()}
    before = dict(old["replaced"])
    for view, key in mine.items():
        keys_before = set(before.pop(view, [])) | {old["views"].get(view, key)}
        if not finished and keys_before != {key}:
            before[view] = sorted(keys_before - {key})
    replaced = [key for keys_before in before.values() for key in keys_before]
    graph = dict(old["jobs"])
    for made in behind(keys, shown.values()):
        graph[made.key] = {"rule": made.rule, "files": list(made.paths), "inputs": inputs_of(made.recipe)}
    stale = sorted(view for view, key in others.items() if not _is_current(keys, graph, key))
    manifest = {
        "format": FORMAT,
        "run": config["run"],
        "config": dict(config),
        "revision": git_revision(),
        "cpu": cpu_kind(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "finished": finished,
        "views": shown,
        "replaced": before,
        "stale": stale,
        "jobs": {key: graph[key] for key in reachable(graph, [*shown.values(), *replaced])},
    }
    write(path, json.dumps(manifest, indent=1, sort_keys=True) + "\n")


def _is_current(keys: Store, graph: Mapping[str, Any], key: str) -> bool:
    """Whether a job of an earlier run has the same key under the present settings, data and code."""
    try:
        recipe = made_from(graph[key]["files"][0])["recipe"]
        return keys.made(recipe["rule"], recipe["condition"]).key == key
    except Exception:
        # Its record is lost, or the workflow has no such rule, or no such recording, any more.
        return False


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest; an empty one where there is none, or it is damaged."""
    nothing: dict[str, Any] = {"views": {}, "jobs": {}, "replaced": {}, "stale": []}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return nothing | found if found["format"] == FORMAT else nothing
    except (OSError, ValueError, KeyError, TypeError):
        return nothing


def inputs_of(recipe: Mapping[str, Any]) -> list[str]:
    """Return the keys of the results that a recipe names."""
    return [key for keys in recipe["inputs"].values() for key in keys if ":" not in key]


def reachable(graph: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """Return the keys of a graph that some keys need, themselves included."""
    waiting, found = list(keys), {}
    while waiting:
        key = waiting.pop()
        if key in graph and key not in found:
            found[key] = True
            waiting += graph[key]["inputs"]
    return sorted(found)
