# What all studies share: the checked configuration, the way programs are run, hashes of code, lists of figures.
#
# A study declares its stages and figures in a file of its own; stages.smk makes a rule of each, views.smk what shows
# their results. For `stage("mayzel2024_fit", ...)` a job runs
#
#   python -m mayzel2024.fit --data FILE --teacher FILE --settings JSON --device auto --checkpoint FILE --output FILE
#
# and stores results/store/mayzel2024/fits/.../NAME.KEY.npz, with its log and benchmark under the same path. The key is a
# hash of settings, code, wildcards and the keys of the inputs (docs/store.md). So a job gets the settings that it uses.

import copy
import functools
import json
import math
import os
import shlex
import sys
import time
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.io import flag
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import update_config

# Before any code is hashed.
PLANNED = time.time_ns()
ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=False)).parents[1]
SOURCE = ROOT / "src"
SCRIPTS = ROOT / "workflow" / "scripts"
# Whether this is the workflow that runs, or a module of another one (docs/quick-start.md).
MAIN = workflow.modifier.is_main_snakefile()
if workflow.modifier.path_modifier.replace_prefix("results/store") != "results/store":
    raise WorkflowError("homeostat: results lie in results/; leave out `prefix`, or start Snakemake with --directory.")

for folder in (ROOT / "workflow" / "lib", SOURCE, SCRIPTS):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import code_hashes
import ending
import hashes
import internals
import runs
import stages
import store
import warm
from homeostat.config import load_schema, validate_config
from homeostat.config_files import check_files
from homeostat.device import may_have_cuda
from homeostat.errors import HomeostatError
from homeostat.provenance import git_revision, versions
from homeostat.machine import check_machine
from homeostat.recordings.names import SURROGATE, files_of, is_remote, name_of
from homeostat.scale import load_presets, scale_of

# What the studies declare: stages by the name of their rule, titles and figures by study.
STAGES, TITLES, STUDY_FIGURES, SCALE = {}, {}, {}, {}
# Figures, by study and name, that a run on several recordings has for each of them; those that claims rest on.
OF_EACH, JUDGED_BY = set(), {}


def study(name, title):
    """Declare a study; its scale is read from its sizes."""
    TITLES[name], STUDY_FIGURES[name] = title, []
    SCALE[name] = " / ".join(dict.fromkeys(scale_on(name, recording) for recording in SOURCES))


def scale_on(study, recording):
    """Return the scale of a study, as far as the size of a recording is known before it is read."""
    settings = {**config, "recording": recording}
    return scale_of(study, settings, PRESETS, load_schema(CONFIG_SCHEMA), effective_sizes(recording))


def stage(name, about, *, says, output, program=None, gpu=False, **more):
    """Declare a stage (workflow/lib/stages.py); its program is named after the rule, where it is not given."""
    resources = {each: more.pop(each) for each in ("mem_mb", "runtime") if each in more}
    if gpu:
        more["device"], resources["gpu"] = config["device"], gpu_count
    outputs = (output,) if isinstance(output, str) else tuple(output)
    program = program or name.replace("_", ".", 1)
    STAGES[name] = stages.Stage(name, about, says, program, outputs, resources=resources, **more)


def figure(study, name, about, *, place="", program=None, judged=True, **more):
    """Declare a figure: the stage STUDY_draw_NAME, with the program STUDY.NAME, and the rule STUDY_NAME that shows it.

    ``place`` is ``EACH`` where every recording has such a figure; claims rest on a figure that is ``judged``.
    """
    STUDY_FIGURES[study].append(name)
    if place:
        OF_EACH.add((study, name))
    if judged:
        JUDGED_BY.setdefault(study, []).append(name)
    stage(
        f"{study}_draw_{name}",
        about,
        says=f"{study}: drawing {name}{' of {wildcards.recording}' if place else ''}.",
        program=program or f"{study}.{name}",
        output=[f"{study}/figures/{place}{name}.{{key}}.{kind}" for kind in ("pdf", "png", "csv")],
        **more,
    )


