"""The table of datasets follows its schema, and mistakes in a table are named."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from homeostat.datasets import find, load_table
from homeostat.datasets.sprites import DECODERS
from homeostat.datasets.table import SCHEMA, TABLE
from homeostat.errors import ConfigError
from homeostat.recordings.read import SUFFIXES

NAMES = {
    "recording": "prefrontal_50 visual_50 retina50 example50 example15 mc_rtt indy_20160622_01 indy_20161005_06",
    "images": "mnist fashion_mnist cifar10 svhn",
}


def test_the_table_holds_what_the_design_promises() -> None:
    table = load_table()
    for kind, names in NAMES.items():
        assert [name for name, dataset in table.items() if dataset.kind == kind] == names.split()
    for dataset in table.values():
        assert all(source.decoder in (None, *DECODERS) for source in dataset.sources)
        if dataset.kind == "recording":
            (file,) = dataset.files
            assert Path(file.name).suffix in SUFFIXES
    assert table["retina50"].read["repeats"] == 297
    assert table["prefrontal_50"].shape == (213_950, 50)


def test_files_are_named_by_sha256_and_plain_http_is_the_last_resort() -> None:
    only_md5 = {file.name for dataset in load_table().values() for file in dataset.files if file.sha256 is None}
    assert only_md5 == {"indy_20160622_01.mat"}  # nobody publishes more of it
    for dataset in load_table().values():
        urls = [source.url for source in dataset.sources if source.url is not None]
        assert urls == sorted(urls, key=lambda url: url.startswith("http:")), dataset.name
        assert urls[0].startswith("https://"), dataset.name
        if any(url.startswith("http:") for url in urls):
            assert all(file.sha256 for file in dataset.files), dataset.name


def test_every_schema_key_is_described() -> None:
    def check(where: str, schema: dict[str, Any]) -> None:
        for name, inner in schema.get("properties", {}).items():
            if isinstance(inner, dict):
                target = schema_of["$defs"][inner["$ref"].rpartition("/")[2]] if "$ref" in inner else inner
                assert "description" in inner or "description" in target, f"{where}.{name}"
                check(f"{where}.{name}", inner)

    schema_of = yaml.safe_load(SCHEMA.read_text())
    for name, definition in schema_of["$defs"].items():
        check(name, definition)
        if definition.get("type") == "object":
            assert definition["additionalProperties"] is False


def test_no_duplicate_keys_in_the_table() -> None:
    names = [line.rstrip(":\n") for line in TABLE.open() if line[0] not in "# \n"]
    assert len(names) == len(set(names))


def test_unknown_dataset() -> None:
    with pytest.raises(ConfigError, match=r"'prefrontal50'; did you mean 'prefrontal_50'\?; known are"):
        find(load_table(), "prefrontal50")


def entry(**changes: Any) -> dict[str, Any]:
    whole = {
        "title": "t",
        "kind": "recording",
        "files": [{"name": "a.mat", "md5": "0" * 32}],
        "sources": [{"kind": "url", "url": "https://example.org/a.mat"}],
        "licence": "l",
        "citation": "c",
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"toy": entry(tilte="x")}, r"toy: unknown key 'tilte'; did you mean 'title'\?"),
        ({"toy": entry(title=None)}, "toy: 'title' is a required property"),
        ({"toy": entry(kind="sound")}, "toy.kind: 'sound' is not one of"),
        ({"toy": entry(files=[{"name": "a.mat"}])}, "toy.files.0"),
        ({"toy": entry(files=[{"name": "../a.mat", "md5": "0" * 32}])}, "toy.files.0.name"),
        ({"toy": entry(files=[{"name": "a.mat", "sha256": "0"}])}, "toy.files.0.sha256"),
        ({"toy": entry(read={"bin": 20})}, r"toy.read: unknown key 'bin'; did you mean 'bin_ms'\?"),
        ({"toy": entry(read={"bin_ms": 0})}, "toy.read.bin_ms"),
        ({"toy": entry(sources=[{"kind": "url", "url": "file:///etc/passwd"}])}, "toy.sources.0.url"),
        ({"toy": entry(sources=[{"kind": "npm", "package": "x"}])}, "toy.sources.0"),
        (
            {"toy": entry(sources=[{"kind": "npm", "package": "--x", "version": "1.0.0", "member": "a"}])},
            "toy.sources.0.package",
        ),
        (
            {"toy": entry(sources=[{"kind": "url", "url": "https://example.org", "package": "x"}])},
            "toy.sources.0: 'x' stands at a key that a source of this kind does not have",
        ),
        ({"Toy 1": entry()}, "Toy 1"),
        ({}, "top level"),
        (None, "top level"),
    ],
)
def test_mistakes_in_a_table(tmp_path: Path, table: Any, message: str) -> None:
    path = tmp_path / "datasets.yaml"
    path.write_text(yaml.safe_dump(table))
    with pytest.raises(ConfigError, match=message) as caught:
        load_table(path)
    assert "datasets.yaml" in str(caught.value)


def test_tables_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load_table(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("a: [1\nb: }")
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        load_table(tmp_path / "bad.yaml")
