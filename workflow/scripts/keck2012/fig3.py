"""Figure 3: G robustness over the learning rate, H local optima, I removal of intensity, J the two mechanisms."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.rows import footer, seeds_of, where
from homeostat.figures.sheet import Sheet
from homeostat.images import ImageSet
from homeostat.mixture.inputs import normalized, scaled
from keck2012.panels import COLOURS, WORDS, panel_rows, pictures, pixel_rows, show_tiles

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
INPUTS = ("raw", "normalized")
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


def synergy(bars: pd.DataFrame, digits: pd.DataFrame) -> list[pd.DataFrame]:
    """Return source data of panel J, over the gain: with and without normalization and scaling, fields and errors."""
    network = where(bars, learner="network", schedule="constant", switch=0.0, rate=_usual(bars))
    network = network[network["weight"] > 0]
    found = []
    for table, measures in ((network, RECOVERY), (_with_all_labels(where(digits, learner="network")), ("test error",))):
        for plasticity, label in PLASTICITIES.items():
            for scaling in ("normalized", "raw"):
                rows = where(table[table["gain"] > 0], plasticity=plasticity, scaling=scaling)
                rows = rows.assign(x=rows["gain"])
                found += [panel_rows(rows, "J", f"{label}, {scaling}", measure) for measure in measures]
    return found


def _with_all_labels(digits: pd.DataFrame) -> pd.DataFrame:
    errors = where(digits, measure="test error")
    return errors[errors["x"] == errors["x"].max()]


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
    errors = where(_with_all_labels(digits), plasticity="scaled")
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
        grouped = where(rows, measure=measure, condition=label).groupby("x")["y"]
        centre = grouped.mean() if measure == "all found" else grouped.median()
        ax.plot(centre.index, centre, color=COLOURS[label], label=WORDS[label], ls="--" if "ε" in label else "-")
        for x, y in centre.items():
            full = settled[label, x] == 1
            ax.plot(x, y, COLOURS.mark(label), color=COLOURS[label], mfc=COLOURS[label] if full else "white")
    ax.set(xscale="log", xlabel="learning rate ε")


def draw_weights(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the upper half of panel H."""
    for label in ("network", "network, uniform"):
        text = WORDS[label] if "uniform" in label else "network from the input's mean"
        panels.curve(ax, where(rows, condition=label), colour=COLOURS[label], label=text, marker=COLOURS.mark(label))
    for label, dash in zip(EM_STARTS.values(), ("--", ":", "-."), strict=True):
        panels.reference(ax, where(rows, condition=label), color=COLOURS[label], label=WORDS[label], ls=dash)
    ax.set(xlabel="initial total weight / A", ylabel="share of runs with all fields", ylim=(-0.05, 1.95))
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.legend(loc="upper right")


def draw_arms(ax: Axes, rows: pd.DataFrame, labels: list[str], *, jitter: float) -> None:
    """Draw mean and standard error of each label at the four kinds of input."""
    for index, label in enumerate(labels):
        offset = jitter * (index - (len(labels) - 1) / 2)
        for position, name in enumerate(ARMS):
            values = where(rows, condition=f"{label}: {name}")["y"]
            text = WORDS[label] if position == 0 else None
            look = {"label": text, "marker": COLOURS.mark(label), "ms": 3.5}
            panels.point(ax, position + offset, values, colour=COLOURS[label], **look)
    for edge in range(len(ARMS) - 1):
        ax.axvline(edge + 0.5, color="#dddddd", lw=0.6)
    ax.set_xticks(range(len(ARMS)), [name.replace(", varied", ",\nintensity varied") for name in ARMS])
    ax.set_xlabel("input")


