"""What can be asked for, and what someone meant who asked for something else."""

from collections.abc import Iterable

from homeostat.errors import nearest

_known: list[str] = []


def announce(names: Iterable[str]) -> None:
    """Note the targets that a workflow has: rules, studies, figures, files."""
    _known[:] = dict.fromkeys(names)


def unknown(target: str) -> str:
    """Return the sentence for a target that no rule makes.

    >>> announce(["keck2012_fig1", "krishna2024_fig1", "keck2012"])
    >>> unknown("fig1")
    "'fig1': there is no such rule, study, figure or file; did you mean 'keck2012_fig1' or 'krishna2024_fig1'?"
    """
    said = f"{target!r}: there is no such rule, study, figure or file"
    whole = [name for name in _known if name.endswith(f"_{target}") or name.rpartition("/")[2] == target]
    if whole:
        return f"{said}; did you mean {' or '.join(map(repr, whole[:5]))}?"
    return said + (nearest(target, _known) or ". `make figures ARGS=--list-rules` lists the rules.")
