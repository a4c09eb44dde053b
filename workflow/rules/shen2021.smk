# Shen, Wang & Navlakha 2021: normalization strategies of LeNet5 as homeostasis.
# data -> train (one job per condition and block of seeds) -> table (per figure) -> figures.

import shen2021.design
import shen2021.jobs

study("shen2021", "Shen, Wang & Navlakha 2021")


def shen2021_fits(wildcards):
    """Return the fits of one figure."""
    settings = config["shen2021"]
    return [
        store_path("shen2021_train", images=images, condition=condition.name, first=first, last=last)
        for _, condition, images in shen2021.design.fits(wildcards.name, settings)
        for first, last in blocks(settings["seeds"], config["seeds_per_job"])
    ]


stage(
    "shen2021_data",
    "Fit an image set to the study: colour planes, sizes, a mixed test order.",
    says="shen2021: preparing the images of {wildcards.images}.",
    inputs={"images": INPUTS.images},
    output="shen2021/data/{images}.{key}.npz",
    settings={"train": config["shen2021"]["train_images"], "test": config["shen2021"]["test_images"]},
    mem_mb=3000,
)

stage(
    "shen2021_train",
    "Train the networks of one condition for a block of seeds, and measure them on the test set.",
    says="shen2021: training {wildcards.condition} on {wildcards.images}, seeds {wildcards.first} to {wildcards.last}.",
    inputs={"data": stored("shen2021_data")},
    output="shen2021/fits/{images}/{condition}/seeds~{first}-{last}.{key}.npz",
    wildcards=("condition", "first", "last"),
    settings=lambda wildcards: shen2021.jobs.train(config["shen2021"], wildcards.condition),
    gpu=True,
    resumes=True,
    mem_mb=3000,
    runtime=240,
)

stage(
    "shen2021_table",
    "Collect the fits that one figure needs into a tidy table.",
    says="shen2021: collecting the fits of {wildcards.name}.",
    inputs={"fits": shen2021_fits},
    output="shen2021/tables/{name}.{key}.csv",
    settings=lambda wildcards: {"units": wildcards.name != "learning_rates", "scale": SCALE["shen2021"]},
)

for name, about in {
    "fig2": "Figure 2: accuracy, activation, outputs and alphas of six networks.",
    "fig3": "Figure 3: the same on a second image set.",
    "learning_rates": "Robustness of batch normalization and synaptic scaling to the learning rate.",
}.items():
    figure("shen2021", name, about, inputs={"table": stored("shen2021_table", name=name)})
