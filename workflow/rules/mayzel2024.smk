# Mayzel & Schneidman 2024: random-projection models of population activity.
# data -> fit (one job per condition and block of seeds) -> table (per figure) -> figures.

import mayzel2024.conditions
import mayzel2024.design
import mayzel2024.jobs
import mayzel2024.sensitivity_design
from mayzel2024.variants import Variant
from homeostat.rp import registry

SENSITIVITY = config["mayzel2024"]["sensitivity"]["figures"]
try:
    registry.load(config["extra_models"])
    if "training" in SENSITIVITY:
        registry.load([SCRIPTS / "mayzel2024/weight_decay.py"])
except HomeostatError as error:
    raise WorkflowError(str(error)) from None

study("mayzel2024", "Mayzel & Schneidman 2024")


def mayzel2024_fits(figure, recording):
    """Return the label and the file of each fit of a figure."""
    settings = config["mayzel2024"]
    return [
        (
            label,
            store_path(
                "mayzel2024_fit",
                recording=f"{recording}-teacher" if data == mayzel2024.design.TEACHER else recording,
                condition=condition.name,
                first=first,
                last=last,
            ),
        )
        for label, condition, data in mayzel2024.design.fits(figure, settings)
        for first, last in blocks(settings["seeds"], config["seeds_per_job"])
    ]


def mayzel2024_on(wildcards):
    """Return the recording of a job, which stands in its wildcards where there are several."""
    return wildcards.get("recording", DATA.first)


def mayzel2024_files(figure):
    """Return an input function: the files of a figure's fits; the figure may stand in the wildcards."""
    return lambda wildcards: [
        path for _, path in mayzel2024_fits(figure.format(**dict(wildcards.items())), mayzel2024_on(wildcards))
    ]


def mayzel2024_shown(wildcards, figure, **more):
    """Return what a table of a figure's fits is told: their labels, and how large the data of each scale are."""
    recording = mayzel2024_on(wildcards)
    labels, scale = [label for label, _ in mayzel2024_fits(figure, recording)], scale_on("mayzel2024", recording)
    return {"labels": labels, "scale": scale, "needs": mayzel2024.jobs.needs(PRESETS), **more}


def mayzel2024_teacher(wildcards):
    """Return the teacher's parameters, for students that know its wiring."""
    if not mayzel2024.jobs.knows_teacher(wildcards.condition):
        return []
    return store_path("mayzel2024_teacher", recording=wildcards.recording.removesuffix("-teacher"))


def mayzel2024_extra(wildcards):
    """Return the files of the configuration's extra_models that a condition needs."""
    condition = mayzel2024.conditions.Condition.parse(wildcards.condition)
    return undated(registry.files_of(condition.model, condition.constraint))


def mayzel2024_source(wildcards):
    """Return the recording behind the study's data: as it is, or with wider bins."""
    variant = Variant.parse(wildcards.recording).of_recording
    if variant.changes:
        return store_path("mayzel2024_wide", recording=variant.recording, **variant.changes)
    return INPUTS.recording(variant.recording)


def mayzel2024_sizes(wildcards):
    """Return the numbers of training and test bins, and the kind of split."""
    variant, settings = Variant.parse(wildcards.recording), config["mayzel2024"]
    test = settings["test_samples"]
    if "training" in variant.changes:
        test = DATA.sizes(variant.recording).get("mayzel2024.test_samples", test)
    sizes = {"train": settings["train_samples"], "test": test, "split": config["recording_options"]["split"]}
    return variant.data(sizes)


def mayzel2024_fitted(wildcards):
    """Return the data of a fit."""
    return store_path("mayzel2024_data", recording=Variant.parse(wildcards.recording).of_data.name)


def mayzel2024_training(wildcards):
    """Return the settings of a fit."""
    settings = mayzel2024.jobs.fit(config["mayzel2024"], wildcards.condition)
    return Variant.parse(wildcards.recording).fit(settings)


stage(
    "mayzel2024_data",
    "Fit the recording to the study: sizes of training and test set.",
    says="mayzel2024: preparing the recording {wildcards.recording}.",
    inputs={"recording": mayzel2024_source},
    output="mayzel2024/data/{recording}.{key}.npz",
    settings=mayzel2024_sizes,
)

stage(
    "mayzel2024_fit",
    "Fit one condition for a block of seeds, and measure it on held-out patterns.",
    says="mayzel2024: fitting {wildcards.condition}, seeds {wildcards.first} to {wildcards.last}.",
    inputs={"data": mayzel2024_fitted, "teacher": mayzel2024_teacher, "extra": mayzel2024_extra},
    output="mayzel2024/fits/{recording}/{condition}/seeds~{first}-{last}.{key}.npz",
    wildcards=("condition", "first", "last"),
    settings=mayzel2024_training,
    gpu=True,
    resumes=True,
    mem_mb=6000,
    runtime=240,
)

