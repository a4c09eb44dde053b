"""What of the machine makes a run impossible, said before it begins; and what kind of processor it has."""

import hashlib
import os
import platform
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


# What makes compiled code and matrix products round differently on one processor.
_CPU_VARIABLES = (
    "ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "NPY_DISABLE_CPU_FEATURES", "NUMBA_CPU_FEATURES",
    "NUMBA_CPU_NAME", "ONEDNN_MAX_CPU_ISA", "OPENBLAS_CORETYPE",
)  # fmt: skip


def cpu_kind() -> str:
    """Return what the processor is to compiled code: its name, a hash of its features, and variables that change it.

    On two machines of one kind, with the same versions of packages, the same program gives the same numbers.
    """
    name, features = platform.processor() or platform.machine(), ""
    try:
        about = dict(
            line.split(":", 1) for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if ":" in line
        )
        fields = {key.strip(): value.strip() for key, value in about.items()}
        name = fields.get("model name", name)
        features = " ".join(sorted(fields.get("flags", fields.get("Features", "")).split()))
    except OSError:
        pass  # not Linux
    digest = hashlib.sha256(features.encode()).hexdigest()[:8]
    changed = [f"{key}={os.environ[key]}" for key in _CPU_VARIABLES if key in os.environ]
    return " ".join([platform.machine(), name, digest, *changed])
