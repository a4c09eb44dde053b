"""Write config/README.md from the schema and the default configuration: ``make config-docs``."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from homeostat.config import Schema, describe, load_schema
from homeostat.files import atomic_path
from homeostat.yaml_files import read_yaml

_COLUMNS = "| key | default | allowed | what it is |\n| --- | --- | --- | --- |\n"


def render(schema: Schema, defaults: Mapping[str, Any]) -> str:
    """Return the Markdown page: one table for the top level and one for each section."""
    top, sections = [], []
    for key, child in schema["properties"].items():
        if "properties" in child:
            rows = "".join(_rows(key, child, defaults.get(key, {})))
            sections.append(f"\n## `{key}`\n\n{child['description'].strip()}\n\n{_COLUMNS}{rows}")
        else:
            top.append(_row(key, child, defaults.get(key)))
    intro = schema["description"].strip()
    return f"# {schema['title']}\n\n{intro}\n\n{_COLUMNS}{''.join(top)}{''.join(sections)}"


def _rows(path: str, schema: Schema, defaults: Mapping[str, Any]) -> Iterator[str]:
    for key, child in schema["properties"].items():
        where = f"{path}.{key}"
        if "properties" in child:
            yield from _rows(where, child, defaults.get(key, {}))
        else:
            yield _row(where, child, defaults.get(key))


def _row(path: str, schema: Schema, default: object) -> str:
    text = " ".join(schema["description"].split())
    if "unit" in schema:
        text += f" Unit: {schema['unit']}."
    if schema.get("size", "none") != "none":
        text += " *Size.*"
    shown = yaml.safe_dump(default, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")
    cells = (f"`{path}`", f"`{shown}`", describe(schema), text)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def main(arguments: list[str] | None = None) -> None:
    """Write the page; run from the repository's root."""
    parser = argparse.ArgumentParser(prog="homeostat.config_docs", description=__doc__)
    parser.add_argument("--schema", type=Path, default=Path("workflow/schemas/config.schema.yaml"))
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"))
    parser.add_argument("--output", type=Path, default=Path("config/README.md"))
    options = parser.parse_args(arguments)
    defaults = read_yaml(options.config)
    with atomic_path(options.output) as temporary:
        temporary.write_text(render(load_schema(options.schema), defaults), encoding="utf-8")


if __name__ == "__main__":
    main()
