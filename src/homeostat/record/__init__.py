"""Results of record: verdicts and plotted means of finished runs, kept in ``record/`` as data (docs/record.md)."""

from homeostat.extras import need

need(__name__, "pipeline", "pandas", "yaml")

from homeostat.record.curves import Curve, curves_of, digests
from homeostat.record.read import FOLDER, Record, best, largest, of_settings, read_all, read_record
from homeostat.record.settings import settings_of

__all__ = [
    "FOLDER",
    "Curve",
    "Record",
    "best",
    "curves_of",
    "digests",
    "largest",
    "of_settings",
    "read_all",
    "read_record",
    "settings_of",
]
