"""What the benchmarks share: CPU seconds of things that take turns, what the machine can do at most, tables."""

import resource
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from homeostat.files import write_rows


def cpu_clock() -> float:
    """Return the CPU seconds, user and system, of this process and of the children that have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def cpu(function, *args, **kwargs):
    """Return the CPU seconds of a call, and its result."""
    start = cpu_clock()
    result = function(*args, **kwargs)
    return cpu_clock() - start, result


def in_turns(functions: Mapping[str, tuple[Callable[[], object], int]], turns: int, warm_up: int = 1):
    """Return the median CPU seconds of a call of each function.

    The functions take turns, so that whatever else the machine does meets all of them alike.

    Parameters
    ----------
    functions
        By name: a function, and how often it is called in a turn.
    warm_up
        Calls of each beforehand: compilation, memory.
    """
    for function, _ in functions.values():
        for _ in range(warm_up):
            function()
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(turns):
        for name, (function, calls) in functions.items():
            start = cpu_clock()
            for _ in range(calls):
                function()
            seconds[name].append((cpu_clock() - start) / calls)
    return {name: statistics.median(values) for name, values in seconds.items()}


@dataclass(frozen=True)
class Machine:
    """What one core can do at most.

    Attributes
    ----------
    flops
        Operations per second of a float32 product of two 1,024 x 1,024 matrices, two for each multiply-add.
    bandwidth
        Bytes per second, read and written, of a copy of 64 MiB.
    """

    flops: float
    bandwidth: float

    @classmethod
    def measured(cls, turns: int = 9) -> "Machine":
        """Measure this one."""
        a = np.random.default_rng(0).random((1024, 1024), np.float32)
        product, source = np.empty_like(a), np.zeros(2**24, np.float32)
        copy = np.empty_like(source)
        seconds = in_turns(
            {"product": (lambda: np.matmul(a, a, out=product), 2), "copy": (lambda: np.copyto(copy, source), 2)}, turns
        )
        return cls(2 * 1024**3 / seconds["product"], 2 * source.nbytes / seconds["copy"])


@dataclass(frozen=True)
class Case:
    """One hot path: what to call, what to compare it with, and how much work a unit of it is at least.

    Attributes
    ----------
    path, size, unit
        What is timed, at which sizes, and what one unit is (``"flip"``, ``"step"``).
    ours, plain
        Do ``units`` and ``plain_units`` of it; no ``plain`` where there is nothing to compare with.
    calls, plain_calls
        How often they are called in a turn.
    flops, nbytes
        Operations of a unit, and bytes that it must read or write where they do not fit into a cache.
    connections
        Connections that a unit visits, to quote the time per connection.
    floor
        Something that does the least that the path cannot do without, where operations and bytes say nothing.
    """

    path: str
    size: str
    unit: str
    ours: Callable[[], object]
    plain: Callable[[], object] | None = None
    calls: int = 1
    plain_calls: int = 1
    units: float = 1.0
    plain_units: float = 1.0
    flops: float = 0.0
    nbytes: float = 0.0
    connections: float | None = None
    floor: Callable[[], object] | None = None

    def timed(self, machine: Machine, turns: int) -> dict[str, object]:
        """Return the row of the table."""
        functions = {"ours": (self.ours, self.calls)}
        if self.plain is not None:
            functions["plain"] = (self.plain, self.plain_calls)
        if self.floor is not None:
            functions["floor"] = (self.floor, 1)
        seconds = in_turns(functions, turns)
        ours = seconds["ours"] / self.units
        plain = seconds["plain"] / self.plain_units if self.plain is not None else None
        bounds = {"operations": self.flops / machine.flops, "bytes": self.nbytes / machine.bandwidth}
        if self.floor is not None:
            bounds["least"] = seconds["floor"] / self.units
        bound = max(bounds, key=lambda name: bounds[name])
        floor = bounds[bound]
        return {
            "path": self.path,
            "size": self.size,
            "unit": self.unit,
            "cpu_s": ours,
            "plain_cpu_s": plain,
            "ratio": None if plain is None else plain / ours,
            "floor_s": floor or None,
            "bound": bound if floor else None,
            "times_floor": ours / floor if floor else None,
            "ns_per_connection": None if self.connections is None else 1e9 * ours / self.connections,
        }


def show_heading(machine: Machine) -> None:
    """Print what the machine can do, and the heading of the table."""
    print(f"One thread: {machine.flops / 1e9:.1f} GFLOP/s (product of matrices), ", end="")
    print(f"{machine.bandwidth / 1e9:.1f} GB/s (copy). CPU time, medians of turns taken side by side.")
    cells = ["ours", "plain", "ratio", "floor", "x floor", "ns/conn."]
    print(f"{'path':<36}{'unit':>9}" + "".join(f"{cell:>10}" for cell in cells) + "  size", flush=True)


def show_row(row: Mapping[str, object]) -> None:
    """Print a row of the table."""
    cells = [_time(row["cpu_s"]), _time(row["plain_cpu_s"]), _number(row["ratio"]), _time(row["floor_s"])]
    cells += [_number(row["times_floor"]), _number(row["ns_per_connection"])]
    print(
        f"{row['path']:<36}{row['unit']:>9}" + "".join(f"{cell:>10}" for cell in cells) + f"  {row['size']}", flush=True
    )


def _time(seconds: object) -> str:
    if not isinstance(seconds, float):
        return ""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else ""


def print_row(row: Mapping[str, object]) -> None:
    """Print a row of a study's own table as it comes."""
    print("  ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items()), flush=True)


def write(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows with the union of their keys."""
    listed = list(rows)
    write_rows(path, list(dict.fromkeys(key for row in listed for key in row)), listed)
