"""Turn a fetched dataset, or the user's own file, into a checked recording (NPZ of binary words)."""

import logging
from dataclasses import dataclass
from inspect import signature
from typing import Any

from homeostat import cli, planned
from homeostat.datasets import Dataset, find, load_table, read_recording
from homeostat.datasets.verify import check_fetched, digest
from homeostat.errors import ConfigError
from homeostat.parameters import from_section
from homeostat.provenance import provenance
from homeostat.recordings import Recording, read_spikes, statistics
from homeostat.recordings.left_out import lines
from homeostat.recordings.remote import identity

log = logging.getLogger("recording")


@dataclass(frozen=True)
class Settings:
    """What is read, and how.

    Attributes
    ----------
    reading
        Keyword arguments of :func:`homeostat.recordings.read_spikes`; those that are not given are the table's, or the
        library's own.
    dataset
        The name of a fetched dataset in the table.
    own
        The name that the user's own file gets.
    remote, identity
        The address of the user's own file on a server, and its size, ETag and date when the run was planned.
    """

    reading: dict[str, Any]
    dataset: str | None = None
    own: str | None = None
    remote: str | None = None
    identity: list[Any] | None = None


def read(job: cli.Job, settings: Settings, dataset: Dataset | None) -> Recording:
    unknown = set(settings.reading) - set(signature(read_spikes).parameters)
    if unknown:
        raise ConfigError(f"there is no such option of reading: {', '.join(sorted(unknown))}")
    if settings.remote:
        return read_spikes(settings.remote, name=settings.own, **settings.reading)
    if dataset is None:
        # In a folder of Phy, the spike times come first.
        return read_spikes(job.inputs["source"][0], name=settings.own, **settings.reading)
    raw = job.path("raw").parent
    if dataset.kind == "recording":
        check_fetched(dataset, raw)
    return read_recording(dataset, raw, **settings.reading)


def main() -> None:
    job = cli.job(__doc__, "raw", "source")
    settings = from_section(Settings, job.settings)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    dataset = find(load_table(), settings.dataset) if settings.dataset else None
    recording = read(job, settings, dataset)
    summary = statistics(recording)
    for line in lines(recording.left_out):
        log.warning("%s", line)
    log.info(
        "%s: %d bins of %g ms, %d neurons, mean rate %.4f per bin, %.2f %% silent bins, "
        "%d distinct patterns, mean correlation %.4f",
        recording.name,
        recording.n_bins,
        recording.bin_ms,
        recording.n_neurons,
        summary.mean_rate,
        100 * summary.silent_fraction,
        summary.distinct_patterns,
        summary.mean_correlation,
    )
    if settings.remote:
        _save_remote(recording, settings, job)
        return
    origin = {"licence": dataset.licence, "citation": dataset.citation} if dataset else {}
    if dataset:
        source, content = dataset.name, digest(job.path("raw").parent / dataset.files[0].name, "sha256")
    else:
        source, content = str(job.inputs["source"][0]), job.own_hashes("source")[0]
    recording.save(
        job.output, provenance(device="cpu", source=source, sha256=content, **origin, options=settings.reading)
    )


def _save_remote(recording: Recording, settings: Settings, job: cli.Job) -> None:
    """Save what came from a server, unless the file there is another one than when the run was planned."""
    assert settings.remote is not None
    found = list(identity(settings.remote))
    if found != settings.identity:
        planned.refuse(settings.remote)
    meta = provenance(device="cpu", source=settings.remote, identity=found, options=settings.reading)
    recording.save(job.output, meta)


if __name__ == "__main__":
    cli.run(main)
