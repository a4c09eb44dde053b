"""One thread per process: small matrices gain nothing from more, and threads that wait for a busy core lose a lot."""

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


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory):
    """The small figure of `pipeline`, built once for all tests that compare with it."""
    from pipeline import SMALL, SMALL_FIGURE, TEST, Built, build, left_over, overlay, tables

    folder = tmp_path_factory.mktemp("small")
    configs = (TEST, overlay(folder.with_suffix(".yaml"), SMALL))
    began = time.monotonic()
    build(folder, f"{SMALL_FIGURE}.pdf", configs=configs)
    seconds = time.monotonic() - began
    assert not left_over(folder)
    return Built(folder, configs, tables(folder), seconds)
