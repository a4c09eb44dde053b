# From figures to verdicts: the claims of each study, and the scorecard of all.


rule mayzel2024_claims:
    """Judge the claims of mayzel2024 by the numbers behind its figures."""
    input:
        definitions=claims_definitions("mayzel2024"),
        tables=figure_tables("mayzel2024"),
    output:
        multiext("results/claims/mayzel2024", ".csv", ".json"),
    log:
        "results/logs/mayzel2024/claims.log",
    benchmark:
        "results/benchmarks/mayzel2024/claims.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_hash("report/claims.py"),
        real=real_recordings(),
    message:
        "mayzel2024: judging the paper's claims."
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
