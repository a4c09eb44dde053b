"""Figure C.6 (ours): whether quiescent activity is sampled, or inherited from where it starts, and does it climb log p.

a to c: divergence from the active distribution over quiescent time, for runs that start at active states and for
runs that all start at the box's centre, with doubled noise; d to f: the same with the noise of training; g: how much
of a run's position its start explains; h: spread over all runs in the end; i: the theory's test, slope of drift on
score; j, k: the theory's premises in trained networks, loss as a share of its upper bound, and tracking of the input.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.sheet import Sheet
from krishna2024.design import NOISES
from krishna2024.panels import COLOURS, MOST_KL, NAMES, bars, curve, describe, noise_of, rows, title, word

KINDS = (*NOISES, "matched")
LABELS = [f"unbiased, {noise}" for noise in KINDS]
WITHOUT_TOO = ["unbiased, none", *LABELS]
STARTS = {"active starts": "-", "one start": "--"}
PHASES = {"quiescent": "doubled noise", "same": "noise of training"}
# How log p is estimated, and on how many components.
SCORES = {"kernel": "2 PCs", "Gaussian": "10 PCs"}


def course(sheet: Sheet, letter: str, noise: str, phase: str) -> None:
    """Draw the divergence over time from both kinds of start, between floor and ceiling."""
    ax, condition = sheet[letter], f"unbiased, {noise}, {phase}"
    for start, dash in STARTS.items():
        points = sheet.rows(letter, condition=condition, measure=f"KL over time, {start}")
        curve(ax, points, COLOURS[noise], ls=dash, marker="o", ms=2, label=f"from {start}")
    levels = {"floor: active v active": ("KL floor", ":"), "ceiling: untrained network": ("KL", "-.")}
    for text, (measure, dash) in levels.items():
        panels.reference(ax, sheet.rows(letter, measure=measure), color="black", ls=dash, label=text)
    ax.set(xlabel="quiescent step", ylabel="KL(quiescent || active), nats", yscale="log", ylim=(0.02, 20 * MOST_KL))
    ax.legend(loc="upper right")  # where no divergence is
    title(ax, f"{NAMES[noise]}\n{PHASES[phase]}")


def draw(frame: pd.DataFrame, note: str) -> Figure:
    """Draw the figure from its source data."""
    sheet = Sheet("abc;def;ghi;jk.", frame, height=225)
    for letters, phase in (("abc", "quiescent"), ("def", "same")):
        for letter, noise in zip(letters, KINDS, strict=True):
            course(sheet, letter, noise, phase)
    for noise in KINDS:
        for phase, line in (("quiescent", "-"), ("same", "--")):
            points = sheet.rows("g", condition=f"unbiased, {noise}, {phase}")
            curve(sheet["g"], points, COLOURS[noise], ls=line, label=f"{word(noise)}, {PHASES[phase]}")
    sheet["g"].set(xlabel="quiescent step", ylabel="variance explained by the start", ylim=(0, 2.0))
    sheet["g"].set_yticks(np.linspace(0, 1, 6))
    sheet["g"].legend(loc="upper right", labelspacing=0.2)
    starts = [(noise, start) for noise in KINDS for start in STARTS]
    spread = sheet.rows("h", measure="late spread")
    shown = [f"unbiased, {noise}, active" for noise in KINDS] + [
        f"unbiased, {noise}, quiescent, {start}" for noise, start in starts
    ]
    names = [f"{word(noise)}, active" for noise in KINDS] + [f"{word(noise)}, {start}" for noise, start in starts]
    bars(sheet["h"], spread, shown, names, [COLOURS[noise] for noise in (*KINDS, *(noise for noise, _ in starts))])
    sheet["h"].set(ylabel="spread over runs in the end (m²)")
    slopes = [(how, noise) for how in SCORES for noise in KINDS]
    tagged = sheet.rows("i")
    tagged = tagged.assign(condition=tagged["condition"] + ", " + tagged["measure"])
    bars(
        sheet["i"],
        tagged,
        [f"unbiased, {noise}, active, score slope, {how}" for how, noise in slopes],
        [f"{word(noise)}, {SCORES[how]}" for how, noise in slopes],
        [COLOURS[noise] for _, noise in slopes],
    )
    sheet["i"].axhline(0, color="black", lw=0.5)
    sheet["i"].axhline(1, color="black", ls=":", lw=0.8)
    sheet["i"].set_yscale("symlog", linthresh=1)
    sheet["i"].margins(y=0.1)
    sheet["i"].set(ylabel="slope of drift on\nnoise variance times score")
    for letter, measure, label in (
        ("j", "bound, loss", "loss as a share of its\nupper bound"),
        ("k", "bound, tracking", "output moved by input\nper change of the code"),
    ):
        shown, names = [f"{name}, active" for name in WITHOUT_TOO], [noise_of(name) for name in WITHOUT_TOO]
        bars(
            sheet[letter], sheet.rows(letter, measure=measure), shown, [*map(word, names)], [COLOURS[n] for n in names]
        )
        sheet[letter].axhline(1, color="black", ls=":", lw=0.8)
        sheet[letter].set(ylabel=label, ylim=(0, None))
    texts = {"h": "doubled noise", "i": "dotted: eq. 18, for 10 PCs", "j": "dotted: the bound", "k": "dotted: D⁺ df"}
    for letter, text in texts.items():
        title(sheet[letter], text)
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "table")
    table, parts = given.table(), []
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
    bound = ("bound, loss", "bound, signal"), ("bound, tracking",)
    parts += [
        rows(table, letter, each, labels=WITHOUT_TOO) for letter, its in zip("jk", bound, strict=True) for each in its
    ]
    frame = pd.concat(parts)
    given.write(frame, draw(frame, describe(table)))


if __name__ == "__main__":
    cli.run(main)
