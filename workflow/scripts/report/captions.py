"""Captions (workflow/report/STUDY/FIGURE.rst) as HTML, by docutils, which renders them in Snakemake's report too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from docutils import nodes
from docutils.core import publish_doctree, publish_from_doctree
from markupsafe import Markup

# A caption is text: it reads no files, holds no HTML, and says nothing of its own mistakes on the page.
_SETTINGS = {
    "raw_enabled": False,
    "file_insertion_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "math_output": "MathML",
    "compact_lists": False,
    "initial_header_level": 4,
    "_disable_config": True,
}


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
    document = publish_doctree(text, settings_overrides=_SETTINGS)
    for link in list(document.findall(nodes.reference)):
        if not link.get("refuri", "").startswith(("https://", "http://")):
            link.replace_self(link.children)
    title = _take_title(document)
    body = publish_from_doctree(document, writer="html5", settings_overrides=_SETTINGS | {"output_encoding": "unicode"})
    inner = body.partition("<main>")[2].partition("</main>")[0].strip()
    return Caption(title, Markup(inner) if document.children else None)


def _take_title(document: nodes.document) -> str:
    """Take the bold text that a caption begins with out of it."""
    first = document.children[0] if document.children else None
    if not isinstance(first, nodes.paragraph) or not isinstance(first.children[0], nodes.strong):
        return ""
    title = " ".join(first.pop(0).astext().split()).removesuffix(".")
    if first.children and isinstance(first.children[0], nodes.Text):
        first.replace(first.children[0], nodes.Text(first.children[0].lstrip()))
    if not first.astext():
        document.remove(first)
    return title
