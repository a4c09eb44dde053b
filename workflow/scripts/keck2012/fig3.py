"""Figure 3: G robustness over the learning rate, H local optima, I removal of intensity, J the two mechanisms."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from homeostat.files import load_npz
from homeostat.images import ImageSet
from homeostat.mixture.inputs import normalized, scaled
from keck2012.panels import (
    COLOURS,
    arguments,
    draw_curve,
    finish,
    panel_rows,
    pictures,
    pixel_rows,
    seeds_of,
    show_tiles,
    where,
)

# A network has settled when no unit's total weight is further from A than this share.
_SETTLED = 1e-3
SCHEDULES = {"constant": "network", "decaying": "network, decaying ε"}
CURRENTS = {
    "log": "network",
    "shifted": "network, S(W)",
    "linear": "network, linear I",
    "posterior": "network, I - ΣW",
}
EM_STARTS = {"input": "EM, input", "uniform": "EM, uniform", "points": "EM, points"}
ARMS = ("normalized", "raw", "normalized, varied", "raw, varied")
RECOVERY = ("fields found", "all found")
PLASTICITIES = {"scaled": "scaling", "hebbian": "no scaling"}


def arm(rows: pd.DataFrame) -> pd.Series:
    """Return the name of each row's kind of input."""
    return rows["scaling"] + np.where(rows["gain"] > 0, ", varied", "")


def rates(bars: pd.DataFrame, total: float) -> list[pd.DataFrame]:
    """Return source data of panel G."""
    chosen = where(bars, learner="network", scaling="normalized", gain=0.0, weight=0.0, switch=0.0)
    chosen = chosen[(chosen["start"] == "input") & (chosen["current"] == "log")]
    keys = ["seed", "rate", "schedule"]
    values = chosen.pivot(index=keys, columns="measure", values="y")
    spread = np.maximum(values["final largest total"] - total, total - values["final smallest total"]) / total
    rows = where(chosen, measure="gap").set_index(keys)
    rows["settled"] = (spread < _SETTLED).astype(float)
    rows["below"] = -rows["y"]
    rows["below, all found"] = rows["below"].where(values["all found"] == 1)
    for name in (*RECOVERY, "field distance"):
        rows[name] = values[name]
    rows = rows.reset_index()
    found = []
    names = {
        "below": "nats below",
        "below, all found": "nats below, all found",
        "settled": "settled",
        "field distance": "field distance",
    }
    for schedule, label in SCHEDULES.items():
        part = where(rows, schedule=schedule)
        for column in ("below", "below, all found", "settled", *RECOVERY, "field distance"):
            shown = part.assign(x=part["rate"], y=part[column])
            found.append(panel_rows(shown, "G", label, "gap", measure=names.get(column, column)))
    return found


def optima(bars: pd.DataFrame) -> list[pd.DataFrame]:
    """Return source data of panel H: over initial total weights, and by learner, start and kind of input."""
    found = []
    network = where(bars, learner="network", schedule="constant", switch=0.0, rate=_usual(bars))
    swept = where(network[network["weight"] > 0], scaling="normalized", gain=0.0, plasticity="scaled")
    em = where(bars, learner="em")
    for measure in RECOVERY:
        for kind in ("input", "uniform"):
            rows = where(swept, start=kind)
            label = "network" if kind == "input" else "network, uniform"
            found.append(
                panel_rows(rows.assign(x=rows["weight"]), "H", label, measure, measure=f"{measure} over weight")
            )
        for kind, label in EM_STARTS.items():
            rows = where(em, start=kind, scaling="normalized", gain=0.0)
            found.append(panel_rows(rows.assign(x=1.0), "H", label, measure, measure=f"{measure} over weight"))
    drawn = network[network["weight"] == 0]
    kinds = [(where(em, start=kind), label) for kind, label in EM_STARTS.items()]
    kinds += [(where(drawn, current=current), label) for current, label in CURRENTS.items()]
    for rows, label in kinds:
        for name in ARMS:
            part = rows[arm(rows) == name].assign(x=0.0)
            found += [panel_rows(part, "H", f"{label}: {name}", measure) for measure in (*RECOVERY, "gap")]
    return found


def synergy(bars: pd.DataFrame) -> list[pd.DataFrame]:
    """Return source data of panel J: fields found with and without normalization and scaling, over the gain."""
    network = where(bars, learner="network", schedule="constant", switch=0.0, rate=_usual(bars))
    network = network[(network["weight"] > 0) & (network["gain"] > 0)]
    return [
        panel_rows(rows.assign(x=rows["gain"]), "J", f"{label}, {scaling}", measure)
        for plasticity, label in PLASTICITIES.items()
        for scaling in ("normalized", "raw")
        for rows in (where(network, plasticity=plasticity, scaling=scaling),)
        for measure in RECOVERY
    ]


