"""Supplement 1 of figure 2: reshaped (squares) and homeostatic (curves) models of each fixed factor λ."""

from homeostat import cli
from homeostat.figures import panels
from homeostat.figures.program import Given
from homeostat.figures.rows import where
from homeostat.figures.sheet import Sheet
from mayzel2024.colours import colours
from mayzel2024.panels import WHY, describe, draw_budgets, log_axis, panel_rows


def main() -> None:
    given = Given(__doc__, "data", "table")
    table = given.table()
    labels = list(dict.fromkeys(table["label"]))
    frame = panel_rows(table, "A", labels, x="used", y="log_likelihood")
    free = [label for label in labels if label.startswith("reshaped")]
    tight = [label for label in labels if label.startswith("homeostatic")]
    sheet = Sheet([["A", "A zoom"]], frame, height=82, why=WHY)
    for name in sheet:
        draw_budgets(sheet[name], frame, tight, x="used")
        for label, colour in colours(free).items():
            at = where(frame, condition=label)
            panels.point(sheet[name], at["x"], at["y"], colour=colour, doubt=at["doubt"], marker="s", mec="black", ms=5)
        log_axis(sheet[name], frame)
    best = frame.groupby(["condition", "budget"])["y"].mean().max()
    sheet["A zoom"].set(ylim=(best - 0.6, best + 0.05), title="the upper 0.6 nats, enlarged")
    sheet["A"].legend(loc="lower right", title="curves: homeostatic\nsquares: reshaped")
    given.write(frame, sheet.finish(describe(table, given.data()[1])))


if __name__ == "__main__":
    cli.run(main)
