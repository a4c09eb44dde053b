"""The user's configuration files as text: read strictly, where Snakemake would read something else than is meant.

Snakemake reads YAML 1.1, in which ``010`` is 8, ``1:30`` is 90, and of two equal keys the later one holds without a
word. A file in another encoding, or nested too deeply, ends in a traceback. ``make figures`` asks here before Snakemake
does: ``python -m homeostat.config_files --configfile FILE ...``.
"""

import codecs
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from homeostat.errors import ConfigError, HomeostatError

_DEEPEST = 50
_LARGEST = 1 << 20  # bytes
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_SEXAGESIMAL = re.compile(r"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_INTEGER, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"


def check_files(paths: Sequence[str | os.PathLike[str]]) -> None:
    """Check configuration files; those that are not there are left to Snakemake.

    Raises
    ------
    ConfigError
        The first that is not UTF-8, is nested too deeply, names a key twice or holds a number that YAML 1.1 reads in
        another base, with its line.
    """
    for path in map(Path, paths):
        if path.is_file():
            check_text(str(path), _decoded(path))


def check_text(name: str, text: str) -> None:
    """Check the text of a configuration file; raises as :func:`check_files` does.

    A file that is not YAML is left to Snakemake, which says so.
    """
    try:
        _check_depth(name, text)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return
    if node is not None:
        _check_node(name, node, set())


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    if len(content) > _LARGEST:
        raise ConfigError(
            f"{path}: {len(content):,} bytes, which are too many for a configuration; is it another file?"
        )
    found = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    if found is None and b"\0" in content:
        found = "UTF-16, or no text at all"
    if found is None:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            found = f"another encoding (byte {content[error.start]:#04x} in line {line}), such as Latin-1"
    raise ConfigError(f"{path}: the text is in {found}; save it as UTF-8")


def _check_depth(name: str, text: str) -> None:
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise ConfigError(
                    f"{name}, line {_line(event)}: more than {_DEEPEST} sections or lists inside each "
                    "other; a configuration has at most a handful"
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_node(name: str, node: yaml.Node, seen: set[int]) -> None:
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        _check_scalar(name, node)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_node(name, item, seen)
    elif isinstance(node, yaml.MappingNode):
        _check_keys(name, node)
        for key, value in node.value:
            _check_node(name, key, seen)
            _check_node(name, value, seen)


def _check_scalar(name: str, node: yaml.ScalarNode) -> None:
    text, where = str(node.value), f"{name}, line {_line(node)}"
    if node.style is not None or node.tag not in (_INTEGER, _FLOAT):
        return
    plain = text.lstrip("+-").lstrip("0_") or "0"
    if _OCTAL.fullmatch(text):
        raise ConfigError(
            f"{where}: {text} is octal in YAML, {int(text.replace('_', ''), 8)} in decimal; write {plain} without the "
            f"zero before it, or '{text}' in quotes if it is a name"
        )
    if _SEXAGESIMAL.fullmatch(text):
        read = yaml.safe_load(text)
        raise ConfigError(
            f"{where}: {text} is a number in base 60 in YAML, {read:g} in decimal; write one plain number, a list such "
            f"as [{', '.join(text.split(':'))}], or '{text}' in quotes if it is a name"
        )


def _check_keys(name: str, node: yaml.MappingNode) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            continue
        line = _line(key)
        if key.value in lines:
            raise ConfigError(
                f"{name}, line {line}: the key {key.value!r} stands in line {lines[key.value]} already, and only one "
                "of them would hold. Join them"
            )
        lines[key.value] = line


def _line(found: Any) -> int:
    """Return the line of a node or event, from 1."""
    return int(found.start_mark.line) + 1


def _named(words: Sequence[str]) -> Iterator[str]:
    """Yield the configuration files among Snakemake's arguments."""
    taking = False
    for word in words:
        flag, _, value = word.partition("=")
        if word.startswith("-"):
            taking = flag in ("--configfile", "--configfiles")
            if taking and value:
                yield value
        elif taking:
            yield word


def main() -> None:
    """Check the configuration files among Snakemake's arguments."""
    try:
        check_files(list(_named(sys.argv[1:])))
    except HomeostatError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