def places(study, name):
    """Return the wildcards of each place where a figure is drawn: every recording of several, or the only place."""
    return [{"recording": each} for each in SOURCES] if (study, name) in OF_EACH else [{}]


def name_at(name, place):
    """Return a figure as it is called at a place: ``visual_50/fig2``, or ``fig2`` at the only one."""
    return "/".join([*place.values(), name])


def stage_params(stage):
    """Return the params of a stage's rule; what is known by its content does not depend on code."""
    files = stage.repository.values()
    more = {} if "content" in stage.depends else {"code": code_hash(f"{stage.program.replace('.', '/')}.py")}
    return more | stage.params | ({"repository": file_hash(*files)} if files else {})


CONFIG_SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


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


def shell_prefix():
    """Return what comes before each shell command, so that `python -m study.script` works in any folder.

    It is not part of a rule's recorded code: a moved checkout, another interpreter or another mirror (what was fetched
    was checked) reruns nothing. With conda, `python` is that of the activated environment; else it is the one that
    runs Snakemake.
    """
    settings = [f"HOMEOSTAT_ROOT={shlex.quote(str(ROOT))}"]
    settings += [f"HOMEOSTAT_GIT_REVISION={git_revision()}", f"HOMEOSTAT_PLANNED={PLANNED}"]
    if config["mirror"]:
        settings.append(f"HOMEOSTAT_MIRROR={shlex.quote(config['mirror'])}")
    settings += [f"PYTHONPATH={shlex.quote(f'{SOURCE}:{SCRIPTS}')}", "PYTHONSAFEPATH=1"]
    python = ""
    if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
        settings.append(f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
        # In a fork of a process with the libraries loaded, where this run has one.
        python = f'python() {{ exec {shlex.join([sys.executable, "-I", "-S", warm.__file__])} "$@"; }}; '
    # Snakemake formats the prefix, so braces are doubled.
    prefix = f"set -euo pipefail; export {' '.join(settings)}; {python}"
    return prefix.replace("{", "{{").replace("}", "}}")


def code_hash(name):
    """Return the hash of a program under workflow/scripts and of the library modules that it uses."""
    return code_hashes.code_hash(SCRIPTS / name, SOURCE, SCRIPTS)


def file_hash(*names):
    """Return the hash of files of this repository."""
    return hashes.file_hash(ROOT, names)


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


def dataset_names(kind):
    """Return the recordings (`recording`) or image sets (`images`) that `config/datasets.yaml` can fetch."""
    return sorted(name for name, entry in DATASETS.items() if entry["kind"] == kind)


def recording_sources():
    """Return the recordings of the run by their names in paths; a file of the user's becomes own-STEM-HASH."""
    try:
        sources = config["recordings"] or [config["recording"]]
        return {name_of(source, [SURROGATE, *RECORDINGS]): source for source in sources}
    except HomeostatError as error:
        raise WorkflowError(f"recording: {error}") from None


def source_of(own):
    """Return what the configuration names for a recording of the user's own: a path or an address."""
    if own not in SOURCES:
        raise WorkflowError(f"{own}: the configuration names no such recording.")
    return SOURCES[own]


def own_recording_file(wildcards):
    """Return the file or files of the user's own recording; there are none here of a recording on a server."""
    return files_of(source_of(wildcards.own))


@functools.cache
def remote_identity(source):
    """Return what tells a recording on a server from a changed one; asked for once, when the run is planned."""
    from homeostat.recordings.remote import identity

    try:
        return list(identity(source))
    except HomeostatError as error:
        raise WorkflowError(f"recording: {error}") from None


def effective_sizes(recording):
    """Return the numbers of patterns that mayzel2024 gets where it asks for more than a recording is known to have.

    What a file of the user's holds is known when it is read: mayzel2024.reach then says of which scale the study is.
    """
    asked = [config["mayzel2024"][name] for name in ("train_samples", "test_samples")]
    known = DATASETS.get(recording, {}).get("content", {}).get("shape", [math.inf])[0]
    held = config["surrogate"]["samples"] if recording == SURROGATE else known
    if sum(asked) <= held:
        return {}
    return {"mayzel2024.train_samples": held - held // 5, "mayzel2024.test_samples": held // 5}


def blocks(count, per_job):
    """Return the first and last of the seeds (or configurations) of each job."""
    return [(first, min(first + per_job, count) - 1) for first in range(0, count, per_job)]


def always(outputs):
    """Have a job run whatever is there; return no input."""
    if not workflow.touch:
        workflow.dag.forcefiles.update(outputs)
    return []


def store_paths(rule, **wildcards):
    """Return the files that a rule makes under the present configuration, as input of another."""
    # The rules of another workflow, which uses this one as a module, keep Snakemake's ways.
    if MAIN:
        internals.believe_names(workflow)
    # Their dates say nothing, since their names say all; but `-R` is to remake what follows too.
    forced = workflow.dag_settings.forcerun
    return [path if forced else flag(path, "ancient") for path in KEYS.made(rule, wildcards).paths]


def store_path(rule, of=0, **wildcards):
    """Return one file that a rule makes, as input of another, by its number or a part of its name."""
    return store.chosen(store_paths(rule, **wildcards), of)


def stored(rule, of=0, **fixed):
    """Return an input function: a file that a rule makes, for the job's own wildcards and those that are given."""

    def found(wildcards):
        return store_path(rule, of, **(dict(wildcards.items()) | fixed))

    found.source = (rule, of, fixed)
    return found


def drawn(studies, *kinds):
    """Return an input function: the files of some kinds (suffixes) of all figures of some studies."""
    return lambda wildcards: [
        store_path(f"{study}_draw_{name}", of=kind, **place)
        for study in studies
        for name in STUDY_FIGURES[study]
        for place in places(study, name)
        for kind in kinds
    ]


def judged_tables(study):
    """Return an input function: the plotted numbers that a study's claims rest on, of each recording in turn."""
    return lambda wildcards: [
        store_path(f"{study}_draw_{name}", of=".csv", **place)
        for place in places(study, JUDGED_BY[study][0])
        if not hasattr(wildcards, "recording") or place == {"recording": wildcards.recording}
        for name in JUDGED_BY[study]
    ]


def on_several(study):
    """Whether the claims of a study are judged on several recordings."""
    return places(study, JUDGED_BY[study][0]) != [{}]


def judge_of(study):
    """Return the rule that judges the claims of a study, over all recordings where there are several."""
    return f"{study}_judge_over" if on_several(study) else f"{study}_judge"


def judging(study, over=False):
    """Return the settings of a job that judges the claims of a study: at one place, or over several recordings."""
    return {"real": real_data()} | ({"recordings": list(SOURCES)} if over else {})


def run_recordings(wildcards):
    """Return all recordings of the run."""
    return [recording_named(name) for name in SOURCES]


def recording_file(wildcards):
    """Return the recording of a job."""
    return recording_named(wildcards.recording)


def recording_named(name):
    """Return a recording: generated, fetched, the user's own, or drawn from a teacher."""
    if name == SURROGATE:
        return store_path("data_surrogate")
    if name in RECORDINGS:
        return store_path("data_recording", dataset=name)
    if name.endswith("-teacher"):
        return store_path("mayzel2024_synthetic", recording=name.removesuffix("-teacher"))
    return store_path("data_own_recording", own=name)


def images_file(wildcards):
    """Return a decoded image set, fetched or generated."""
    if wildcards.images == "street_digits":
        return store_path("data_street_digits")
    return store_path("data_images", dataset=wildcards.images)


def seal():
    """Have each job of the store refuse to make a key that is not that of the configuration, data and code.

    Rules that were generated get their docstring here: Snakemake takes a literal only.
    """

    def own_key(name):
        def key(wildcards):
            made = KEYS.made(name, dict(wildcards.items()))
            if wildcards.key != made.key:
                raise WorkflowError(
                    f"{wildcards.key} is not the key of this configuration, data and code. Was one of them changed "
                    f"while the run was at work? Start it again, and ask for files under {VIEWS}/."
                )
            if not MAIN and internals.is_at_work(workflow):
                # Another workflow has an `onstart` of its own.
                made.write_record(git_revision=git_revision(), versions=versions())
            return wildcards.key

        return key

    abouts = {name: each.about for name, each in (STAGES | SHOWN).items()}
    abouts |= {name: f"All figures of {title}." for name, title in TITLES.items()}
    for name, each in internals.own_rules(rules).items():
        if name in abouts:
            each.docstring = abouts[name]
        if "key" in each.wildcard_names:
            each.set_params(key=own_key(name))


def write_plan():
    """Write down what this run is going to make, and from what."""
    try:
        FILE_HASHES.save()
        write_records()
        runs.write_manifest(VIEWS, KEYS, workflow.dag.jobs, config)
    except OSError as error:
        ending.say_if_full()
        raise WorkflowError(f"{error.filename}: {error.strerror}") from None


def write_records():
    """Write down what the results of this run are going to be made from, beside where they are going to be."""
    about = {"git_revision": git_revision(), "versions": versions()}
    for job in workflow.dag.needrun_jobs():
        made = KEYS.of_key(getattr(job.wildcards, "key", ""))
        if made is not None:
            made.write_record(**about)


def claims_definitions(study):
    """Return the file, in this repository, that says what a study's paper claims."""
    return f"config/claims/{study}.yaml"


def finished_figures(*studies):
    """Return the files of figures that the store holds for the present configuration, of all studies or some."""
    paths = map(str, drawn(studies or config["studies"], ".pdf", ".png", ".csv")(None))
    return [path for path in paths if Path(path).exists()]


def figure_tables(study):
    """Return the plotted numbers of a study's figures; of a figure that the store lacks, a file that is not there."""
    paths = map(str, judged_tables(study)(None))
    return [
        path if Path(path).exists() else f"{VIEWS}/missing/{Path(path).name.partition('.')[0]}.csv" for path in paths
    ]


def leave_scorecard():
    """After a run that failed, judge the claims by the figures that are there; the others are missing."""
    wanted = {path for job in workflow.dag.jobs for path in job.output}
    if wanted.isdisjoint(SCORECARD):
        return
    tables = {claims_definitions(study): figure_tables(study) for study in JUDGED}
    settings = {claims_definitions(study): judging(study, over=on_several(study)) for study in JUDGED}
    ending.leave_scorecard(shell, ROOT, tables, settings, list(SCORECARD))
    print(f"The run failed. {VIEWS}/scorecard says what is there and what is missing.", file=sys.stderr)


def real_data():
    """Return the names of data, as they stand in tables, on which a claim about real data may be judged."""
    return IMAGE_SETS + [name for name in SOURCES if name != SURROGATE]


def page_about():
    """Return what the report page must know of this run, as JSON: all of the configuration is shown on it."""
    figures = {study: [name_at(*each) for each in figures_at(study)] for study in STUDY_FIGURES}
    about = {"config": {name: value for name, value in config.items() if name != "run"}, "figures": figures}
    own = RECORDING if RECORDING.startswith("own-") and not is_remote(SOURCES[RECORDING]) and not SEVERAL else ""
    about |= {"real": real_data(), "scales": SCALE, "own": own, "views": VIEWS}
    return about


def page_parts():
    """Return the files, in this repository, that the report page is put together from."""
    parts = ["CITATION.cff", "docs/glossary.md"]
    for pattern in ("workflow/report/*.yaml", "workflow/report/page/*", "workflow/report/*/*.rst", "record/*/*/*.json"):
        parts += sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))
    # The page shows the programs that draw the figures.
    names = [f"workflow/scripts/{study}/{name}.py" for study in STUDY_FIGURES for name in STUDY_FIGURES[study]]
    return parts + [name for name in names if (ROOT / name).is_file()]


