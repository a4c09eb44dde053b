"""The page of the library is made from the docstrings of today."""

from pathlib import Path

from homeostat import api_docs

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_is_current(tmp_path: Path) -> None:
    page = tmp_path / "api.md"
    api_docs.main(["--output", str(page)])
    assert page.read_text() == (ROOT / "docs" / "api.md").read_text(), "run `make api-docs`"


def test_every_exported_name_is_there() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    for module in api_docs.packages():
        assert f"## `{module.__name__}`" in text
        for name in getattr(module, "__all__", []):
            value = getattr(module, name)
            assert not callable(value) or f"### `{name}`\n" in text, name
            assert not callable(value) or value.__doc__, name


def test_sections_become_lists() -> None:
    text = (
        "Do it.\n\nParameters\n----------\na\n    First\n    of all.\nb, c\n    Others.\n\nNotes\n-----\nAs ``is``.\n"
    )
    said = "Do it.\n\n**Parameters**\n\n- `a`: First of all.\n- `b, c`: Others.\n\n**Notes**\n\nAs `is`."
    assert api_docs.markdown(text) == said
    assert api_docs.markdown(None) == ""


def test_examples_are_blocks_of_their_own() -> None:
    assert "\n- ```" not in (ROOT / "docs" / "api.md").read_text(), "an example needs the section Examples"
