# From figures to verdicts: the claims of each study, and the scorecard of all.


for study in JUDGED:

    rule:
        """Judge the claims of one study by the numbers behind its figures."""
        name:
            f"{study}_claims"
        input:
            definitions=claims_definitions(study),
            tables=figure_tables(study),
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
            real=real_data(),
        message:
            f"{study}: judging the paper's claims."
        shell:
            "python -m report.claims --definitions {input.definitions:q} --tables {input.tables:q}"
            " --real {params.real:q} --output {output:q} > {log:q} 2>&1"


rule scorecard:
    """The claims of all studies with their verdicts, in one table."""
    input:
        claims=expand("results/claims/{study}.json", study=JUDGED),
        definitions=[claims_definitions(study) for study in JUDGED],
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
    message:
        "Collecting the verdicts: results/scorecard."
    shell:
        "python -m report.scorecard --claims {input.claims:q} --definitions {input.definitions:q}"
        " --output {output:q} > {log:q} 2>&1"
