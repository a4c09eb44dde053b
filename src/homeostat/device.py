"""The device a computation runs on: asked for in the configuration, decided here, written into every result."""

import functools
from importlib.util import find_spec

from homeostat.errors import ConfigError, DeviceError
from homeostat.extras import need

DEVICES = ("auto", "cpu", "cuda")


def resolve_device(wanted: str) -> str:
    """Return ``"cpu"`` or ``"cuda"`` for ``"auto"``, ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    ConfigError
        Another word.
    DeviceError
        ``"cuda"`` was asked for and there is none; ``"auto"`` falls back to the CPU.
    MissingExtraError
        ``"cuda"`` was asked for and torch is not installed.
    """
    if wanted not in DEVICES:
        raise ConfigError(f"device must be one of {', '.join(DEVICES)}, got {wanted!r}")
    if wanted == "cpu" or (wanted == "auto" and not (may_have_cuda() and find_spec("torch"))):
        return "cpu"
    need("device: cuda", "torch", "torch")
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise DeviceError(
            f"device: cuda was asked for, but torch {torch.__version__} sees no CUDA device; use device: auto or cpu"
        )
    return "cpu"


@functools.cache
def may_have_cuda() -> bool:
    """Return false where there is surely no GPU: a cheap look, so that CPU jobs need not import torch to learn it.

    It may start other programs, though (``ldconfig``, a compiler), so it is done once: Snakemake asks for the
    resources of every job that is ready each time it selects the next.
    """
    import ctypes.util
    import os

    return ctypes.util.find_library("cuda") is not None or os.path.exists("/dev/nvidia0")
