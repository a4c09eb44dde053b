"""The one place where a script's failure becomes a sentence on stderr and an exit status."""

import argparse
import errno
import hashlib
import json
import re
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeostat import planned
from homeostat.errors import ConfigError, HomeostatError
from homeostat.keys import made_from

# Failures of the machine that the user can act on; any other OSError is unexpected and keeps its traceback.
_MACHINE = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.EROFS: "the file system is read-only",
    errno.ENOENT: "there is no such file or directory",
    errno.ENOTDIR: "a part of the path is a file, not a directory",
    errno.EISDIR: "this is a directory, a file was expected",
    errno.EEXIST: "a file of this name is in the way",
    errno.ENOMEM: "not enough memory",
}

# The last line of a job's log, which benchmarks/profile_run.py reads.
TOOK_LINE = "took {cpu:.2f} CPU s, of them {loading:.2f} before the first line of the program"
TOOK = re.compile(r"took ([\d.]+) CPU s, of them ([\d.]+) before the first line of the program")

# What torch says, in a RuntimeError, of the memory of the machine or of a GPU.
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class Job:
    """What a program of the pipeline was started with.

    Attributes
    ----------
    inputs
        The files of each named input.
    outputs
        The files to write, in the order of the rule.
    settings
        The job's part of the configuration, with the values of its wildcards.
    device, checkpoint
        ``cpu``, ``cuda`` or ``auto``, and where to keep an unfinished fit; None for programs that need neither.
    """

    inputs: dict[str, list[Path]]
    outputs: list[Path]
    settings: dict[str, Any] = field(default_factory=dict)
    device: str | None = None
    checkpoint: Path | None = None

    def path(self, name: str) -> Path:
        """Return the one file of an input.

        Raises
        ------
        ConfigError
            The program was given none, or several.
        """
        if len(self.inputs[name]) != 1:
            raise ConfigError(f"--{name} takes one file, {len(self.inputs[name])} were given")
        return self.inputs[name][0]

    def own_hashes(self, name: str) -> list[str]:
        """Return the SHA-256 of each of the user's files of an input, if it is the one in the key of the output.

        Raises
        ------
        ConfigError
            A file was changed since the run was planned.
        """
        planned_as = made_from(self.output).get("recipe", {}).get("inputs", {}).get(name)
        hashes = []
        for path in self.inputs[name]:
            with open(path, "rb") as stream:
                hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
            if planned_as and f"sha256:{hashes[-1]}" not in planned_as:
                planned.refuse(path)
        return hashes

    @property
    def output(self) -> Path:
        """The first file to write."""
        return self.outputs[0]


def job(description: str | None, *inputs: str, arguments: list[str] | None = None) -> Job:
    """Read the arguments of a pipeline program; each of ``inputs`` is a flag that takes its files.

    >>> read = job("Draw.", "table", arguments=["--table", "a.csv", "--settings", '{"units": 3}', "--output", "b.pdf"])
    >>> read.path("table").name, read.settings, read.output.name
    ('a.csv', {'units': 3}, 'b.pdf')
    """
    parser = argparse.ArgumentParser(description=description)
    for name in inputs:
        parser.add_argument(f"--{name}", type=Path, nargs="*", default=[])
    parser.add_argument("--settings", type=json.loads, default={}, help="the job's settings, as JSON")
    parser.add_argument("--device")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--repository", nargs="*", default=[], help="the inputs that are files of this repository")
    parser.add_argument("--output", type=Path, nargs="+", required=True)
    flags = {flag for action in parser._actions for flag in action.option_strings}
    # A file may be called -rf.npy.
    words = [
        f"./{word}" if word.startswith("-") and not word.startswith("--") and word not in flags else word
        for word in (sys.argv[1:] if arguments is None else arguments)
    ]
    given = vars(parser.parse_args(words))
    files = {name: given.pop(name) for name in inputs}
    planned.reads(path for name in given.pop("repository") for path in files[name])
    return Job(files, given.pop("output"), **given)


def run(main: Callable[[], None], *, timed: bool = True) -> None:
    """Call ``main``; turn the user's errors into ``error: <sentence>`` on stderr and exit status 1.

    Errors of the program itself keep their traceback. After a success, where stderr is a log and ``timed`` is set, its
    last line is how much CPU time the program took, with its children, and how much of it was for its imports.

    Raises
    ------
    SystemExit
        Status 1 after a :class:`HomeostatError`, a full disk, missing permissions or memory; 130 after
        Ctrl-C.
    """
    loading = time.process_time()
    try:
        planned.refuse_changed()
        main()
        if timed and not sys.stderr.isatty():
            children = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = time.process_time() + children.ru_utime + children.ru_stime
            print(TOOK_LINE.format(cpu=cpu, loading=loading), file=sys.stderr)
    except HomeostatError as error:
        _fail(str(error))
    except MemoryError as error:
        _fail(f"not enough memory ({error})" if str(error) else "not enough memory")
    except RuntimeError as error:
        if not any(words in str(error) for words in _OUT_OF_MEMORY):
            raise
        _fail(f"not enough memory ({str(error).splitlines()[0]})")
    except OSError as error:
        if error.errno not in _MACHINE:
            raise
        where = f"{error.filename}: " if error.filename is not None else ""
        _fail(f"{where}{_MACHINE[error.errno]}")
    except KeyboardInterrupt:
        _fail("interrupted", status=130)


def _fail(sentence: str, status: int = 1) -> None:
    print(f"error: {sentence}", file=sys.stderr)
    raise SystemExit(status) from None
