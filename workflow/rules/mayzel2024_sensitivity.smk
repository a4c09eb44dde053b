# mayzel2024: how much its results depend on bins, neurons, training bins, slope, threshold and split (ours).
# Each figure varies one choice; a varied recording or fit has the choice in the recording's name (variants.py).


def mayzel2024_varied(wildcards):
    """Return each fit of a sensitivity figure with its recording as it is varied."""
    found, recording = [], mayzel2024_on(wildcards)
    split = config["recording_options"]["split"]
    for each in mayzel2024.sensitivity_design.fits(wildcards.varied, config["mayzel2024"], split):
        found += [
            (each, Variant(recording, each.changes), seeds)
            for seeds in blocks(config["mayzel2024"]["seeds"], config["seeds_per_job"])
        ]
    return found


def mayzel2024_varied_recordings(varied):
    """Return the names of the data of such fits, each once."""
    return list(dict.fromkeys(variant.of_data.name for _, variant, _ in varied))


def mayzel2024_varied_data(wildcards):
    """Return the data of a sensitivity figure's fits, each once."""
    names = mayzel2024_varied_recordings(mayzel2024_varied(wildcards))
    return [store_path("mayzel2024_data", recording=name) for name in names]


def mayzel2024_varied_fits(wildcards):
    """Return the files of a sensitivity figure's fits."""
    return [
        store_path("mayzel2024_fit", recording=variant.name, condition=each.condition.name, first=first, last=last)
        for each, variant, (first, last) in mayzel2024_varied(wildcards)
    ]


def mayzel2024_varied_shown(wildcards):
    """Return what the table of a sensitivity figure is told: of each fit its label, its value and its data."""
    varied = mayzel2024_varied(wildcards)
    names = mayzel2024_varied_recordings(varied)
    return {
        "labels": [each.label for each, _, _ in varied],
        "values": [each.value for each, _, _ in varied],
        "of_data": [names.index(variant.of_data.name) for _, variant, _ in varied],
        "scale": scale_on("mayzel2024", mayzel2024_on(wildcards)),
        "needs": mayzel2024.jobs.needs(PRESETS),
    }


stage(
    "mayzel2024_wide",
    "Make wider bins of a recording.",
    says="mayzel2024: {wildcards.bins} bins of {wildcards.recording} become one.",
    inputs={"recording": INPUTS.recording_of},
    output="data/recordings/{recording}+bins~{bins}.{key}.npz",
    settings=lambda wildcards: {"bins": int(wildcards.bins)},
    mem_mb=4000,
)

stage(
    "mayzel2024_varied",
    "Collect the fits of one sensitivity figure into a table.",
    says="mayzel2024: collecting the fits of sensitivity_{wildcards.varied}.",
    inputs={"data": mayzel2024_varied_data, "fits": mayzel2024_varied_fits},
    output=f"mayzel2024/tables/{EACH}sensitivity_{{varied}}.{{key}}.csv",
    settings=mayzel2024_varied_shown,
    mem_mb=4000,
)

for name in SENSITIVITY:
    figure(
        "mayzel2024",
        f"sensitivity_{name}",
        f"How much results depend on the {mayzel2024.sensitivity_design.FIGURES[name]} (ours).",
        inputs={"table": stored("mayzel2024_varied", varied=name)},
        settings={"name": name, "budgets": config["mayzel2024"]["sensitivity"]["budgets"]},
        place=EACH,
        program="mayzel2024.sensitivity",
        judged=False,
    )
