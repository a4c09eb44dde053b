# From figures to verdicts: the claims of each study, the scorecard of all, and the page that shows everything.

for name in CATALOG.judged:
    at = EACH if CATALOG.on_several(name) else ""
    stage(
        f"{name}_judge",
        "Judge the claims of one study by the numbers behind its figures.",
        says=f"{name}: judging the paper's claims{' on {wildcards.recording}' if at else ''}.",
        program="report.claims",
        inputs={"tables": INPUTS.judged_tables(name)},
        repository={"definitions": CATALOG.definitions(name)},
        output=[f"{name}/claims/{at}{name}.{{key}}.{kind}" for kind in ("csv", "json")],
        settings=CATALOG.judging(name),
    )
    if at:
        stage(
            f"{name}_judge_over",
            "Judge the claims of one study over all recordings.",
            says=f"{name}: judging the paper's claims over {len(DATA.sources)} recordings.",
            program="report.claims",
            inputs={"tables": INPUTS.judged_tables(name), "data": INPUTS.all_recordings},
            repository={"definitions": CATALOG.definitions(name)},
            output=[f"{name}/claims/{name}.{{key}}.{kind}" for kind in ("csv", "json")],
            settings=CATALOG.judging(name, over=True),
        )
stage(
    "scorecard_collect",
    "The claims of all studies with their verdicts, in one table.",
    says="Collecting the verdicts.",
    program="report.scorecard",
    inputs={"claims": lambda wildcards: [store_path(CATALOG.judge_of(name), of=".json") for name in CATALOG.judged]},
    repository={"definitions": "config/claims", "record": "record"},
    output=[f"report/scorecard/scorecard.{{key}}.{kind}" for kind in ("csv", "json", "txt")],
)

stage(
    "scorecard_draw",
    "Every claim for which a paper gives a number: ours against the paper's.",
    says="Drawing our numbers against the papers'.",
    program="report.scorecard_plot",
    inputs={"scorecard": stored("scorecard_collect", of=".json")},
    output=[f"report/scorecard/plot.{{key}}.{kind}" for kind in ("pdf", "png")],
)

stage(
    "page_write",
    "The report page: every figure and verdict, and how they were made.",
    says="Writing the report page.",
    program="report.page",
    inputs={
        "figures": INPUTS.drawn(config["studies"], ".pdf", ".png", ".csv"),
        "scorecard": stored("scorecard_collect", of=".json"),
        "plot": stored("scorecard_draw", of=".png"),
    },
    output=[f"report/page/{part}.{{key}}.html" for part in ("index", "scorecard")],
    wildcards=("threads",),
    settings=lambda wildcards: CATALOG.page_about(),
    depends={"parts": CATALOG.page_parts_hash()},
    # It is the last job, with nothing beside it.
    threads=2,
)
