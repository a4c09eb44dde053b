"""The report page, from what is there: figures, verdicts, graph of rules, provenance."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from homeostat import lineage
from homeostat.claims import GROUPS, VERDICTS, count, group
from homeostat.provenance import provenance
from report import contents, drawing, graph, runs, text

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "workflow" / "report" / "page"
# Whose a claim is, as the page says it.
SAID_BY = {
    "text": "the paper",
    "figure": "the paper’s figure",
    "code": "the authors’ code",
    "reviews": "the authors’ response",
    "ours": "ours",
}


def environment() -> jinja2.Environment:
    """Return the templates' environment: everything that is put into them is escaped, and must be known."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "number": text.number,
        "interval": text.interval,
        "duration": text.duration,
        "figure_name": text.figure_name,
        "slug": drawing.slug,
        "chart": drawing.interval_chart,
        "bar": drawing.verdict_bar,
        "margin": drawing.margin,
        "tally": count,
        "several": text.several,
        "readings": drawing.readings,
    }
    return found


def render(
    config: Mapping[str, Any],
    figures: Mapping[str, Sequence[str]],
    real: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    files: Sequence[str],
    run: runs.Run,
    *,
    scales: Mapping[str, str],
    plot: Path | None = None,
    so_far: bool = False,
    threads: int = 1,
) -> dict[str, str]:
    """Return the pages by name: ``index`` and ``scorecard``.

    Parameters
    ----------
    config
        The effective configuration.
    figures
        The figures of each study that the pipeline has; the configuration names those that this run is about.
    real
        Names of data, as in the tables, that are real.
    rows
        The scorecard.
    files
        The figures in the store.
    run
        Jobs and times, where they are known.
    scales
        The scale of each study.
    plot
        The picture of the scorecard.
    so_far
        Whether the page is of an unfinished run, and says so.
    threads
        So many figures are read and shrunk at a time.
    """
    papers = contents.papers(ROOT / "CITATION.cff")
    stored, records = contents.by_figure(files), lineage.Store(runs.STORE.parent)
    studies = []
    for name, its in figures.items():
        of_study = [row for row in rows if row["study"] == name]
        at = {"study": name, "files": stored, "captions": TEMPLATES.parent, "config": config}
        at |= {"records": records}
        read = partial(contents.read_figure, **at, rows=of_study, run=run)
        with ThreadPoolExecutor(threads) as pool:
            shown = list(pool.map(read, its))
        judged = [path for job in run.jobs if job.rule == f"{name}_judge" for path in job.outputs]
        made = run.behind([*judged, *(path for each in its for path in stored.get((name, each), {}).values())])
        if name in config["studies"] or of_study:
            studies.append(contents.Study(name, papers.get(name), shown, of_study, made))
        else:
            studies.append(contents.Study(name, papers.get(name), (), (), ()))
    # Image sets serve several studies; each job counts once.
    jobs = list(dict.fromkeys(job for study in studies for job in study.jobs))
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    values = {
        "studies": studies,
        "verdicts": VERDICTS,
        "so_far": so_far,
        "groups": GROUPS,
        "said_by": SAID_BY,
        "counts": count(row for row in rows if group(row) == "headlines"),
        "rows": rows,
        "jobs": len(jobs),
        "seconds": runs.total(jobs),
        "real": set(real),
        "graphs": [(study, _drawn(study, run)) for study in studies if study.jobs],
        "plot": contents.embedded(plot) if plot else None,
        "data_sets": contents.data_sets(run),
        "environments": contents.environments(run),
        "here": provenance(device=config["device"]),
        "scale": text.scale({study: scales[study] for study in config["studies"]}),
        "config": config,
        "config_text": yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100),
        "script": script,
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    templates = environment()
    return {name: templates.get_template(f"{name}.html.j2").render(values) for name in ("index", "scorecard")}


def _drawn(study: contents.Study, run: runs.Run) -> Markup:
    rules = graph.rules_of(run, study.name, study.jobs, [figure.name for figure in study.figures])
    ways = "; ".join(f"{rules.nodes[a].title} to {rules.nodes[b].title}" for a, b in (*rules.edges, *rules.back))
    return drawing.rule_graph(rules, f"Rules of {study.heading} and what follows from them: {ways}.")
