# Keck, Savin & Lücke 2012: input normalization and synaptic scaling as maximum likelihood.
# data -> fit (bars), digits (one job per grid of conditions and block of seeds) -> table (per figure) -> figures.

import keck2012.design
import keck2012.jobs

study("keck2012", "Keck, Savin & Lücke 2012")


def keck2012_fits(wildcards):
    """Return the fits of one figure."""
    settings = config["keck2012"]
    rules_of = {"bars": "keck2012_fit", "digits": "keck2012_digits"}
    per_job = {"bars": settings["bars"]["seeds_per_job"], "digits": config["seeds_per_job"]}
    return [
        store_path(rules_of[data], condition=grid.name, first=first, last=last)
        for _, grid, data in keck2012.design.fits(wildcards.figure, settings)
        for first, last in blocks(settings[data]["seeds"], per_job[data])
    ]


stage(
    "keck2012_data",
    "Make the generating fields of the artificial data.",
    says="keck2012: making the bars.",
    output="keck2012/data/bars.{key}.npz",
    settings={name: config["keck2012"]["bars"][name] for name in ("side", "background", "total", "samples")},
)

stage(
    "keck2012_fit",
    "Fit a grid of conditions to bars, for a block of seeds.",
    says="keck2012: fitting {wildcards.condition} to bars, seeds {wildcards.first} to {wildcards.last}.",
    inputs={"data": stored("keck2012_data")},
    output="keck2012/fits/bars/{condition}/seeds~{first}-{last}.{key}.npz",
    wildcards=("condition", "first", "last"),
    settings=lambda wildcards: keck2012.jobs.fit(config["keck2012"], wildcards.condition, "bars"),
    resumes=True,
    runtime=120,
)

stage(
    "keck2012_digits",
    "Fit a grid of conditions to MNIST digits, for a block of seeds, and read out classes.",
    says="keck2012: fitting {wildcards.condition} to digits, seeds {wildcards.first} to {wildcards.last}.",
    inputs={"data": stored("data_images", dataset="mnist")},
    output="keck2012/fits/digits/{condition}/seeds~{first}-{last}.{key}.npz",
    wildcards=("condition", "first", "last"),
    settings=lambda wildcards: keck2012.jobs.digits(config["keck2012"], wildcards.condition),
    gpu=True,
    resumes=True,
    mem_mb=6000,
    runtime=480,
)

stage(
    "keck2012_table",
    "Collect the fits that one figure needs into a tidy table.",
    says="keck2012: collecting the fits of {wildcards.figure}.",
    inputs={"fits": keck2012_fits},
    output="keck2012/tables/{figure}.{key}.csv",
    settings=lambda wildcards: {
        **keck2012.jobs.details(config["keck2012"], wildcards.figure),
        "scale": SCALE["keck2012"],
    },
    mem_mb=4000,
)

figure(
    "keck2012",
    "fig1",
    "Figure 1 (A-C): bars; fields, likelihood of network and EM, total weights.",
    inputs={"data": stored("keck2012_data"), "table": stored("keck2012_table", figure="fig1")},
)
figure(
    "keck2012",
    "fig2",
    "Figure 2 (D-F): MNIST; fields, likelihood of network and EM, classes from few labels.",
    inputs={"table": stored("keck2012_table", figure="fig2")},
    settings=keck2012.jobs.sizes(config["keck2012"]["digits"]),
)
figure(
    "keck2012",
    "fig3",
    "Figure 3 (G-J): learning rates, local optima, stimulus intensity, both mechanisms together.",
    inputs={
        "data": stored("keck2012_data"),
        "images": stored("data_images", dataset="mnist"),
        "table": stored("keck2012_table", figure="fig3"),
    },
    settings=keck2012.jobs.sizes(config["keck2012"]["digits"]),
)
