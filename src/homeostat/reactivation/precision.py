"""Precision of float32 matrix products on a GPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def products(precision: str) -> Iterator[None]:
    """Within, GPUs multiply float32 matrices with ``highest`` (float32) or ``high`` (TensorFloat-32) precision.

    TensorFloat-32 rounds the factors to 10 bits of mantissa and sums in float32. On the CPU nothing is changed.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
