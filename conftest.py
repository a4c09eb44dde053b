"""What pytest does not read for doctests: modules whose optional requirements are missing."""

from importlib.util import find_spec

collect_ignore = []
if find_spec("triton") is None:
    collect_ignore += ["src/homeostat/rp/fused.py", "src/homeostat/rp/triton_kernels.py"]
