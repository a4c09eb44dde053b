"""The worked example of docs/extend.md, applied to a copy of the repository and built."""

import importlib.util
import re
import shutil
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pipeline
import pytest
from pipeline import ROOT, TEST, command

PAGE = (ROOT / "docs" / "extend.md").read_text()
STEP = re.compile(
    r"(?P<kind>Save\s+as|At\s+the\s+end\s+of|[Ii]n)\s+`(?P<path>[\w./]+)`(?:,\s+above\s+`(?P<anchor>[^`]+)`)?:\n\n"
    r"```\w+\n(?P<block>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)


def apply(folder: Path) -> list[str]:
    """Do what the page says; return the files that were changed or made."""
    changed = []
    for step in STEP.finditer(PAGE):
        path, block = folder / step["path"], step["block"]
        if step["kind"].startswith("Save"):
            assert not path.exists(), f"{step['path']} is there already"
            path.write_text(block)
        else:
            text = path.read_text()
            if step["anchor"]:
                assert text.count(step["anchor"]) == 1, f"{step['path']}: not one {step['anchor']!r}"
                # Functions and rules stand two lines apart.
                gap = "\n\n" if block.startswith(("def ", "rule ")) else ""
                path.write_text(text.replace(step["anchor"], block + gap + step["anchor"]))
            else:
                path.write_text(f"{text.rstrip()}\n\n{block}")
        changed.append(step["path"])
    return changed


@pytest.mark.slow
def test_the_worked_example_builds(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("workflow", "src", "config", "envs", "record", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("Snakefile", "CITATION.cff", "pyproject.toml"):
        shutil.copy(ROOT / name, copy / name)
    assert len(apply(copy)) == 6

    def run(*words: str) -> str:
        status, printed = pipeline.run([sys.executable, "-m", *words], timeout=1200, cwd=copy)
        assert status == 0, printed
        return printed

    if importlib.util.find_spec("ruff") and importlib.util.find_spec("snakefmt"):
        run("ruff", "check", ".")
        run("ruff", "format", "--check", ".")
        run("snakefmt", "--check", "Snakefile", "workflow/rules")

    overlay = tmp_path / "tiny.yaml"
    overlay.write_text("studies: [mayzel2024]\nseeds_per_job: 3\nmayzel2024: {seeds: 3, budgets: [1.0, 3.0]}\n")
    build = ["snakemake", "--cores", "2", "--configfile", "config/test.yaml", str(overlay)]
    assert "mayzel2024_fig2s2" in run("snakemake", "--list-rules")
    run(*build, "--", "mayzel2024_fig2s2")
    rows = pd.read_csv(copy / "results/figures/mayzel2024/fig2s2.csv")
    assert set(rows["condition"]) == {"RP", "homeostatic", "homeostatic, tuned"}
    assert set(rows["seed"]) == {0, 1, 2}
    mean = rows.groupby("condition")["y"].mean()
    assert mean["homeostatic"] != mean["homeostatic, tuned"]

    # The page shows the figure with its caption, and the claim; all else is missing.
    run(*build, "--", "page_so_far")
    page = (copy / "results/so-far.html").read_text()
    assert "Figure 2, supplement 2" in page and "Homeostatic models that tune their thresholds" in page
    assert "Tuned thresholds never cost" in page
    assert page.count("This figure has not been built.") == 9
    # Snakemake's own report has the caption and the label.
    run(*build, "--report", "report.zip", "--", "mayzel2024_fig2s2")
    with zipfile.ZipFile(copy / "report.zip") as archive:
        names = archive.namelist()
        told = archive.read(next(name for name in names if name.endswith("report.html"))).decode()
    assert any(name.endswith("fig2s2.pdf") for name in names), names
    assert "Homeostatic models that tune their thresholds" in told and '"figure": "fig2s2"' in told
    # Fits of figure 2 are those of the new figure where the condition is the same.
    plan = run(*build, "--dry-run", "--", "mayzel2024_fig2")
    done = {path.parent.name for path in copy.glob("results/store/mayzel2024/fits/*/*/seeds*.npz")}
    asked = set(re.findall(r"fitting (\S+), seeds", plan))
    assert len(done) == 5 and asked and not asked & done


def test_every_file_that_the_page_names_is_there() -> None:
    made = {step["path"] for step in STEP.finditer(PAGE) if step["kind"].startswith("Save")}
    for name in re.findall(r"`((?:src|workflow|config|tests|docs)/[\w./]+\.\w+)`", PAGE):
        assert "name2030" in name or name in made or (ROOT / name).exists(), name


@pytest.mark.slow
def test_a_constraint_and_a_model_of_a_user_appear_in_figure_2(tmp_path: Path) -> None:
    (code,) = re.findall(r"as my_models.py:\n\n```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (keys,) = re.findall(r"```yaml\n(extra_models.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "my_models.py").write_text(code)
    sizes = "seeds_per_job: 2\nmayzel2024: {seeds: 2, budgets: [1.0, 3.0], fig2: {sgd_budgets: []}}\n"
    (tmp_path / "my.yaml").write_text(keys + sizes)

    def run(*flags: str, fails: bool = False) -> str:
        words = command(tmp_path, "mayzel2024_fig2", configs=(TEST, Path("my.yaml")), flags=flags)
        status, printed = pipeline.run(words, timeout=1200, cwd=tmp_path)
        assert (status != 0) == fails, printed
        return printed

    run()
    rows = pd.read_csv(tmp_path / "results/figures/mayzel2024/fig2.csv")
    added = {"bounded (saturating)", "weights and thresholds"}
    assert added < set(rows["condition"])
    drawn = rows[(rows["condition"] == "bounded (saturating)") & (rows["panel"] == "B")]
    assert set(drawn["budget"]) == {1.0, 3.0} and set(drawn["seed"]) == {0, 1}
    # Another file is another constraint: its fits run again, and no others.
    (tmp_path / "my_models.py").write_text(code.replace("omega * xp.tanh(free", "omega * 0.9 * xp.tanh(free"))
    asked = set(re.findall(r"fitting (\S+), seeds", run("--dry-run")))
    assert len(asked) == 3 and all("saturating" in each or "model~tuned" in each for each in asked)
    (tmp_path / "my_models.py").write_text("register(1)")
    assert "my_models.py: this file of extra_models fails: NameError" in run("--dry-run", fails=True)
