# The rules of what the studies declare: one for each stage and figure, and one for all figures of a study.

for each in STAGES.values():

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
            **stage_params(each),
        message:
            each.says
        shell:
            COMMAND


for name in TITLES:

    rule:
        name:
            name
        input:
            figure_files(name),
        message:
            f"The figures of {name} are in {VIEWS}/figures/{name}."


# With several recordings: the same figure of all of them.
for study, name in sorted(OF_EACH):

    rule:
        name:
            f"{study}_{name}"
        input:
            [f"{VIEWS}/figures/{study}/{name_at(name, place)}.pdf" for place in places(study, name)],
        message:
            f"{study}: {name} of {len(SOURCES)} recordings is in {VIEWS}/figures/{study}."
