"""The colours of the study: one for each way to learn; EM from other starts has shades of its colour."""

from homeostat.figures.palette import Palette

COLOURS = Palette(
    {
        "network": "#D55E00",
        "network, decaying ε": "#E69F00",
        "network, S(W)": "#999933",
        "network, linear I": "#CC79A7",
        "network, I - ΣW": "#7F3C8D",
        "network, uniform": "#8C3B00",
        "no scaling": "#8c8c8c",
        "EM": "#0072B2",
        "EM, input": "#0072B2",
        "EM, points": "#56B4E9",
        "EM, uniform": "#332288",
        "EM from the truth": "#009E73",
        "predicted": "#000000",
    }
)
