"""Compare two runs: settings that differ, curves over each other, numbers beyond their intervals, changed verdicts."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from homeostat import cli
from homeostat.comparison import STATES, Point, changed_settings, changed_verdicts
from homeostat.files import atomic_path, write_rows
from report import beside, overlay
from report.render import base, environment
from report.text import number

COLUMNS = (
    "kind", "study", "figure", "panel", "condition", "measure", "budget", "x", "state",
    "a", "a_low", "a_high", "a_seeds", "b", "b_low", "b_high", "b_seeds",
)  # fmt: skip
_MOST_NUMBERS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--a", required=True, help="the name of a run; `default` is the one without a name")
    parser.add_argument("--b", required=True, help="the name of the other")
    parser.add_argument("--output", type=Path, help="the page (HTML); a CSV is written beside it")
    options = parser.parse_args()
    a, b = beside.Shown.read(options.a, "A"), beside.Shown.read(options.b, "B")
    page = options.output or beside.RESULTS / "compare" / f"{a.name}-{b.name}.html"
    settings = [each for each in changed_settings(a.manifest["config"], b.manifest["config"]) if each[0] != "run"]
    verdicts, figures = changed_verdicts(a.claims, b.claims), beside.figures_of(a, b)
    with atomic_path(page) as temporary:
        temporary.write_text(render(a, b, settings, verdicts, figures, page), encoding="utf-8")
    write_rows(page.with_suffix(".csv"), COLUMNS, list(rows(settings, verdicts, figures)))
    beyond = sum(figure.counts["beyond"] for figure in figures)
    points = sum(len(figure.pairs) for figure in figures)
    print(f"Settings that differ: {len(settings)}. Numbers that differ beyond their intervals: {beyond} of {points}.")
    print(f"Verdicts that changed: {len(verdicts)}.")
    for run in (a, b):
        if run.stale:
            print(f"Not by the settings of {run.name}, but by earlier ones: {', '.join(run.stale)}.")
    print(f"Page: {page}\nNumbers: {page.with_suffix('.csv')}")


def render(
    a: beside.Shown, b: beside.Shown, settings: Sequence[Any], verdicts: Sequence[Any], figures: Sequence[beside.Both],
    page: Path,
) -> str:  # fmt: skip
    """Return the page."""
    names = (a.name, b.name)
    differing = [figure for figure in figures if not figure.same]
    beyond = sorted(((pair, figure) for figure in figures for pair in figure.beyond), key=lambda each: -each[0].gap)
    values = {
        "runs": [a, b],
        "settings": [(path, *(_shown(value) for value in values)) for path, *values in settings],
        "verdicts": verdicts,
        "claims": sum(1 for row in a.claims if row),
        "figures": differing,
        "pictures": {id(figure): overlay.overlay(figure.pairs, names) for figure in differing},
        "same": [figure for figure in figures if figure.same],
        "points": sum(len(figure.pairs) for figure in figures),
        "counts": {state: sum(figure.counts[state] for figure in figures) for state in STATES},
        "beyond": beyond[:_MOST_NUMBERS],
        "hidden": len(beyond) - len(beyond[:_MOST_NUMBERS]),
        "csv": page.with_suffix(".csv").name,
        **base(device="cpu"),
        "address": lambda path: beside.address(path, page),
        "ends": _ends,
        "identity": id,
    }
    return environment().get_template("compare.html.j2").render(values)


def rows(
    settings: Sequence[Any], verdicts: Sequence[Any], figures: Sequence[beside.Both]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Yield the rows of the CSV: settings and verdicts that differ, and every number of both runs."""
    blank: dict[str, Any] = dict.fromkeys(COLUMNS)
    for path, one, other in settings:
        yield blank | {"kind": "setting", "measure": path, "a": _shown(one), "b": _shown(other)}
    for one, other in verdicts:
        its = one or other
        where = {name: its[name] for name in ("study", "figure", "panel")} | {"condition": its["id"]}
        sides: dict[str, Any] = {}
        for side, row in (("a", one), ("b", other)):
            sides |= {side: row["verdict"], f"{side}_seeds": row["n_seeds"]} if row else {}
        yield blank | {"kind": "verdict", **where, **sides}
    for figure in figures:
        for pair in figure.pairs:
            place = {"panel": pair.place.panel, "condition": pair.place.condition, "measure": pair.place.measure}
            place |= {"budget": pair.place.budget, "x": pair.place.x, "state": pair.state}
            yield (
                blank
                | {"kind": "number", "study": figure.study, "figure": figure.name, **place}
                | _side("a", pair.a)
                | _side("b", pair.b)
            )


def _side(name: str, point: Point | None) -> dict[str, Any]:
    if point is None:
        return {}
    interval = point.interval
    ends = {f"{name}_{end}": getattr(interval, end) for end in ("low", "high") if interval.low == interval.low}
    return {name: interval.value, **ends, f"{name}_seeds": len(point.seeds)}


def _shown(value: Any) -> str:
    """Return a setting as YAML has it on one line; nothing for a key that is not there."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _ends(point: Point) -> str:
    interval = point.interval
    return "" if interval.low != interval.low else f"{number(interval.low)} to {number(interval.high)}"


if __name__ == "__main__":
    cli.run(main)
