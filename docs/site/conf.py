"""The documentation site: ``make docs`` builds it from docs/, the docstrings and config/README.md into site/."""

import ast
import os
import re
import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "homeostat"
sys.path[:0] = [str(SOURCE.parent), str(Path(__file__).parent)]

from gallery import write_gallery  # noqa: E402

import homeostat  # noqa: E402

project = "homeostat"
author = "homeostat developers"
release = version = homeostat.__version__
copyright = author

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "sphinx_copybutton"]
root_doc = "README"
exclude_patterns = ["site", "**/.ipynb_checkpoints"]
html_theme = "furo"
html_title = "homeostat"
html_show_sourcelink = False
html_copy_source = False

# Notebooks, which are Markdown without outputs, are run when the site is built.
nb_execution_mode = "auto"
nb_execution_timeout = 1200  # of a cell, on a busy machine
nb_execution_raise_on_error = True
nb_execution_cache_path = str(ROOT / "site" / ".notebooks")
os.environ["PYTHONPATH"] = os.pathsep.join([str(SOURCE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])

myst_heading_anchors = 4
myst_enable_extensions = ["deflist", "dollarmath"]
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature has them, the docstring says what they mean
autodoc_inherit_docstrings = True
python_use_unqualified_type_names = True
# Several classes have members of one name; code blocks also hold what programs print.
suppress_warnings = ["ref.python", "misc.highlighting_failure"]

# Pages made at build time, which git ignores.
API = DOCS / "api"
CONFIGURATION = API / "configuration.md"


def packages() -> dict[str, list[str]]:
    """Return the documented modules of each part of the library; single modules stand under ``homeostat``."""
    found: dict[str, list[str]] = {}
    # Estimators are what most readers look for.
    for path in sorted(SOURCE.rglob("*.py"), key=lambda path: (path.stem != "estimator", path)):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        if path.name != "__init__.py" and _documented(path):
            found.setdefault(".".join(parts[:2]) if len(parts) > 2 else "homeostat", []).append(".".join(parts))
    return found


def _documented(path: Path) -> bool:
    """Whether a module defines something public that can be imported anywhere; compiled kernels are an inside."""
    if "kernels" in path.stem or path.stem in ("fused", "cuda_graph"):
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_") for n in tree.body)


def _summary(package: str) -> str:
    path = SOURCE.parent / package.replace(".", "/") / "__init__.py"
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def make_pages(app: Sphinx) -> None:
    """Write the reference of the library, the gallery and the page of the configuration."""
    API.mkdir(exist_ok=True)
    index = ["# The library, name by name", "", "Made from the docstrings. [The tour](../library.md) comes first.", ""]
    for package, modules in packages().items():
        index.append(f"- [`{package}`]({package}.md): {_summary(package)}")
        body = [f"```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n```" for name in modules]
        titled = [f"## `{name}`\n\n{each}" for name, each in zip(modules, body, strict=True)]
        _write(API / f"{package}.md", "\n\n".join([f"# `{package}`", *titled]) + "\n")
    toctree = ["", "```{toctree}", ":hidden:", "", *packages(), "```"]
    _write(API / "index.md", "\n".join([*index, *toctree]) + "\n")
    write_gallery(API)
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    _write(CONFIGURATION, text.replace("](../docs/", "](../"))


def _write(path: Path, text: str) -> None:
    # Only what has changed, so that a second build reads little.
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def lead_links(app: Sphinx, name: str, source: list[str]) -> None:
    """Lead links out of docs/ to the page that the site has of it; other files of the repository are named only."""

    def replace(match: re.Match[str]) -> str:
        text, target, anchor = match[1], (DOCS / match[2]).resolve(), match[3] or ""
        if target == ROOT / "config" / "README.md":
            return f"[{text}](api/configuration.md{anchor})"
        return text if target.exists() else match[0]

    if not name.startswith("api/"):
        source[0] = re.sub(r"\[([^\]]+)\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)", replace, source[0])


def quote_names(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Quote absolute values and names with a final underscore, which reStructuredText has other uses for."""
    for at, line in enumerate(lines):
        if not line.startswith((" " * 8, ">>>", "...")):
            line = re.sub(r"(?<![`\w|])\|[\w~. -]+\|(\^\d)?(?![`|])", r"``\g<0>``", line)
            lines[at] = re.sub(r"(?<=.)(?<![`\w.])\w+_(?![`\w{])(?! :)", r"``\g<0>``", line)


def leave_out(app: Sphinx, what: str, name: str, thing: object, skip: bool, options: object) -> bool | None:
    """Leave out what scikit-learn adds to every estimator."""
    return True if getattr(thing, "__module__", "").startswith("sklearn.") or name.endswith("_request") else None


def tidy(app: Sphinx, error: Exception | None) -> None:
    """Delete the run notebooks that myst-nb leaves beside the site: their pages hold all that is in them."""
    shutil.rmtree(Path(app.outdir).parent / "jupyter_execute", ignore_errors=True)


def setup(app: Sphinx) -> None:
    """Register what is made at build time."""
    app.connect("autodoc-process-docstring", quote_names, priority=400)  # before numpydoc
    app.connect("autodoc-skip-member", leave_out)
    app.connect("build-finished", tidy)
    app.connect("builder-inited", make_pages)
    app.connect("source-read", lead_links)
