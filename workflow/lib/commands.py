"""What comes before each shell command of the workflow."""

import shlex
import sys
from pathlib import Path

import warm

from homeostat.provenance import git_revision


def shell_prefix(root: Path, planned: int, mirror: str, *, conda: bool) -> str:
    """Return what comes before each shell command, so that `python -m study.script` works in any folder.

    It is not part of a rule's recorded code: a moved checkout, another interpreter or another mirror (what was fetched
    was checked) reruns nothing.

    Parameters
    ----------
    root
        The checkout.
    planned
        When this run was planned, in nanoseconds since the epoch.
    mirror
        The folder that datasets are taken from; empty for none.
    conda
        Whether `python` is that of the activated environment; else it is the one that runs Snakemake.
    """
    settings = [f"HOMEOSTAT_ROOT={shlex.quote(str(root))}"]
    settings += [f"HOMEOSTAT_GIT_REVISION={git_revision()}", f"HOMEOSTAT_PLANNED={planned}"]
    if mirror:
        settings.append(f"HOMEOSTAT_MIRROR={shlex.quote(mirror)}")
    path = f"{root / 'src'}:{root / 'workflow/scripts'}"
    settings += [f"PYTHONPATH={shlex.quote(path)}", "PYTHONSAFEPATH=1"]
    python = ""
    if not conda:
        settings.append(f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
        # In a fork of a process with the libraries loaded, where this run has one.
        python = f'python() {{ exec {shlex.join([sys.executable, "-I", "-S", warm.__file__])} "$@"; }}; '
    # Snakemake formats the prefix, so braces are doubled.
    prefix = f"set -euo pipefail; export {' '.join(settings)}; {python}"
    return prefix.replace("{", "{{").replace("}", "}}")
