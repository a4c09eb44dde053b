"""Build figures, as `make figures` does, with results/ in the folder in which the command is given.

Targets are studies (mayzel2024), figures (mayzel2024_fig2) or files; without any, all figures are built. More arguments
for Snakemake may follow behind --.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from homeostat.command import clone
from homeostat.command.configuration import check
from homeostat.errors import ConfigError
from homeostat.extras import need

_SETTINGS = (".yaml", ".yml", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="what to build; default: all figures")
    parser.add_argument("--config", nargs="+", action="extend", default=[], metavar="FILE", help="settings (YAML)")
    parser.add_argument("--cores", default="all", help="how many cores to use (all)")
    parser.add_argument("--run", metavar="NAME", help="a name: figures go to results/runs/NAME")
    parser.add_argument("-n", "--dry-run", action="store_true", help="list the jobs without running them")


def run(given: argparse.Namespace, more: Sequence[str]) -> None:
    """Run Snakemake, and end with its status."""
    root = clone.root()
    need("building figures", "pipeline", "snakemake")
    if given.cores != "all" and not (given.cores.isdigit() and int(given.cores)):
        raise ConfigError(f"--cores is {given.cores!r}; give a number of 1 or more, or all")
    # `--config` takes all words that follow it, targets too.
    files = [word for word in given.config if Path(word).suffix in _SETTINGS]
    targets = [*given.targets, *(word for word in given.config if word not in files)]
    for file in files:
        if not Path(file).is_file():
            raise ConfigError(f"{file}: there is no such file here; name one, such as {root / 'config/real.yaml'}")
    check(root, files)
    words = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--logger", "homeostat"]
    words += ["--cores", given.cores, *(["--configfile", *files] if files else [])]
    words += ["--dry-run"] if given.dry_run else []
    environment = {**os.environ, **({"HOMEOSTAT_RUN": given.run} if given.run else {})}
    done = subprocess.run([*words, *more, "--", *targets], env=environment)
    if done.returncode:
        raise SystemExit(done.returncode)
