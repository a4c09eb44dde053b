# The rules of what the studies declare: one for each stage and figure, and one for all figures of a study.

for each in CATALOG.stages.values():

    rule:
        name:
            each.name
        input:
            **each.inputs,
        output:
            *each.paths,
        log:
            each.beside("logs", ".log"),
        benchmark:
            each.beside("benchmarks", ".tsv")
        conda:
            "../../envs/homeostat.yaml"
        threads: each.threads
        resources:
            **each.resources,
        params:
            **CATALOG.params(each),
        message:
            each.says
        shell:
            COMMAND


for name in CATALOG.titles:

    rule:
        name:
            name
        input:
            CATALOG.files(name),
        message:
            f"The figures of {name} are in {VIEWS}/figures/{name}."


# With several recordings: the same figure of all of them.
for study, name in sorted(CATALOG.of_each):

    rule:
        name:
            f"{study}_{name}"
        input:
            CATALOG.files(study, ("pdf",), name),
        message:
            f"{study}: {name} of {len(DATA.sources)} recordings is in {VIEWS}/figures/{study}."
