"""The workflow that belongs to this installation, where there is one."""

from pathlib import Path

import homeostat
from homeostat.errors import ConfigError

_NEEDED = ("workflow/Snakefile", "Snakefile", "config/config.yaml", "workflow/schemas/config.schema.yaml")


def find_root() -> Path | None:
    """Return the root of the clone that homeostat is imported from; None for an installed wheel."""
    root = Path(homeostat.__file__).resolve().parents[2]
    return root if all((root / name).is_file() for name in _NEEDED) else None


def root() -> Path:
    """Return the root of the clone that homeostat is imported from.

    Raises
    ------
    ConfigError
        There is none, with what to do.
    """
    found = find_root()
    if found is None:
        raise ConfigError(
            f"the workflow is not part of this installation ({Path(homeostat.__file__).parent}), which holds the "
            "library only; clone the repository and give the command there (make figures), or install the clone with "
            "pip install --editable '.[all]'"
        )
    return found
