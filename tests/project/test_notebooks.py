"""The notebooks of the documentation run from top to bottom, each in a kernel of its own, and show what they say."""

import os
import resource
from pathlib import Path

import pytest
from pipeline import ROOT

nbclient = pytest.importorskip("nbclient", reason="needs nbclient, which `make test` installs with myst-nb")
pytest.importorskip("myst_nb", reason="needs myst-nb, which `make test` installs")

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.md"))
# CPU seconds of a notebook, its figure included; 48 were seen on a processor without AVX-512.
MOST_SECONDS = 100
PICTURES = {"first-figure": 2, "own-recording": 3, "own-constraint": 1}
SAYS = {
    "first-figure": ("fig1.pdf", "held-out log-likelihood"),
    "own-recording": ("nothing was left out", "gain_low", "multi-information"),
    "own-constraint": ("bounded (saturating)",),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from myst_nb.core.read import read_myst_markdown_notebook

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    notebook = read_myst_markdown_notebook(path.read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") for cell in notebook.cells), "notebooks are kept without outputs"
    nbclient.NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [each for cell in notebook.cells if cell.cell_type == "code" for each in cell.outputs]
    assert sum("image/png" in each.get("data", {}) for each in outputs) == PICTURES[path.stem]
    said = "".join(each.get("text", "") + str(each.get("data", {}).get("text/plain", "")) for each in outputs)
    assert all(each in said for each in SAYS[path.stem]), said
    assert not [each["text"] for each in outputs if each.get("name") == "stderr"]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{path.stem}: {seconds:.1f} CPU s")
    assert seconds < MOST_SECONDS


def test_every_notebook_is_known() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(PICTURES) == set(SAYS)
