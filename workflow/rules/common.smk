# What all studies share: the checked configuration, the way programs are run, hashes of code, lists of figures.
#
# A job that runs workflow/scripts/mayzel2024/fit.py has all of these directives, in snakefmt's order:
#
#   """One line for `snakemake --list-rules`."""
#   input: stored("mayzel2024_data")
#   output: "results/store/mayzel2024/fits/{condition}/seeds~{first}-{last}.{key}.npz"
#   log: "results/logs/mayzel2024/fits/{condition}/seeds~{first}-{last}.{key}.log"       (and benchmark) as the output
#   conda: "../../envs/homeostat.yaml"
#   threads: 1
#   resources: mem_mb=2000, runtime=30, gpu=gpu_count    (gpu only where one is of use)
#   params: code=code_hash("mayzel2024/fit.py"), steps=lookup(dpath="mayzel2024/steps/rp", within=config)
#   message: "Fitting {wildcards.condition}."
#   shell: "python -m mayzel2024.fit --data {input:q} --steps {params.steps} --output {output:q} > {log:q} 2>&1"
#
# The key is a hash of the params, the command, the other wildcards and the keys of the inputs (docs/store.md): two
# jobs whose results differ have two keys. Give single values as params, not sections of the configuration.

import hashlib
import json
import math
import os
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.io import flag
from snakemake.settings.types import DeploymentMethod

# Before any code is hashed.
PLANNED = time.time_ns()
ROOT = Path(workflow.basedir)
SOURCE = ROOT / "src"
SCRIPTS = ROOT / "workflow" / "scripts"

for folder in (ROOT / "workflow" / "lib", SOURCE, SCRIPTS):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import code_hashes
import doubtful
import runs
import store
from homeostat.config import load_schema, validate_config
from homeostat.config_files import check_files
from homeostat.device import may_have_cuda
from homeostat.errors import HomeostatError, nearest
from homeostat.provenance import git_revision, versions
from homeostat.machine import check_machine
from homeostat.recordings.names import check_date, own_name
from homeostat.scale import load_presets, scale_of
from homeostat.targets import announce

# The figures of each study; a figure is made by the rule STUDY_FIGURE.
STUDY_FIGURES = {
    "mayzel2024": ["fig1", "fig1s1", "fig1s2", "fig2", "fig2s1", "fig3", "fig4", "fig5", "fig5s1"],
    "shen2021": ["fig2", "fig3", "learning_rates"],
    "keck2012": ["fig1", "fig2", "fig3"],
    "eyono2026": ["fig1", "fig2", "fig3", "fig4", "fig5", "fig6", "fig7"],
    "krishna2024": ["fig1", "fig2", "fig3", "figC1", "figC2", "figC3", "figC4", "figC5", "figC6"],
}


CONFIG_SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


def checked_config():
    """Validate the merged configuration; on an error the user sees the sentences, not a traceback."""
    try:
        check_machine(ROOT, Path.cwd())
        check_files(workflow.configfiles)
        return validate_config(config, CONFIG_SCHEMA)
    except HomeostatError as error:
        raise WorkflowError(str(error)) from None


