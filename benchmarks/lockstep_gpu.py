"""Time the training of shen2021 and eyono2026 on a GPU, at the sizes of paper.yaml, and say how long all of it takes.

    PYTHONPATH=src python benchmarks/lockstep_gpu.py [--study shen2021] [--profile] [--output results/benchmarks]

Images are drawn at random, in the number that the data sets have. Seconds are those of a clock around work that the GPU
has finished; each number is the median of several turns. Floating-point operations are those of convolutions and
matrix products of the networks as they are, without what fills narrow networks up, beside the speed of a large float32
matrix product in the same run. With --profile, the kernels that a step spends its time in.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
import yaml

from homeostat.cuda_graph import RecordedStep
from homeostat.files import write_rows
from homeostat.inhibition import NETWORKS, Ranges, initial_weights, sample_configuration
from homeostat.inhibition.data import Images
from homeostat.inhibition.jitter import luminosity_jitter
from homeostat.inhibition.settings import Schedule
from homeostat.inhibition.stack import Stack
from homeostat.inhibition.trainer import Trainer as InhibitionTrainer
from homeostat.normalization import CONDITIONS, ImageData, Training, evaluate
from homeostat.normalization.trainer import Trainer as NormalizationTrainer
from homeostat.seeds import seed_sequence, stream
from shen2021 import FLOPS as LENET_FLOPS
from shen2021 import drawn_images

ROOT = Path(__file__).parents[1]
TURNS = 5
PIXELS, CLASSES = 784, 10


def settings(study):
    """Return a study's section of paper.yaml over that of config.yaml."""

    def joined(base, over):
        both = {
            k: joined(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v
            for k, v in over.items()
        }
        return {**base, **both}

    base, paper = (yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text()) for name in ("config", "paper"))
    return joined(base[study], paper[study])


def seconds(function, turns=TURNS):
    """Return the median time of a call, in seconds."""
    function()
    found = []
    for _ in range(turns):
        torch.cuda.synchronize()
        start = time.perf_counter()
        function()
        torch.cuda.synchronize()
        found.append(time.perf_counter() - start)
    return float(np.median(found))


def peak(size=8192):
    """Return the speed of a large float32 matrix product, in operations per second."""
    a, b = (torch.rand(size, size, device="cuda") for _ in range(2))
    return 2 * size**3 / seconds(lambda: a @ b)


def profile(name, function):
    """Print the kernels of a call by the time that they take."""
    function()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as found:
        function()
        torch.cuda.synchronize()
    kernels = sorted(found.key_averages(), key=lambda each: -each.self_device_time_total)[:14]
    total = sum(each.self_device_time_total for each in found.key_averages())
    print(f"{name}: {total / 1e3:.2f} ms of kernels", flush=True)
    for each in kernels:
        used = each.self_device_time_total
        print(f"  {100 * used / total:5.1f} %  {each.count:6d} x {used / each.count:7.2f} us  {each.key[:90]}")


