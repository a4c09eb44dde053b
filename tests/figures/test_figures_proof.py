"""Proofs of rendered figures: every fault is found on a figure that has it, and none on those of the pipeline."""

import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from PIL import Image
from pipeline import Built, long_test

from homeostat.figures import proof, style
from homeostat.files import atomic_path


def drawn(
    folder: Path, *, width: float = 90.0, height: float = 60.0, letters: str = "AB", size: float = 6.0,
    footer: float = style.FOOTER, family: str = "", outlines: bool = False,
) -> Path:  # fmt: skip
    """Save a figure that is sound unless told otherwise; return its PDF."""
    figure, axes = style.panels(1, len(letters), width=width * style.MM, height=height * style.MM)
    for ax, name in zip(axes, letters, strict=True):
        style.letter(ax, name)
        ax.set_xlabel(r"$\sum_j |a_{ij}|$ (φ, ≤ 3)", fontsize=7)
    axes[0].set_title("small", fontsize=size, **({"family": family} if family else {}))
    style.note(figure, "made of 100 % nothing; " * 12)
    figure.texts[-1].set_fontsize(footer)
    stem = folder / "fig1"
    with matplotlib.rc_context({"pdf.fonttype": 3 if outlines else 42}):
        for kind in ("png", "pdf"):
            with atomic_path(stem.with_suffix(f".{kind}")) as path:
                style.save(figure, path)
    return stem.with_suffix(".pdf")


def test_a_sound_figure_has_no_faults_and_is_measured(tmp_path: Path) -> None:
    path = drawn(tmp_path)
    assert proof.faults(path) == []
    page = proof.read(path)
    assert (round(page.width), round(page.height)) == (90, 60) and page.letters() == ["A", "B"]
    assert "small" in {line.text for line in page.lines} and "Arimo-Regular" in page.fonts.values()


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"width": 190.0}, "measures 190 x 60 mm"),
        ({"height": 240.0}, "measures 90 x 240 mm"),
        ({"letters": "ABA"}, "each once and in order: A B A"),
        ({"letters": "BA"}, "each once and in order: B A"),
        ({"size": 5.5}, "panels goes down to 5.5 points: 'small'"),
        ({"footer": 4.5}, "line below goes down to 4.5 points: 'made of"),
        ({"family": "DejaVu Serif"}, "other fonts than the house's: DejaVuSerif"),
        ({"outlines": True}, "outlines in place of text"),
    ],
)
def test_each_fault_is_found(changed: dict[str, object], said: str, tmp_path: Path) -> None:
    (found,) = proof.faults(drawn(tmp_path, **changed))
    assert said in found


def test_a_png_of_another_resolution_or_size_is_found(tmp_path: Path) -> None:
    path = drawn(tmp_path)
    png = path.with_suffix(".png")
    with Image.open(png) as picture:
        picture.load()
    picture.save(png, dpi=(150, 150))
    assert proof.faults(path) == ["its PNG has 150 dots per inch, not 300"]
    picture.resize((400, 300)).save(png, dpi=(300, 300))
    assert proof.faults(path) == ["its PNG and its PDF differ in size"]


def test_the_command_names_figures_and_faults(tmp_path: Path) -> None:
    def run() -> tuple[int, str, str]:
        command = [sys.executable, "-m", "homeostat.figures.proof", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        return done.returncode, done.stdout, done.stderr

    assert run()[2] == f"error: {tmp_path}: there is no figure; build some with make figures\n"
    drawn(tmp_path)
    assert run()[:2] == (0, "figures: 1, with faults: 0\n")
    (tmp_path / "fig1.png").write_bytes(b"no picture")
    status, printed, _ = run()
    assert status == 1 and printed.startswith("fig1.pdf: a file is missing or damaged")
    (tmp_path / "fig1.pdf").write_bytes(b"%PDF of another program")
    status, _, said = run()
    assert status != 0 and "not a PDF that matplotlib wrote" in said


def assert_sound(folder: Path, least: int) -> None:
    figures = list(folder.rglob("*.pdf"))
    assert len(figures) >= least
    assert {str(path.relative_to(folder)): said for path in figures if (said := proof.faults(path))} == {}


@pytest.mark.slow
def test_a_figure_of_the_pipeline_is_sound(small: Built) -> None:
    assert_sound(small.folder / "results/figures", 1)


@long_test("builds figures of every study")
def test_a_figure_of_every_study_is_sound(every_study: Built) -> None:
    assert_sound(every_study.folder / "results/figures", 5)