def shell_prefix():
    """Return what comes before each shell command, so that `python -m study.script` works in any folder.

    Files of this repository are named as "$HOMEOSTAT_ROOT/config/...", with `file_hash` among the rule's params.

    It is no part of a rule's recorded code: a moved checkout, another interpreter or another mirror (what was fetched
    was checked) reruns nothing. With conda, `python` is that of the activated environment; else it is the one that
    runs Snakemake.
    """
    settings = [f"HOMEOSTAT_ROOT={shlex.quote(str(ROOT))}"]
    settings += [f"HOMEOSTAT_GIT_REVISION={git_revision()}", f"HOMEOSTAT_PLANNED={PLANNED}"]
    if config["mirror"]:
        settings.append(f"HOMEOSTAT_MIRROR={shlex.quote(config['mirror'])}")
    settings += [f"PYTHONPATH={shlex.quote(f'{SOURCE}:{SCRIPTS}')}", "PYTHONSAFEPATH=1"]
    if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
        settings.append(f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    # Snakemake formats the prefix, so braces in a path are doubled.
    exports = " ".join(settings).replace("{", "{{").replace("}", "}}")
    return f"set -euo pipefail; export {exports}; "


def code_hash(name):
    """Return the hash of a program under workflow/scripts and of the library modules that it uses."""
    if not (SCRIPTS / name).is_file():
        raise WorkflowError(f"workflow/scripts/{name}: there is no such file.")
    return code_hashes.code_hash(SCRIPTS / name, SOURCE, SCRIPTS)


def file_hash(*names):
    """Return the hash of files of this repository.

    As a param it makes a rule run again when their content changes. As inputs they would stand in the rule's
    record by their full path, and a moved checkout would run everything again.
    """
    digest = hashlib.sha256()
    for name in names:
        content = (ROOT / name).read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def dataset_entry(wildcards):
    """Return the hash of what `config/datasets.yaml` says of one dataset."""
    return hashlib.sha256(json.dumps(DATASETS[wildcards.dataset], sort_keys=True).encode()).hexdigest()[:16]


def dataset_content(wildcards):
    """Return the hashes of a dataset's files: however they are fetched, they are the same."""
    files = DATASETS[wildcards.dataset]["files"]
    return [{name: file[name] for name in ("name", "sha256", "md5") if name in file} for file in files]


def as_flags(options, *left_out):
    """Return a section of the configuration as a program's flags; null and false ones are not named.

    ``{"bin_ms": 20, "binarize": True, "units": ["a b", 3]}`` gives ``--bin-ms=20 --binarize --units 'a b' 3``.
    Sections and lists of lists are given as JSON.
    """
    words = []
    for key, value in options.items():
        flag = f"--{key.replace('_', '-')}"
        if key in left_out or value is None or value is False:
            continue
        elif value is True:
            words.append(flag)
        elif isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], list)):
            words.append(f"{flag}={json.dumps(value)}")
        elif isinstance(value, list):
            words += [flag, *map(str, value)]
        else:
            words.append(f"{flag}={value}")
    return shlex.join(words)


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


def recording_name():
    """Return the configured recording as it stands in paths; a file of the user's becomes own-STEM-HASH."""
    source = config["recording"]
    if source in (SURROGATE, *RECORDINGS):
        return source
    if len(Path(source).parts) == 1 and not Path(source).suffix:
        known = [SURROGATE, *RECORDINGS]
        raise WorkflowError(
            f"recording: {source!r} is neither a file nor a known recording{nearest(source, known)}. "
            f"Known: {', '.join(known)}."
        )
    try:
        check_date(source)
        return own_name(source)
    except HomeostatError as error:
        raise WorkflowError(f"recording: {error}") from None


def own_recording_file():
    """Return the user's own recording file, if the configuration names one."""
    return [] if config["recording"] in (SURROGATE, *RECORDINGS) else [config["recording"]]


def scales():
    """Return the scale of each study, which is read from its sizes."""
    schema, presets = load_schema(CONFIG_SCHEMA), load_presets(ROOT / "config")
    return {study: scale_of(study, config, presets, schema, effective_sizes()) for study in STUDY_FIGURES}


