"""The font of all figures: Arimo, which is free and has the metrics of Arial."""

import os
import tempfile
from pathlib import Path

import fontpkg_arimo
import matplotlib
from fontTools import subset, ttLib
from fontTools.varLib import instancer
from matplotlib import font_manager

FAMILY = "Arimo"
_FILES = Path(fontpkg_arimo.__file__).parent / "files"


def register() -> None:
    """Make the family known to matplotlib, with a bold face for panel letters and titles."""
    for path in (_FILES / "Arimo[wght].ttf", _FILES / "Arimo-Italic[wght].ttf", _bold()):
        font_manager.fontManager.addfont(path)


def _bold() -> Path:
    """Return a bold face, made once for each user: matplotlib takes the regular weight of a variable font only."""
    source = _FILES / "Arimo[wght].ttf"
    path = Path(matplotlib.get_cachedir()) / f"homeostat-arimo-bold-{source.stat().st_size}.ttf"
    if not path.exists():
        font = ttLib.TTFont(source, recalcTimestamp=False)
        options = subset.Options(drop_tables=["GDEF", "GPOS", "GSUB"])
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=[*range(32, 127), *range(0x391, 0x3CA)])
        chosen.subset(font)
        bold = instancer.instantiateVariableFont(font, {"wght": 700}, updateFontNames=True)
        # Several figures are drawn at a time: the file is whole or absent.
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".ttf")
        os.close(handle)
        bold.save(temporary)
        os.replace(temporary, path)
    return path
