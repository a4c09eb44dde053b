# Henha Eyono et al. 2026: inhibition that normalizes activity and errors, on Fashion-MNIST.
# data -> train (one job per condition and block of configurations) -> table (per figure) -> figures.

import eyono2026.design
import eyono2026.jobs

study("eyono2026", "Henha Eyono et al. 2026")


def eyono2026_runs(wildcards):
    """Return the runs of one figure."""
    settings = config["eyono2026"]
    return [
        store_path("eyono2026_train", dataset=data, condition=condition.name, first=first, last=last)
        for _, condition, data in eyono2026.design.fits(wildcards.figure, settings)
        for first, last in blocks(settings["configurations"], settings["configurations_per_job"])
    ]


stage(
    "eyono2026_data",
    "Deal the images to training, validation and test.",
    says="eyono2026: preparing the images of {wildcards.dataset}.",
    inputs={"images": stored("data_images")},
    output="eyono2026/data/{dataset}.{key}.npz",
    settings={
        "train": config["eyono2026"]["train_images"],
        "validation": config["eyono2026"]["validation_images"],
        "test": config["eyono2026"]["test_images"],
    },
)

stage(
    "eyono2026_train",
    "Train one condition for a block of hyper-parameter configurations, and measure it after each epoch.",
    says="eyono2026: training {wildcards.condition}, configurations {wildcards.first} to {wildcards.last}.",
    inputs={"data": stored("eyono2026_data")},
    output="eyono2026/fits/{dataset}/{condition}/configurations~{first}-{last}.{key}.npz",
    wildcards=("condition", "first", "last"),
    settings=eyono2026.jobs.train(config["eyono2026"]),
    gpu=True,
    resumes=True,
    mem_mb=4000,
    runtime=120,
)

stage(
    "eyono2026_table",
    "Collect the runs that one figure needs into a tidy table.",
    says="eyono2026: collecting the runs of {wildcards.figure}.",
    inputs={"fits": eyono2026_runs},
    output="eyono2026/tables/{figure}.{key}.csv",
    settings=lambda wildcards: {"every_epoch": wildcards.figure == "fig4", "scale": SCALE["eyono2026"]},
)

figure(
    "eyono2026",
    "fig1",
    "Figure 1: the I-Norm layer, and the stimuli.",
    inputs={"data": stored("eyono2026_data", dataset=eyono2026.design.DATA)},
    settings={"epsilon": max(config["eyono2026"]["epsilons"]), "scale": SCALE["eyono2026"]},
)

for name, about in {
    "fig2": "Figure 2: LayerNorm in E/I networks, and without inhibition.",
    "fig3": "Figure 3: moments of activity under learned inhibition.",
    "fig4": "Figure 4: activity normalized, errors not.",
    "fig5": "Figure 5: activity and errors normalized.",
    "fig6": "Figure 6: parts of the normalization of errors.",
    "fig7": "Figure 7: errors centered by lateral inhibition.",
}.items():
    table = stored("eyono2026_table", figure=name)
    figure("eyono2026", name, about, inputs={"table": table}, settings={"best": config["eyono2026"]["best"]})
