"""Supplement 2 of figure 1: fixed v tuned thresholds (A), fixed factors λ of reshaped models (B)."""

from homeostat import cli
from mayzel2024.supplements import make

if __name__ == "__main__":
    # An empty list stands for all factors λ of the configuration.
    cli.run(lambda: make(__doc__, {"A": ["reshaped", "reshaped, tuned", "backprop", "backprop, tuned"], "B": []}))
