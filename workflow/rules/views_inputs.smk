# What the rules of views are: stored files, of which a view that differs is made again, and where they are shown.

# One after the other, so that each is whole or absent.
COPY = (
    '(stored=({input:q}); views=({output:q}); for i in "${{!views[@]}}"; do'
    ' cp "${{stored[i]}}" "${{views[i]}}.part" && mv "${{views[i]}}.part" "${{views[i]}}"; done) > {log:q} 2>&1'
)


def viewed(views, *sources):
    """Return an input function: the stored files that some views show, in their order."""

    def found(wildcards):
        files = [path for source in sources for path in source(wildcards)]
        if not workflow.touch:
            shown = [view.format(**dict(wildcards.items())) for view in views]
            again = set(shown) & set(workflow.dag_settings.forcerun)
            workflow.dag.forcefiles.update(str(file) for view, file in zip(shown, files) if view in again)
            if any(os.path.exists(view) and not store.same(view, file) for view, file in zip(shown, files)):
                workflow.dag.forcefiles.update(shown)
        return files

    return found


def all_stored(rule, **fixed):
    """Return an input function: all files that a rule makes, for the job's own wildcards and those that are given."""
    return lambda wildcards: store_paths(rule, **(dict(wildcards.items()) | fixed))


def tables_behind(stage, place):
    """Return the views of the tables that a figure is drawn from at a place, and an input function for each."""
    found = {}
    for function in stage.inputs.values():
        name, of, fixed = getattr(function, "source", ("", 0, {}))
        study, kind, *rest = Path(STAGES[name].output(of).replace(".{key}", "")).parts if name else ("", "")
        if kind == "tables":
            path = "/".join([kind, study, *rest]).format(**fixed, **place)
            found[path] = lambda wildcards, at=(name, of), given=fixed | place: [store_path(*at, **given)]
    return found


# Views by the name of their rule.
SHOWN = {}


def show(name, about, views, *sources, says, log=None, caption=None, category=None, label=None):
    """Declare views of stored files; with a caption, the first is part of Snakemake's report."""
    views = [f"{VIEWS}/{view}" for view in views]
    outputs = list(views)
    if caption:
        outputs[0] = report(views[0], caption=caption, category=category, labels={"figure": label})
    SHOWN[name] = stages.View(about, says, outputs, viewed(views, *sources), f"results/logs/views/{log or name}.log")


def show_figure(study, name, place):
    """Declare the views of a figure: pictures and plotted numbers, and the tables that it is drawn from."""
    tables = tables_behind(STAGES[f"{study}_draw_{name}"], place)
    stem = f"figures/{study}/{name_at(name, place)}"
    show(
        "_".join([study, name, *place.values()]),
        "Show one figure of the present configuration, with its tables.",
        [f"{stem}.pdf", f"{stem}.png", f"{stem}.csv", *tables],
        all_stored(f"{study}_draw_{name}", **place),
        *tables.values(),
        says=f"{study}: {VIEWS}/{stem}.pdf",
        log=stem,
        caption=f"../report/{study}/{name}.rst",
        category=study,
        label=name_at(name, place),
    )


for _study in STUDY_FIGURES:
    for _name, _place in figures_at(_study):
        show_figure(_study, _name, _place)

for _study in JUDGED:
    for _stem, _its in claims_at(_study).items():
        show(
            "_".join([_study, "claims", *_its.values()]),
            "Show the judged claims of one study.",
            [f"claims/{_stem}.{kind}" for kind in ("csv", "json")],
            all_stored(f"{_study}_judge" if _its else judge_of(_study), **_its),
            says=f"{_study}: {VIEWS}/claims/{_stem}.csv",
            log=f"claims/{_stem}",
        )

show(
    "scorecard",
    "Show the claims of all studies with their verdicts, in one table.",
    [f"scorecard/scorecard.{kind}" for kind in ("csv", "json", "txt")],
    all_stored("scorecard_collect"),
    says=f"Verdicts: {VIEWS}/scorecard.",
)

show(
    "scorecard_plot",
    "Show every claim for which a paper gives a number: ours against the paper's.",
    [f"scorecard/scorecard.{kind}" for kind in ("pdf", "png")],
    all_stored("scorecard_draw"),
    says=f"Our numbers against the papers': {VIEWS}/scorecard/scorecard.pdf.",
    caption="../report/scorecard.rst",
    category="scorecard",
    label="ours v the papers'",
)

show(
    "page",
    "Show the report page: every figure and verdict, and how they were made.",
    ["index.html", "scorecard/scorecard.html"],
    all_stored("page_write"),
    says=f"The report page: {PAGE}.",
)

show(
    "recording",
    "Show a recording (not part of a plain run).",
    ["data/recordings/{recording}.npz"],
    lambda wildcards: [recording_file(wildcards)],
    says="The recording {wildcards.recording}: {output}.",
    log="recordings/{recording}",
)

show(
    "images",
    "Show an image set (not part of a plain run).",
    ["data/images/{images}.npz"],
    lambda wildcards: [images_file(wildcards)],
    says="The image set {wildcards.images}: {output}.",
    log="images/{images}",
)

show(
    "generator",
    "Show the trained generator of a recording (not part of a plain run).",
    [f"data/generators/{{dataset}}.{kind}" for kind in ("npz", "json", "png")],
    all_stored("data_generator"),
    says="The generator of {wildcards.dataset}: {output}.",
    log="generators/{dataset}",
)

show(
    "mayzel2024_recording",
    "Show the recording as mayzel2024 takes it (not part of a plain run).",
    ["data/mayzel2024/{recording}.npz"],
    all_stored("mayzel2024_data"),
    says="mayzel2024: the recording {wildcards.recording}: {output}.",
    log="mayzel2024/{recording}",
)
