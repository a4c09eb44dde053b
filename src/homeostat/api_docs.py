"""Write docs/api.md from the docstrings of what the packages export: ``make api-docs``."""

import argparse
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import homeostat
from homeostat.files import atomic_path

_INTRO = """\
# The library, name by name

Made from the docstrings by `make api-docs`; do not edit. [library.md](library.md) is the tour.
"""
_SECTION = re.compile(r"^(?P<name>[A-Z][A-Za-z ]+)\n-{3,}\n", re.MULTILINE)
# Sections whose entries are names with an indented text below.
_LISTS = {"Parameters", "Attributes", "Returns", "Yields", "Raises", "Other Parameters"}
# Modules that are imported by themselves: of packages that export nothing or not all, and what every study uses.
_MODULES = (
    "inhibition.stack",
    "inhibition.training",
    *(f"reactivation.{name}" for name in ("tasks", "codes", "noise", "networks", "training", "lockstep", "running")),
    *(f"reactivation.{name}" for name in ("measures", "density", "score")),
    "checkpoints",
    "seeds",
    "errors",
    "provenance",
)


def packages() -> list[ModuleType]:
    """Return the packages that export names, and modules whose names are imported from there."""
    names = [name for _, name, is_package in pkgutil.iter_modules(homeostat.__path__) if is_package]
    found = [importlib.import_module(f"homeostat.{name}") for name in names]
    single = [importlib.import_module(f"homeostat.{name}") for name in _MODULES]
    return [*(module for module in found if getattr(module, "__all__", None)), *single]


def render(modules: list[ModuleType]) -> str:
    """Return the Markdown page: a list of contents, then a section for each module."""
    contents = [f"- [`{module.__name__}`](#{module.__name__.replace('.', '')}): {_first(module)}" for module in modules]
    parts, told = [_INTRO, "\n".join(contents) + "\n"], dict[Any, str]()
    for module in modules:
        parts.append(f"## `{module.__name__}`\n\n{markdown(module.__doc__)}\n")
        for name, value in _exported(module):
            parts.append(f"### `{name}`\n\n{_signature(name, value)}{markdown(value.__doc__)}\n")
            parts += _methods(name, value, told)
    return "\n".join(parts)


def _exported(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the functions and classes that a module exports; without ``__all__``, those that it defines."""
    names = getattr(module, "__all__", None)
    if names is None:
        defined = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        names = [name for name in defined if not name.startswith("_")]
    for name in names:
        value = getattr(module, name)
        if inspect.isclass(value) or callable(value):
            yield name, value


def _methods(owner: str, value: Any, told: dict[Any, str]) -> Iterator[str]:
    """Yield the public methods and properties of a class; those that another class has told are named only."""
    if not inspect.isclass(value):
        return
    inherited: dict[str, list[str]] = {}
    for name, member in inspect.getmembers(value):
        ours = any(name in vars(base) for base in value.__mro__ if base.__module__.startswith("homeostat"))
        if name.startswith("_") or not ours or not getattr(member, "__doc__", None):
            continue
        is_property = isinstance(inspect.getattr_static(value, name), property)
        if not (is_property or inspect.isfunction(member) or inspect.ismethod(member)):
            continue
        key = getattr(member, "__func__", member)
        if key in told:
            inherited.setdefault(told[key], []).append(name)
            continue
        told[key] = owner
        signature = "" if is_property else _signature(name, member)
        yield f"#### `{owner}.{name}`\n\n{signature}{markdown(member.__doc__)}\n"
    for other, names in inherited.items():
        yield f"As of `{other}`: {', '.join(f'`{name}`' for name in names)}.\n"


def _signature(name: str, value: Any) -> str:
    if getattr(value, "_is_protocol", False):
        return ""  # it is not called
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""
    # Where a name comes from is no matter for a reader.
    text = re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z])", "", text)
    text = re.sub(r"ndarray\[tuple\[Any, \.\.\.\], dtype\[(\w+)\]\]", r"NDArray[\1]", text)
    text = re.sub(r"(: |-> )'([^']+)'", r"\1\2", text)
    text = re.sub(r"[+~](?=[A-Z])", "", text)  # variance of a type variable
    return f"```python\n{textwrap.fill(name + text, 100, subsequent_indent='    ', break_long_words=False)}\n```\n\n"


def _first(module: ModuleType) -> str:
    return inspect.cleandoc(module.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def markdown(docstring: str | None) -> str:
    r"""Return a docstring in numpy's style as Markdown; entries of a section become a list.

    Examples
    --------
    >>> print(markdown("Add.\n\nParameters\n----------\nx, y\n    What to add."))
    Add.
    <BLANKLINE>
    **Parameters**
    <BLANKLINE>
    - `x, y`: What to add.
    """
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", inspect.cleandoc(docstring or ""))
    text = re.sub(r" +# doctest: .*", "", text.replace("``", "`"))
    text = re.sub(r"(?<=\n\n)>>> .*?(?=\n\n|\Z)", r"```pycon\n\g<0>\n```", text, flags=re.DOTALL)
    pieces = _SECTION.split(text)
    parts = [pieces[0].strip()]
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        parts.append(f"**{name}**")
        if name == "Examples":
            parts.append(body.strip() if "```" in body else f"```pycon\n{body.strip()}\n```")
        elif name in _LISTS:
            parts.append("\n".join(_entries(body.strip("\n"))))
        else:
            parts.append(body.strip())
    return "\n\n".join(part for part in parts if part)


def _entries(body: str) -> Iterator[str]:
    for entry in re.split(r"\n(?=\S)", body):
        head, _, rest = entry.partition("\n")
        rest = " ".join(textwrap.dedent(rest).split())
        yield f"- `{head.strip()}`: {rest}" if rest else f"- {head.strip()}"


def main(arguments: list[str] | None = None) -> None:
    """Write the page; run from the repository's root."""
    parser = argparse.ArgumentParser(prog="homeostat.api_docs", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("docs/api.md"))
    options = parser.parse_args(arguments)
    with atomic_path(options.output) as temporary:
        temporary.write_text(render(packages()), encoding="utf-8")


if __name__ == "__main__":
    main()
