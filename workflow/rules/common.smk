# What all studies share: the checked configuration, the data of the run, the store, and how programs are run.
#
# A study declares its stages and figures in a file of its own; stages.smk makes a rule of each, views.smk what shows
# their results. For `stage("mayzel2024_fit", ...)` a job runs
#
#   python -m mayzel2024.fit --data FILE --teacher FILE --settings JSON --device auto --checkpoint FILE --output FILE
#
# and stores results/store/mayzel2024/fits/.../NAME.KEY.npz, with its log and benchmark under the same path. The key is a
# hash of settings, code, wildcards and the keys of the inputs (docs/store.md). So a job gets the settings that it uses.

import copy
import json
import os
import sys
import time
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import update_config

# Before any code is hashed.
PLANNED = time.time_ns()
ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=False)).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
# Whether this is the workflow that runs, or a module of another one (docs/quick-start.md).
MAIN = workflow.modifier.is_main_snakefile()
if workflow.modifier.path_modifier.replace_prefix("results/store") != "results/store":
    raise WorkflowError("homeostat: results lie in results/; leave out `prefix`, or start Snakemake with --directory.")

for folder in (ROOT / "workflow" / "lib", ROOT / "src", SCRIPTS):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import commands
import ending
import internals
import runs
import stages
import store
import warm
from catalog import Catalog, name_at
from homeostat.config import load_schema, validate_config
from homeostat.config_files import check_files
from homeostat.device import may_have_cuda
from homeostat.errors import HomeostatError
from homeostat.machine import check_machine
from homeostat.recordings.names import SURROGATE
from homeostat.scale import load_presets, scale_of
from inputs import Inputs, undated
from run_data import RunData

CONFIG_SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
PRESETS = load_presets(ROOT / "config")


def checked_config():
    """Validate the merged configuration; on an error the user sees the sentences, not a traceback.

    The configuration of another workflow may name a part of the keys; the others have their defaults.
    """
    try:
        check_machine(ROOT, Path.cwd())
        if MAIN:
            check_files(workflow.configfiles)
        whole = copy.deepcopy(PRESETS["default"])
        update_config(whole, config)
        return validate_config(whole, CONFIG_SCHEMA)
    except HomeostatError as error:
        raise WorkflowError(str(error)) from None


def scale_on(study, recording):
    """Return the scale of a study, as far as the size of a recording is known before it is read."""
    settings = {**config, "recording": recording}
    return scale_of(study, settings, PRESETS, load_schema(CONFIG_SCHEMA), DATA.sizes(recording))


def gpu_count(wildcards):
    """Return how many GPUs a job that can use one asks for.

    With `device: auto`, jobs on this machine ask for none where it has none: they would wait for one another.
    A cluster is asked, whatever the machine that submits has.
    """
    plugin = workflow.executor_plugin
    here = plugin is None or plugin.common_settings.local_exec
    if config["device"] == "cpu" or (config["device"] == "auto" and here and not may_have_cuda()):
        return 0
    return 1


def blocks(count, per_job):
    """Return the first and last of the seeds (or configurations) of each job."""
    return [(first, min(first + per_job, count) - 1) for first in range(0, count, per_job)]


def own_key(name):
    """Return the param by which a job of the store refuses a key that is not that of configuration, data and code."""

    def key(wildcards):
        made = KEYS.made(name, dict(wildcards.items()))
        if wildcards.key != made.key:
            raise WorkflowError(
                f"{wildcards.key} is not the key of this configuration, data and code. Was one of them changed "
                f"while the run was at work? Start it again, and ask for files under {VIEWS}/."
            )
        if not MAIN and internals.is_at_work(workflow):
            # Another workflow has an `onstart` of its own.
            runs.write_record(made)
        return wildcards.key

    return key


config = checked_config()
config["run"] = os.environ.get("HOMEOSTAT_RUN") or config["run"]
if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", config["run"]):
    raise WorkflowError(f"run: {config['run']!r} is not a name of letters, digits, hyphens and underscores.")
