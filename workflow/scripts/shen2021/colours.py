"""The colours of the study, by condition."""

from homeostat.figures.palette import Palette

COLOURS = Palette(
    {
        "Vanilla": "#555555",
        "WeightNorm": "#E69F00",
        "BatchNorm": "#0072B2",
        "SynapticScaling": "#D55E00",
        "MeanOnly": "#CC79A7",
        "ScaleOnly": "#009E73",
    }
)
