"""A hash of a program and of every module of this project that it imports.

Snakemake sees neither edits of imported modules nor, for shell rules, of the program. A rule that carries
this hash as a parameter runs again when the code behind it has changed, and only then: touching a file, a
fresh checkout, or an edit of a module that it does not use leave the hash as it is.
"""

import ast
import functools
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

_DOTTED_NAME = re.compile(r"\w+(\.\w+)+")


def code_hash(program: Path, *roots: Path) -> str:
    """Return 16 hexadecimal digits that stand for the code behind ``program``.

    Parameters
    ----------
    program
        The file that a rule runs; it lies under one of the roots.
    *roots
        The folders in which imports are looked up, as on Python's path.

    Notes
    -----
    Followed are ``import`` and ``from … import`` anywhere in a file (in functions too), relative imports,
    the ``__init__`` of each package on the way, and strings that spell the dotted name of a module (lazy
    imports). What no root holds (the standard library, installed packages) does not count.
    """
    return _hash(program.resolve(), tuple(root.resolve() for root in roots))


@functools.cache
def _hash(program: Path, roots: tuple[Path, ...]) -> str:
    found: set[Path] = set()
    waiting = [program]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imports(path, roots))
    digest = hashlib.sha256()
    # Names within the roots, so that a moved checkout has the same hash.
    for name, path in sorted((_within(path, roots), path) for path in found):
        digest.update(f"{name}\0{len(_content(path))}\0".encode())
        digest.update(_content(path))
    return digest.hexdigest()[:16]


def _within(path: Path, roots: tuple[Path, ...]) -> str:
    return next(path.relative_to(root).as_posix() for root in roots if path.is_relative_to(root))


@functools.cache
def _content(path: Path) -> bytes:
    # A checkout with other line ends is the same code.
    return path.read_bytes().replace(b"\r\n", b"\n")


@functools.cache
def _imports(path: Path, roots: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the files under the roots that running ``path`` may import directly."""
    package = _within(path, roots).split("/")[:-1]
    modules = set(_module_names(ast.parse(_content(path), str(path)), package))
    return tuple({file for module in modules for root in roots for file in _files(module, root)})


def _module_names(tree: ast.AST, package: list[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is this package, two dots the one above it, and so on.
            above = package[: len(package) - node.level + 1] if node.level else []
            parts = [*above, *([node.module] if node.module else [])]
            # What is imported may be a module or a name in one; the files decide.
            yield from (".".join([*parts, alias.name]) for alias in node.names)
        elif isinstance(node, ast.Constant) and _is_dotted_name(node.value):
            yield str(node.value)


def _is_dotted_name(value: object) -> bool:
    return isinstance(value, str) and _DOTTED_NAME.fullmatch(value) is not None


def _files(module: str, root: Path) -> Iterator[Path]:
    """Yield the files that importing ``module`` runs: the packages on the way to it, and itself."""
    place = root
    for part in module.split("."):
        place = place / part
        package, file = place / "__init__.py", place.with_name(f"{part}.py")
        if package.is_file():
            yield package
        elif file.is_file():
            yield file
            return
        elif not place.is_dir():
            return
