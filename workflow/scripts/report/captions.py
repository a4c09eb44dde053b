"""Captions (workflow/report/STUDY/FIGURE.rst) as HTML: paragraphs, lists, emphasis, code, links; the rest as written.

Snakemake's report renders the same files with docutils; here the small part of reStructuredText that captions use
is enough, and whatever else they hold is shown as text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from markupsafe import Markup

_INLINE = re.compile(
    r"\*\*(?P<strong>[^*]+)\*\*"
    r"|\*(?P<em>[^*\s][^*]*)\*"
    r"|``(?P<literal>.+?)``"
    r"|:\w+:`(?P<role>[^`]+)`"
    r"|`(?P<label>[^`<]+?)\s*<(?P<url>https?://[^\s>]+)>`_+",
    re.DOTALL,
)
_TITLE = re.compile(r"\A\s*\*\*([^*]+)\*\*\s*")


@dataclass(frozen=True)
class Caption:
    """A caption: its bold first sentence as text, without the full stop, and what follows as HTML."""

    title: str = ""
    body: Markup | None = None


def read_caption(path: Path, config: Mapping[str, Any]) -> Caption:
    """Return the caption in a file, or an empty one where there is none; ``{{ snakemake.config[…] }}`` is filled in."""
    try:
        return caption(path.read_text(encoding="utf-8"), config)
    except (FileNotFoundError, UnicodeDecodeError):
        return Caption()


def caption(text: str, config: Mapping[str, Any]) -> Caption:
    """Return a caption from its source."""
    try:
        template = jinja2.Environment(undefined=jinja2.ChainableUndefined).from_string(text)
        text = template.render(snakemake=SimpleNamespace(config=config))
    except jinja2.TemplateError:
        pass  # shown as written
    found = _TITLE.match(text)
    title = " ".join(found[1].split()).removesuffix(".") if found else ""
    blocks = re.split(r"\n\s*\n", text[found.end() if found else 0 :].strip())
    return Caption(title, Markup("\n").join(_block(block) for block in blocks if block.strip()) or None)


def _block(text: str) -> Markup:
    items = re.split(r"^[-*] ", text.lstrip(), flags=re.MULTILINE)
    if items[0] or len(items) == 1:
        return Markup("<p>{}</p>").format(inline(text))
    return Markup("<ul>{}</ul>").format(
        Markup("").join(Markup("<li>{}</li>").format(inline(each)) for each in items[1:])
    )


def inline(text: str) -> Markup:
    """Return running text as HTML; everything that is not known markup is escaped."""
    text = " ".join(text.split())
    parts, end = [], 0
    for match in _INLINE.finditer(text):
        parts += [Markup.escape(text[end : match.start()]), _element(match)]
        end = match.end()
    return Markup("").join([*parts, Markup.escape(text[end:])])


def _element(match: re.Match[str]) -> Markup:
    if match["url"]:
        return Markup('<a href="{}">{}</a>').format(match["url"], match["label"])
    for group, tag in (("strong", "strong"), ("em", "em"), ("literal", "code"), ("role", "code")):
        if match[group]:
            return Markup(f"<{tag}>{{}}</{tag}>").format(match[group])
    raise AssertionError(match)
