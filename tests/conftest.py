"""One thread per process: small matrices gain nothing from more, and threads that wait for a busy core lose a lot."""

import fcntl
import os
import time

import pytest

from homeostat.device import may_have_cuda

# Before NumPy and torch are imported; subprocesses inherit it.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
# Read when Triton is first imported, whichever test does that.
if not may_have_cuda():
    os.environ.setdefault("TRITON_INTERPRET", "1")


def _built_once(factory: pytest.TempPathFactory, name: str, settings: dict[str, object], *targets: str):
    """Build targets at test scale, once for all processes of pytest-xdist: the first to come builds."""
    from pipeline import TEST, Built, build, left_over, overlay, tables

    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, took = base / name, base / f"{name}.seconds"
    configs = (TEST, overlay(folder.with_suffix(".yaml"), settings))
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not took.exists():
            folder.mkdir(exist_ok=True)
            began = time.monotonic()
            build(folder, *targets, configs=configs, timeout=3600)
            assert not left_over(folder)
            took.write_text(str(time.monotonic() - began))
    return Built(folder, configs, tables(folder), float(took.read_text()))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory):
    """The small figure of `pipeline`, built once for all tests that compare with it."""
    from pipeline import SMALL, SMALL_FIGURE

    return _built_once(tmp_path_factory, "small", SMALL, f"{SMALL_FIGURE}.pdf")


@pytest.fixture(scope="session")
def every_study(tmp_path_factory: pytest.TempPathFactory):
    """Figures of every study, built once for the long tests that compare with them."""
    from pipeline import TARGETS

    return _built_once(tmp_path_factory, "every_study", {"device": "auto"}, *TARGETS)
