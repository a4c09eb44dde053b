"""One thread per process: small matrices gain nothing from more, and threads that wait for a busy core lose a lot."""

import os

# Before NumPy and torch are imported; subprocesses inherit it.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
