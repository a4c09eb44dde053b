# What all studies share: the checked configuration, the way programs are run, hashes of code, lists of figures.
#
# A job that runs workflow/scripts/mayzel2024/fit.py has all of these directives, in snakefmt's order:
#
#   """One line for `snakemake --list-rules`."""
#   input, output
#   log: "results/logs/mayzel2024/fit/{spec}.log"
#   benchmark: "results/benchmarks/mayzel2024/fit/{spec}.tsv"
#   conda: "../../envs/homeostat.yaml"
#   threads: 1
#   resources: mem_mb=2000, runtime=30, gpu=gpu_count    (gpu only where one is of use)
#   params: code=code_hash("mayzel2024/fit.py"), steps=lookup(dpath="mayzel2024/steps/rp", within=config)
#   message: "Fitting {wildcards.spec}."
#   shell: "python -m mayzel2024.fit --data {input:q} --steps {params.steps} --output {output:q} > {log:q} 2>&1"
#
# Give single values as params, not sections of the configuration: a job runs again when a param changes.

import hashlib
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

ROOT = Path(workflow.basedir)
SOURCE = ROOT / "src"
SCRIPTS = ROOT / "workflow" / "scripts"

for folder in (ROOT / "workflow" / "lib", SOURCE, SCRIPTS):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import code_hashes
import outdated
from homeostat.config import validate_config
from homeostat.device import may_have_cuda
from homeostat.errors import HomeostatError, nearest

# The figures of each study; a figure is made by the rule STUDY_FIGURE.
STUDY_FIGURES = {
    "mayzel2024": ["fig1", "fig1s1", "fig1s2", "fig2", "fig2s1", "fig3", "fig4", "fig5", "fig5s1"],
    "shen2021": ["fig2", "fig3", "learning_rates"],
    "keck2012": ["fig1", "fig2", "fig3"],
    "eyono2026": ["fig1", "fig2", "fig3", "fig4", "fig5", "fig6", "fig7"],
    "krishna2024": ["fig1", "fig2", "fig3", "figC1", "figC2", "figC3", "figC4", "figC5", "figC6"],
}


def checked_config():
    """Validate the merged configuration; on an error the user sees the sentences, not a traceback."""
    try:
        return validate_config(config, ROOT / "workflow/schemas/config.schema.yaml")
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


def as_flags(options, *left_out):
    """Return a section of the configuration as a program's flags; null and false ones are not named.

    ``{"bin_ms": 20, "binarize": True, "units": ["a b", 3]}`` gives ``--bin-ms=20 --binarize --units 'a b' 3``.
    """
    words = []
    for key, value in options.items():
        flag = f"--{key.replace('_', '-')}"
        if key in left_out or value is None or value is False:
            continue
        elif value is True:
            words.append(flag)
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
    if set(source) & set("{}"):
        raise WorkflowError(f"recording: {source!r} holds braces, which name wildcards in Snakemake; rename the file.")
    stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(source).stem).strip("-")
    return f"own-{stem}-{hashlib.sha256(source.encode()).hexdigest()[:6]}"


def own_recording_file():
    """Return the user's own recording file, if the configuration names one."""
    return [] if config["recording"] in (SURROGATE, *RECORDINGS) else [config["recording"]]


def blocks(count, per_job):
    """Return the first and last of the seeds (or configurations) of each job."""
    return [(first, min(first + per_job, count) - 1) for first in range(0, count, per_job)]


def figure_report(study, name):
    """Return a figure's PDF, marked for Snakemake's report."""
    return report(
        f"results/figures/{study}/{name}.pdf",
        caption=f"../report/{study}/{name}.rst",
        category=study,
        labels={"figure": name},
    )


def figure_tables(study):
    """Return the plotted numbers of a study's figures."""
    return expand("results/figures/{study}/{name}.csv", study=study, name=STUDY_FIGURES[study])


def claims_definitions(study):
    """Return the file, in this repository, that says what a study's paper claims."""
    return f"config/claims/{study}.yaml"


def put_outdated_aside():
    """Put aside what this run is going to make anew, beginning with what hangs below it (workflow/lib/outdated.py)."""
    if workflow.touch:
        return
    to_do = set(workflow.dag.needrun_jobs())
    jobs = [job for level in workflow.dag.toposorted() for job in level if job in to_do and job.output]
    recorded = workflow.persistence.input
    try:
        count = outdated.put_aside(outdated.Job.of(job.output, recorded(job.output[0]), job.log[0]) for job in jobs)
    except OSError as error:
        raise WorkflowError(f"{error.filename} is out of date and cannot be put aside: {error.strerror}.") from None
    if count:
        print(
            f"{count} files are out of date. {outdated.ASIDE} keeps them until their replacements are there; "
            "`make restore` puts back those that the run has not begun to replace.",
            file=sys.stderr,
        )


