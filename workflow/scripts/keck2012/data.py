"""Make the artificial data's generating fields, and keep the sizes of the sets that are drawn from them."""

from dataclasses import asdict, dataclass

from homeostat import cli
from homeostat.files import save_npz
from homeostat.mixture.bars import bar_fields
from homeostat.parameters import from_section
from homeostat.provenance import provenance


@dataclass(frozen=True)
class Settings:
    """Edge of the square, intensity beside a bar, sum of a normalized pattern, and patterns of a seed."""

    side: int
    background: float
    total: float
    samples: int


def main() -> None:
    job = cli.job(__doc__)
    settings = from_section(Settings, job.settings)
    fields = bar_fields(settings.side, settings.total, background=settings.background)
    save_npz(job.output, {"fields": fields}, provenance(device="cpu", **asdict(settings)))


if __name__ == "__main__":
    cli.run(main)
