"""The hot paths of eyono2026 (``cases``), and a training step of all kinds of networks.

Against autograd, and I-Norm against the paper's equation as written.

    OMP_NUM_THREADS=1 python benchmarks/eyono2026.py [--width 300] [--output results/benchmarks]

CPU seconds of one thread, medians of interleaved turns; random images of Fashion-MNIST's size, batches of 32.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

import numpy as np
import timing
import torch
from plain_eyono2026 import PlainINorm

from homeostat.inhibition import NETWORKS, Configuration, initial_weights
from homeostat.inhibition.stack import Stack

# The plain form that the tests hold the library to.
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests/inhibition"))
import plain_inhibition as autograd

BATCH, PIXELS, CLASSES = 32, 784, 10
TURNS, STEPS = 9, 60


def interleaved(functions):
    """Return the median CPU milliseconds of each function."""
    seconds = timing.in_turns({str(index): (each, STEPS) for index, each in enumerate(functions)}, TURNS, warm_up=10)
    return [1e3 * value for value in seconds.values()]


def cases(width=150):
    """Yield the hot paths at the width of the default run: a step of the network of the paper, and of a plain one."""
    configuration = Configuration(0.005, 0.003, 0.1, width)
    x, labels = torch.rand(BATCH, PIXELS), torch.randint(0, CLASSES, (BATCH,))
    first = initial_weights((PIXELS, width, width, CLASSES), np.random.SeedSequence(0))
    plain = {
        "inorm": PlainINorm(first, configuration).step,
        "ei": partial(
            autograd.step,
            NETWORKS["ei"],
            autograd.as_tensors(first, torch.float32),
            configuration=configuration,
            smoothing=0.1,
            local_weight=0.01,
        ),
    }
    for kind, text in (("inorm", "I-Norm"), ("ei", "E-I network")):
        yield timing.Case(
            f"{text}",
            f"width {width}, batch {BATCH}, Fashion-MNIST",
            "step",
            partial(Stack(NETWORKS[kind], [first], configuration).step, x[None], labels[None]),
            partial(plain[kind], x, labels),
            calls=60,
            plain_calls=60,
            flops=operations(kind, width),
        )


def operations(kind, width):
    """Return the operations of the products of matrices of a step: forward, gradients of weights, errors."""
    # Excitatory and inhibitory weights of a hidden layer; I-Norm has divisive ones too. Inhibition reaches a layer
    # through n x n weights, which learn as well.
    matrices = 3 if kind == "inorm" else 2
    first = 2 * matrices * PIXELS * width + 2 * width * width
    second = (2 * matrices + 1) * width * width + 2 * width * width
    readout = 3 * width * CLASSES
    return 2 * BATCH * (first + second + readout)


def against_autograd(width):
    """Time a step of each kind of network against tests/inhibition/plain_inhibition.py."""
    configuration = Configuration(0.005, 0.003, 0.1, width)
    x, labels = torch.rand(BATCH, PIXELS), torch.randint(0, CLASSES, (BATCH,))
    first = initial_weights((PIXELS, width, width, CLASSES), np.random.SeedSequence(0))
    rows = []
    for kind, network in NETWORKS.items():
        stack, layers = Stack(network, [first], configuration), autograd.as_tensors(first, torch.float32)
        functions = [
            partial(stack.step, x[None], labels[None]),
            partial(autograd.step, network, layers, x, labels, configuration, smoothing=0.1, local_weight=0.01),
        ]
        if kind == "inorm":
            functions.append(partial(PlainINorm(first, configuration).step, x, labels))
        ours, lean, *plain = interleaved(functions)
        row = {"network": kind, "width": width, "ms": ours, "autograd_ms": lean, "ratio": ours / lean}
        if plain:
            row |= {"plain_ms": plain[0], "plain_ratio": ours / plain[0]}
        rows.append(row)
        timing.print_row(row)
    return rows


def in_lockstep(width, counts=(1, 2, 4)):
    """Time a step of several I-Norm networks together, per network."""
    configuration = Configuration(0.005, 0.003, 0.1, width)
    sizes = (PIXELS, width, width, CLASSES)
    steps = []
    for count in counts:
        weights = [initial_weights(sizes, np.random.SeedSequence(seed)) for seed in range(count)]
        x, labels = torch.rand(count, BATCH, PIXELS), torch.randint(0, CLASSES, (count, BATCH))
        steps.append(partial(Stack(NETWORKS["inorm"], weights, configuration).step, x, labels))
    rows = [
        {"network": f"inorm, {count} in lockstep", "width": width, "ms": ms / count}
        for count, ms in zip(counts, interleaved(steps), strict=True)
    ]
    for row in rows:
        print(f"{row['network']}: {row['ms']:.3f} ms per network")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=300)
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = against_autograd(options.width) + in_lockstep(options.width)
    timing.write(options.output / "eyono2026.csv", rows)


if __name__ == "__main__":
    main()
