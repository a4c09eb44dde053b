# From figures to verdicts: the claims of each study, the scorecard of all, and the page that shows everything.


for study in JUDGED:

    rule:
        """Judge the claims of one study by the numbers behind its figures."""
        name:
            f"{study}_claims"
        input:
            figure_tables(study),
        output:
            multiext(f"results/claims/{study}", ".csv", ".json"),
        log:
            f"results/logs/{study}/claims.log",
        benchmark:
            f"results/benchmarks/{study}/claims.tsv"
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


rule scorecard:
    """The claims of all studies with their verdicts, in one table."""
    input:
        expand("results/claims/{study}.json", study=JUDGED),
    output:
        SCORECARD,
    log:
        "results/logs/report/scorecard.log",
    benchmark:
        "results/benchmarks/report/scorecard.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_hash("report/scorecard.py"),
        definitions=file_hash(*map(claims_definitions, JUDGED)),
    message:
        "Collecting the verdicts: results/scorecard."
    shell:
        'python -m report.scorecard --claims {input:q} --definitions "$HOMEOSTAT_ROOT/config/claims"'
        " --output {output:q} > {log:q} 2>&1"


rule scorecard_plot:
    """Every claim for which a paper gives a number: ours against the paper's."""
    input:
        "results/scorecard/scorecard.json",
    output:
        pdf=report(
            "results/scorecard/scorecard.pdf",
            caption="../report/scorecard.rst",
            category="scorecard",
            labels={"figure": "ours v the papers'"},
        ),
        png="results/scorecard/scorecard.png",
    log:
        "results/logs/report/scorecard_plot.log",
    benchmark:
        "results/benchmarks/report/scorecard_plot.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_hash("report/scorecard_plot.py"),
    message:
        "Drawing our numbers against the papers': results/scorecard/scorecard.pdf."
    shell:
        "python -m report.scorecard_plot --scorecard {input:q} --output {output:q} > {log:q} 2>&1"


rule page:
    """The report page: every figure and verdict, and how they were made (results/index.html)."""
    input:
        figures=FIGURES,
        scorecard="results/scorecard/scorecard.json",
        plot="results/scorecard/scorecard.png",
    output:
        index=PAGE,
        scorecard="results/scorecard/scorecard.html",
    log:
        "results/logs/report/page.log",
    benchmark:
        "results/benchmarks/report/page.tsv"
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
        "Writing the report page: results/index.html."
    shell:
        "python -m report.page --about {params.about:q} --scorecard {input.scorecard:q} --output {output:q}"
        " --threads {threads} > {log:q} 2>&1"


rule page_so_far:
    """The report page of what is there by now, in results/so-far.html; builds nothing else."""
    log:
        "results/logs/report/page_so_far.log",
    benchmark:
        "results/benchmarks/report/page_so_far.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_hash("report/page_so_far.py"),
        about=lambda wildcards: page_about(),
        studies=JUDGED,
    message:
        "Writing the report page of what is there: results/so-far.html."
    shell:
        "python -m report.page_so_far --about {params.about:q} --studies {params.studies:q}"
        ' --definitions "$HOMEOSTAT_ROOT/config/claims"'
        " --output results/so-far.html > {log:q} 2>&1"
