# Krishna et al. 2024: offline reactivation in noisy recurrent networks.
# data (test trajectories) -> train (one job per condition and block of seeds) -> replay (awake and quiescent runs of
# one family of networks) -> table (per figure) -> figures.

import krishna2024.design
import krishna2024.jobs

study("krishna2024", "Krishna et al. 2024")


def krishna2024_threads(wildcards):
    """Return the threads of a job that can use a GPU, which is fed batches and measured by the CPU."""
    return 4 if gpu_count(wildcards) else 1


def krishna2024_networks(wildcards):
    """Return the trained networks of a family, for one block of seeds."""
    return [
        store_path("krishna2024_train", condition=condition.name, first=wildcards.first, last=wildcards.last)
        for condition in krishna2024.design.FAMILIES[wildcards.family]
    ]


def krishna2024_replays(wildcards):
    """Return the measured runs that a figure shows."""
    return [
        store_path("krishna2024_replay", family=krishna2024.design.FIGURES[wildcards.figure], first=first, last=last)
        for first, last in blocks(config["krishna2024"]["seeds"], config["seeds_per_job"])
    ]


stage(
    "krishna2024_data",
    "Draw the test trajectories and place cells of a block of seeds.",
    says="krishna2024: drawing test trajectories of seeds {wildcards.first} to {wildcards.last}.",
    output="krishna2024/data/seeds~{first}-{last}.{key}.npz",
    wildcards=("first", "last"),
    settings=krishna2024.jobs.data(config["krishna2024"]),
)

stage(
    "krishna2024_train",
    "Train the networks of one condition for a block of seeds.",
    says="krishna2024: training {wildcards.condition}, seeds {wildcards.first} to {wildcards.last}.",
    inputs={"data": stored("krishna2024_data")},
    output="krishna2024/fits/{condition}/seeds~{first}-{last}.{key}.npz",
    wildcards=("condition", "first", "last", "threads"),
    settings=lambda wildcards: krishna2024.jobs.train(config["krishna2024"], wildcards.condition),
    gpu=True,
    resumes=True,
    threads=krishna2024_threads,
    mem_mb=3000,
    runtime=480,
)

stage(
    "krishna2024_replay",
    "Run the networks of one family awake and quiescent, and measure what they do.",
    says="krishna2024: replaying {wildcards.family}, seeds {wildcards.first} to {wildcards.last}.",
    inputs={"data": stored("krishna2024_data"), "fits": krishna2024_networks},
    output="krishna2024/replays/{family}/seeds~{first}-{last}.{key}.npz",
    settings=config["krishna2024"]["quiescence"],
    gpu=True,
    threads=krishna2024_threads,
    mem_mb=4000,
    runtime=240,
)

stage(
    "krishna2024_table",
    "Collect what one figure shows into a tidy table.",
    says="krishna2024: collecting the measures of {wildcards.figure}.",
    inputs={"replays": krishna2024_replays},
    output="krishna2024/tables/{figure}.{key}.csv",
    wildcards=("figure",),
    settings={"scale": SCALE["krishna2024"]},
)

for name, about in {
    "fig1": "Figure 1: networks that know their position, awake and quiescent.",
    "fig2": "Figure 2: biased walks, divergences and variance of quiescence.",
    "fig3": "Figure 3: networks that know their head direction.",
    "figC1": "Figure C.1: quiescence with the noise of training.",
    "figC2": "Figure C.2: gated networks.",
    "figC3": "Figure C.3: single quiescent trajectories.",
    "figC4": "Figure C.4: distances of a step, awake and quiescent.",
    "figC5": "Figure C.5: heads that turn one way.",
    "figC6": "Figure C.6 (ours): is quiescence sampled or inherited from its starting states?",
}.items():
    figure("krishna2024", name, about, inputs={"table": stored("krishna2024_table", figure=name)})
