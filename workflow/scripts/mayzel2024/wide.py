"""Merge bins of a recording, so that so many become one."""

from homeostat import cli
from homeostat.files import load_npz
from homeostat.provenance import provenance
from homeostat.recordings import Recording
from homeostat.recordings.resize import merge_bins


def main() -> None:
    job = cli.job(__doc__, "recording")
    _, origin = load_npz(job.path("recording"))
    wide = merge_bins(Recording.read(job.path("recording")), job.settings["bins"])
    wide.save(job.output, provenance(device="cpu", bins=job.settings["bins"], merged_from=origin))


if __name__ == "__main__":
    cli.run(main)