# What the user looks at; a run with a name has its own.
VIEWS = "results" if config["run"] == "default" else f"results/runs/{config['run']}"
if os.environ.get("HOMEOSTAT_VIEWS", VIEWS) != VIEWS:
    raise WorkflowError(f"run: {config['run']} is in the configuration; for make, give it as RUN={config['run']}, too.")
SCORECARD = multiext(f"{VIEWS}/scorecard/scorecard", ".csv", ".json", ".txt")
PAGE = f"{VIEWS}/index.html"

CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
SHELL_PREFIX = commands.shell_prefix(ROOT, PLANNED, config["mirror"], conda=CONDA)
if MAIN:
    shell.prefix(SHELL_PREFIX)
else:
    # The prefix is one for all workflows. What is recorded of a rule does not depend on where the checkout lies.
    os.environ.update(HOMEOSTAT_PREFIX=SHELL_PREFIX.format())
PREFIX = "" if MAIN else 'eval "$HOMEOSTAT_PREFIX"; '
COMMAND = PREFIX + stages.COMMAND

# With `recordings:`, each has a folder of its own, and jobs have a wildcard that those of a single recording lack.
DATA = RunData(ROOT, config)
EACH = "{recording}/" if DATA.several else ""
ONLY = {} if DATA.several else {"recording": DATA.first}
FILE_HASHES = store.FileHashes("results/.cache/files.json")
# By the names that this workflow gives them; another one may use them under others.
KEYS = store.Store(lambda name: getattr(rules, name).rule, FILE_HASHES, stages.COMMAND)
CATALOG = Catalog(ROOT, VIEWS, config, DATA, scale_on, gpu_count)
study, stage, figure, SCALE = CATALOG.study, CATALOG.stage, CATALOG.figure, CATALOG.scale
INPUTS = Inputs(workflow, KEYS, CATALOG, DATA, MAIN)
stored, store_path = INPUTS.stored, INPUTS.path


wildcard_constraints:
    dataset="|".join(DATA.recordings + DATA.image_sets),
    own=r"own-[\w-]+-[0-9a-f]{6}",
    # Some with what is varied of them: visual_50+bins~5 (workflow/scripts/mayzel2024/variants.py).
    recording=r"[\w-]+(\+[a-z]+~[a-z0-9.]+)*",
    bins=r"\d+",
    varied=r"[a-z]+",
    figure=r"fig[A-Z]?\d+(s\d+)?",
    condition=r"[\w~.+-]+",
    first=r"\d+",
    last=r"\d+",
    key=r"[0-9a-f]{16}",


onstart:
    # `--touch` makes nothing.
    if not workflow.touch:
        try:
            FILE_HASHES.save()
            runs.write_plan(VIEWS, KEYS, workflow.dag, config)
        except OSError as error:
            ending.say_if_full()
            raise WorkflowError(f"{error.filename}: {error.strerror}") from None
        if workflow.local_exec and len(list(workflow.dag.needrun_jobs())) > warm.WORTH_IT:
            warm.start([ROOT / "src", SCRIPTS])
    internals.without_rate_limit(workflow)


onsuccess:
    if not workflow.touch:
        runs.write_manifest(VIEWS, KEYS, workflow.dag.jobs, config, finished=True)
        ending.say_left_out(workflow.dag.jobs)
        ending.say_doubtful(workflow.dag.jobs)
        ending.say_stale(VIEWS)


onerror:
    ending.say_if_full()
    try:
        wanted = {path for job in workflow.dag.jobs for path in job.output}
        if not wanted.isdisjoint(SCORECARD):
            ending.leave_scorecard(shell, ROOT, CATALOG, INPUTS, list(SCORECARD))
    except Exception as error:
        # The failure that brought us here is the one to look at.
        print(f"There is no scorecard of what is there: {error}", file=sys.stderr)
    try:
        ending.say_left_out(workflow.dag.jobs)
    except HomeostatError as error:
        print(error, file=sys.stderr)