def figure_files(study):
    """Return every file of a study's figures: for each, two pictures and the plotted numbers."""
    names = [name_at(*each) for each in figures_at(study)]
    return [f"{VIEWS}/figures/{study}/{name}.{kind}" for name in names for kind in ("pdf", "png", "csv")]


def figures_at(study):
    """Return the name of each figure of a study with each place where it is drawn."""
    return [(name, place) for name in STUDY_FIGURES[study] for place in places(study, name)]


PRESETS = load_presets(ROOT / "config")
config = checked_config()
if MAIN:
    shell.prefix(shell_prefix())
else:
    # The prefix is one for all workflows. What is recorded of a rule does not depend on where the checkout lies.
    os.environ.update(HOMEOSTAT_PREFIX=shell_prefix().format())
PREFIX = "" if MAIN else 'eval "$HOMEOSTAT_PREFIX"; '
COMMAND = PREFIX + stages.COMMAND

DATASETS = yaml.safe_load((ROOT / "config/datasets.yaml").read_text(encoding="utf-8"))
RECORDINGS = dataset_names("recording")
IMAGE_SETS = dataset_names("images")
# The recordings of the run by their names in paths. With `recordings:`, each has a folder of its own.
SOURCES = recording_sources()
SEVERAL = bool(config["recordings"])
RECORDING = next(iter(SOURCES))
EACH = "{recording}/" if SEVERAL else ""
# Wildcards that the jobs of a single recording lack.
ONLY = {} if SEVERAL else {"recording": RECORDING}
config["run"] = os.environ.get("HOMEOSTAT_RUN") or config["run"]
if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", config["run"]):
    raise WorkflowError(f"run: {config['run']!r} is not a name of letters, digits, hyphens and underscores.")
