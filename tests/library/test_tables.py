"""Tables of fits: common columns are there and keep their types, by whichever way rows are given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from homeostat.conditions import Condition
from homeostat.errors import DataError
from homeostat.files import save_npz
from homeostat.provenance import provenance
from homeostat.tables import COMMON, read_csv, read_fits, read_table, write_table


@dataclass(frozen=True)
class Own(Condition):
    model: str
    size: int = 3


def rows(folder: Path) -> list[dict[str, Any]]:
    meta = provenance(device="cpu", condition="model~a_size~4+5", more=1)
    save_npz(folder / "fit.npz", {"y": np.array([0.1, 1e-17])}, meta)
    (fit,) = read_fits([folder / "fit.npz"], Own, "test")
    assert fit.conditions == [Own("a", 4), Own("a", 5)] and fit.settings["more"] == 1
    shared = fit.shared | {"data": "mine", "n_steps": 7}
    return [shared | {"seed": seed, "y": float(y), "unused": 0} for seed, y in enumerate(fit.arrays["y"])]


@pytest.mark.parametrize("as_frame", [False, True])
def test_a_table_is_read_as_it_was_written(as_frame: bool, tmp_path: Path) -> None:
    given = rows(tmp_path)
    write_table(tmp_path / "table.csv", pd.DataFrame(given) if as_frame else iter(given), ["y"])
    table = read_table(tmp_path / "table.csv")
    assert list(table) == [*COMMON, "y"]
    assert table["y"].tolist() == [0.1, 1e-17] and table["doubt"].tolist() == ["", ""]
    assert [type(table[name].iloc[0].item()) for name in ("seed", "n_steps", "diverged")] == [int, int, bool]
    assert table["fit"].unique().tolist() == ["model~a_size~4+5"] and table["data"].unique().tolist() == ["mine"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("word", ["NA", "None", "nan", "null", ""])
def test_words_that_pandas_takes_for_missing_values_stay_words(word: str, tmp_path: Path) -> None:
    given = [
        row | {"data": word, "doubt": word, "label": word, "y": y} for row in rows(tmp_path) for y in (1.5, np.nan)
    ]
    write_table(tmp_path / "table.csv", [*given, given[0] | {"label": "RP"}], ["label", "y"])
    table = read_table(tmp_path / "table.csv")
    assert table["data"].unique().tolist() == [word] and table["doubt"].unique().tolist() == [word]
    assert table["label"].tolist() == [word] * 4 + ["RP"]
    assert table["y"].isna().tolist() == [False, True, False, True, False]
    assert read_csv(tmp_path / "table.csv")["label"].equals(table["label"])


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": None}, "rows of a table of fits lack seed"),
        ({"n_steps": "7"}, "n_steps must be int, got '7'"),
        ({"diverged": 0}, "diverged must be bool, got "),
    ],
)
def test_rows_without_common_columns_are_refused(
    as_frame: bool, change: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    wrong = [{name: value for name, value in (row | change).items() if value is not None} for row in rows(tmp_path)]
    with pytest.raises(DataError, match=sentence):
        write_table(tmp_path / "table.csv", pd.DataFrame(wrong) if as_frame else wrong, ["y"])
    assert not (tmp_path / "table.csv").exists()
