"""Supplement 1 of figure 2: reshaped (squares) and homeostatic (curves) models of each fixed factor λ."""

from homeostat import cli
from homeostat.figures import style
from mayzel2024.panels import (
    MEASURES,
    colour,
    describe,
    draw_budgets,
    inputs,
    log_axis,
    panel_rows,
    short,
    write_figure,
)


def main() -> None:
    given = inputs(__doc__)
    labels = list(dict.fromkeys(given.table["label"]))
    frame = panel_rows(given.table, "A", labels, x="used", y="log_likelihood")
    free = [label for label in labels if label.startswith("reshaped")]
    tight = [label for label in labels if label.startswith("homeostatic")]
    figure, ax = style.panels(1, 1, width=4.2, height=3.4)
    draw_budgets(ax, frame, tight, x="used", legend=True)
    for label in free:
        point = frame[frame["condition"] == label]
        ax.plot(point["x"].mean(), point["y"].mean(), "s", ms=6, mec="black", mew=0.6, color=colour(label, free))
        ax.annotate(
            short(label), (point["x"].mean(), point["y"].mean()), xytext=(4, 4), textcoords="offset points", fontsize=6
        )
    log_axis(ax, frame)
    ax.set(ylabel=MEASURES["log_likelihood"])
    style.letter(ax, "A")
    style.note(figure, describe(given.table, given.meta).replace("; mean", ";\nmean"))
    write_figure(frame, figure, given.output)


if __name__ == "__main__":
    cli.run(main)
