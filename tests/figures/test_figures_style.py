"""Figures look the same whatever the user's matplotlibrc says."""

import subprocess
import sys
from pathlib import Path

from pipeline import PROGRAMS, environment

RC = """text.usetex: True
axes.grid: True
figure.facecolor: red
lines.linestyle: --
savefig.bbox: tight
axes.formatter.use_locale: True
"""
DRAW = """
import sys
import pandas as pd
from homeostat.figures import panels, style
figure, axes = style.panels(1, 1)
style.letter(axes, "A")
rows = pd.DataFrame({"seed": [0, 0, 0, 1, 1, 1], "x": [1, 2, 3] * 2, "y": [1, 2, 3, 2, 2, 5]})
panels.curve(axes, rows, label="log $p$", colour="black")
axes.legend()
style.note(figure, "made of 100 % nothing")
for path in sys.argv[1:]:
    figure.canvas.figure.set_layout_engine("constrained")
    style.save(figure, path)
"""


def drawn(folder: Path, rc: str) -> list[bytes]:
    folder.mkdir()
    (folder / "matplotlibrc").write_text(rc)
    command = [sys.executable, "-c", DRAW, "a.png", "a.pdf"]
    subprocess.run(command, cwd=folder, env=environment(**PROGRAMS), check=True, timeout=600)
    return [(folder / name).read_bytes() for name in ("a.png", "a.pdf")]


def test_a_matplotlibrc_changes_nothing(tmp_path: Path) -> None:
    check = "import matplotlib; print(matplotlib.rcParams['axes.grid'])"
    plain, other = tmp_path / "plain", tmp_path / "other"
    assert drawn(plain, "") == drawn(other, RC)
    done = subprocess.run([sys.executable, "-c", check], cwd=other, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True", "the matplotlibrc is not read: this test cannot fail"
