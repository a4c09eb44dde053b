"""YAML files of this project, read by libyaml where PyYAML has it: some ten times as fast as in Python.

Configurations of users are read by :mod:`homeostat.config_files`, which says more about their mistakes.
"""

from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises
    ------
    OSError, UnicodeDecodeError
        The file cannot be read, or is not UTF-8.
    yaml.YAMLError
        It is not YAML.
    """
    return _LOADER(path.read_text(encoding="utf-8")).get_single_data()