def effective_sizes():
    """Return the numbers of patterns that mayzel2024 gets where it asks for more than the recording is known to have.

    What a file of the user's holds is known when it is read: mayzel2024.reach then says of which scale the study is.
    """
    asked = [config["mayzel2024"][name] for name in ("train_samples", "test_samples")]
    known = DATASETS.get(RECORDING, {}).get("content", {}).get("shape", [math.inf])[0]
    held = config["surrogate"]["samples"] if RECORDING == SURROGATE else known
    if sum(asked) <= held:
        return {}
    return {"mayzel2024.train_samples": held - held // 5, "mayzel2024.test_samples": held // 5}


def blocks(count, per_job):
    """Return the first and last of the seeds (or configurations) of each job."""
    return [(first, min(first + per_job, count) - 1) for first in range(0, count, per_job)]


def figure_report(study, name):
    """Return a figure's PDF, marked for Snakemake's report."""
    return report(
        f"{VIEWS}/figures/{study}/{name}.pdf",
        caption=f"../report/{study}/{name}.rst",
        category=study,
        labels={"figure": name},
    )


def believe_names():
    """Have Snakemake take a file that is there for made: its name says from what, and it is whole or absent.

    Dates, records of earlier runs and marks of unfinished ones have nothing to say then. Its settings are not known
    yet when it reads the rules, so this is done when it asks for the first inputs.
    """
    workflow.dag_settings.rerun_triggers = frozenset()
    workflow.dag.ignore_incomplete = True


def always(outputs):
    """Have a job run whatever is there; return no input."""
    if not workflow.touch:
        workflow.dag.forcefiles.update(outputs)
    return []


def store_paths(rule, **wildcards):
    """Return the files that a rule makes under the present configuration, as input of another."""
    believe_names()
    # Their dates say nothing, since their names say all; but `-R` is to remake what follows too.
    forced = workflow.dag_settings.forcerun
    return [path if forced else flag(path, "ancient") for path in KEYS.made(rule, wildcards).paths]


def store_path(rule, of=0, **wildcards):
    """Return one file that a rule makes, as input of another, by its number or a part of its name."""
    paths = store_paths(rule, **wildcards)
    return paths[of] if isinstance(of, int) else next(path for path in paths if of in Path(path).name)


def stored(rule, of=0, **fixed):
    """Return an input function: a file that a rule makes, for the job's own wildcards and those that are given."""

    def found(wildcards):
        return store_path(rule, of, **(dict(wildcards.items()) | fixed))

    found.source = (rule, of, fixed)
    return found


def drawn(studies, *kinds):
    """Return an input function: the files of some kinds (suffixes) of all figures of some studies."""
    return lambda wildcards: [
        store_path(f"{study}_draw_{name}", of=kind)
        for study in studies
        for name in STUDY_FIGURES[study]
        for kind in kinds
    ]


def recording_file(wildcards):
    """Return a recording: generated, fetched, the user's own, or drawn from a teacher."""
    name = wildcards.recording
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


def seal(rules):
    """Have each job of the store refuse to make a key that is not that of the configuration, data and code."""

    def own_key(name):
        def key(wildcards):
            if wildcards.key != KEYS.made(name, dict(wildcards.items())).key:
                raise WorkflowError(
                    f"{wildcards.key} is not the key of this configuration, data and code. Was one of them changed "
                    f"while the run was at work? Start it again, and ask for files under {VIEWS}/."
                )
            return wildcards.key

        return key

    for each in rules:
        if "key" in each.wildcard_names:
            each.set_params(key=own_key(each.name))


def write_plan():
    """Write down what this run is going to make, and from what."""
    try:
        FILE_HASHES.save()
        write_records()
        runs.write_manifest(VIEWS, KEYS, workflow.dag.jobs, config)
    except OSError as error:
        say_if_full()
        raise WorkflowError(f"{error.filename}: {error.strerror}") from None


def write_records():
    """Write down what the results of this run are going to be made from, beside where they are going to be."""
    about = {"git_revision": git_revision(), "versions": versions()}
    for job in workflow.dag.needrun_jobs():
        if "key" in job.rule.wildcard_names:
            made = KEYS.made(job.rule.name, dict(job.wildcards.items()))
            if made.key == job.wildcards.key:
                made.write_record(**about)


def claims_definitions(study):
    """Return the file, in this repository, that says what a study's paper claims."""
    return f"config/claims/{study}.yaml"


def without_rate_limit():
    """Let Snakemake start jobs on this machine as soon as a core is free, without its limit of 100 a second.

    With the limit, Snakemake (9.27) looks through all jobs that are ready again one second after each time it has done
    so, and each job that ends adds one more such round: after a hundred jobs it takes a good part of a core. A
    cluster's queue keeps the limit.
    """
    scheduler = getattr(workflow, "scheduler", None)
    if workflow.local_exec and getattr(scheduler, "job_rate_limiter", None) is not None:
        scheduler.job_rate_limiter = None


def say_if_full():
    """Say that the disk is full; where it is, what a job said of it did not fit into its log."""
    free = shutil.disk_usage(".").free
    if free < 10_000_000:
        print(f"The disk is full: {free / 1e6:.1f} MB are free in {os.getcwd()}.", file=sys.stderr)


def say_left_out():
    """Repeat what was left out of the recordings behind this run, assumed or found doubtful, also in earlier runs."""
    from homeostat.lineage import record
    from homeostat.recordings.left_out import from_records, lines

    found = {}
    for step in ("data_recording", "data_own_recording", "mayzel2024_data"):  # the last one adds to the list
        for path in [path for job in workflow.dag.jobs if job.rule.name == step for path in job.output]:
            # Its record alone: the words of a recording may be gigabytes.
            if recording := record(Path(path)).get("recording"):
                found[recording["name"]] = lines(from_records(recording["left_out"]))
    for name, said in found.items():
        if said and name != TEACHER:  # the teacher of a recording has the list of that recording
            print(f"Left out of the recording {name}, assumed or in doubt:", *said, sep="\n  ", file=sys.stderr)


def finished_figures(*studies):
    """Return the files of figures that the store holds for the present configuration, of all studies or some."""
    paths = map(str, drawn(studies or config["studies"], ".pdf", ".png", ".csv")(None))
    return [path for path in paths if Path(path).exists()]


def figure_tables(study):
    """Return the plotted numbers of a study's figures; of a figure that the store lacks, a file that is not there."""
    there = {Path(path).name.partition(".")[0]: path for path in finished_figures(study) if path.endswith(".csv")}
    return [there.get(name, f"{VIEWS}/missing/{name}.csv") for name in STUDY_FIGURES[study]]


def say_doubtful():
    """Name the doubtful fits of the run."""
    words = doubtful.sentence(path for job in workflow.dag.jobs for path in job.output if "/tables/" in path)
    if words:
        print(words, file=sys.stderr)


def leave_scorecard():
    """After a run that failed, judge the claims by the figures that are there; the others are missing."""
    wanted = {path for job in workflow.dag.jobs for path in job.output}
    if wanted.isdisjoint(SCORECARD):
        return
    python = f"{shlex.quote(sys.executable)} -m"
    with tempfile.TemporaryDirectory() as folder:
        claims = []
        for study in JUDGED:
            claims.append(f"{folder}/{study}.json")
            shell(
                f"{python} report.claims --definitions {{definitions:q}} --tables {{tables:q}}"
                " --real {real:q} --output {output:q} > /dev/null",
                definitions=ROOT / claims_definitions(study),
                tables=figure_tables(study),
                real=real_data(),
                output=claims[-1],
            )
        shell(
            f"{python} report.scorecard --claims {{claims:q}} --definitions {{definitions:q}} --output {{output:q}}",
            claims=claims,
            definitions=ROOT / "config/claims",
            output=list(SCORECARD),
        )
    print(f"The run failed. {VIEWS}/scorecard says what is there and what is missing.", file=sys.stderr)


def real_data():
    """Return the names of data, as they stand in tables, on which a claim about real data may be judged."""
    return IMAGE_SETS + ([] if RECORDING == SURROGATE else [RECORDING])


def page_about():
    """Return what the report page must know of this run, as JSON: all of the configuration is shown on it."""
    about = {"config": {name: value for name, value in config.items() if name != "run"}, "figures": STUDY_FIGURES}
    about |= {"real": real_data(), "scales": SCALE, "own": RECORDING if own_recording_file() else "", "views": VIEWS}
    return json.dumps(about)


def page_parts():
    """Return the files, in this repository, that the report page is put together from."""
    parts = ["CITATION.cff", "docs/glossary.md"]
    for pattern in ("workflow/report/*.yaml", "workflow/report/page/*", "workflow/report/*/*.rst", "record/*/*/*.json"):
        parts += sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))
    # The page shows the programs that draw the figures.
    names = [f"workflow/scripts/{study}/{name}.py" for study in STUDY_FIGURES for name in STUDY_FIGURES[study]]
    return parts + [name for name in names if (ROOT / name).is_file()]


