"""Optional parts: what to install where a package of an extra is missing."""

from importlib.util import find_spec

from homeostat.errors import HomeostatError


class MissingExtraError(HomeostatError, ImportError):
    """A part of homeostat needs packages that are not installed."""


def need(part: str, extra: str, *modules: str) -> None:
    """Check that the modules of an extra are installed, without importing them.

    Parameters
    ----------
    part : str
        What needs them, for the sentence.
    extra : str
        The extra of pyproject.toml that has them.
    *modules : str
        Top-level modules.

    Raises
    ------
    MissingExtraError
        At least one is missing.

    >>> need("a part", "torch", "numpy")
    >>> need("a part", "torch", "numpy", "no_such_module")
    Traceback (most recent call last):
    homeostat.extras.MissingExtraError: a part needs no_such_module: pip install 'homeostat[torch]'
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise MissingExtraError(f"{part} needs {' and '.join(missing)}: pip install 'homeostat[{extra}]'")
