# What the rules of eyono2026 ask for: runs of a figure, flags of a training.

from eyono2026 import design as eyono2026_design


def eyono2026_runs(wildcards):
    """Return the runs of one figure of eyono2026."""
    settings = config["eyono2026"]
    return [
        store_path("eyono2026_train", dataset=data, condition=condition.name, first=first, last=last)
        for _, condition, data in eyono2026_design.fits(wildcards.figure, settings)
        for first, last in blocks(settings["configurations"], settings["configurations_per_job"])
    ]


def eyono2026_training():
    """Return the flags that say how every condition of eyono2026 is trained."""
    settings = config["eyono2026"]
    plain = {name: settings[name] for name in ("networks", "epochs", "batch", "label_smoothing", "local_weight")}
    ranges = ("learning_rate", "wei_rate", "wix_rate", "width")
    return as_flags(plain | {name: [settings[name]["low"], settings[name]["high"]] for name in ranges})


EYONO2026_DATA = eyono2026_design.DATA
