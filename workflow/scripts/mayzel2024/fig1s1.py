"""Supplement 1 of figure 1: step v sigmoid projections (A), pruning and replacement (B)."""

from homeostat import cli
from mayzel2024.supplements import make

if __name__ == "__main__":
    cli.run(lambda: make(__doc__, {"A": ["step RP", "RP"], "B": ["RP", "reshaped", "pruned RP"]}))
