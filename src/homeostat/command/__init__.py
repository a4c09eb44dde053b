"""The command ``homeostat``: look at a recording, build figures.

What a subcommand needs is imported when it runs, so that ``homeostat --help`` is there at once.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from homeostat import __version__, cli
from homeostat.errors import ConfigError, nearest

COMMANDS = {
    "check": "look at a recording: its units, what would be left out, a configuration for it",
    "figures": "build figures with the workflow of this clone",
    "new": "start an analysis of your own that uses the workflow as a module",
}


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are sentences of ours."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command.

    Raises
    ------
    SystemExit
        Status 0, or 1 after a sentence on stderr; of ``figures``, the status of Snakemake.
    """
    cli.run(lambda: _main(list(sys.argv[1:] if arguments is None else arguments)), timed=False)


def _main(arguments: list[str]) -> None:
    parser = _Parser(prog="homeostat", description="Look at a recording, build figures.")
    parser.add_argument("--version", action="version", version=f"homeostat {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=_Parser)
    name = next((word for word in arguments if not word.startswith("-")), None)
    if name is not None and name not in COMMANDS:
        known = ", ".join(COMMANDS)
        raise ConfigError(f"there is no command {name!r}{nearest(name, COMMANDS)}; commands: {known}")
    module: Any = None
    for command, what in COMMANDS.items():
        subparser = subparsers.add_parser(command, help=what)
        if command == name:
            module = import_module(f"homeostat.command.{command}")
            subparser.description = module.__doc__
            subparser.formatter_class = argparse.RawDescriptionHelpFormatter
            module.add_arguments(subparser)
    own, more = arguments, []
    if "--" in arguments:  # what stands behind it is for Snakemake
        place = arguments.index("--")
        own, more = arguments[:place], arguments[place + 1 :]
    given = parser.parse_args(own)
    if module is None:
        parser.print_help()
        return
    if more and name != "figures":
        raise ConfigError(f"homeostat {name} takes nothing behind --")
    module.run(given, more)
