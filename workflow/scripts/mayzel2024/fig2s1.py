"""Supplement 1 of figure 2: reshaped (squares) and homeostatic (curves) models of each fixed factor λ."""

from homeostat import cli
from homeostat.figures import style
from homeostat.figures.output import write_figure
from mayzel2024.panels import (
    MEASURES,
    colour,
    describe,
    draw_budgets,
    hollow,
    inputs,
    log_axis,
    panel_rows,
)


def main() -> None:
    given = inputs(__doc__)
    labels = list(dict.fromkeys(given.table["label"]))
    frame = panel_rows(given.table, "A", labels, x="used", y="log_likelihood")
    free = [label for label in labels if label.startswith("reshaped")]
    tight = [label for label in labels if label.startswith("homeostatic")]
    figure, (ax, zoom) = style.panels(1, 2, width=7.2, height=3.4)
    for each in (ax, zoom):
        draw_budgets(each, frame, tight, x="used")
        for label in free:
            point = frame[frame["condition"] == label]
            each.errorbar(
                point["x"].mean(), point["y"].mean(), point["y"].sem() if len(point) > 1 else 0.0, fmt="s", ms=6,
                mec="black", mew=0.6, color=colour(label, free), ecolor="black", elinewidth=0.8, capsize=2,
            )  # fmt: skip
            hollow(each, point, "condition", "black", "s", 6)
        log_axis(each, frame)
    best = frame.groupby(["condition", "budget"])["y"].mean().max()
    zoom.set(ylim=(best - 0.6, best + 0.05), title="the upper 0.6 nats, enlarged")
    ax.set(ylabel=MEASURES["log_likelihood"])
    ax.legend(loc="lower right", fontsize=6, title="curves: homeostatic\nsquares: reshaped", title_fontsize=6)
    style.letter(ax, "A")
    style.note(figure, describe(given.table, given.meta))
    write_figure(frame, figure, given.output)


if __name__ == "__main__":
    cli.run(main)
