"""The choice of an engine by device."""

from importlib.util import find_spec
from typing import NewType, cast, overload

from homeostat.ising.models import IsingModels
from homeostat.rp.cpu import CpuEngine
from homeostat.rp.engine import Engine, Models, Sampler
from homeostat.rp.projections import RPModels

# Chains and uploaded patterns belong to the engine that made them; nothing else looks into them.
Chains = NewType("Chains", object)
Data = NewType("Data", object)


@overload
def make_engine(models: RPModels, device: str = "cpu") -> Engine[Chains, Data]: ...


@overload
def make_engine(models: Models, device: str = "cpu") -> Sampler[Chains]: ...


def make_engine(models: Models, device: str = "cpu") -> Engine[Chains, Data] | Sampler[Chains]:
    """Return the engine for ``device``: ``"cpu"`` or a torch device such as ``"cuda"``.

    On CUDA that is the fused engine, or where Triton is missing (torch for Linux brings it) the plain one, which
    gives other random numbers and is many times slower. Ising models have a kernel for the CPU only, which serves
    every device.

    Raises
    ------
    DeviceError
        A CUDA device was asked for and there is none.
    """
    if isinstance(models, IsingModels):
        from homeostat.ising.engine import IsingEngine

        return cast(Sampler[Chains], IsingEngine(models))
    if device == "cpu":
        return cast(Engine[Chains, Data], CpuEngine(models))
    if device.startswith("cuda") and find_spec("triton") is not None:
        from homeostat.rp.fused import FusedEngine

        return cast(Engine[Chains, Data], FusedEngine(models, device))
    from homeostat.rp.tensor import TensorEngine

    return cast(Engine[Chains, Data], TensorEngine(models, device))
