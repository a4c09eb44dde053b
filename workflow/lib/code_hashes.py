"""A hash of a program and of the modules of this project that it really uses.

What is hashed is the syntax tree: docstrings, comments, layout and line ends change nothing. Of a package that only
gathers names (a face), the module that defines an imported name is followed, and no other.
"""

import ast
import functools
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# What these modules do changes no number: they say sentences, show progress, write down where a result is from, and
# refuse what is not as planned.
WITHOUT_NUMBERS = {f"homeostat.{name}" for name in ("cli", "errors", "logs", "planned", "provenance")}

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
    Followed are ``import`` and ``from … import`` anywhere in a file (in functions too), relative imports, and strings
    that spell the dotted name of a module (imports on demand). What no root holds (the standard library, installed
    packages) does not count, nor do the modules :data:`WITHOUT_NUMBERS`. A module is assumed to change no other one
    when it is imported.
    """
    return _hash(program.resolve(), tuple(root.resolve() for root in roots))


def modules_behind(program: Path, *roots: Path) -> list[str]:
    """Return the names of the modules that count for a program, itself included."""
    roots = tuple(root.resolve() for root in roots)
    return sorted(_name(path, roots) for path in _behind(program.resolve(), roots))


def clear() -> None:
    """Forget what was read, as in a new process."""
    for cached in (_hash, _behind, _followed, _files, _module):
        cached.cache_clear()


@functools.cache
def _hash(program: Path, roots: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    # Names within the roots, so that a moved checkout has the same hash.
    for name, path in sorted((_name(path, roots), path) for path in _behind(program, roots)):
        digest.update(f"{name} {_module(path).digest}\n".encode())
    return digest.hexdigest()[:16]


@functools.cache
def _behind(program: Path, roots: tuple[Path, ...]) -> frozenset[Path]:
    found: set[Path] = set()
    waiting = [program]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_followed(path, roots))
    return frozenset(found)


def _name(path: Path, roots: tuple[Path, ...]) -> str:
    within = next(path.relative_to(root) for root in roots if path.is_relative_to(root))
    return ".".join((within.parent if within.name == "__init__.py" else within.with_suffix("")).parts)


# ----------------------------------------------------------------------------------------------- one module


@dataclass
class _Module:
    """What counts of one file.

    Attributes
    ----------
    digest
        Hash of its syntax tree.
    imports
        What it imports anywhere, as (dots, module, name); the name is empty for ``import module``.
    face
        Whether it holds nothing but imports, names of imports and ``__getattr__``.
    top
        What it imports at its top level, or on demand, by the name that it gives it.
    on_demand
        The dotted names in its ``__getattr__``.
    """

    digest: str
    imports: list[tuple[int, str, str]] = field(default_factory=list)
    face: bool = False
    top: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    on_demand: list[str] = field(default_factory=list)


@functools.cache
def _module(path: Path) -> _Module:
    return _parsed(path.read_bytes(), path)


@functools.lru_cache(1024)
def _parsed(content: bytes, path: Path) -> _Module:
    tree = ast.parse(content, str(path))
    spelt, imports, names = _read(tree)
    found = _Module(hashlib.sha256(spelt.encode()).hexdigest())
    found.imports = [*imports, *((0, name, "") for name in names)]
    if path.name == "__init__.py":
        found.face = all(_is_of_a_face(node) for node in tree.body)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                found.on_demand += filter(None, map(_dotted_name, ast.walk(node)))
            for each in ast.walk(node) if isinstance(node, ast.FunctionDef | ast.If) else [node]:
                if isinstance(each, ast.ImportFrom):
                    for alias in each.names:
                        found.top[alias.asname or alias.name] = (each.level, each.module or "", alias.name)
    return found


def _read(tree: ast.AST) -> tuple[str, list[tuple[int, str, str]], list[str]]:
    """Return a syntax tree as text, without places in the file and what is absent; its imports; its dotted names.

    Texts that are statements are taken out of the tree. All is found in one pass: planning waits for it.
    """
    out: list[object] = []
    imports: list[tuple[int, str, str]] = []
    names: list[str] = []
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.AST):
            out.append(type(node).__name__)
            if dotted := _dotted_name(node):
                names.append(dotted)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                imports += _imports(node)
            for name in node._fields:
                value = getattr(node, name, None)
                if isinstance(value, list):
                    value[:] = [each for each in value if not _is_text(each)]
                if value is not None and value != [] and name not in ("ctx", "type_ignores"):
                    waiting += [value, name]
        elif isinstance(node, list):
            out.append(len(node))
            waiting += node
        else:
            out.append(node)
    return repr(out), imports, names


def _is_text(node: object) -> bool:
    """Whether a statement is a text and nothing else, as docstrings are, of attributes too."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _dotted_name(node: ast.AST) -> str:
    """Return the dotted name that a text spells, or nothing."""
    text = node.value if isinstance(node, ast.Constant) else None
    return text if isinstance(text, str) and _DOTTED_NAME.fullmatch(text) else ""


