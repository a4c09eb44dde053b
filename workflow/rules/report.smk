# From figures to verdicts: the claims of each study, the scorecard of all, and the page that shows everything.


for study in JUDGED:

    rule:
        """Judge the claims of one study by the numbers behind its figures."""
        name:
            f"{study}_judge"
        input:
            drawn([study], ".csv"),
        output:
            multiext(f"results/store/{study}/claims/{study}.{{key}}", ".csv", ".json"),
        log:
            f"results/logs/{study}/claims/{study}.{{key}}.log",
        benchmark:
            f"results/benchmarks/{study}/claims/{study}.{{key}}.tsv"
        conda:
            "../../envs/homeostat.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            code=code_hash("report/claims.py"),
            definitions=claims_definitions(study),
            content=file_hash(claims_definitions(study)),
            real=real_data(),
        message:
            f"{study}: judging the paper's claims."
        shell:
            'python -m report.claims --definitions "$HOMEOSTAT_ROOT"/{params.definitions:q} --tables {input:q}'
            " --real {params.real:q} --output {output:q} > {log:q} 2>&1"


rule scorecard_collect:
    """The claims of all studies with their verdicts, in one table."""
    input:
        lambda wildcards: [store_path(f"{study}_judge", of=".json") for study in JUDGED],
    output:
        multiext("results/store/report/scorecard/scorecard.{key}", ".csv", ".json", ".txt"),
    log:
        "results/logs/report/scorecard/scorecard.{key}.log",
    benchmark:
        "results/benchmarks/report/scorecard/scorecard.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_hash("report/scorecard.py"),
        definitions=file_hash(*map(claims_definitions, JUDGED)),
        record=file_hash(*record_files()),
    message:
        "Collecting the verdicts."
    shell:
        'python -m report.scorecard --claims {input:q} --definitions "$HOMEOSTAT_ROOT/config/claims"'
        ' --record "$HOMEOSTAT_ROOT/record" --output {output:q} > {log:q} 2>&1'


rule scorecard_draw:
    """Every claim for which a paper gives a number: ours against the paper's."""
    input:
        stored("scorecard_collect", of=".json"),
    output:
        multiext("results/store/report/scorecard/plot.{key}", ".pdf", ".png"),
    log:
        "results/logs/report/scorecard/plot.{key}.log",
    benchmark:
        "results/benchmarks/report/scorecard/plot.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_hash("report/scorecard_plot.py"),
    message:
        "Drawing our numbers against the papers'."
    shell:
        "python -m report.scorecard_plot --scorecard {input:q} --output {output:q} > {log:q} 2>&1"


rule page_write:
    """The report page: every figure and verdict, and how they were made."""
    input:
        figures=drawn(config["studies"], ".pdf", ".png", ".csv"),
        scorecard=stored("scorecard_collect", of=".json"),
        plot=stored("scorecard_draw", of=".png"),
    output:
        index="results/store/report/page/index.{key}.html",
        scorecard="results/store/report/page/scorecard.{key}.html",
    log:
        "results/logs/report/page/index.{key}.log",
    benchmark:
        "results/benchmarks/report/page/index.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    # It is the last job, with nothing beside it.
    threads: 2
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_hash("report/page.py"),
        parts=file_hash(*page_parts()),
        about=lambda wildcards: page_about(),
    message:
        "Writing the report page."
    shell:
        "python -m report.page --about {params.about:q} --figures {input.figures:q} --scorecard {input.scorecard:q}"
        " --plot {input.plot:q} --output {output:q} --threads {threads} > {log:q} 2>&1"


rule page_so_far:
    """The report page of what is there by now, in so-far.html; builds nothing else."""
    input:
        lambda wildcards: always([f"{VIEWS}/so-far.html"]),
    output:
        f"{VIEWS}/so-far.html",
    log:
        "results/logs/report/page_so_far.log",
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        about=lambda wildcards: page_about(),
        figures=lambda wildcards: finished_figures(),
        studies=JUDGED,
    message:
        "Writing the report page of what is there: {output}."
    shell:
        "python -m report.page_so_far --about {params.about:q} --studies {params.studies:q}"
        ' --figures {params.figures:q} --definitions "$HOMEOSTAT_ROOT/config/claims"'
        " --output {output:q} > {log:q} 2>&1"
