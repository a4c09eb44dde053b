"""The graph of a study's rules, laid out in layers from sources to figures."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from report.runs import Job, Run, total
from report.text import duration

Edge = tuple[str, str]


@dataclass(frozen=True)
class Node:
    """A rule: what to call it, what to say below, and whether it draws a figure."""

    title: str
    detail: str = ""
    figure: bool = False


@dataclass(frozen=True)
class Graph:
    """A layered graph.

    Attributes
    ----------
    nodes
        The rules.
    layers
        Rules from sources to figures; each stands to the right of all that it needs.
    edges
        From a rule to one that needs it; links that a longer way implies are left out.
    back
        Links that close a circle of rules (jobs have none: a rule may serve two stages).
    """

    nodes: Mapping[str, Node]
    layers: Sequence[Sequence[str]]
    edges: Sequence[Edge]
    back: Sequence[Edge] = ()


def rules_of(run: Run, study: str, jobs: Iterable[Job], figures: Sequence[str]) -> Graph:
    """Return the graph of the rules behind a study's figures and claims; names lose the study's."""
    by_rule: dict[str, list[Job]] = defaultdict(list)
    edges: set[Edge] = set()
    for job in jobs:
        by_rule[job.rule].append(job)
        edges.update((maker.rule, job.rule) for maker in run.makers(job) if maker.rule != job.rule)
    nodes = {}
    for rule, its in by_rule.items():
        count, time = len(its), total(its)
        said = [f"{count} jobs"] if count > 1 else []
        said += [duration(time)] if time is not None else []
        title = rule.removeprefix(f"{study}_").removeprefix("draw_")
        nodes[rule] = Node(title.replace("_", " "), " · ".join(said), title in figures)
    return layered(nodes, [edge for edge in sorted(edges) if edge[0] in nodes])


def layered(nodes: Mapping[str, Node], edges: Sequence[Edge]) -> Graph:
    """Lay out a graph: break circles, drop implied links, order each layer by what it hangs on."""
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edges)
    back = _break_circles(graph)
    level = {name: at for at, names in enumerate(nx.topological_generations(graph)) for name in names}
    # Sources stand right before what needs them.
    for name in nodes:
        if graph.out_degree(name) and not graph.in_degree(name):
            level[name] = min(level[b] for b in graph.successors(name)) - 1
    reduced = nx.transitive_reduction(graph)
    layers: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for name in nodes:
        layers[level[name]].append(name)
    for column in range(1, len(layers)):
        before = {name: row for row, name in enumerate(layers[column - 1])}
        # Figures stand in their own order, other rules beside what they hang on.
        layers[column].sort(
            key=lambda name: (0.0 if nodes[name].figure else _centre(reduced.predecessors(name), before), name)
        )
    return Graph(nodes, [layer for layer in layers if layer], [edge for edge in edges if edge in reduced.edges], back)


def _centre(names: Iterable[str], place: Mapping[str, int]) -> float:
    rows = [place[name] for name in names if name in place]
    return sum(rows) / len(rows) if rows else 0.0


def _break_circles(graph: nx.DiGraph) -> list[Edge]:
    """Take out the edges that lead back in a search from the sources, and return them."""
    entered = {b for _, b in graph.edges}
    sources = sorted(graph, key=lambda name: name in entered)
    back, open_ = [], set()
    search = nx.DiGraph()
    search.add_nodes_from(sources)
    search.add_edges_from(graph.edges)
    for a, b, kind in nx.dfs_labeled_edges(search):
        if kind == "forward":
            open_.add(b)
        elif kind == "reverse":
            open_.discard(b)
        elif b in open_:
            back.append((a, b))
    graph.remove_edges_from(back)
    return back
