"""Lines for a terminal: times, conditions by the names that legends have, and no line wider than the terminal."""

import functools
import importlib
import re
import textwrap

# A condition as it stands in paths: model~rp_neurons~50_...
_CONDITION = re.compile(r"[^\s,;:]*~[^\s,;:]*[^\s,;:.]")
_RANGE = re.compile(r"(seed|configuration)s (\d+) to (\d+)")


def duration(seconds: float) -> str:
    """Return a time: ``12 s``, ``3 min 05 s``, ``2 h 10 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def about(seconds: float) -> str:
    """Return an estimate of a time, no finer than it can be: ``20 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 55:
        return f"{max(10, 10 * round(seconds / 10))} s"
    if seconds < 3570:
        return f"{round(seconds / 60)} min"
    return duration(600 * round(seconds / 600))


def job(head: str, message: str, rule: str, width: int | None) -> str:
    """Return the line of a job: conditions are named as in the figures' legends, ``homeostatic, φ = 3, K = 150``.

    Where that is wider than the terminal, the last part of these names is left out, and then the middle of the line.

    Parameters
    ----------
    head
        What stands before the message.
    message
        The rule's message.
    rule
        The rule's name. Its first part is the study, whose module ``legend`` names conditions.
    width
        The terminal's width; None leaves the line whole.
    """
    study = rule.partition("_")[0]
    text = _RANGE.sub(_range, " ".join(message.split()))
    line = head + _CONDITION.sub(lambda found: _legend(study, found[0]), text)
    if width is not None and len(line) > width:
        line = head + _CONDITION.sub(lambda found: _legend(study, found[0]).rpartition(", ")[0] or found[0], text)
    return line if width is None else cut(line, width)


def _range(found: re.Match[str]) -> str:
    what, first, last = found.groups()
    return f"{what} {first}" if first == last else f"{what}s {first}–{last}"


@functools.cache
def _legend(study: str, condition: str) -> str:
    try:
        return str(importlib.import_module(f"{study}.legend").legend(condition))
    except Exception:  # a line on the terminal is not worth a failed run
        return condition


def cut(line: str, width: int) -> str:
    """Return a line of at most ``width`` characters: the middle gives way, since seeds stand at the end.

    >>> cut("mayzel2024: fitting bounded (projected), φ = 3, seeds 0–2.", 50)
    'mayzel2024: fitting bounded (p…, φ = 3, seeds 0–2.'
    """
    if len(line) <= width:
        return line
    tail = line[len(", ".join(line.split(", ")[:-2])) :]
    end = len(tail) if len(tail) <= width // 2 else width // 3
    return f"{line[: width - end - 1]}…{line[-end:]}"


def wrapped(text: str, width: int | None) -> str:
    """Return text with lines of at most ``width`` characters; what was indented stays so."""
    if width is None:
        return text
    return "\n".join(
        "\n".join(
            textwrap.wrap(
                line, width, subsequent_indent=_indent(line, width), break_on_hyphens=False, drop_whitespace=True,
                replace_whitespace=False, expand_tabs=True,
            )
        )
        if len(line.expandtabs()) > width
        else line
        for line in text.split("\n")
    )  # fmt: skip


def _indent(line: str, width: int) -> str:
    return line[: min(len(line) - len(line.lstrip()), width // 2)] if line[:1].isspace() else ""
