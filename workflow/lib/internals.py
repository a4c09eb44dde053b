"""What this workflow changes in Snakemake, and what it reads there beyond the documentation, each with its reason."""

from collections.abc import Callable, Mapping
from typing import Any


def believe_names(workflow: Any) -> None:
    """Have Snakemake take a file that is there for made: its name says from what, and it is whole or absent.

    Dates, records of earlier runs and marks of unfinished ones have nothing to say then. Its settings are not known
    yet when it reads the rules, so this is done when it asks for the first inputs.
    """
    workflow.dag_settings.rerun_triggers = frozenset()
    workflow.dag.ignore_incomplete = True


def without_rate_limit(workflow: Any) -> None:
    """Let Snakemake start jobs on this machine as soon as a core is free, without its limit of 100 a second.

    With the limit, Snakemake (9.27) looks through all jobs that are ready again one second after each time it has done
    so, and each job that ends adds one more such round: after a hundred jobs it takes a good part of a core. A
    cluster's queue keeps the limit.
    """
    scheduler: Any = getattr(workflow, "scheduler", None)
    if workflow.local_exec and getattr(scheduler, "job_rate_limiter", None) is not None:
        scheduler.job_rate_limiter = None


def is_at_work(workflow: Any) -> bool:
    """Whether jobs are started, by this process: in a plan, nothing is written."""
    planned = workflow.executor_plugin is None or workflow.dryrun or workflow.touch
    return bool(workflow.is_main_process and not planned)


def complete(rules: Any, abouts: Mapping[str, str], own_key: Callable[[str], Any]) -> None:
    """Give generated rules their docstrings, for which Snakemake takes a literal only, and jobs of the store their key.

    Parameters
    ----------
    rules
        The global of that name in the workflow's files: rules by the names that these give them. Where the workflow is
        a module, they may have others.
    abouts
        Docstrings by the names of rules.
    own_key
        Returns the param ``key`` of a rule.
    """
    for name, proxy in rules._rules.items():
        if name in abouts:
            proxy.rule.docstring = abouts[name]
        if "key" in proxy.rule.wildcard_names:
            proxy.rule.set_params(key=own_key(name))


def announce_targets(workflow: Any) -> None:
    """Tell the terminal what can be asked for, so that a mistyped name is answered with the nearest."""
    from homeostat.targets import announce

    paths = [str(path) for rule in workflow.rules for path in rule.output if not rule.has_wildcards()]
    announce([*(rule.name for rule in workflow.rules), *paths])
