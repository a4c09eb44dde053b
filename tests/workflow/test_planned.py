"""What changes between the plan of a run and the end of a job: nothing is stored under a key that stands for other."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline import ROOT, call

from homeostat.errors import ConfigError
from homeostat.keys import key_of, record_beside
from homeostat.planned import PLANNED_VARIABLE
from mayzel2024 import fit

RECIPE = {"rule": "fit", "condition": {}, "settings": {}, "inputs": {}, "code": "c"}
# Of a study that imports one module at its start and one in a function, as real ones do. A checkpoint of other code
# would be resumed under the key of the old code.
FIT = """
import os
import sys
from pathlib import Path

import early
from homeostat import cli
from homeostat.files import write_json


def main():
    job = cli.job("Fit.", "definitions", "mine")
    for path in os.environ["EDITED"].split():
        Path(path).write_text("x = 2\\n")
    import late

    try:
        write_json(job.checkpoint, [early.x, late.x])
    finally:
        write_json(job.output, [early.x, late.x])


cli.run(main)
"""
FILES = {
    "workflow/scripts/fit.py": FIT,
    "workflow/scripts/early.py": "x = 1\n",
    "workflow/scripts/late.py": "x = 1\n",
    "workflow/scripts/unused.py": "x = 1\n",
    "config/claims/a.yaml": "x = 1\n",
    "mine.csv": "x = 1\n",
}


@pytest.mark.parametrize(
    ("edited", "refused"),
    [
        ("workflow/scripts/late.py", True),
        ("config/claims/a.yaml", True),
        ("config/claims/new.yaml", True),
        # Loaded before it was edited.
        ("workflow/scripts/early.py", False),
        ("workflow/scripts/unused.py", False),
        # Of the user's: its content counts, and other programs look at it.
        ("mine.csv", False),
        ("", False),
    ],
)
def test_what_was_edited_during_a_job_is_not_stored(tmp_path: Path, edited: str, refused: bool) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "src").symlink_to(ROOT / "src")
    output = tmp_path / f"results/fit.{key_of(RECIPE)}.json"
    output.parent.mkdir()
    Path(record_beside(str(output))).write_text(json.dumps({"recipe": RECIPE}))
    time.sleep(0.05)  # file systems have coarser clocks
    around = {
        PLANNED_VARIABLE: str(time.time_ns()),
        "PYTHONPATH": f"{tmp_path}/src:{tmp_path}/workflow/scripts",
        "EDITED": str(tmp_path / edited) if edited else "",
    }
    time.sleep(0.05)
    words = [sys.executable, "-m", "fit", "--definitions", f"{tmp_path}/config/claims", "--repository", "definitions"]
    words += ["--mine", f"{tmp_path}/mine.csv", "--checkpoint", str(output.with_name("checkpoint.json"))]
    words += ["--output", str(output)]
    done = subprocess.run(words, env=os.environ | around, capture_output=True, text=True, check=False)
    assert done.returncode == int(refused), done.stderr
    left = sorted(path.name for path in output.parent.iterdir() if not path.name.endswith(".recipe.json"))
    assert left == ([] if refused else ["checkpoint.json", output.name])
    if refused:
        assert done.stderr.startswith("error: ") and "was changed after this run was planned" in done.stderr
    else:
        assert json.loads(output.read_text()) == [1, 1]


def test_a_file_of_extra_models_that_was_edited_since_the_plan_is_refused(tmp_path: Path) -> None:
    mine, content = tmp_path / "my_models.py", b"x = 1\n"
    mine.write_bytes(content)
    recipe = RECIPE | {"inputs": {"extra": [f"sha256:{hashlib.sha256(content).hexdigest()}"]}}
    output = tmp_path / f"fit.{key_of(recipe)}.npz"
    Path(record_beside(str(output))).write_text(json.dumps({"recipe": recipe}))
    # As planned, it is the settings that lack something.
    with pytest.raises(ConfigError, match="condition"):
        call(fit, "--extra", mine, "--output", output)
    mine.write_bytes(content + b"y = 1\n")
    with pytest.raises(ConfigError, match=r"my_models\.py was changed after this run was planned; start the run again"):
        call(fit, "--extra", mine, "--output", output)