def draw_synergy(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw half of panel J: for each gain, a line with and one without scaling, from raw to normalized input."""
    gains = np.unique(rows["x"])[::-1]
    for plasticity, kind in zip(PLASTICITIES.values(), ("network", "no scaling"), strict=True):
        for gain, style in zip(gains, ("-", "--"), strict=False):
            arms = [where(rows, condition=f"{plasticity}, {name}", x=gain).assign(x=k) for k, name in enumerate(INPUTS)]
            look = {"label": f"{plasticity}, varied by {100 * gain:g} %", "marker": COLOURS.mark(kind), "ls": style}
            panels.curve(ax, pd.concat(arms), colour=COLOURS[kind], bars=True, ms=4, **look)
    ax.set(xlim=(-0.3, 1.3), xlabel="input")
    ax.set_xticks(range(len(INPUTS)), INPUTS)
    ax.legend()


def draw_digit(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the upper half of panel I: one digit at three contrasts."""
    shown = np.concatenate([pictures(where(rows, condition=name)) for name in ("raw", "normalized")])
    scale = show_tiles(ax, shown, 3, vmin=1)
    side = round(np.sqrt(shown.shape[1]))
    ax.set_yticks([side / 2, 1.5 * side + 1], ["raw", "normalized"])
    ax.set_xlabel("one digit at three contrasts")
    ax.tick_params(length=0)
    ax.figure.colorbar(scale, ax=ax, shrink=0.7, label="input")


def draw(frame: pd.DataFrame, note: str, n_fields: int) -> Figure:
    """Draw the figure from its source data."""
    blocks = [["G", "G below", "H"], ["H below", "H below", "I"], ["I below", "J", "J below"]]
    sheet = Sheet([[[block]] for block in blocks], frame, height=190)
    sheet.draw("G", draw_rates, "nats below, all found")
    sheet["G"].set(yscale="log", ylabel="nats below EM from the truth\n(median of runs with all fields)")
    low, high = sheet["G"].get_ylim()
    sheet["G"].set_ylim(low, high * (high / low) ** 0.45)
    sheet["G"].legend(title="open: weights have not settled", loc="upper center")
    sheet.draw("G below", draw_rates, "all found")
    sheet["G below"].set(ylabel="share of runs with all fields", ylim=(-0.05, 1.05))
    sheet.draw("H", draw_weights, rows=sheet.rows("H", measure="all found over weight"))
    labels = [*EM_STARTS.values(), *CURRENTS.values()]
    sheet.draw("H below", draw_arms, labels, jitter=0.11, rows=sheet.rows("H", measure="fields found"))
    sheet["H below"].set(ylabel=f"fields found, of {n_fields}", ylim=(-0.3, 1.45 * n_fields))
    sheet["H below"].set_yticks(range(0, n_fields + 1, 2))
    sheet["H below"].legend(ncols=3, loc="upper center")
    sheet.draw("I", draw_digit, rows=sheet.rows("I", measure="input"))
    sheet.draw("I below", draw_arms, ["EM", "network"], jitter=0.15, rows=sheet.rows("I", measure="test error"))
    sheet["I below"].set(ylabel="test error, all labels", ylim=(0, None))
    panels.headroom(sheet["I below"], 0.2)
    sheet["I below"].legend(loc="upper left", ncols=2)
    sheet["I below"].tick_params(axis="x", rotation=30)
    sheet.draw("J", draw_synergy, rows=sheet.rows("J", measure="fields found"))
    sheet["J"].set(ylabel=f"fields found, of {n_fields}", ylim=(-0.3, 1.1 * n_fields))
    sheet.draw("J below", draw_synergy, rows=sheet.rows("J", measure="test error"))
    sheet["J below"].set(ylabel="test error on digits, all labels", ylim=(0, 1.05))
    return sheet.finish(note)


def main() -> None:
    given = Given(__doc__, "data", "images", "table")
    table, (arrays, meta), sizes = given.table(), given.data(), given.settings
    settings, n_fields = meta["settings"], len(arrays["fields"])
    bars, digits = where(table, data="bars"), table[table["data"] != "bars"]
    parts = [
        rates(bars, settings["total"]),
        optima(bars),
        intensity(digits, ImageSet.read(given.job.path("images"))),
        synergy(bars, digits),
    ]
    frame = pd.concat([rows for part in parts for rows in part])
    note = footer(
        frame,
        f"G, H, J left: bars, {settings['samples']:,} patterns per seed, A = {settings['total']:g}, "
        f"C = {bars['units'].max()}, "
        f"ε = {_usual(bars):g} where not said, intensity varied by {bars['gain'].max():g}; J left: initial totals of "
        f"{where(bars, plasticity='hebbian')['weight'].iloc[0]:g} A; "
        f"{seeds_of(where(frame, data='bars'))}; of raw patterns that differ in intensity the optimum need not show "
        "all fields (runs surpass EM from the truth)",
        f"I, J right: {digits['data'].iloc[0]}, {sizes['samples']:,} training, {sizes['tests']:,} test images a seed, "
        f"A = {digits['total'].iloc[0]:g}, C = {digits['units'].iloc[0]}, "
        f"intensity varied by {digits['gain'].max():g}; {seeds_of(where(frame, panel='I', measure='test error'))}",
    )
    given.write(frame, draw(frame, note, n_fields))


if __name__ == "__main__":
    cli.run(main)