def announce_targets():
    """Tell the terminal what can be asked for, so that a mistyped name is answered with the nearest."""
    paths = [str(path) for rule in workflow.rules for path in rule.output if not rule.has_wildcards()]
    announce([*(rule.name for rule in workflow.rules), *paths])


def figure_files(study):
    """Return every file of a study's figures: for each, two pictures and the plotted numbers."""
    return expand(
        "{views}/figures/{study}/{name}.{kind}",
        views=VIEWS,
        study=study,
        name=STUDY_FIGURES[study],
        kind=["pdf", "png", "csv"],
    )


config.update(checked_config())
shell.prefix(shell_prefix())

DATASETS = yaml.safe_load((ROOT / "config/datasets.yaml").read_text(encoding="utf-8"))
SURROGATE = "prefrontal_surrogate"
RECORDINGS = dataset_names("recording")
IMAGE_SETS = dataset_names("images")
RECORDING = recording_name()
TEACHER = f"{RECORDING}-teacher"
SCALE = scales()
config["run"] = os.environ.get("HOMEOSTAT_RUN") or config["run"]
if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", config["run"]):
    raise WorkflowError(f"run: {config['run']!r} is not a name of letters, digits, hyphens and underscores.")
# What the user looks at; a run with a name has its own.
VIEWS = "results" if config["run"] == "default" else f"results/runs/{config['run']}"
FILE_HASHES = store.FileHashes("results/.cache/files.json")
KEYS = store.Store(workflow.get_rule, FILE_HASHES)


