"""The colours of the study, by condition."""

from homeostat.figures.palette import Palette

COLOURS = Palette(
    {
        "E/I": "#999999",
        "E/I, LN+": "#CC6677",
        "E-only, LN+": "#000000",
        "E-only, LN forward only": "#E69F00",
        "I-Norm (sub)": "#56B4E9",
        "I-Norm": "#0072B2",
        "I-Norm + full": "#D55E00",
        "I-Norm + center": "#009E73",
        "I-Norm + scale": "#CC79A7",
        "I-Norm + decorrelate": "#999933",
        "I-Norm + lateral inhibition": "#332288",
    }
)
