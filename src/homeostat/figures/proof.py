"""Proofs of rendered figures: what an art editor measures, on the files themselves (``make proofs``).

Of the PDF: width, height, sizes of type, panel letters and fonts; of the PNG: its resolution. The PDF is read as
matplotlib writes it: a line of text is a block ``q … cm BT … ET Q``, and a panel letter is bold type of 9 points.
"""

import argparse
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from homeostat import cli
from homeostat.errors import DataError
from homeostat.figures import style

DPI = 300
# Subscripts of mathtext, as a share of the line's size.
_SUBSCRIPT = 0.7
# Letters that stand less apart than this, in points, are in one row.
_ROW = 14.0
_INCH, _MM = 72.0, 25.4
# The second has the signs that the first lacks, Computer Modern the large ones of mathtext.
_FONTS = ("Arimo", "DejaVuSans", "Cm")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_LINE = re.compile(rb"q\n([-\d. ]+) cm\n(BT.*?ET)\nQ", re.DOTALL)
_TYPE = re.compile(rb"/(F\d+) ([\d.]+) Tf")
_STRING = re.compile(rb"\(((?:\\.|[^\\()])*)\)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """A line of text: where it begins, in points from the lower left, its fonts, its sizes of type, its characters."""

    x: float
    y: float
    fonts: frozenset[str]
    sizes: tuple[float, ...]
    text: str


@dataclass(frozen=True)
class Printed:
    """A page of a PDF: its size in millimetres, its lines of text, and the fonts by name."""

    width: float
    height: float
    lines: tuple[Line, ...]
    fonts: dict[str, str]
    outlined: bool

    def letters(self) -> list[str]:
        """Return the panel letters as they are read: rows from top to bottom, each from left to right."""
        bold = {name for name, font in self.fonts.items() if "Bold" in font}
        left = sorted((line for line in self.lines if max(line.sizes) == style.LETTER and line.fonts <= bold),
                      key=lambda line: -line.y)  # fmt: skip
        found: list[str] = []
        while left:
            row = [line for line in left if left[0].y - line.y < _ROW]
            found += [line.text for line in sorted(row, key=lambda line: line.x)]
            left = left[len(row) :]
        return found


def read(path: Path) -> Printed:
    """Read a PDF that matplotlib wrote; raise :class:`DataError` for any other file."""
    content = path.read_bytes()
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    if not content.startswith(b"%PDF") or box is None:
        raise DataError(f"{path}: this is not a PDF that matplotlib wrote; build the figure again")
    width, height = (float(side) * _MM / _INCH for side in box.groups())
    objects = {int(n): body for n, body in re.findall(rb"(?m)^(\d+) 0 obj\n(.*?)\nendobj", content, re.DOTALL)}
    fonts = {}
    for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", content):
        base = re.search(rb"/BaseFont /(?:[A-Z]{6}\+)?(\S+)", objects.get(int(number), b""))
        fonts[name.decode()] = base.group(1).decode() if base else ""
    lines = tuple(line for stream in _streams(content) for line in _lines(stream))
    return Printed(width, height, lines, fonts, b"/Subtype /Type3" in content)


def _streams(content: bytes) -> Iterator[bytes]:
    for match in _STREAM.finditer(content):
        try:
            yield zlib.decompress(match.group(1))
        except zlib.error:
            continue


def _lines(stream: bytes) -> Iterator[Line]:
    for matrix, block in _LINE.findall(stream):
        if not (types := _TYPE.findall(block)):
            continue  # an empty line
        fonts, sizes = zip(*types, strict=True)
        # Two bytes to a character; those of a panel letter are its own code.
        raw = b"".join(re.sub(rb"\\(.)", rb"\1", part) for part in _STRING.findall(block))
        x, y = map(float, matrix.split()[-2:])
        yield Line(
            x, y, frozenset(map(bytes.decode, fonts)), tuple(map(float, sizes)), raw.decode("utf-16-be", "replace")
        )


def faults(path: Path) -> list[str]:
    """Return what is wrong with a figure, one sentence each; ``path`` is its PDF, beside which its PNG lies."""
    try:
        page = read(path)
        with Image.open(path.with_suffix(".png")) as picture:
            pixels, resolution = picture.size, picture.info.get("dpi", (0.0, 0.0))
    except (FileNotFoundError, UnidentifiedImageError) as error:
        return [f"a file is missing or damaged: {error}"]
    found = []
    if page.width > style.WIDTH + 0.1 or page.height > style.HEIGHT + 0.1:
        found.append(
            f"it measures {page.width:.0f} x {page.height:.0f} mm, more than {style.WIDTH:.0f} x {style.HEIGHT:.0f}"
        )
    if page.outlined or not page.lines:
        return [*found, "its PDF has outlines in place of text"]
    found += _type(page)
    if strange := {font for font in page.fonts.values() if not font.startswith(_FONTS)}:
        found.append(f"its PDF has other fonts than the house's: {', '.join(sorted(strange))}")
    letters = page.letters()
    if letters != sorted(set(letters)):
        found.append(f"its panel letters are not each once and in order: {' '.join(letters)}")
    if any(round(dots) != DPI for dots in resolution):
        found.append(f"its PNG has {resolution[0]:.0f} dots per inch, not {DPI}")
    elif any(abs(n * _MM / DPI - side) > 0.3 for n, side in zip(pixels, (page.width, page.height), strict=True)):
        found.append("its PNG and its PDF differ in size")
    return found


def _type(page: Printed) -> Iterator[str]:
    """Yield a sentence for the smallest type, where it is too small."""
    edge = 0.02 * page.width * _INCH / _MM
    footer = [line for line in page.lines if line.x < edge and max(line.sizes) < style.SMALL]
    body = [line for line in page.lines if line not in footer]
    for name, lines, least in (("panels", body, style.SMALL), ("line below", footer, style.FOOTER)):
        small = [line for line in lines if max(line.sizes) < least or min(line.sizes) < _SUBSCRIPT * least - 1e-6]
        if small:
            worst = min(small, key=lambda line: min(line.sizes))
            yield f"type of its {name} goes down to {min(worst.sizes):g} points: {worst.text.strip()!r}"


def main() -> None:
    """Say what is wrong with every figure of a run; the exit status is 1 if anything is."""
    parser = argparse.ArgumentParser(prog="python -m homeostat.figures.proof", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("results/figures"), help="with figures below it")
    folder = parser.parse_args().folder
    if not (found := sorted(folder.rglob("*.pdf"))):
        raise DataError(f"{folder}: there is no figure; build some with make figures")
    wrong = {path: said for path in found if (said := faults(path))}
    for path, said in wrong.items():
        print("\n".join(f"{path.relative_to(folder)}: {each}" for each in said))
    print(f"figures: {len(found)}, with faults: {len(wrong)}")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    cli.run(main)
