# The workflow is workflow/Snakefile; this file is for `snakemake` in the root of a clone.
include: "workflow/Snakefile"


# Rules of an included file do not become the default target by themselves.
workflow.default_target = "all"
