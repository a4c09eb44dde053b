"""House style and panel helpers of all figures."""

from homeostat.extras import need

need(__name__, "figures", "matplotlib", "pandas", "seaborn", "fontpkg_arimo")
