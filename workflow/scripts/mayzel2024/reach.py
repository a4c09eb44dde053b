"""The scale of the study on a recording: not a part of study.py, since no fit depends on it."""

from collections.abc import Mapping

from homeostat.scale import limited
from mayzel2024.study import StudyData


def scale_on(data: StudyData, scale: str, needs: Mapping[str, Mapping[str, int]]) -> str:
    """Return the scale of settings on a recording.

    ``scale`` is that of the settings; ``needs`` is what each shipped scale needs of a recording's ``bins`` and
    ``neurons``.
    """
    return limited(scale, {"bins": data.n_train + data.n_test, "neurons": data.recording.n_neurons}, needs)
