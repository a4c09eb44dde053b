"""What of the machine makes a run impossible, said before it begins: where the checkout lies, a full disk."""

import os
import shutil
from pathlib import Path

from homeostat.errors import HomeostatError

# Snakemake's own records of a small run.
_LEAST_BYTES = 10_000


def check_machine(root: str | os.PathLike[str], folder: str | os.PathLike[str]) -> None:
    """Check that a run of the checkout at ``root`` can begin in ``folder``.

    Raises
    ------
    HomeostatError
        The checkout's path has a colon, which separates the folders of ``PYTHONPATH``; or the disk is full.
    """
    if os.pathsep in os.fspath(root):
        raise HomeostatError(
            f"The checkout lies in {Path(root)}, and a path with {os.pathsep!r} cannot be given to Python; rename the "
            "folder."
        )
    free = shutil.disk_usage(folder).free
    if free < _LEAST_BYTES:
        raise HomeostatError(f"The disk is full: {free / 1e6:.1f} MB are free in {Path(folder)}; make room first.")
