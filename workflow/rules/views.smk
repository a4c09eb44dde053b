# What the user looks at: copies of what the store holds for the present configuration (docs/store.md). A view that is
# not, byte for byte, what the store holds is made again, whatever its date.

for study, names in STUDY_FIGURES.items():
    for name in names:
        tables = tables_behind(f"{study}_draw_{name}")
        stem = f"{VIEWS}/figures/{study}/{name}"

        rule:
            """Show one figure of the present configuration, with its tables."""
            name:
                f"{study}_{name}"
            input:
                viewed(
                    [f"{stem}.pdf", f"{stem}.png", f"{stem}.csv", *tables],
                    all_stored(f"{study}_draw_{name}"),
                    *[lambda wildcards, of=of: [of(wildcards)] for of in tables.values()],
                ),
            output:
                pdf=figure_report(study, name),
                rest=multiext(stem, ".png", ".csv"),
                tables=list(tables),
            log:
                f"results/logs/views/figures/{study}/{name}.log",
            localrule: True
            conda:
                "../../envs/homeostat.yaml"
            threads: 1
            resources:
                mem_mb=100,
                runtime=5,
            message:
                f"{study}: {stem}.pdf"
            shell:
                COPY


for study in JUDGED:

    rule:
        """Show the judged claims of one study."""
        name:
            f"{study}_claims"
        input:
            viewed([f"{VIEWS}/claims/{study}{kind}" for kind in (".csv", ".json")], all_stored(f"{study}_judge")),
        output:
            multiext(f"{VIEWS}/claims/{study}", ".csv", ".json"),
        log:
            f"results/logs/views/claims/{study}.log",
        localrule: True
        conda:
            "../../envs/homeostat.yaml"
        threads: 1
        resources:
            mem_mb=100,
            runtime=5,
        message:
            f"{study}: {VIEWS}/claims/{study}.csv"
        shell:
            COPY


rule scorecard:
    """Show the claims of all studies with their verdicts, in one table."""
    input:
        viewed(SCORECARD, all_stored("scorecard_collect")),
    output:
        SCORECARD,
    log:
        "results/logs/views/scorecard.log",
    localrule: True
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    message:
        f"Verdicts: {VIEWS}/scorecard."
    shell:
        COPY


rule scorecard_plot:
    """Show every claim for which a paper gives a number: ours against the paper's."""
    input:
        viewed(
            [f"{VIEWS}/scorecard/scorecard.pdf", f"{VIEWS}/scorecard/scorecard.png"],
            all_stored("scorecard_draw"),
        ),
    output:
        pdf=report(
            f"{VIEWS}/scorecard/scorecard.pdf",
            caption="../report/scorecard.rst",
            category="scorecard",
            labels={"figure": "ours v the papers'"},
        ),
        png=f"{VIEWS}/scorecard/scorecard.png",
    log:
        "results/logs/views/scorecard_plot.log",
    localrule: True
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    message:
        f"Our numbers against the papers': {VIEWS}/scorecard/scorecard.pdf."
    shell:
        COPY


rule page:
    """Show the report page: every figure and verdict, and how they were made."""
    input:
        viewed([PAGE, f"{VIEWS}/scorecard/scorecard.html"], all_stored("page_write")),
    output:
        index=PAGE,
        scorecard=f"{VIEWS}/scorecard/scorecard.html",
    log:
        "results/logs/views/page.log",
    localrule: True
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    message:
        f"The report page: {PAGE}."
    shell:
        COPY


rule recording:
    """Show a recording (not part of a plain run)."""
    input:
        viewed([f"{VIEWS}/data/recordings/{{recording}}.npz"], lambda wildcards: [recording_file(wildcards)]),
    output:
        f"{VIEWS}/data/recordings/{{recording}}.npz",
    log:
        "results/logs/views/recordings/{recording}.log",
    localrule: True
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    message:
        "The recording {wildcards.recording}: {output}."
    shell:
        COPY


rule images:
    """Show an image set (not part of a plain run)."""
    input:
        viewed([f"{VIEWS}/data/images/{{images}}.npz"], lambda wildcards: [images_file(wildcards)]),
    output:
        f"{VIEWS}/data/images/{{images}}.npz",
    log:
        "results/logs/views/images/{images}.log",
    localrule: True
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    message:
        "The image set {wildcards.images}: {output}."
    shell:
        COPY


rule generator:
    """Show the trained generator of a recording (not part of a plain run)."""
    input:
        viewed(
            [f"{VIEWS}/data/generators/{{dataset}}.{kind}" for kind in ("npz", "json", "png")],
            all_stored("data_generator"),
        ),
    output:
        multiext(f"{VIEWS}/data/generators/{{dataset}}", ".npz", ".json", ".png"),
    log:
        "results/logs/views/generators/{dataset}.log",
    localrule: True
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    message:
        "The generator of {wildcards.dataset}: {output}."
    shell:
        COPY


rule mayzel2024_recording:
    """Show the recording as mayzel2024 takes it (not part of a plain run)."""
    input:
        viewed([f"{VIEWS}/data/mayzel2024/{{recording}}.npz"], all_stored("mayzel2024_data")),
    output:
        f"{VIEWS}/data/mayzel2024/{{recording}}.npz",
    log:
        "results/logs/views/mayzel2024/{recording}.log",
    localrule: True
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    message:
        "mayzel2024: the recording {wildcards.recording}: {output}."
    shell:
        COPY
