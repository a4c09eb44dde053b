"""Say which stored results no run shows any more, and delete them when told so (`make prune`, docs/store.md)."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from runs import read_manifest

from homeostat.keys import key_in

RESULTS = Path("results")
# Everything that a job leaves has its key in its name, or as its name.
FOLDERS = ("store", "logs", "benchmarks", "checkpoints")


def manifests() -> list[Path]:
    """Return the manifests of all runs."""
    return [path for path in [RESULTS / "run.json", *sorted(RESULTS.glob("runs/*/run.json"))] if path.is_file()]


def used() -> set[str]:
    """Return the keys of everything that some run shows, or that this was made from.

    Raises
    ------
    ValueError
        A manifest is missing or cannot be read, so that nobody knows what its run uses.
    """
    found: set[str] = set()
    views = [RESULTS, *(path for path in RESULTS.glob("runs/*") if path.is_dir())]
    for folder in views:
        there = any((folder / name).exists() for name in ("figures", "index.html"))
        manifest = read_manifest(folder / "run.json")
        if there and not manifest["views"]:
            raise ValueError(
                f"{folder}/run.json is missing or damaged: what this run uses is not known. Delete "
                f"{folder}/index.html, and build it again (make figures, with the same CONFIG and RUN)."
            )
        found |= set(manifest["jobs"])
    return found


def unused(keys: set[str]) -> Iterator[Path]:
    """Yield the files of jobs whose key is not among ``keys``."""
    for folder in FOLDERS:
        for path in sorted((RESULTS / folder).rglob("*")):
            key = path.stem if folder == "checkpoints" else key_in(path.as_posix())
            if path.is_file() and key is not None and key not in keys:
                yield path


def main() -> str | None:
    """Return what is wrong, or None."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yes", action="store_true", help="delete them")
    options = parser.parse_args()
    if any(Path(".snakemake/locks").glob("*")):
        return "A run works in this folder, or was killed: unlock it first (docs/troubleshooting.md)."
    try:
        files = list(unused(used()))
    except ValueError as error:
        return str(error)
    size = sum(path.stat().st_size for path in files)
    results = [path for path in files if path.parts[1] == "store" and not path.name.endswith(".recipe.json")]
    if options.yes:
        for path in files:
            path.unlink(missing_ok=True)
        for folder in FOLDERS:
            for path in sorted((RESULTS / folder).rglob("*"), reverse=True):
                if path.is_dir() and not any(path.iterdir()):
                    path.rmdir()
        print(f"Deleted: {len(results)} results that no run shows, with logs and records {size / 1e6:.1f} MB.")
        return None
    for path in results:
        print(path)
    names = ", ".join(str(path.parent) for path in manifests()) or "none"
    print(f"{len(results)} results are shown by no run (runs: {names}); with logs and records {size / 1e6:.1f} MB.")
    if files:
        print("`make prune YES=1` deletes them.")
    return None


if __name__ == "__main__":
    sys.exit(main())