def show(row):
    """Print and return a row."""
    print("  ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items()), flush=True)
    return row


def normalization(speed, profiled):
    """Time LeNet5: all conditions, one network and the seeds of paper.yaml, both sizes of batch."""
    given = settings("shen2021")
    images, labels = drawn_images(50_000)
    data = ImageData(images, labels, images[:10_000], labels[:10_000])
    found, rows = {}, []
    for figure in ("fig2", "fig3"):
        batch, rate = given[figure]["batch"], given[figure]["learning_rate"]
        for name, condition in CONDITIONS.items():
            for models in (given["seeds"], 1):
                if models == 1 and name not in ("Vanilla", "SynapticScaling"):
                    continue
                training = Training(10**6, batch, rate, rows_every=100, test_batches=(1000,))
                trainer = NormalizationTrainer(
                    condition, data, training, [np.random.SeedSequence(seed) for seed in range(models)], "cuda"
                )
                step = seconds(trainer.advance) / 100
                test = seconds(partial(evaluate, trainer._engine, data.test_images, data.test_labels, 1000), 1)
                found.setdefault((name, batch), (step, test))
                rows.append(show({
                    "study": "shen2021", "condition": name, "networks": models, "batch": batch, "ms": 1e3 * step,
                    "steps_per_s_per_network": 1 / step, "share_of_peak": models * batch * LENET_FLOPS / step / speed,
                    "test_s": test,
                }))  # fmt: skip
                if profiled and name == "SynapticScaling" and models > 1:
                    profile(f"100 steps of {name}, batch {batch}", trainer.advance)
    hours = (
        sum(
            iterations * found[name, batch][0] + evaluations * found[name, batch][1] * share
            for name, batch, iterations, evaluations, share in all_of_shen2021(given)
        )
        / 3600
    )
    return [*rows, show({"study": "shen2021", "condition": "all of paper.yaml", "hours": hours})]


def all_of_shen2021(given):
    """Yield condition, batch, iterations, evaluations and test images (of 10,000) of each stack of paper.yaml."""
    for figure, share in (("fig2", 1.0), ("fig3", 2.6)):
        chosen = given[figure]
        names = list(CONDITIONS)
        if figure == "fig2":
            rates = given["learning_rates"]
            names += ["BatchNorm"] * (len(rates["batch_norm"]) - 1)  # One rate is that of the figure.
            names += ["SynapticScaling"] * (len(rates["synaptic_scaling"]) - 1)
        evaluations = len(given["evaluate_at"]) + chosen["iterations"] // given["evaluate_every"]
        for name in names:
            yield name, chosen["batch"], chosen["iterations"], evaluations + len(given["test_batches"]), share


def flops(network, width, batch=32):
    """Return the floating-point operations of a step of one network."""
    total = 0
    for index, (inputs, units) in enumerate(((PIXELS, width), (width, width), (width, CLASSES))):
        hidden = index < 2
        inhibitory = max(1, units // 10) if network.subtracts or not hidden else 0
        made = units + inhibitory + (units if network.divides and hidden else 0)
        back = 0 if index == 0 else units if hidden and network.local else units + inhibitory
        total += 2 * batch * (inputs * (2 * made + back) + 2 * units * inhibitory)
    return total


def inhibition(speed, profiled):
    """Time a step of each kind of network with all of paper.yaml's in lockstep, then an epoch with all around it."""
    given = settings("eyono2026")
    ranges = Ranges(*([given[n]["low"], given[n]["high"]] for n in ("learning_rate", "wei_rate", "wix_rate", "width")))
    drawn = [
        sample_configuration(ranges, stream(n, "eyono2026", "configuration")) for n in range(given["configurations"])
    ]
    start = time.perf_counter()
    first = [
        initial_weights((PIXELS, one.width, one.width, CLASSES), seed_sequence(n, "benchmark"))
        for n, one in enumerate(drawn)
    ]
    print(f"first weights of {len(first)} networks: {time.perf_counter() - start:.1f} s of one process", flush=True)
    networks, batch = given["networks"], given["batch"]
    images = torch.randint(0, 256, (given["train_images"], PIXELS), dtype=torch.uint8, device="cuda")
    labels = torch.randint(0, CLASSES, (len(images),), device="cuda")
    by_width = sorted(range(len(drawn)), key=lambda n: drawn[n].width)
    groups = {
        "all": sorted(by_width * networks),
        "half of them, the wide ones": by_width[len(by_width) // 2 :] * networks,
        "half of them, the narrow ones": by_width[: len(by_width) // 2] * networks,
        "one of each configuration": by_width,
        "one network": by_width[len(by_width) // 2 :][:1],
    }
    rows, found = [], {}
    for kind, network in NETWORKS.items():
        for name, members in groups.items():
            if name != "all" and kind not in ("inorm_full", "e_ln"):
                continue
            some = [drawn[n] for n in members]
            stack = Stack(network, [first[n] for n in members], some, batch=batch, device="cuda")

            def learn(chosen, shifts, stack=stack):
                stack.step(luminosity_jitter(images[chosen].float(), shifts), labels[chosen])

            chosen = torch.randint(0, len(images), (len(members), batch), device="cuda")
            shifts = torch.rand(len(members), batch, 1, device="cuda") - 0.5
            recorded = RecordedStep(learn, (chosen, shifts))

            def steps(recorded=recorded, chosen=chosen, shifts=shifts):
                for _ in range(50):
                    recorded(chosen, shifts)

            step = seconds(steps) / 50
            if name == "all":
                found[kind] = step
            rows.append(show({
                "study": "eyono2026", "condition": kind, "group": name, "networks": len(members), "batch": batch,
                "ms": 1e3 * step, "steps_per_s_per_network": 1 / step,
                "share_of_peak": sum(flops(network, one.width) for one in some) / step / speed,
            }))  # fmt: skip
            if profiled and kind == "inorm_full" and name == "all":
                profile("50 steps of inorm_full, all", steps)
            del stack, recorded
    around = epoch_around(given, drawn, found["inorm_full"])
    steps_of_epoch = given["train_images"] // batch
    total = sum(step * steps_of_epoch + around for step in found.values()) * given["epochs"] * len(given["epsilons"])
    rows.append(show({"study": "eyono2026", "condition": "all of paper.yaml", "hours": total / 3600}))
    return rows


def epoch_around(given, drawn, step):
    """Return the seconds of an epoch beside its steps: orders and shifts drawn, measures, validation and test."""
    random = np.random.default_rng(0)
    parts = [given["train_images"], given["validation_images"], given["test_images"]]
    arrays = [
        array
        for count in parts
        for array in (random.integers(0, 256, (count, PIXELS), np.uint8), random.integers(0, CLASSES, count, np.uint8))
    ]
    networks = given["networks"]
    configurations = [one for one in drawn for _ in range(networks)]
    seeds = [seed_sequence(n, "benchmark") for n in range(len(configurations))]
    start = time.perf_counter()
    trainer = InhibitionTrainer(
        NETWORKS["inorm_full"], configurations, Schedule(3, 0.75, given["batch"]), Images(*arrays), seeds, "cuda"
    )
    prepared = time.perf_counter() - start
    trainer.advance()  # Records the step.
    start = time.perf_counter()
    trainer.advance()
    torch.cuda.synchronize()
    epoch = time.perf_counter() - start
    around = epoch - step * (given["train_images"] // given["batch"])
    show({"study": "eyono2026", "epoch_s": epoch, "of_it_beside_the_steps_s": around, "preparation_s": prepared})
    return around


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", choices=("shen2021", "eyono2026"), nargs="+", default=["shen2021", "eyono2026"])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("torch sees no CUDA device here")
    speed = peak()
    print(
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}: {speed / 1e12:.1f} TFLOP/s in float32", flush=True
    )
    rows = []
    for study, function in (("shen2021", normalization), ("eyono2026", inhibition)):
        if study in options.study:
            rows += function(speed, options.profile)
    for row in rows:
        row |= {"gpu": torch.cuda.get_device_name(), "peak_tflops": speed / 1e12}
    write_rows(options.output / "lockstep_gpu.csv", list(dict.fromkeys(key for row in rows for key in row)), rows)


if __name__ == "__main__":
    main()
