"""Pictures of the documentation, small enough for the repository."""

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from homeostat.files import atomic_path


def canvas(**options: Any) -> tuple[Any, Any]:
    """Return matplotlib's ``subplots`` of these options, without a screen."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    return plt.subplots(layout="constrained", **options)


def palette_png(image: Any, colours: int, said: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return an image of Pillow as a PNG with texts by their names, and a palette: a third of the bytes."""
    from PIL import Image, PngImagePlugin

    stream, texts = io.BytesIO(), PngImagePlugin.PngInfo()
    for name, text in said.items():
        texts.add_text(name, text)
    few = image.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(stream, "PNG", optimize=True, pnginfo=texts)
    return stream.getvalue()


def save(figure: Any, path: Path, *, dpi: int = 130, colours: int = 128) -> None:
    """Write a figure with a palette, and close it."""
    from matplotlib import pyplot as plt
    from PIL import Image

    stream = io.BytesIO()
    figure.savefig(stream, dpi=dpi)
    plt.close(figure)
    with Image.open(stream) as picture, atomic_path(path) as temporary:
        temporary.write_bytes(palette_png(picture.convert("RGB"), colours))
