"""What a run says on the terminal: one line per job, how far it is, and everything that went wrong.

``snakemake --logger homeostat`` (``make figures`` does) loads this module by its name. Snakemake's own account of
the run, which is longer, stays in ``.snakemake/log``.
"""

import logging
import sys
import time

from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

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
    LogEvent.JOB_FINISHED,
    LogEvent.JOB_STARTED,
    LogEvent.RESOURCES_INFO,
    LogEvent.RULEGRAPH,
    LogEvent.WORKFLOW_STARTED,
}


class LogHandler(LogHandlerBase):
    """Writes ``[  3 of 130, 12 s] mayzel2024: drawing figure 1.`` when a job starts: 3 are done by then."""

    def __post_init__(self) -> None:
        """Start the clock."""
        settings = self.common_settings
        self._plain = DefaultFormatter(settings.quiet, settings.show_failed_logs)
        self._done, self._total, self._start = 0, 0, time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, or nothing."""
        try:
            line = self.said(record)
            if line:
                # Not kept from the start: tests, and Snakemake itself, may exchange the streams.
                stream = sys.stdout if self.common_settings.stdout else sys.stderr
                print(line, file=stream, flush=True)
        except Exception:
            self.handleError(record)

    def said(self, record: logging.LogRecord) -> str:
        """Return what to write for one record."""
        event = getattr(record, "event", None)
        if self.common_settings.dryrun or record.levelno >= logging.WARNING:
            return self._plain.format(record)
        if event == LogEvent.RUN_INFO:
            self._total = int(record.stats["total"])  # type: ignore[attr-defined]
            return f"{self._total} jobs to do."
        if event == LogEvent.PROGRESS:
            self._done, self._total = record.done, record.total  # type: ignore[attr-defined]
            return "" if self._done < self._total else self._line("done.")
        if event == LogEvent.JOB_INFO:
            return self._line(record.rule_msg or record.rule_name)  # type: ignore[attr-defined]
        text = self._plain.format(record)
        return "" if event in _LEFT_OUT or text.startswith(_ASIDES) else text

    def _line(self, text: str) -> str:
        width = len(str(self._total))
        return f"[{self._done:{width}} of {self._total}, {_time(time.monotonic() - self._start)}] {text}"

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


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
