"""Figure 2: six networks on the first image set (A accuracy, B, C activation, D outputs, E trained alphas)."""

from homeostat import cli
from shen2021.panels import six_conditions


def main() -> None:
    six_conditions(__doc__, with_alphas=True)


if __name__ == "__main__":
    cli.run(main)
