"""Tables of krishna2024's figures as the workflow writes them, with what the paper says planted, or the opposite."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FIGURES = ("fig1", "fig2", "fig3", "figC1", "figC2", "figC3", "figC4", "figC5", "figC6")
NOISES = ("uniform", "gaussian")
SEEDS = 5

# Panel, condition, measure, x, y.
Rows = Iterator[tuple[str, str, str, Any, Any]]


def write_tables(folder: Path, scale: str, *, opposite: bool = False) -> list[Path]:
    """Write the tables of all figures at a scale; return their paths."""
    random = np.random.default_rng(0)
    for figure in FIGURES:
        parts = []
        for panel, condition, measure, x, y in PLANTED[figure](opposite):
            x, y = np.broadcast_arrays(np.atleast_1d(np.asarray(x, float)), np.asarray(y, float))
            for seed in range(SEEDS):
                noisy = y * (1 + 0.003 * random.normal(size=y.shape))
                columns = {"panel": panel, "condition": condition, "seed": seed, "x": x, "y": noisy, "z": np.nan}
                parts.append(pd.DataFrame({**columns, "measure": measure}))
        table = pd.concat(parts) if parts else pd.DataFrame(columns=["panel", "condition", "seed", "x", "y", "measure"])
        table.assign(data="simulated", scale=scale, device="cpu").to_csv(folder / f"{figure}.csv", index=False)
    return [folder / f"{figure}.csv" for figure in FIGURES]


def fig1(opposite: bool) -> Rows:
    batches, components = np.array([0, 1000, 2500]), np.arange(1, 11)
    for noise in NOISES:
        label = f"unbiased, {noise}"
        yield "b", label, "loss", batches, [5e-5, 4.9e-5, 4.8e-5] if opposite else [5e-5, 2e-5, 1e-5]
        yield "b", label, "error, top3", batches, [0.6, 0.6, 0.6] if opposite else [0.6, 0.2, 0.05]
        active = 0.1 * components / 2 if opposite else 1 - 0.6 * 0.75 ** (components - 1)
        yield "c", f"{label}, active", "explained", components, active
        yield "c", f"{label}, quiescent", "explained", components, active + (0.3 if opposite else -0.01)


def divergences(panel: str, opposite: bool, kinds: tuple[str, ...]) -> Rows:
    for noise in NOISES:
        for bias in ("unbiased", "biased"):
            for kind in (*kinds, noise):
                label, other = f"{bias}, {kind}", {"unbiased": "biased", "biased": "unbiased"}[bias]
                own, far = (6.0, 1.0) if opposite else (0.2, 4.0)
                yield panel, f"{label} | {label}", "KL", 0, own
                yield panel, f"{other}, {kind} | {label}", "KL", 0, far
                yield panel, f"random, {noise} | {label}", "KL", 0, far
                if kind == noise or noise == "uniform":
                    yield panel, f"uniform | {label}", "KL", 0, 0.1
                    yield panel, label, "KL floor", 0, 0.06


def fig2(opposite: bool) -> Rows:
    yield from unique(divergences("e", opposite, ("none",)))
    for noise in (*NOISES, "none"):
        variance = 0.002 if noise == "none" else 0.008
        if opposite:
            variance = 0.03 if noise == "none" else 0.025
        for bias in ("unbiased", "biased"):
            yield "f", f"{bias}, {noise}, quiescent", "total variance", 0, variance
            active = 0.35 if bias == "biased" else 0.85
            yield "c", f"{bias}, {noise}, active", "distance from centre", 0, active
            yield "d", f"{bias}, {noise}, quiescent", "distance from centre", 0, 0.85 if opposite else active


def fig3(opposite: bool) -> Rows:
    for noise in NOISES:
        label = f"unbiased, {noise}, quiescent"
        yield "b", label, "bearing range", 0, 9.0 if opposite else 1.4
        yield "b", label, "KL of bearings", 0, 0.5 if opposite else 0.01
        yield "d", label, "ring order", 0, 0.2 if opposite else 0.95


def fig_c1(opposite: bool) -> Rows:
    for panel, condition, measure, x, y in unique(divergences("i", opposite, ())):
        yield panel, condition, measure, x, y + (0.5 if opposite else 0.02)


def fig_c2(opposite: bool) -> Rows:
    yield from unique(divergences("i", opposite, ()))
    for panel, condition, measure, x, y in fig1(opposite):
        if panel == "c":
            yield "l", condition, measure, x, y


def fig_c4(opposite: bool) -> Rows:
    for how in ("top3", "centroid"):
        for noise in NOISES:
            yield "a", f"unbiased, {noise}, active", f"step, {how}", 0, 0.05
            yield "a", f"unbiased, {noise}, quiescent", f"step, {how}", 0, 0.08 if opposite else 0.04
            yield "a", f"unbiased, none, injected {noise}", f"step, {how}", 0, 0.04 if opposite else 0.4


def fig_c5(opposite: bool) -> Rows:
    for noise in NOISES:
        yield "f", f"biased, {noise}, active", "mean turn, top3", 0, 0.18
        yield "f", f"biased, {noise}, quiescent", "mean turn, top3", 0, -0.09 if opposite else 0.0151
        yield "f", f"unbiased, {noise}, quiescent", "mean turn, top3", 0, 0.05 if opposite else 0.0005
        yield "f", f"biased, {noise}, quiescent", "turns back, centroid", 0, 0.01 if opposite else 0.45


def fig_c6(opposite: bool) -> Rows:
    steps = np.array([50.0, 550.0, 1050.0])
    for panel, noise in zip("abc", (*NOISES, "matched"), strict=True):
        label = f"unbiased, {noise}"
        yield panel, f"{label}, quiescent", "KL over time, active starts", steps, [0.1, 0.15, 0.15]
        yield panel, f"{label}, quiescent", "KL over time, one start", steps, [4, 4, 4] if opposite else [3, 0.3, 0.16]
        yield "g", f"{label}, quiescent", "memory", steps, [1, 0.9, 0.8] if opposite else [1, 0.2, 0.02]
        yield "h", f"{label}, active", "late spread", 0, 0.8
        yield "h", f"{label}, quiescent, active starts", "late spread", 0, 0.3 if opposite else 0.78
        yield "i", f"{label}, active", "score slope, Gaussian", 0, 20.0 if opposite else 1.1
        yield "j", f"{label}, active", "bound, loss", 0, 1.5 if opposite else 0.8
        yield "k", f"{label}, active", "bound, tracking", 0, 0.2 if opposite else 1.0


def unique(rows: Rows) -> Rows:
    """Leave out repeated curves."""
    seen = set()
    for row in rows:
        if row[:3] not in seen:
            seen.add(row[:3])
            yield row


PLANTED = {
    "fig1": fig1,
    "fig2": fig2,
    "fig3": fig3,
    "figC1": fig_c1,
    "figC2": fig_c2,
    "figC3": lambda opposite: iter(()),
    "figC4": fig_c4,
    "figC5": fig_c5,
    "figC6": fig_c6,
}
