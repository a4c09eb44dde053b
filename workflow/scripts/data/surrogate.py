"""Draw a surrogate recording from the embedded RP generator of a real one."""

import argparse
from pathlib import Path

from homeostat import cli
from homeostat.files import load_npz
from homeostat.provenance import provenance
from homeostat.recordings import Recording
from homeostat.recordings.left_out import from_records
from homeostat.rp.partition import independent_bias
from homeostat.rp.sampling import sample_patterns
from homeostat.rp.storage import from_arrays
from homeostat.seeds import seed_sequence


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--name", required=True, help="name of the recording to make")
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--chains", type=int, required=True)
    parser.add_argument("--burn-in", type=int, required=True)
    parser.add_argument("--thin", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    arrays, meta = load_npz(options.generator)
    source = meta["settings"]
    spikes = sample_patterns(
        from_arrays(arrays),
        options.samples,
        [seed_sequence(options.seed, "surrogate", options.name)],
        # The rates of the recording that the generator was trained on: where chains start.
        base=independent_bias(arrays["rates"], options.samples),
        chains=options.chains,
        burn_in=options.burn_in,
        thin=options.thin,
    )[0]
    recording = Recording(
        spikes=spikes,
        bin_ms=source["bin_ms"],
        units=[str(index) for index in range(spikes.shape[1])],
        name=options.name,
        left_out=from_records(source.get("left_out", [])),
    )
    settings = {key: getattr(options, key) for key in ("samples", "chains", "burn_in", "thin", "seed")}
    recording.save(options.output, provenance(device="cpu", generator=source, sampling=settings))


if __name__ == "__main__":
    cli.run(main)
