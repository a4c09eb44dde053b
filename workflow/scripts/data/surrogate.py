"""Draw a surrogate recording from the embedded RP generator of a real one."""

from dataclasses import asdict, dataclass

from homeostat import cli
from homeostat.files import load_npz
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.recordings import Recording
from homeostat.recordings.left_out import from_records
from homeostat.rp.partition import independent_bias
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.storage import from_arrays
from homeostat.seeds import seed_sequence


@dataclass(frozen=True)
class Settings:
    """The name of the recording to make, patterns to draw, and how chains draw them."""

    name: str
    samples: int
    chains: int
    burn_in: int
    thin: int
    seed: int


def main() -> None:
    job = cli.job(__doc__, "generator")
    settings = from_section(Settings, job.settings)
    arrays, meta = load_npz(job.path("generator"))
    source = meta["settings"]
    spikes = sample_patterns(
        from_arrays(arrays),
        settings.samples,
        [seed_sequence(settings.seed, "surrogate", settings.name)],
        # The rates of the recording that the generator was trained on: where chains start.
        base=independent_bias(arrays["rates"], settings.samples),
        chains=settings.chains,
        burn_in=settings.burn_in,
        thin=settings.thin,
    )[0]
    recording = Recording(
        spikes=spikes,
        bin_ms=source["bin_ms"],
        units=[str(index) for index in range(spikes.shape[1])],
        name=settings.name,
        left_out=from_records(source.get("left_out", [])),
    )
    sampling = {key: value for key, value in asdict(settings).items() if key != "name"}
    recording.save(job.output, provenance(device="cpu", generator=source, sampling=sampling))


if __name__ == "__main__":
    cli.run(main)