def drop_replaced():
    """Delete what was put aside and replaced, and what Snakemake has no record of by now, as after a failed job."""
    files = [path for job in workflow.dag.jobs for path in job.output]
    lost = {str(path) for path in files if workflow.persistence.metadata(path) is None}
    outdated.drop_replaced(lost=lost.__contains__)


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
    from homeostat.recordings.left_out import lines
    from homeostat.recordings.recording import Recording

    found = {}
    for rule in ("data_recording", "data_own_recording", "mayzel2024_data"):  # the last one adds to the list
        for path in [path for job in workflow.dag.jobs if job.rule.name == rule for path in job.output]:
            if Path(path).exists():
                recording = Recording.read(path)
                found[recording.name] = lines(recording.left_out)
    for name, said in found.items():
        if said:
            print(f"Left out of the recording {name}, assumed or in doubt:", *said, sep="\n  ", file=sys.stderr)


def leave_scorecard():
    """After a run that failed, judge the claims by the figures that are there; the others are missing."""
    wanted = {path for job in workflow.dag.jobs for path in job.output}
    if wanted.isdisjoint(SCORECARD) or all(Path(path).exists() for path in SCORECARD):
        return
    python = f"{shlex.quote(sys.executable)} -m"
    claims = {study: f"results/claims/{study}.json" for study in JUDGED}
    with tempfile.TemporaryDirectory() as folder:
        for study in [study for study, path in claims.items() if not Path(path).exists()]:
            # Elsewhere, since Snakemake is to make the real one when the figures are there.
            claims[study] = f"{folder}/{study}.json"
            shell(
                f"{python} report.claims --definitions {{definitions:q}} --tables {{tables:q}}"
                " --real {real:q} --output {output:q} > /dev/null",
                definitions=ROOT / claims_definitions(study),
                tables=figure_tables(study),
                real=real_data(),
                output=claims[study],
            )
        shell(
            f"{python} report.scorecard --claims {{claims:q}} --definitions {{definitions:q}} --output {{output:q}}",
            claims=list(claims.values()),
            definitions=ROOT / "config/claims",
            output=list(SCORECARD),
        )
    print("The run failed. results/scorecard says what is there and what is missing.", file=sys.stderr)


def real_data():
    """Return the names of data, as they stand in tables, on which a claim about real data may be judged."""
    return IMAGE_SETS + ([] if RECORDING == SURROGATE else [RECORDING])


def page_about():
    """Return what the report page must know of this run, as JSON: all of the configuration is shown on it."""
    return json.dumps({"config": config, "figures": STUDY_FIGURES, "real": real_data()})


def page_parts():
    """Return the files, in this repository, that the report page is put together from."""
    names = ["base.html.j2", "index.html.j2", "parts.html.j2", "scorecard.html.j2", "page.css", "page.js"]
    captions = [f"workflow/report/{study}/{name}.rst" for study in STUDY_FIGURES for name in STUDY_FIGURES[study]]
    parts = ["CITATION.cff", *(f"workflow/report/page/{name}" for name in names), *captions]
    return [name for name in parts if (ROOT / name).is_file()]


def figure_files(study):
    """Return every file of a study's figures: for each, two pictures and the plotted numbers."""
    return expand(
        "results/figures/{study}/{name}.{kind}",
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


wildcard_constraints:
    dataset="|".join(RECORDINGS + IMAGE_SETS),
    own=r"own-[\w-]+-[0-9a-f]{6}",
    recording=r"[\w-]+",
    figure=r"fig[A-Z]?\d+(s\d+)?",
    condition=r"[\w~.+-]+",
    first=r"\d+",
    last=r"\d+",


FIGURES = [path for study in config["studies"] for path in figure_files(study)]
JUDGED = [study for study in config["studies"] if (ROOT / claims_definitions(study)).is_file()]
SCORECARD = multiext("results/scorecard/scorecard", ".csv", ".json", ".txt")
PAGE = "results/index.html"


onstart:
    put_outdated_aside()
    without_rate_limit()


onsuccess:
    drop_replaced()
    say_left_out()


onerror:
    drop_replaced()
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
