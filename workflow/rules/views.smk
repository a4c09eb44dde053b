# What the user looks at: copies of what the store holds for the present configuration (docs/store.md). A view that is
# not, byte for byte, what the store holds is made again, whatever its date.

for name, each in SHOWN.items():

    rule:
        name:
            name
        input:
            each.source,
        output:
            *each.outputs,
        log:
            each.log,
        localrule: True
        conda:
            "../../envs/homeostat.yaml"
        message:
            each.says
        shell:
            COPY


rule page_so_far:
    """The report page of what is there by now, in so-far.html; builds nothing else."""
    input:
        lambda wildcards: INPUTS.always([f"{VIEWS}/so-far.html"]),
    output:
        f"{VIEWS}/so-far.html",
    log:
        "results/logs/report/page_so_far.log",
    conda:
        "../../envs/homeostat.yaml"
    params:
        about=lambda wildcards: json.dumps(CATALOG.page_about()),
        figures=lambda wildcards: INPUTS.finished(config["studies"]),
        studies=CATALOG.judged,
    message:
        "Writing the report page of what is there: {output}."
    shell:
        f"{PREFIX}python -m report.page_so_far --about {{params.about:q}} --studies {{params.studies:q}}"
        ' --figures {params.figures:q} --definitions "$HOMEOSTAT_ROOT/config/claims"'
        " --output {output:q} > {log:q} 2>&1"
