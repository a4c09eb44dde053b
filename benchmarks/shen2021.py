"""The hot paths of shen2021 (``cases``), and a training iteration of LeNet5 against plain torch.

Side by side in one process, on one thread.

    OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/shen2021.py --output results/benchmarks

The plain loop is what torch's documentation shows: a DataLoader over a TensorDataset, torch's layers, Adam, all with
default settings. Between it and the compiled kernels stand the usual ways to make it faster, one at a time. CPU
seconds (user + system), interleaved, medians. The floor is the number of floating-point operations of the convolutions
and matrix products over the speed of a large matrix product here.
"""

import argparse
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import timing
import torch
import torch.nn.functional as F
from plain_lenet import plain_lenet
from torch.utils.data import DataLoader, TensorDataset

from homeostat.normalization import CONDITIONS
from homeostat.normalization.factory import make_engine
from homeostat.normalization.lenet import initial_rows

# Multiply-adds of one image, forward; the backward pass has as many for the weights, and for the inputs of all layers
# but the first.
FORWARD = {"conv1": 28 * 28 * 6 * 75, "conv2": 10 * 10 * 16 * 150, "fc": 400 * 120 + 120 * 84 + 84 * 10}
FLOPS = 2 * (3 * sum(FORWARD.values()) - FORWARD["conv1"])


def drawn_images(count=20_000):
    """Return images and labels that need no data file."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8), rng.integers(0, 10, count).astype(np.uint8)


def plain(name, images, labels, batch):
    """Yield once for each iteration of the plain loop."""
    network = plain_lenet(name)
    optimizer, loss_of = torch.optim.Adam(network.parameters(), lr=0.003), torch.nn.CrossEntropyLoss()
    data = TensorDataset((torch.from_numpy(images).float() / 255 - 0.5) / 0.5, torch.from_numpy(labels.astype(int)))
    while True:
        for x, y in DataLoader(data, batch_size=batch, shuffle=True):
            optimizer.zero_grad()
            loss_of(network(x), y).backward()
            optimizer.step()
            yield


def tuned(name, images, labels, batch, *, channels_last=False, fused=False, compiled=False, bf16=False):
    """Yield once for each iteration with the images indexed, and more."""
    network = plain_lenet(name)
    data = (torch.from_numpy(images).float() / 255 - 0.5) / 0.5
    if channels_last:
        network, data = network.to(memory_format=torch.channels_last), data.to(memory_format=torch.channels_last)
    target = torch.from_numpy(labels.astype(int))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003, fused=fused)
    forward = torch.compile(network) if compiled else network
    while True:
        for chosen in torch.randperm(len(data)).split(batch)[:-1]:
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                loss = F.cross_entropy(forward(data[chosen]), target[chosen])
            loss.backward()
            optimizer.step()
            yield


def engine(name, images, labels, batch, *, device="cpu", models=1):
    """Yield once for each iteration of the library's engines."""
    condition = CONDITIONS[name]
    rows = initial_rows(condition, [np.random.SeedSequence(seed) for seed in range(models)])
    networks, rng = make_engine(condition, rows, 0.003, device), np.random.default_rng(0)
    while True:
        order = np.stack([rng.permutation(len(images)) for _ in range(models)])
        for start in range(0, len(images) - batch, batch):
            networks.step(images, labels, np.ascontiguousarray(order[:, start : start + batch]))
            yield


WAYS = {
    "plain": (plain, {}, 1),
    "indexed": (tuned, {}, 1),
    "indexed, fused Adam": (tuned, {"fused": True}, 1),
    "indexed, fused Adam, channels_last": (tuned, {"fused": True, "channels_last": True}, 1),
    "indexed, fused Adam, bf16": (tuned, {"fused": True, "bf16": True}, 1),
    "indexed, fused Adam, torch.compile": (tuned, {"fused": True, "compiled": True}, 1),
    "torch, 5 networks stacked": (engine, {"device": "torch", "models": 5}, 5),
    "compiled kernels": (engine, {}, 1),
}


def compare(name, batch, ways, repeats=5):
    """Return CPU milliseconds per iteration and network for each way, interleaved, medians."""
    images, labels = drawn_images()
    runs = {way: WAYS[way][0](name, images, labels, batch, **WAYS[way][1]) for way in ways}
    count = max(3, 1600 // batch)
    seconds = timing.in_turns({way: (partial(next, run), count) for way, run in runs.items()}, repeats, warm_up=3)
    return {way: 1e3 * value / WAYS[way][2] for way, value in seconds.items()}


def cases():
    """Yield a training iteration of LeNet5 at the batches of figures 2 and 3."""
    images, labels = drawn_images(4000)
    for name, batch in (("BatchNorm", 32), ("SynapticScaling", 32), ("BatchNorm", 256)):
        yield timing.Case(
            f"LeNet5, {name}",
            f"batch {batch}",
            "step",
            partial(next, engine(name, images, labels, batch)),
            partial(next, plain(name, images, labels, batch)),
            calls=max(3, 640 // batch),
            plain_calls=max(3, 640 // batch),
            flops=batch * FLOPS,
            # Beside what fits into the cache, the batch: the whole set is read at random.
            nbytes=2 * batch * images[0].nbytes,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for batch in (32, 256):
        for name in CONDITIONS:
            full = name in ("Vanilla", "BatchNorm", "SynapticScaling")
            ways = [way for way in WAYS if full or way in ("plain", "compiled kernels")]
            if shutil.which("c++") is None:
                ways = [way for way in ways if "compile" not in way or way == "compiled kernels"]
            speed = timing.Machine.measured().flops
            found = compare(name, batch, ways)
            for way, ms in found.items():
                floor = 1e3 * batch * FLOPS / speed
                row = {
                    "condition": name, "batch": batch, "way": way, "cpu_ms": ms, "ratio": ms / found["plain"],
                    "floor_ms": floor, "peak_gflops": speed / 1e9,
                }  # fmt: skip
                rows.append(row)
                timing.print_row(row)
    timing.write(options.output / "shen2021.csv", rows)


if __name__ == "__main__":
    main()