def _usual(bars: pd.DataFrame) -> float:
    """Return the configured rate: A is switched in networks of that rate alone."""
    return float(bars.loc[bars["switch"] > 0, "rate"].iloc[0])


def intensity(digits: pd.DataFrame, images: ImageSet) -> list[pd.DataFrame]:
    """Return source data of panel I: one digit at three contrasts, and test errors with all labels."""
    total, gain = digits["total"].iloc[0], digits["gain"].max()
    picture = images.test_images[0].reshape(1, -1)
    mean = float(images.train_images.sum(axis=(1, 2), dtype=np.float64).mean())
    shown = picture * np.array([[1 - gain], [1.0], [1 + gain]])
    found = [
        pixel_rows("I", "raw", scaled(shown, total, mean), "input", digits),
        pixel_rows("I", "normalized", normalized(shown, total), "input", digits),
    ]
    errors = where(digits, measure="test error")
    errors = errors[errors["x"] == errors["x"].max()]
    for learner, label in (("network", "network"), ("em", "EM")):
        for name in ARMS:
            rows = where(errors, learner=learner)
            rows = rows[arm(rows) == name].assign(x=0.0)
            found.append(panel_rows(rows, "I", f"{label}: {name}", "test error"))
    return found


def draw_rates(ax: Axes, rows: pd.DataFrame, measure: str) -> None:
    """Draw half of panel G; networks that have not settled are open."""
    settled = where(rows, measure="settled").groupby(["condition", "x"])["y"].mean()
    for label in SCHEDULES.values():
        points = where(rows, measure=measure, condition=label)
        grouped = points.groupby("x")["y"]
        centre = grouped.mean() if measure == "all found" else grouped.median()
        ax.plot(centre.index, centre, color=COLOURS[label], label=label)
        for x, y in centre.items():
            full = settled[label, x] == 1
            ax.plot(x, y, "o", ms=4, color=COLOURS[label], mfc=COLOURS[label] if full else "white")
    ax.set(xscale="log", xlabel="learning rate ε")


