"""The graph of a study's rules, laid out in layers from sources to figures."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
    forward, back = _without_circles(list(nodes), edges)
    level = dict.fromkeys(nodes, 0)
    for name in _topological(list(nodes), forward):
        for a, b in forward:
            if a == name:
                level[b] = max(level[b], level[a] + 1)
    # Sources stand right before what needs them.
    for name in nodes:
        needed = [level[b] for a, b in forward if a == name]
        if needed and not any(b == name for _, b in forward):
            level[name] = min(needed) - 1
    kept = _reduced(forward)
    layers: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for name in nodes:
        layers[level[name]].append(name)
    for column in range(1, len(layers)):
        before = {name: row for row, name in enumerate(layers[column - 1])}
        # Figures stand in their own order, other rules beside what they hang on.
        layers[column].sort(
            key=lambda name: (0.0 if nodes[name].figure else _centre([a for a, b in kept if b == name], before), name)
        )
    return Graph(nodes, [layer for layer in layers if layer], kept, back)


def _centre(names: Sequence[str], place: Mapping[str, int]) -> float:
    rows = [place[name] for name in names if name in place]
    return sum(rows) / len(rows) if rows else 0.0


def _without_circles(nodes: Sequence[str], edges: Sequence[Edge]) -> tuple[list[Edge], list[Edge]]:
    """Split edges into those of an acyclic graph and those that lead back, by a search from the sources."""
    after: dict[str, list[str]] = defaultdict(list)
    for a, b in edges:
        after[a].append(b)
    entered = {b for _, b in edges}
    open_, done, back = set(), set(), set()

    def visit(name: str) -> None:
        open_.add(name)
        for other in after[name]:
            if other in open_:
                back.add((name, other))
            elif other not in done:
                visit(other)
        open_.remove(name)
        done.add(name)

    for name in sorted(nodes, key=lambda name: name in entered):
        if name not in done:
            visit(name)
    return [edge for edge in edges if edge not in back], [edge for edge in edges if edge in back]


def _topological(nodes: Sequence[str], edges: Sequence[Edge]) -> list[str]:
    order: list[str] = []
    while len(order) < len(nodes):
        order += [name for name in nodes if name not in order and all(a in order for a, b in edges if b == name)]
    return order


def _reduced(edges: Sequence[Edge]) -> list[Edge]:
    """Return the edges that no longer way implies."""
    after: dict[str, set[str]] = defaultdict(set)
    for a, b in edges:
        after[a].add(b)

    def reached(name: str) -> set[str]:
        found: set[str] = set()
        waiting = list(after[name])
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += after[each]
        return found

    beyond = {name: reached(name) for name in list(after)}
    return [(a, b) for a, b in edges if not any(b in beyond.get(other, ()) for other in after[a] if other != b)]
