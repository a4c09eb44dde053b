from snakemake.utils import min_version

min_version("9.0")


configfile: f"{workflow.basedir}/config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/mayzel2024_inputs.smk"
include: "workflow/rules/mayzel2024.smk"
include: "workflow/rules/shen2021_inputs.smk"
include: "workflow/rules/shen2021.smk"
include: "workflow/rules/keck2012_inputs.smk"
include: "workflow/rules/keck2012.smk"
include: "workflow/rules/eyono2026_inputs.smk"
include: "workflow/rules/eyono2026.smk"
include: "workflow/rules/krishna2024_inputs.smk"
include: "workflow/rules/krishna2024.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/views_inputs.smk"
include: "workflow/rules/views.smk"


seal(workflow.rules)


rule all:
    """Every figure of the studies named in the configuration, the scorecard and the report page."""
    default_target: True
    input:
        FIGURES,
        CLAIMS,
        SCORECARD,
        rules.scorecard_plot.output,
        PAGE,
    message:
        f"All figures are in {VIEWS}/figures; open {PAGE}."


announce_targets()