def _is_of_a_face(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):  # __all__, __version__, a list of what is imported on demand
        return all(isinstance(each, ast.Name) and each.id.startswith("_") for each in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.If) or (
        isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
    )


def _imports(node: ast.Import | ast.ImportFrom) -> list[tuple[int, str, str]]:
    if isinstance(node, ast.Import):
        return [(0, alias.name, "") for alias in node.names]
    return [(node.level, node.module or "", alias.name) for alias in node.names]


# ---------------------------------------------------------------------------------- from imports to files


@functools.cache
def _followed(path: Path, roots: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the files that count because ``path`` imports them."""
    parts = _name(path, roots).split(".")
    package = parts if path.name == "__init__.py" else parts[:-1]
    wanted = dict.fromkeys((_absolute(package, level, module), name) for level, module, name in _module(path).imports)
    return tuple(dict.fromkeys(file for module, name in wanted for file in _files(module, name, roots)))


def _absolute(package: list[str], level: int, module: str) -> str:
    # One dot is this package, two dots the one above it, and so on.
    above = package[: len(package) - level + 1] if level else []
    return ".".join([*above, *filter(None, [module])])


@functools.cache
def _files(module: str, name: str, roots: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the files behind ``import module`` (no name) or ``from module import name``."""
    return tuple(_found(module, name, roots))


def _found(module: str, name: str, roots: tuple[Path, ...]) -> Iterator[Path]:
    for root in roots:
        place = root
        for part in module.split("."):
            place = place / part
            init, file = place / "__init__.py", place.with_name(f"{part}.py")
            if init.is_file():
                # A package on the way counts where it does something of its own.
                if not _module(init).face and _counts(init, roots):
                    yield init
            elif file.is_file():
                if _counts(file, roots):
                    yield file
                break
            elif not place.is_dir():
                break
        else:
            yield from _of_package(place, name, roots)


def _of_package(place: Path, name: str, roots: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the files behind a name of a package; those behind all that its face imports, where no name is given."""
    init = place / "__init__.py"
    face = _module(init) if init.is_file() else _Module("")
    package = _name(init, roots).split(".")
    wanted = face.imports if name in ("", "*") else [face.top[name]] if name in face.top else []
    if wanted:
        for level, module, its in wanted:
            yield from _files(_absolute(package, level, module), its, roots)
        return
    submodule, subpackage = place / f"{name}.py", place / name / "__init__.py"
    if name and submodule.is_file():
        if _counts(submodule, roots):
            yield submodule
    elif name and subpackage.is_file():
        yield from _files(".".join([*package, name]), "", roots)
    else:
        for module in face.on_demand:
            yield from _files(module, "", roots)


def _counts(path: Path, roots: tuple[Path, ...]) -> bool:
    return _name(path, roots) not in WITHOUT_NUMBERS