wildcard_constraints:
    dataset="|".join(RECORDINGS + IMAGE_SETS),
    own=r"own-[\w-]+-[0-9a-f]{6}",
    recording=r"[\w-]+",
    figure=r"fig[A-Z]?\d+(s\d+)?",
    condition=r"[\w~.+-]+",
    first=r"\d+",
    last=r"\d+",
    key=r"[0-9a-f]{16}",


FIGURES = [path for study in config["studies"] for path in figure_files(study)]
JUDGED = [study for study in config["studies"] if (ROOT / claims_definitions(study)).is_file()]
CLAIMS = expand("{views}/claims/{study}.{kind}", views=VIEWS, study=JUDGED, kind=["csv", "json"])
SCORECARD = multiext(f"{VIEWS}/scorecard/scorecard", ".csv", ".json", ".txt")
PAGE = f"{VIEWS}/index.html"


onstart:
    # `--touch` makes nothing.
    if not workflow.touch:
        write_plan()
    without_rate_limit()


onsuccess:
    if not workflow.touch:
        runs.write_manifest(VIEWS, KEYS, workflow.dag.jobs, config, finished=True)
        say_left_out()
        say_doubtful()


onerror:
    say_if_full()
    try:
        leave_scorecard()
    except Exception as error:
        # The failure that brought us here is the one to look at.
        print(f"There is no scorecard of what is there: {error}", file=sys.stderr)
    try:
        say_left_out()
    except HomeostatError as error:
        print(error, file=sys.stderr)
