"""What a run says on the terminal: one line per job, how far it is, what it made, and everything that went wrong.

``snakemake --logger homeostat`` (``make figures`` does) loads this module by its name. Snakemake's own account of
the run, which is longer, stays in ``.snakemake/log``.

On a terminal no line is longer than the terminal is wide. In a file or a pipe, lines are whole.
"""

import logging
import os
import re
import sys
from typing import Any, TextIO

from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_homeostat import lines
from snakemake_logger_plugin_homeostat.made import Made
from snakemake_logger_plugin_homeostat.pace import Pace

# What Snakemake says of itself; a run reads better without.
_ASIDES = (
    "Assuming unrestricted shared filesystem",
    "Building DAG of jobs",
    "Conda environments: ignored",
    "Config file ",
    "Elapsed time",
    "Execute ",
    "Select jobs to execute",
    "Using profile",
    "Using shell",
    "Using workflow specific profile",
)
_LEFT_OUT = {
    LogEvent.JOB_STARTED,
    LogEvent.RESOURCES_INFO,
    LogEvent.RULEGRAPH,
    LogEvent.WORKFLOW_STARTED,
}
_NO_RULE = re.compile(r"No rule to produce (?P<target>.+?) \(if you use input functions")


class LogHandler(LogHandlerBase):
    """Writes ``[  3 of 130, 5 min left] mayzel2024: drawing figure 1.`` when a job starts: 3 are done by then."""

    def __post_init__(self) -> None:
        """Start the clock."""
        settings = self.common_settings
        self._plain = DefaultFormatter(settings.quiet, settings.show_failed_logs)
        self._done, self._total = 0, 0
        self._pace, self._made = Pace(), Made()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, or nothing."""
        try:
            # Not kept from the start: tests, and Snakemake itself, may exchange the streams.
            stream = sys.stdout if self.common_settings.stdout else sys.stderr
            said = self.said(record, _columns(stream))
            if said:
                print(said, file=stream, flush=True)
        except Exception:
            self.handleError(record)

    def said(self, record: logging.LogRecord, width: int | None = None) -> str:
        """Return what to write for one record, in lines of at most ``width`` characters; None leaves them whole."""
        event = getattr(record, "event", None)
        if self.common_settings.dryrun:
            return self._plain.format(record)
        if record.levelno >= logging.WARNING:
            text = self._plain.format(record)
            found = _NO_RULE.search(text)
            return lines.wrapped(_unknown(found["target"]) if found else text, width)
        match event:
            case LogEvent.RUN_INFO:
                self._start(record)
                return f"{self._total} jobs to do."
            case LogEvent.PROGRESS:
                self._done, self._total = record.done, record.total  # type: ignore[attr-defined]
                return "" if self._done < self._total else self._end(width)
            case LogEvent.JOB_INFO:
                return self._job(record, width)
            case LogEvent.JOB_FINISHED:
                self._pace.finished(record.job_id)  # type: ignore[attr-defined]
                return ""
        text = self._plain.format(record)
        return "" if event in _LEFT_OUT or text.startswith(_ASIDES) else lines.wrapped(text, width)

    def _start(self, record: Any) -> None:
        counts = {rule: int(count) for rule, count in record.stats.items()}
        self._total = counts.pop("total")
        self._pace = Pace(counts)

    def _job(self, record: Any, width: int | None) -> str:
        left = self._pace.left()
        self._pace.started(getattr(record, "jobid", None), record.rule_name)
        self._made.job(getattr(record, "input", ()), getattr(record, "output", ()))
        time = lines.duration(self._pace.elapsed()) if left is None else f"{lines.about(left)} left"
        return lines.job(f"{self._head(time)} ", record.rule_msg or record.rule_name, record.rule_name, width)

    def _end(self, width: int | None) -> str:
        text = f"{self._head(lines.duration(self._pace.elapsed()))} done."
        return "\n".join([text, *(lines.wrapped(each, width) for each in self._made.told())])

    def _head(self, time: str) -> str:
        return f"[{self._done:{len(str(self._total))}} of {self._total}, {time}]"

    @property
    def writes_to_stream(self) -> bool:
        """It takes the place of Snakemake's own output."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Snakemake's own log file stays."""
        return False

    @property
    def has_filter(self) -> bool:
        """Snakemake's filter is asked for, so that ``--quiet`` works."""
        return False

    @property
    def has_formatter(self) -> bool:
        """It formats by itself."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """It does not."""
        return False


def _unknown(target: str) -> str:
    # Not imported at the start: the library that counts is that of the workflow, which it puts on the path itself.
    from homeostat import targets

    return targets.unknown(target)


def _columns(stream: TextIO) -> int | None:
    """Return the width of the terminal behind a stream; None where there is none."""
    try:
        return (os.get_terminal_size(stream.fileno()).columns or None) if stream.isatty() else None
    except (OSError, ValueError, AttributeError):
        return None
