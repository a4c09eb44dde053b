# What the rules of mayzel2024 ask for: fits of a figure, flags of a training, files of a teacher.

from mayzel2024 import design as mayzel2024_design
from mayzel2024.conditions import Condition as Mayzel2024Condition


def mayzel2024_fits(figure):
    """Return the fits of one figure of mayzel2024 (or of `fig1_patterns`), and the label of each."""
    settings = config["mayzel2024"]
    pairs = [
        (
            store_path(
                "mayzel2024_fit",
                recording=TEACHER if data == mayzel2024_design.TEACHER else RECORDING,
                condition=condition.name,
                first=first,
                last=last,
            ),
            label,
        )
        for label, condition, data in mayzel2024_design.fits(figure, settings)
        for first, last in blocks(settings["seeds"], config["seeds_per_job"])
    ]
    return [path for path, _ in pairs], [label for _, label in pairs]


def mayzel2024_training(wildcards):
    """Return the flags that say how a condition of mayzel2024 is trained and measured."""
    settings = config["mayzel2024"]
    condition = Mayzel2024Condition.parse(wildcards.condition)
    kind = "sgd" if condition.optimizer == "sgd" else {"pruned": "rp"}.get(condition.model, condition.model)
    fig1 = settings["fig1"]
    flags = {
        "threshold": settings["threshold"],
        **{name: settings[name][kind] for name in ("steps", "learning_rate")},
        **{name: settings[name] for name in ("chains", "batch", "acceptance", "stopping", "tolerance")},
        "sweeps": settings["sweeps_per_step"],
        "ais": [settings["ais"]["chains"], settings["ais"]["temperatures"]],
        "prune": [fig1["prune_replacements"], fig1["prune_fraction"], fig1["prune_steps"]],
    }
    return as_flags(flags)


def mayzel2024_teacher(wildcards):
    """Return the teacher's parameters, for students that know its wiring."""
    if Mayzel2024Condition.parse(wildcards.condition).wiring == "random":
        return []
    return store_path("mayzel2024_teacher", recording=wildcards.recording.removesuffix("-teacher"))


# What mayzel2024_details collects for each figure that shows single projections.
MAYZEL2024_DETAILS = {"fig3": "projections course", "fig5": "projections", "fig5s1": "histograms"}


def mayzel2024_needs():
    """Return what each scale needs of a recording, as JSON: bins for training and test, and neurons."""
    its = {name: preset["mayzel2024"] for name, preset in load_presets(ROOT / "config").items()}
    bins = {name: settings["train_samples"] + settings["test_samples"] for name, settings in its.items()}
    neurons = {name: settings["neurons"] for name, settings in its.items()}
    return json.dumps({"bins": bins, "neurons": neurons})
