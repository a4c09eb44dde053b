# What the rules of views are: stored files, of which a view that differs is made again, and where they are shown.

# One after the other, so that each is whole or absent.
COPY = (
    '(stored=({input:q}); views=({output:q}); for i in "${{!views[@]}}"; do'
    ' cp "${{stored[i]}}" "${{views[i]}}.part" && mv "${{views[i]}}.part" "${{views[i]}}"; done) > {log:q} 2>&1'
)


# Views by the name of their rule.
SHOWN = {}


def show(name, about, views, *sources, says, log=None, caption=None, category=None, label=None):
    """Declare views of stored files; with a caption, the first is part of Snakemake's report."""
    views = [f"{VIEWS}/{view}" for view in views]
    outputs = list(views)
    if caption:
        outputs[0] = report(views[0], caption=caption, category=category, labels={"figure": label})
    SHOWN[name] = stages.View(
        about, says, outputs, INPUTS.viewed(views, *sources), f"results/logs/views/{log or name}.log"
    )


def show_figure(study, name, place):
    """Declare the views of a figure: pictures and plotted numbers, and the tables that it is drawn from."""
    tables = INPUTS.tables_behind(study, name, place)
    stem = f"figures/{study}/{name_at(name, place)}"
    show(
        "_".join([study, name, *place.values()]),
        "Show one figure of the present configuration, with its tables.",
        [f"{stem}.pdf", f"{stem}.png", f"{stem}.csv", *tables],
        INPUTS.all_stored(f"{study}_draw_{name}", **place),
        *tables.values(),
        says=f"{study}: {VIEWS}/{stem}.pdf",
        log=stem,
        caption=f"../report/{study}/{name}.rst",
        category=study,
        label=name_at(name, place),
    )


for _study in CATALOG.figures:
    for _name, _place in CATALOG.figures_at(_study):
        show_figure(_study, _name, _place)

for _study in CATALOG.judged:
    for _stem, _its in CATALOG.claims_at(_study).items():
        show(
            "_".join([_study, "claims", *_its.values()]),
            "Show the judged claims of one study.",
            [f"claims/{_stem}.{kind}" for kind in ("csv", "json")],
            INPUTS.all_stored(f"{_study}_judge" if _its else CATALOG.judge_of(_study), **_its),
            says=f"{_study}: {VIEWS}/claims/{_stem}.csv",
            log=f"claims/{_stem}",
        )

show(
    "scorecard",
    "Show the claims of all studies with their verdicts, in one table.",
    [f"scorecard/scorecard.{kind}" for kind in ("csv", "json", "txt")],
    INPUTS.all_stored("scorecard_collect"),
    says=f"Verdicts: {VIEWS}/scorecard.",
)

show(
    "scorecard_plot",
    "Show every claim for which a paper gives a number: ours against the paper's.",
    [f"scorecard/scorecard.{kind}" for kind in ("pdf", "png")],
    INPUTS.all_stored("scorecard_draw"),
    says=f"Our numbers against the papers': {VIEWS}/scorecard/scorecard.pdf.",
    caption="../report/scorecard.rst",
    category="scorecard",
    label="ours v the papers'",
)

show(
    "page",
    "Show the report page: every figure and verdict, and how they were made.",
    ["index.html", "scorecard/scorecard.html"],
    INPUTS.all_stored("page_write"),
    says=f"The report page: {PAGE}.",
)

show(
    "recording",
    "Show a recording (not part of a plain run).",
    ["data/recordings/{recording}.npz"],
    lambda wildcards: [INPUTS.recording_of(wildcards)],
    says="The recording {wildcards.recording}: {output}.",
    log="recordings/{recording}",
)

show(
    "images",
    "Show an image set (not part of a plain run).",
    ["data/images/{images}.npz"],
    lambda wildcards: [INPUTS.images(wildcards)],
    says="The image set {wildcards.images}: {output}.",
    log="images/{images}",
)

show(
    "generator",
    "Show the trained generator of a recording (not part of a plain run).",
    [f"data/generators/{{dataset}}.{kind}" for kind in ("npz", "json", "png")],
    INPUTS.all_stored("data_generator"),
    says="The generator of {wildcards.dataset}: {output}.",
    log="generators/{dataset}",
)

show(
    "mayzel2024_recording",
    "Show the recording as mayzel2024 takes it (not part of a plain run).",
    ["data/mayzel2024/{recording}.npz"],
    INPUTS.all_stored("mayzel2024_data"),
    says="mayzel2024: the recording {wildcards.recording}: {output}.",
    log="mayzel2024/{recording}",
)
