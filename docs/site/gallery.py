"""The gallery of the site: the plotted means of each figure, from its largest run in record/."""

import re
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.axes import Axes

from homeostat.figures import panels, style
from homeostat.figures.palette import Palette
from homeostat.record import Record, read_all
from homeostat.record.curves import frame

ROOT = Path(__file__).resolve().parents[2]
CAPTIONS = ROOT / "workflow" / "report"
# Panels of a figure, and conditions of a panel: a gallery is for a glance.
_PANELS, _CONDITIONS = 6, 12
_HEAD = """# Gallery

Means over seeds with 95 % intervals (cut where they are far wider than the curves differ), drawn from the
[results of record](../record.md) when this site was built; of each figure the largest run. Raster plots, densities,
paths and schematics have no means and are not here, nor are more than six panels of a figure: `make figures` draws the
whole figures, and the report page of a run shows each beside its claims.
"""


def write_gallery(folder: Path) -> list[str]:
    """Write ``gallery.md`` and its pictures into a folder; return the figures that are in it, as ``study fig2``."""
    pictures = folder / "gallery"
    pictures.mkdir(exist_ok=True)
    text, shown = [_HEAD], []
    records = read_all(ROOT / "record")
    for study in sorted({record.study for record in records}):
        text.append(f"## {study}\n\n[What was found](../{study}.md).\n")
        for figure, record in _largest(records, study).items():
            rows = frame(curve for curve in record.curves if curve.figure == figure)
            path = pictures / f"{study}-{figure}.png"
            if draw(record, rows, path):
                name, title, about = f"{study} {figure.removeprefix('fig')}", _title(study, figure), record.about
                how = f"Scale: {about['scale']}; seeds: {about['seeds']}; {about['device']}; {about['date'][:10]}."
                text.append(f"### {name}\n\n{title} {how}\n\n![{name}: {title}](gallery/{path.name})\n")
                shown.append(f"{study} {figure}")
    page, whole = folder / "gallery.md", "\n".join(text)
    if not page.is_file() or page.read_text(encoding="utf-8") != whole:
        page.write_text(whole, encoding="utf-8")
    return shown


def _largest(records: list[Record], study: str) -> dict[str, Record]:
    """Return the largest record of each figure, in the order of the figures."""
    found: dict[str, Record] = {}
    for record in sorted((each for each in records if each.study == study and each.counts), key=lambda each: each.size):
        found |= {curve.figure: record for curve in record.curves}
    return dict(sorted(found.items()))


def draw(record: Record, rows: pd.DataFrame, path: Path) -> bool:
    """Draw the panels of a figure that have means, if there are any and the picture is not there yet."""
    groups = [group for _, group in rows.groupby(["panel", "measure"], sort=False) if _drawable(group)]
    # Curves say more than points.
    groups = sorted(groups, key=lambda group: -min(group.groupby("condition")["x"].nunique().max(), 2))[:_PANELS]
    if not groups:
        return False
    if path.is_file() and path.stat().st_mtime > (record.folder / "means.json").stat().st_mtime:
        return True
    groups.sort(key=lambda group: str(group["panel"].iloc[0]))
    columns = min(3, len(groups))
    height = 2.1 * -(-len(groups) // columns)
    figure, axes = style.panels(-(-len(groups) // columns), columns, width=7.0, height=height, squeeze=False)
    colours = Palette()
    for ax, group in zip(axes.flat, groups, strict=False):
        _panel(ax, group, colours)
    handles = {label: each for ax in axes.flat for each, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    if handles:
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4)
    for ax in axes.flat[len(groups) :]:
        ax.set_axis_off()
    with matplotlib.rc_context({"savefig.dpi": 150}):
        style.save(figure, path)
    return True


def _drawable(group: pd.DataFrame) -> bool:
    known = group[(group["of"] == "") & group["x"].notna()]
    return len(known) > 1 and known["condition"].nunique() <= _CONDITIONS and len(known) == len(group)


def _panel(ax: Axes, group: pd.DataFrame, colours: Palette) -> None:
    conditions = list(dict.fromkeys(group["condition"]))
    ax.set_title(f"{group['panel'].iloc[0]}   {group['measure'].iloc[0]}", loc="left")
    if group.groupby("condition")["x"].nunique().max() > 1:
        for condition in conditions:
            points = group[group["condition"] == condition].sort_values("x")
            ax.plot(points["x"], points["mean"], "o-", ms=2, color=colours[condition], label=condition)
            ax.fill_between(points["x"], points["low"], points["high"], color=colours[condition], alpha=0.2, lw=0)
        # Intervals of few seeds can be far wider than what curves differ by.
        low, high = group["mean"].min(), group["mean"].max()
        room = 0.3 * (high - low) or 1.0
        ax.set_ylim(max(ax.get_ylim()[0], low - room), min(ax.get_ylim()[1], high + room))
        x = group["x"]
        if x.min() > 0 and x.max() / x.min() > 20:
            panels.log_ticks(ax, float(x.min()), float(x.max()))
        return
    for row, condition in enumerate(conditions):
        points = group[group["condition"] == condition]
        for _, each in points.iterrows():
            ax.plot([each["low"], each["high"]], [row, row], color=colours[condition], lw=1)
        ax.plot(points["mean"], [row] * len(points), "o", color=colours[condition], ms=3)
    ax.set_yticks(range(len(conditions)), conditions)
    ax.invert_yaxis()


def _title(study: str, figure: str) -> str:
    """Return the title of a figure: what its caption has in bold."""
    path = CAPTIONS / study / f"{figure}.rst"
    found = re.match(r"\*\*(.+?)\*\*", path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[1] if found else ""
