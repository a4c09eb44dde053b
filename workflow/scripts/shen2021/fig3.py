"""Figure 3: six networks on the second image set (A accuracy, B, C activation, D outputs)."""

from homeostat import cli
from shen2021.panels import six_conditions


def main() -> None:
    six_conditions(__doc__, with_alphas=False)


if __name__ == "__main__":
    cli.run(main)
