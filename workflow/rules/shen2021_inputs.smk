# What the rules of shen2021 ask for: fits of a figure, test batches and times of evaluation of a training.

from shen2021 import design as shen2021_design
from shen2021.conditions import Condition as Shen2021Condition


def shen2021_fits(figure):
    """Return the fits of one figure of shen2021."""
    settings = config["shen2021"]
    return [
        store_path("shen2021_train", images=images, condition=condition.name, first=first, last=last)
        for _, condition, images in shen2021_design.fits(figure, settings)
        for first, last in blocks(settings["seeds"], config["seeds_per_job"])
    ]


def shen2021_recording(wildcards):
    """Return the flags that say when and with which test batches a condition of shen2021 is evaluated."""
    settings = config["shen2021"]
    iterations = Shen2021Condition.parse(wildcards.condition).iterations
    flags = {
        "evaluate_at": shen2021_design.evaluations(settings, iterations),
        "test_batches": settings["test_batches"],
    }
    return as_flags(flags)


def shen2021_sizes(wildcards):
    """Return the flags that limit the number of images."""
    return as_flags({"train": config["shen2021"]["train_images"], "test": config["shen2021"]["test_images"]})
