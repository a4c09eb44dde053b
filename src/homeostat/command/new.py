"""Start an analysis of your own: a folder with a configuration and a Snakefile that uses this workflow as a module."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from homeostat.command import clone
from homeostat.errors import ConfigError

_SNAKEFILE = """\
# An analysis of your own. It uses the workflow of homeostat as a module: its rules are here under homeostat_*.
configfile: "config.yaml"


rule all:
    input:
        "results/figures/mayzel2024/fig1.csv",


module homeostat:
    snakefile:
        {snakefile}
    config:
        config["homeostat"]


use rule * from homeostat as homeostat_*


# Rules of your own follow; the numbers behind a figure are in results/figures/STUDY/FIGURE.csv.
"""
_CONFIG = """\
# What differs from the default configuration of homeostat ({root}/config/README.md has all keys).
homeostat:
  device: auto
  recording: {recording}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("folder", help="the folder to make, outside of the clone")
    parser.add_argument("--recording", default="prefrontal_surrogate", help="your recording (the embedded surrogate)")


def run(given: argparse.Namespace, more: Sequence[str]) -> None:
    """Make the folder.

    Raises
    ------
    ConfigError
        It is there already and not empty, or lies in the clone.
    """
    root, folder = clone.root(), Path(given.folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already and not empty; name another folder")
    if folder.resolve().is_relative_to(root):
        raise ConfigError(f"{folder} lies in the clone ({root}); name a folder outside of it")
    recording = given.recording
    if Path(recording).exists():  # the configuration is read in another folder
        recording = os.path.abspath(recording)
    folder.mkdir(parents=True, exist_ok=True)
    snakefile = json.dumps(str(root / "workflow/Snakefile"), ensure_ascii=False)
    (folder / "Snakefile").write_text(_SNAKEFILE.format(snakefile=snakefile), encoding="utf-8")
    text = _CONFIG.format(root=root, recording=json.dumps(recording, ensure_ascii=False))
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    print(f"Made {folder}/Snakefile and {folder}/config.yaml; next:")
    print(f"  cd {shlex.quote(str(folder))} && {sys.executable} -m snakemake --cores all")
