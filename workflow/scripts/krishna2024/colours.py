"""The colours of the study: one for each kind of noise."""

from homeostat.figures.palette import Palette

COLOURS = Palette({"uniform": "#D55E00", "gaussian": "#0072B2", "matched": "#009E73", "none": "#555555"})
