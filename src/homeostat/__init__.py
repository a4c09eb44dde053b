"""homeostat: normalization, homeostasis and reactivation in neural circuits, reproduced.

Each study lives in a sub-package of its own (``homeostat.rp`` for random-projection models, …);
nothing is imported until it is asked for, so that a script pays only for what it uses.
"""

__version__ = "0.1.0"
