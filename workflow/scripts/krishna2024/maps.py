"""What figures 2, C.1 and C.2 have in common: decoded positions awake and quiescent, divergences, variances."""

import numpy as np
import pandas as pd

from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from krishna2024.design import NOISES
from krishna2024.panels import COLOURS, NAMES, bars, density, matrix, paths, rows, title, word

SHORT = {"unbiased": "U", "biased": "B"}
_WHEN = {"active": " active", "quiescent": " quiescent", "same": " quiescent, same noise"}


def map_rows(table: pd.DataFrame, letters: str, bias: str, phase: str) -> pd.DataFrame:
    """Return source data of four panels: decoded paths, active and quiescent, and the densities of both."""
    labels = [f"{bias}, {noise}" for noise in NOISES]
    wanted = [("path", "active"), ("path", phase), ("output density", "active"), ("output density", phase)]
    return pd.concat(
        rows(table, letter, measure, phases=[when], labels=labels)
        for letter, (measure, when) in zip(letters, wanted, strict=True)
    )


def draw_maps(sheet: Sheet, letters: str, bias: str, phase: str) -> None:
    """Draw these panels for each kind of noise; the axes' names are ``LETTER NOISE``.

    Densities awake and quiescent have one scale of colours.
    """
    for noise in NOISES:
        main = noise == NOISES[0]
        for letter, kind in zip(letters, ("path", "path", "density", "density"), strict=True):
            when, ax = "active" if letter in letters[::2] else phase, sheet[f"{letter} {noise}"]
            its = sheet.rows(letter, condition=f"{bias}, {noise}, {when}")
            if kind == "path":
                paths(ax, its)
            else:
                both = [f"{bias}, {noise}, {each}" for each in ("active", phase)]
                density(
                    ax,
                    its,
                    where(sheet.frame, panel=list(letters[2:]), condition=both)["z"].max(),
                    bar=main and when != "active",
                )
            title(ax, f"{bias},{_WHEN[when]}\n{NAMES[noise]}" if main else f"{bias},{_WHEN[when]}")


def divergence_rows(table: pd.DataFrame, letter: str, phase: str) -> pd.DataFrame:
    """Return the divergences of quiescent from active distributions, their floors, and the published baseline."""
    return pd.concat(
        [
            rows(table, letter, "KL", phases=[phase], named=False),
            rows(table, letter, "KL, as published", phases=[phase], named=False),
            rows(table, letter, "KL floor", phases=["active"], named=False),
        ]
    )


def draw_divergences(sheet: Sheet, letter: str, *, noiseless: bool) -> None:
    """Draw one matrix per kind of noise, with the floor and the published baseline beneath."""
    frame = sheet.rows(letter)
    floors, published = (
        where(frame, measure=measure).groupby("condition")["y"].mean() for measure in ("KL floor", "KL, as published")
    )
    for noise in NOISES:
        kinds = [noise, "none"] if noiseless else [noise]
        active = {f"{bias}, {kind}": _symbol(bias, kind) for bias in SHORT for kind in kinds}
        columns = {q: name for q, name in active.items() if q.startswith("unbiased")} | {"uniform": "uniform"}
        columns |= active | {f"random, {noise}": "R$^s$"}
        ax = sheet[f"{letter} {noise}"]
        matrix(ax, where(frame, measure="KL"), noise, columns, active)
        lowest = ", ".join(f"{name} {floors.get(p, np.nan):.2f}" for p, name in active.items())
        highest = ", ".join(f"{name} {published.get(f'uniform | {p}', np.nan):.2f}" for p, name in active.items())
        text = f"floor (half v half): {lowest}\n“uniform” as published: {highest}"
        # Part of the axis' label, for which the layout makes room.
        ax.set_xlabel(f"quiescent; U, B: unbiased, biased; s: with noise; R: untrained\n{text}", fontsize=6)


def draw_variances(sheet: Sheet, letter: str, phase: str, *, noiseless: bool, wide: bool = True) -> None:
    """Draw the variance of single quiescent runs over their second half."""
    kinds, ax = (*NOISES, "none") if noiseless else NOISES, sheet[letter]
    labels = [(bias, kind) for bias in SHORT for kind in kinds]
    ax.set_yscale("log")
    bars(
        ax,
        sheet.rows(letter),
        [f"{bias}, {kind}, {phase if kind != 'none' else 'quiescent'}" for bias, kind in labels],
        [f"{bias}, {word(kind)}" for bias, kind in labels],
        [COLOURS[kind] for _, kind in labels],
        wide=wide,
    )
    ax.set(ylabel="total variance in time (m²)")
    title(ax, "quiescent runs,\nsecond half")


def _symbol(bias: str, noise: str) -> str:
    return SHORT[bias] if noise == "none" else f"{SHORT[bias]}$^s$"
