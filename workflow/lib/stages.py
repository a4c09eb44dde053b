"""Stages: which program makes which files, from what and with which settings. rules/stages.smk makes a rule of each.

A job runs ``python -m PROGRAM --INPUT FILES ... --settings JSON [--device D] [--checkpoint FILE] --output FILES``,
which the program reads with :func:`homeostat.cli.job`.
"""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from store import STORE, chosen

Settings = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]

COMMAND = "python -m {params.program} {params.given} --output {output:q} > {log:q} 2>&1"
# Wildcards that are numbers.
_NUMBERS = ("first", "last", "threads")


@dataclass(frozen=True)
class Stage:
    """One kind of job.

    Attributes
    ----------
    name, about, says
        The name of the rule; its line in ``--list-rules``; what the terminal says of a job, with wildcards.
    program
        The module that the job runs: ``mayzel2024.fit``.
    outputs
        Paths below ``results/store``, with wildcards and ``{key}``.
    inputs
        For each flag of the program its files: a path, or an input function.
    settings
        What the program gets of the configuration, or a function of the wildcards that returns it.
    wildcards
        The names of wildcards that the program gets among its settings; also ``threads``, where it can use more.
    repository
        For each flag of the program a file of this repository.
    depends
        What else the result depends on: params that only the key knows.
    device, resumes
        What the program is told of the device, if it can use a GPU; whether it keeps an unfinished fit and resumes it.
    threads, resources
        Where they are not the profile's defaults.
    """

    name: str
    about: str
    says: str
    program: str
    outputs: tuple[str, ...]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    wildcards: tuple[str, ...] = ()
    repository: Mapping[str, str] = field(default_factory=dict)
    depends: Mapping[str, Any] = field(default_factory=dict)
    device: str | None = None
    resumes: bool = False
    threads: Any = 1
    resources: Mapping[str, Any] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """The output files."""
        return [f"{STORE}/{path}" for path in self.outputs]

    def beside(self, kind: str, suffix: str) -> str:
        """Return the path of a log or benchmark: that of the first output in another folder."""
        return f"results/{kind}/{Path(self.outputs[0]).with_suffix(suffix)}"

    def output(self, of: int | str) -> str:
        """Return one of the outputs, by its number or a part of its name."""
        return chosen(self.outputs, of)

    @property
    def params(self) -> dict[str, Any]:
        """The params of the rule: what counts for the key, and how the program is called."""
        found = {"settings": self.settings, **self.depends, "program": self.program, "given": self.given}
        if self.device is not None:
            found["device"] = self.device
        if self.resumes:
            found["checkpoint"] = "results/checkpoints/{key}.npz"
        return {name: value for name, value in found.items() if value != {}}

    def given(self, wildcards: Any, input: Any, threads: int) -> str:
        """Return the program's arguments, but for its output."""
        words = [f'--{flag} "$HOMEOSTAT_ROOT"/{shlex.quote(path)}' for flag, path in self.repository.items()]
        if self.repository:
            words.append(shlex.join(["--repository", *self.repository]))
        for name in self.inputs:
            files = getattr(input, name)
            files = [files] if isinstance(files, str) else list(files)
            if files:
                words.append(shlex.join([f"--{name}", *map(str, files)]))
        known = dict(wildcards.items()) | {"threads": threads}
        document = {name: int(known[name]) if name in _NUMBERS else known[name] for name in self.wildcards}
        document |= self.settings(wildcards) if callable(self.settings) else self.settings
        if document:
            words.append(shlex.join(["--settings", json.dumps(document, ensure_ascii=False)]))
        if self.device is not None:
            words.append(f"--device {self.device}")
        if self.resumes:
            words.append(f"--checkpoint results/checkpoints/{wildcards.key}.npz")
        return " ".join(words)


@dataclass(frozen=True)
class View:
    """Copies of stored files, at paths that do not change: what it is, what the terminal says, where, from what."""

    about: str
    says: str
    outputs: list[Any]
    source: Callable[[Any], list[str]]
    log: str
