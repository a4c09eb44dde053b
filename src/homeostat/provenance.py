"""What a result came from: package versions, git revision, device, and the settings of its stage.

``python -m homeostat.provenance results/figures/mayzel2024/fig2.csv`` prints the tree of everything that made a file.
"""

import argparse
import functools
import os
import platform
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from homeostat import __version__

_PACKAGES = ("numpy", "scipy", "numba", "torch", "snakemake", "pandas", "matplotlib", "h5py")


@functools.cache
def git_revision() -> str:
    """Return the revision of this source tree (``-dirty`` if changed), or ``"unknown"`` outside git."""
    root = Path(__file__).resolve().parents[2]
    # Without a lock on the index, which would be in the way of a commit that is made meanwhile.
    command = ["git", "--no-optional-locks", "-C", str(root), "describe"]
    command += ["--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of Python, homeostat and the installed packages that numbers depend on."""
    found = {"python": platform.python_version(), "homeostat": __version__}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def provenance(*, device: str, **settings: Any) -> dict[str, Any]:
    """Return the record that every result file carries: ``settings`` of the stage and the environment."""
    return {
        "settings": settings,
        "device": device,
        "versions": versions(),
        "git_revision": os.environ.get("HOMEOSTAT_GIT_REVISION") or git_revision(),
        "platform": f"{sys.platform}-{platform.machine()}",
    }


def main() -> None:
    """Print what made a file."""
    from homeostat import lineage

    parser = argparse.ArgumentParser(prog="python -m homeostat.provenance", description="Print what made a result.")
    parser.add_argument("result", help="a figure, a table or any other result; or its key")
    parser.add_argument("--json", action="store_true", help="as JSON, with every result behind it")
    parser.add_argument("--all", action="store_true", help="list all results of one rule, however many there are")
    options = parser.parse_args()
    store, key = lineage.locate(options.result)
    if options.json:
        print(lineage.as_json(store, key))
    else:
        print(options.result, *lineage.tree(store, key, every=options.all), sep="\n")


if __name__ == "__main__":
    from homeostat.errors import HomeostatError

    # Like other programs that print: `| head` is not an error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        main()
    except HomeostatError as error:
        sys.exit(f"error: {error}")
