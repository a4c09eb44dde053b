"""Train a sigmoid RP generator on a recording, and show how well patterns drawn from it match the recording."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from homeostat import cli
from homeostat.device import resolve_device
from homeostat.files import atomic_path, save_npz, write_json
from homeostat.logs import progress
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.recordings import Recording
from homeostat.recordings.match import Match, match
from homeostat.rp.fitting import fit_many, with_factor
from homeostat.rp.partition import independent_bias
from homeostat.rp.projections import RPModels, random_models
from homeostat.rp.registry import rule_of
from homeostat.rp.result import FitResult
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.settings import Training
from homeostat.rp.storage import to_arrays
from homeostat.seeds import child, seed_sequence, stream

_COLOUR = "#D55E00"


def draw(path: Path, found: Match, recording: str) -> None:
    """Plot surrogate against recording: rates, correlations, population counts."""
    import homeostat.figures.style as style

    figure, axes = style.panels(1, 3, width=7.2, height=2.5)
    for ax, a, b, name in (
        (axes[0], found.rates_a, found.rates_b, "spike probability per bin"),
        (axes[1], found.correlations_a, found.correlations_b, "correlation of a pair"),
    ):
        limits = [min(a.min(), b.min()), max(a.max(), b.max())]
        ax.plot(limits, limits, color=style.GREY, lw=0.8)
        ax.plot(a, b, ".", ms=3, color=_COLOUR)
        ax.set(xlabel=f"{name}, {recording}", ylabel=f"{name}, surrogate")
    counts = np.arange(len(found.counts_a))
    for values, name, colour in (
        (found.counts_a, recording, "black"),
        (found.counts_b, "surrogate", _COLOUR),
    ):
        axes[2].semilogy(counts[values > 0], values[values > 0], color=colour, label=name)
    axes[2].set(xlabel="active neurons per bin", ylabel="probability")
    axes[2].legend()
    style.save(figure, path)


@dataclass(frozen=True)
class Settings:
    """What the generator is, and how it is trained."""

    projections: int
    in_degree: float
    slope: float
    threshold: float
    steps: int
    seed: int


def learned(options: Settings, recording: Recording, seed: np.random.SeedSequence, device: str) -> FitResult[RPModels]:
    """Return a model of the recording."""
    initial = random_models(
        recording.n_neurons,
        options.projections,
        [stream(options.seed, "generator", "projections")],
        in_degree=options.in_degree,
        slope=options.slope,
        threshold=options.threshold,
    )
    models, data = with_factor(initial, 0.5), [recording.spikes]
    # Weights first; then lambda alone, whose natural gradient settles the firing rates of all projections.
    stages = (
        ("weights", "backprop", Training(steps=options.steps, learning_rate=0.05, sweeps=1, batch=16384)),
        ("factors", "rp", Training(steps=100, optimizer="natural")),
    )
    for number, (name, rule, training) in enumerate(stages):
        with progress(name) as report:
            seeds = [child(seed, number)]
            fitted = fit_many(models, data, rule_of(rule), training, seeds, device=device, progress=report)
        models = fitted.models
    return fitted


def main() -> None:
    job = cli.job(__doc__, "recording")
    options = from_section(Settings, job.settings)
    device = resolve_device(job.device)
    parameters, described, picture = job.outputs
    recording = Recording.read(job.path("recording"))
    settings = {"n_projections" if name == "projections" else name: value for name, value in asdict(options).items()}
    seed = seed_sequence(options.seed, "generator")
    fitted = learned(options, recording, seed, device)
    rates = recording.spikes.mean(axis=0)[None]
    samples = sample_patterns(
        fitted.models,
        recording.n_bins,
        [child(seed, 2)],
        base=independent_bias(rates, recording.n_bins),
        second=list(fitted.chains),
        device=device,
    )[0]
    found = match(recording.spikes, samples)
    # The yardstick: how well one random half of the recording matches the other.
    order = stream(options.seed, "generator", "halves").permutation(recording.n_bins)
    half = recording.n_bins // 2
    halves = match(recording.spikes[order[:half]], recording.spikes[order[half:]])
    meta = provenance(
        device=device,
        recording=recording.name,
        content_sha256=recording.content_hash,
        bin_ms=recording.bin_ms,
        model=settings,
    )
    save_npz(parameters, to_arrays(fitted.models) | {"rates": rates}, meta)
    record = {
        "provenance": meta,
        "match": found.summary(),
        "match_of_two_halves_of_the_recording": halves.summary(),
        "legend": "a: recording (or first half); b: surrogate (or second half)",
    }
    write_json(described, record)
    with atomic_path(picture) as temporary:
        draw(temporary, found, recording.name)


if __name__ == "__main__":
    cli.run(main)
