"""Datasets: the table of what exists, and fetching it from the first source that has the right bytes.

>>> from homeostat.datasets import fetch, find, load_table
>>> fetch(find(load_table(), "mnist"), "results/data/raw/mnist")     # doctest: +SKIP
"""

from homeostat.extras import need

need(__name__, "pipeline", "jsonschema", "PIL", "requests", "yaml")

from homeostat.datasets.fetch import MIRROR_VARIABLE, Fetched, fetch, obtain
from homeostat.datasets.read import read_recording
from homeostat.datasets.table import Dataset, RawFile, Source, find, load_table

__all__ = [
    "MIRROR_VARIABLE",
    "Dataset",
    "Fetched",
    "RawFile",
    "Source",
    "fetch",
    "find",
    "load_table",
    "obtain",
    "read_recording",
]
