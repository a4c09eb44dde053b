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
