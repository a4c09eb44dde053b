"""The documentation site is built without a warning and holds the library's names and the configuration."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline import ROOT


@pytest.mark.slow
def test_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="needs Sphinx, which `make test` installs")
    pytest.importorskip("myst_nb", reason="needs myst-nb, which `make test` installs")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-E", "-d", str(tmp_path / "trees")]
    # test_notebooks.py runs them.
    command += ["-D", "nb_execution_mode=off"]
    done = subprocess.run(
        [*command, "-b", "html", "-c", "docs/site", "docs", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert done.returncode == 0, done.stderr
    models = (tmp_path / "site/api/homeostat.rp.html").read_text()
    assert 'id="homeostat.rp.estimator.HomeostaticRP"' in models and "projections_" in models
    assert "train_samples" in (tmp_path / "site/api/configuration.html").read_text()
    # The page of a program is named, not linked to a place that the site does not have.
    assert "../src/" not in (tmp_path / "site/keck2012.html").read_text()
    # A picture for each figure of which there are means.
    gallery = (tmp_path / "site/api/gallery.html").read_text()
    recorded = {
        f"{path.parts[-3]}-{curve['figure']}"
        for path in (ROOT / "record").glob("*/*/means.json")
        for curve in json.loads(path.read_text())
        if path.parts[-2] != "test"
    }
    shown = {path.stem for path in (ROOT / "docs/api/gallery").glob("*.png") if f"{path.name}" in gallery}
    assert shown <= recorded and len(shown) > 20
    assert {"mayzel2024-fig2", "shen2021-fig2", "keck2012-fig1", "eyono2026-fig4", "krishna2024-fig1"} <= shown
    assert "First figure, first model" in (tmp_path / "site/notebooks/first-figure.html").read_text()