stage(
    "mayzel2024_teacher",
    "Train the teacher of figure 4 on the recording.",
    says="mayzel2024: training the teacher on {wildcards.recording}.",
    inputs={"data": stored("mayzel2024_data")},
    output="mayzel2024/fits/{recording}/teacher.{key}.npz",
    settings=mayzel2024.jobs.teacher(config["mayzel2024"]),
    gpu=True,
    mem_mb=3000,
    runtime=60,
)

stage(
    "mayzel2024_synthetic",
    "Draw the synthetic patterns of figure 4 from the teacher.",
    says="mayzel2024: drawing patterns from the teacher of {wildcards.recording}.",
    program="data.surrogate",
    inputs={"generator": stored("mayzel2024_teacher")},
    output="data/recordings/{recording}-teacher.{key}.npz",
    settings=lambda wildcards: {
        "name": f"{wildcards.recording}-teacher",
        **config["surrogate"],
        "samples": config["mayzel2024"]["train_samples"] + config["mayzel2024"]["test_samples"],
    },
)

stage(
    "mayzel2024_table",
    "Collect the fits that one figure needs into a tidy table.",
    says="mayzel2024: collecting the fits of {wildcards.figure}.",
    inputs={
        "data": stored("mayzel2024_data", **ONLY),
        "fits": mayzel2024_files("{figure}"),
    },
    output=f"mayzel2024/tables/{EACH}{{figure}}.{{key}}.csv",
    settings=lambda wildcards: mayzel2024_shown(
        wildcards, wildcards.figure, in_degree=config["mayzel2024"]["in_degree"]
    ),
)

stage(
    "mayzel2024_details",
    "Collect what a figure shows of single projections, synapses and steps.",
    says="mayzel2024: collecting the projections of {wildcards.figure}.",
    inputs={
        "data": stored("mayzel2024_data", **ONLY),
        "fits": mayzel2024_files("{figure}"),
    },
    output=f"mayzel2024/tables/{EACH}{{figure}}_details.{{key}}.csv",
    settings=lambda wildcards: mayzel2024_shown(
        wildcards, wildcards.figure, kinds=mayzel2024.jobs.DETAILS[wildcards.figure]
    ),
    mem_mb=4000,
)

stage(
    "mayzel2024_patterns",
    "Compare predicted and observed probabilities of single patterns (panel 1C).",
    says="mayzel2024: comparing predicted and observed pattern probabilities.",
    inputs={
        "data": stored("mayzel2024_data", **ONLY),
        "fits": mayzel2024_files("fig1_patterns"),
    },
    output=[f"mayzel2024/tables/{EACH}fig1_{name}.{{key}}.csv" for name in ("patterns", "funnel")],
    settings=lambda wildcards: mayzel2024_shown(wildcards, "fig1_patterns"),
)


def mayzel2024_taught(wildcards):
    """Return the patterns of the teacher of a job's recording, as the study takes them."""
    return store_path("mayzel2024_data", recording=f"{mayzel2024_on(wildcards)}-teacher")


def mayzel2024_figure(name, about, data=stored("mayzel2024_data", **ONLY), **inputs):
    """Declare a figure that is drawn from the recording, the table of its fits, their details if any, and more."""
    table = stored("mayzel2024_table", figure=name)
    if name in mayzel2024.jobs.DETAILS:
        inputs["details"] = stored("mayzel2024_details", figure=name)
    figure("mayzel2024", name, about, inputs={"data": data, "table": table, **inputs}, place=EACH)


mayzel2024_figure(
    "fig1",
    "Figure 1: reshaped random projections outperform random ones.",
    patterns=stored("mayzel2024_patterns", of="patterns"),
    funnel=stored("mayzel2024_patterns", of="funnel"),
)
mayzel2024_figure("fig1s1", "Figure 1, supplement 1: step v sigmoid projections; pruning and replacement.")
mayzel2024_figure("fig1s2", "Figure 1, supplement 2: tuned thresholds; the fixed factor of reshaped models.")
mayzel2024_figure("fig2", "Figure 2: homeostatic v bounded synapses.")
mayzel2024_figure("fig2s1", "Figure 2, supplement 1: homeostasis at other fixed factors.")
mayzel2024_figure("fig3", "Figure 3: homeostasis regulates the firing of projections.")
mayzel2024_figure("fig4", "Figure 4: learning from a teacher with known connectivity.", data=mayzel2024_taught)
mayzel2024_figure("fig5", "Figure 5: kinds of homeostatic normalization.")
mayzel2024_figure("fig5s1", "Figure 5, supplement 1: correlations, rates, angles and weights.")

if DATA.several and "mayzel2024" in CATALOG.judged:
    figure(
        "mayzel2024",
        "recordings",
        "Recordings side by side: gains over budgets, and which claims hold on which.",
        inputs={
            "tables": lambda wildcards: [
                store_path("mayzel2024_table", figure="fig2", recording=name) for name in DATA.sources
            ],
            "data": lambda wildcards: [store_path("mayzel2024_data", recording=name) for name in DATA.sources],
            "claims": stored("mayzel2024_judge_over", of=".json"),
        },
        settings={"recordings": list(DATA.sources), "threshold": config["mayzel2024"]["threshold"]},
        judged=False,
        mem_mb=3000,
    )
