"""No module of the library imports, by whatever way round, what imports it."""

import ast
from collections.abc import Container
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"


def imports_of(path: Path, modules: Container[str]) -> set[str]:
    """Return the library's modules that a file imports, in functions too; a module counts, not its package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else node.module for name in whole}
    return {name for name in found if name in modules}


def graph() -> dict[str, set[str]]:
    paths = {".".join(path.relative_to(SRC).with_suffix("").parts): path for path in SRC.rglob("*.py")}
    paths = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    return {name: imports_of(path, paths) for name, path in paths.items()}


def circle(edges: dict[str, set[str]]) -> list[str]:
    """Return the modules of one circle, empty where there is none."""
    done: set[str] = set()

    def look(name: str, way: list[str]) -> list[str]:
        if name in way:
            return way[way.index(name) :]
        if name in done:
            return []
        found = next(filter(None, (look(each, [*way, name]) for each in sorted(edges[name]))), [])
        done.add(name)
        return found

    return next(filter(None, (look(name, []) for name in edges)), [])


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_there_is_no_circle() -> None:
    edges = graph()
    assert "homeostat.rp.cpu" in edges["homeostat.rp.factory"]
    assert circle(edges) == []