# What the user looks at; a run with a name has its own.
VIEWS = "results" if config["run"] == "default" else f"results/runs/{config['run']}"
FILE_HASHES = store.FileHashes("results/.cache/files.json")
# By the names that this workflow gives them; another one may use them under others.
KEYS = store.Store(lambda name: getattr(rules, name).rule, FILE_HASHES, stages.COMMAND)


wildcard_constraints:
    dataset="|".join(RECORDINGS + IMAGE_SETS),
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


JUDGED = [study for study in config["studies"] if (ROOT / claims_definitions(study)).is_file()]


def claims_at(study):
    """Return the stem of each view of a study's judged claims, and of which recording it is; of all: no wildcards."""
    of_each = {f"{study}/{name}": {"recording": name} for name in SOURCES} if on_several(study) else {}
    return {study: {}, **of_each}


def claims_files():
    """Return every file of judged claims."""
    return [
        f"{VIEWS}/claims/{stem}.{kind}" for study in JUDGED for stem in claims_at(study) for kind in ("csv", "json")
    ]


SCORECARD = multiext(f"{VIEWS}/scorecard/scorecard", ".csv", ".json", ".txt")
PAGE = f"{VIEWS}/index.html"


onstart:
    # `--touch` makes nothing.
    if not workflow.touch:
        write_plan()
        if workflow.local_exec and len(list(workflow.dag.needrun_jobs())) > warm.WORTH_IT:
            warm.start([SOURCE, SCRIPTS])
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
        leave_scorecard()
    except Exception as error:
        # The failure that brought us here is the one to look at.
        print(f"There is no scorecard of what is there: {error}", file=sys.stderr)
    try:
        ending.say_left_out(workflow.dag.jobs)
    except HomeostatError as error:
        print(error, file=sys.stderr)