def draw_weights(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the upper half of panel H."""
    rows = where(rows, measure="all found over weight")
    for label, colour in (("network", COLOURS["network"]), ("network, uniform", "#8C3B00")):
        kind = "uniform" if "uniform" in label else "input"
        draw_curve(ax, rows, label, colour=colour, label=f"network, start '{kind}'")
    for kind, label in EM_STARTS.items():
        mean = rows.loc[rows["condition"] == label, "y"].mean()
        ax.axhline(mean, color=COLOURS[label], ls=":", label=f"EM, start '{kind}' (scaled to A)")
    ax.set(xlabel="initial total weight / A", ylabel="share of runs with all fields", ylim=(-0.05, 1.05))
    ax.legend(fontsize=5.5, loc="center right")


def draw_arms(ax: Axes, rows: pd.DataFrame, labels: list[str], arms: list[str], *, jitter: float) -> None:
    """Draw mean and standard error of each label at the four kinds of input."""
    for index, label in enumerate(labels):
        offset = jitter * (index - (len(labels) - 1) / 2)
        for position, name in enumerate(ARMS):
            values = rows.loc[rows["condition"] == f"{label}: {name}", "y"]
            error = values.sem() if len(values) > 1 else 0.0
            ax.errorbar(
                position + offset, values.mean(), error, fmt="o", ms=4, capsize=2, color=COLOURS[label],
                mec="#555555", mew=0.3, label=label if position == 0 else None,
            )  # fmt: skip
    for edge in range(len(ARMS) - 1):
        ax.axvline(edge + 0.5, color="#dddddd", lw=0.6)
    ax.set_xticks(range(len(ARMS)), arms)


def draw_synergy(ax: Axes, rows: pd.DataFrame, gain: float, n_fields: int) -> None:
    """Draw one gain of panel J: a line for networks with and without scaling, from raw to normalized input."""
    rows = where(rows, measure="fields found", x=gain)
    for label, colour in zip(PLASTICITIES.values(), (COLOURS["network"], style.GREY), strict=True):
        arms = [rows.loc[rows["condition"] == f"{label}, {name}", "y"] for name in ("raw", "normalized")]
        errors = [values.sem() if len(values) > 1 else 0.0 for values in arms]
        ax.errorbar(
            [0, 1], [values.mean() for values in arms], errors, fmt="o-", ms=4, capsize=2, color=colour, label=label
        )
    ax.set(xlim=(-0.3, 1.3), ylim=(-0.3, 1.1 * n_fields), ylabel=f"fields found, of {n_fields}")
    ax.set_xticks([0, 1], ["raw", "normalized"])
    ax.set_title(f"intensity varied by {gain:g}", fontsize=7)


def draw(frame: pd.DataFrame, said: list[str], n_fields: int) -> Figure:
    """Draw the figure from its source data."""
    figure, axes = style.mosaic(
        [["G", "H", "I", "J"], ["G, below", "H, below", "I, below", "J, below"]], width=13, height=6.4
    )
    panel = {name: where(frame, panel=name) for name in "GHIJ"}
    draw_rates(axes["G"], panel["G"], "nats below, all found")
    axes["G"].set(yscale="log", ylabel="nats below EM from the truth\n(median of runs with all fields)")
    axes["G"].legend(title="open: total weights not yet at A", title_fontsize=6)
    draw_rates(axes["G, below"], panel["G"], "all found")
    axes["G, below"].set(ylabel="share of runs with all fields", ylim=(-0.05, 1.05))
    draw_weights(axes["H"], panel["H"])
    arms = ["normalized", "raw", "normalized,\nvaried", "raw,\nvaried"]
    labels = [*EM_STARTS.values(), *CURRENTS.values()]
    draw_arms(axes["H, below"], where(panel["H"], measure="fields found"), labels, arms, jitter=0.11)
    axes["H, below"].set(ylabel=f"fields found, of {n_fields}", ylim=(-0.3, 1.45 * n_fields))
    axes["H, below"].set_yticks(range(0, n_fields + 1, 2))
    axes["H, below"].legend(fontsize=5.5, ncols=3, loc="upper center")
    images = where(panel["I"], measure="input")
    shown = np.concatenate([pictures(where(images, condition=name)) for name in ("raw", "normalized")])
    scale = show_tiles(axes["I"], shown, 3, vmin=1)
    side = round(np.sqrt(shown.shape[1]))
    axes["I"].set_yticks([side / 2, 1.5 * side + 1], ["raw", "normalized"])
    axes["I"].set_xlabel("one digit at three contrasts")
    axes["I"].tick_params(length=0)
    figure.colorbar(scale, ax=axes["I"], shrink=0.7, label="input y")
    draw_arms(axes["I, below"], where(panel["I"], measure="test error"), ["EM", "network"], arms, jitter=0.15)
    axes["I, below"].set(ylabel="test error, all labels", ylim=(0, None))
    axes["I, below"].legend()
    for name, gain in zip(("J", "J, below"), np.unique(panel["J"]["x"])[::-1], strict=True):
        draw_synergy(axes[name], panel["J"], gain, n_fields)
    axes["J"].legend(fontsize=6)
    for name in ("H, below", "I, below"):
        axes[name].set_xlabel("input (varied: patterns differ in intensity)")
    finish(figure, frame, axes, said)
    return figure


def main() -> None:
    options = arguments(__doc__, "data", "images")
    table = pd.read_csv(options.table)
    arrays, meta = load_npz(options.data)
    settings, n_fields = meta["settings"], len(arrays["fields"])
    bars, digits = table[table["data"] == "bars"], table[table["data"] != "bars"]
    parts = [
        rates(bars, settings["total"]),
        optima(bars),
        intensity(digits, ImageSet.read(options.images)),
        synergy(bars),
    ]
    frame = pd.concat([rows for part in parts for rows in part])
    said = [
        f"G, H, J: bars, {settings['samples']:,} patterns per seed, A = {settings['total']:g}, "
        f"C = {bars['units'].max()}, "
        f"ε = {_usual(bars):g} where not said, intensity varied by {bars['gain'].max():g}; J: initial totals of "
        f"{where(bars, plasticity='hebbian')['weight'].iloc[0]:g} A; "
        f"{seeds_of(where(frame, data='bars'))}; of raw patterns that differ in intensity the optimum need not show "
        "all fields (runs surpass EM from the truth)",
        f"I: {digits['data'].iloc[0]}, {options.samples:,} training and {options.tests:,} test images per seed, "
        f"A = {digits['total'].iloc[0]:g}, C = {digits['units'].iloc[0]}, "
        f"intensity varied by {digits['gain'].max():g}; {seeds_of(where(frame, panel='I', measure='test error'))}",
    ]
    write_figure(frame, draw(frame, said, n_fields), options.output)


if __name__ == "__main__":
    cli.run(main)
