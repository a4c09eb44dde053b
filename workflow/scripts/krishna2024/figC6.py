"""Figure C.6 (ours): whether quiescent activity is sampled, or inherited from where it starts, and does it climb log p.

a to c: divergence from the active distribution over quiescent time, for runs that start at active states and for
runs that all start at the box's centre, with doubled noise; d to f: the same with the noise of training; g: how much
of a run's position its start explains; h: spread over all runs in the end; i: the theory's test, slope of drift on
score.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from krishna2024.design import NOISES
from krishna2024.panels import COLOURS, MOST_KL, NAMES, bars, curve, describe, inputs, of, rows, title

KINDS = (*NOISES, "matched")
LABELS = [f"unbiased, {noise}" for noise in KINDS]
STARTS = {"active starts": "-", "one start": "--"}
PHASES = {"quiescent": "doubled noise", "same": "noise of training"}
# How log p is estimated, and on how many components.
SCORES = {"kernel": "2 PCs", "Gaussian": "10 PCs"}


def course(ax: Axes, frame: pd.DataFrame, letter: str, noise: str, phase: str) -> None:
    """Draw the divergence over time from both kinds of start, between floor and ceiling."""
    for start, line in STARTS.items():
        points = of(frame, letter, f"unbiased, {noise}, {phase}", measure=f"KL over time, {start}")
        curve(ax, points, color=COLOURS[noise], ls=line, marker="o", ms=2, label=f"from {start}")
    levels = {"floor: active v active": ("KL floor", ":"), "ceiling: untrained network": ("KL", "-.")}
    for text, (measure, line) in levels.items():
        values = of(frame, letter, measure=measure)["y"]
        if len(values):
            ax.axhline(values.mean(), color="black", ls=line, lw=0.8, label=text)
    ax.set(xlabel="quiescent step", ylabel="KL(quiescent || active), nats", yscale="log", ylim=(0.02, 20 * MOST_KL))
    ax.legend(fontsize=5.5, ncols=2, loc="upper right")  # where no divergence is
    title(ax, letter, f"{NAMES[noise]}\n{PHASES[phase]}")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic("abc;def;ghi", width=9.8, height=8.6)
    for letters, phase in (("abc", "quiescent"), ("def", "same")):
        for letter, noise in zip(letters, KINDS, strict=True):
            course(axes[letter], frame, letter, noise, phase)
    for noise in KINDS:
        for phase, line in (("quiescent", "-"), ("same", "--")):
            points = of(frame, "g", f"unbiased, {noise}, {phase}")
            curve(axes["g"], points, color=COLOURS[noise], ls=line, label=f"{noise}, {PHASES[phase]}")
    axes["g"].set(xlabel="quiescent step", ylabel="variance explained by the start", ylim=(0, 1.35))
    axes["g"].set_yticks(np.linspace(0, 1, 6))
    axes["g"].legend(fontsize=5.5, ncols=2, loc="upper right", handlelength=1.7, columnspacing=1.0)
    starts = [(noise, start) for noise in KINDS for start in STARTS]
    spread = of(frame, "h", measure="late spread")
    shown = [f"unbiased, {noise}, active" for noise in KINDS] + [
        f"unbiased, {noise}, quiescent, {start}" for noise, start in starts
    ]
    names = [f"{noise}, active" for noise in KINDS] + [f"{noise}, from {start}" for noise, start in starts]
    bars(axes["h"], spread, shown, names, [COLOURS[name.split(",")[0]] for name in names])
    axes["h"].set(ylabel="spread over runs in the end (m²)")
    slopes = [(how, noise) for how in SCORES for noise in KINDS]
    tagged = of(frame, "i")
    tagged = tagged.assign(condition=tagged["condition"] + ", " + tagged["measure"])
    bars(
        axes["i"],
        tagged,
        [f"unbiased, {noise}, active, score slope, {how}" for how, noise in slopes],
        [f"{noise}, {SCORES[how]}" for how, noise in slopes],
        [COLOURS[noise] for _, noise in slopes],
    )
    axes["i"].axhline(0, color="black", lw=0.5)
    axes["i"].axhline(1, color="black", ls=":", lw=0.8)
    axes["i"].set_yscale("symlog", linthresh=1)
    axes["i"].margins(y=0.1)
    axes["i"].set(ylabel="slope of drift on\nnoise variance times score")
    for letter, text in (("g", ""), ("h", "doubled noise"), ("i", "dotted: eq. 18, for 10 PCs")):
        title(axes[letter], letter, text)
    style.note(figure, note)
    return figure


def main() -> None:
    given = inputs(__doc__)
    table, parts = given.table, []
    for letters, phase in (("abc", "quiescent"), ("def", "same")):
        for letter, noise in zip(letters, KINDS, strict=True):
            label = f"unbiased, {noise}"
            parts += [rows(table, letter, f"KL over time, {start}", phases=[phase], labels=[label]) for start in STARTS]
            parts.append(rows(table, letter, "KL floor", labels=[label]))
            parts.append(rows(table, letter, "KL", phases=[phase], labels=[f"random, {noise} | {label}"]))
    parts.append(rows(table, "g", "memory", labels=LABELS))
    parts.append(rows(table, "h", "spread", phases=["active"], labels=LABELS).assign(measure="late spread"))
    for start in STARTS:
        late = rows(table, "h", f"late spread, {start}", phases=["quiescent"], labels=LABELS)
        parts.append(late.assign(condition=late["condition"] + f", {start}", measure="late spread"))
    parts += [rows(table, "i", f"score {what}, {how}") for how in SCORES for what in ("cosine", "R2", "slope")]
    frame = pd.concat(parts)
    write_figure(frame, draw(frame, describe(table)), given.output)


if __name__ == "__main__":
    cli.run(main)
