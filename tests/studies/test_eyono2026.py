"""The study eyono2026: its design, its figures and claims on planted tables, and the whole way at test scale."""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from eyono2026_tables import EPSILONS, PLANTED, opposite, runs
from pipeline import ROOT, build, call, put
from scipy import stats

from eyono2026 import design, fig2, panels, table
from eyono2026.conditions import LABELS, Condition
from homeostat.claims import PREVIEWS, Claim, Tables, judge, load_claims
from homeostat.errors import ConfigError
from homeostat.figures import style
from homeostat.files import save_npz
from homeostat.images import ImageSet
from homeostat.inhibition import NETWORKS
from homeostat.inhibition.trainer import MEASURES

COLUMNS = {"panel", "condition", "seed", "network", "x", "y", "measure", "data", "scale", "device"}


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return load_claims(ROOT / "config" / "claims" / "eyono2026.yaml")


def test_every_network_has_a_label_and_a_colour() -> None:
    assert set(LABELS) == set(NETWORKS) and set(LABELS.values()) == set(panels.COLOURS)
    assert {kind for kinds in design.FIGURES.values() for kind in kinds} == set(NETWORKS)


def test_condition_and_its_name() -> None:
    condition = Condition(0.75, "inorm_full")
    assert condition.name == "epsilon~0.75_network~inorm_full" and Condition.parse(condition.name) == condition
    with pytest.raises(ConfigError, match="epsilon is missing"):
        Condition.parse("network~inorm")
    with pytest.raises(ConfigError, match="did you mean 'inorm_center'"):
        Condition(0.0, "inorm_centre")


def test_conditions_of_a_figure_are_its_networks_at_each_epsilon() -> None:
    assert design.fits("fig3", {"epsilons": [0, 0.5]})[1] == ("E/I", Condition(0.5, "ei"), "fashion_mnist")


def draw_all(folder: Path, world: dict[str, Any], monkeypatch: pytest.MonkeyPatch, scale: str = "paper") -> Tables:
    """Run the figures' programs on tables of a world; return their source data."""
    paths = []
    for figure, kinds in design.FIGURES.items():
        path = folder / f"{figure}_table.csv"
        runs([LABELS[kind] for kind in kinds], world, epochs=3 if figure == "fig4" else 1, scale=scale).to_csv(
            path, index=False
        )
        paths.append(folder / f"{figure}.csv")
        outputs = [str(paths[-1]), *([str(folder / f"{figure}.png")] if scale == "paper" else [])]
        monkeypatch.setattr(
            sys, "argv", [figure, "--table", str(path), "--settings", '{"best": 4}', "--output", *outputs]
        )
        importlib.import_module(f"eyono2026.{figure}").main()
    return Tables(paths)


def test_what_the_paper_says_is_reproduced_where_it_was_planted(
    claims: list[Claim], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = draw_all(tmp_path, PLANTED, monkeypatch)
    rows = [judge(claim, tables, ["fashion_mnist"]) for claim in claims]
    assert not [(row["id"], row["verdict"], row["value"]) for row in rows if row["verdict"] != "reproduced"]
    for figure in design.FIGURES:
        frame = pd.read_csv(tmp_path / f"{figure}.csv")
        assert set(frame.columns) == COLUMNS
        assert (tmp_path / f"{figure}.png").stat().st_size > 20_000
    shown = pd.read_csv(tmp_path / "fig6.csv")
    # The unit of replication is the configuration: tests compare 12 numbers with 12.
    means = shown[(shown["measure"] == "test accuracy") & (shown["x"] == 0.75)].set_index("condition")["y"]
    expected = stats.mannwhitneyu(means["I-Norm + decorrelate"], means["E-only, LN+"])
    written = shown[(shown["condition"] == "I-Norm + decorrelate") & (shown["x"] == 0.75)].set_index("measure")["y"]
    assert len(means["I-Norm + decorrelate"]) == 12
    assert written["Mann-Whitney U"] == expected.statistic and written["Mann-Whitney U"] == 0
    assert written["Mann-Whitney p"] == pytest.approx(expected.pvalue)


def test_nothing_is_reproduced_in_an_opposite_world(
    claims: list[Claim], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = draw_all(tmp_path, opposite(), monkeypatch, scale="paper")
    rows = [judge(claim, tables, ["fashion_mnist"]) for claim in claims]
    assert {row["verdict"] for row in rows} <= {"not reproduced", "inconclusive"}
    assert sum(row["verdict"] == "not reproduced" for row in rows) >= len(rows) - 1


def test_small_runs_give_previews_only(claims: list[Claim], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = draw_all(tmp_path, PLANTED, monkeypatch, scale="default")
    rows = [judge(claim, tables, ["fashion_mnist"]) for claim in claims]
    assert {row["verdict"] for row in rows} == {"points to"}
    assert all(row["value"] is not None for row in rows)


def test_claims_are_those_of_the_spec(claims: list[Claim]) -> None:
    assert {claim.id[:4] for claim in claims} == {
        "C2.1", "C2.2", "C3.1", "C3.2", "C4.1", "C4.2", "C5.1", "C5.2", "C6.1", "C6.2", "C7.1"
    }  # fmt: skip
    assert [claim.id for claim in claims] == sorted(claim.id for claim in claims)
    assert {claim.figure for claim in claims} == set(design.FIGURES)


def test_spread_is_split_into_that_over_configurations_and_that_over_networks() -> None:
    random = np.random.default_rng(0)
    frame = runs(["E/I"], PLANTED, configurations=400, networks=4)
    frame["test accuracy"] = np.repeat(random.normal(80, 3.0, 1600), 4) + random.normal(0, 1.0, len(frame))
    found = fig2.spreads(frame).set_index(["measure", "x"])["y"]
    for epsilon in EPSILONS:
        assert found[fig2.BETWEEN, epsilon] == pytest.approx(3.0, rel=0.1)
        assert found[fig2.WITHIN, epsilon] == pytest.approx(1.0, rel=0.1)


def test_best_configurations_are_chosen_by_each_kind_of_images() -> None:
    frame = runs(["E/I"], PLANTED, configurations=5, networks=1).query("epsilon == 0").copy()
    frame["test accuracy"], frame["validation accuracy"] = [1.0, 2, 3, 4, 5], [5.0, 4, 3, 2, 1]
    rows = panels.best_rows(frame, "B", "test accuracy", ["E/I"], 2).groupby("measure")["seed"].agg(set)
    assert rows["test accuracy, best on validation"] == {0, 1}
    assert rows["test accuracy, best on test (the paper's choice)"] == {3, 4}


def test_histograms_count_every_network() -> None:
    values = [-0.31, 0.0, 0.2, 0.6, 0.61, 1.0]
    rows = pd.DataFrame({"condition": "I-Norm", "measure": "cosine of a network", "x": 0.75, "y": values})
    figure, ax = style.panels(1, 1)
    panels.histogram(ax, rows, "cosine", ["I-Norm"], np.linspace(0.0, 0.6, 49))
    style.plt.close(figure)
    assert sum(bar.get_height() for bar in ax.patches) == len(values)
    assert {round(bar.get_width(), 6) for bar in ax.patches} == {0.0125}


def test_diverged_networks_stay_in_the_table_and_in_means_of_accuracy(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {name: np.full((1, 2, 3), 0.9) for name in MEASURES}
    arrays["test_accuracy"][0, 1], arrays["mean"][0, 1] = 0.1, np.nan
    arrays["test_accuracy"][..., :-1] = 0.3  # earlier epochs
    arrays |= {"diverged": np.array([[False, True]]), "configuration": np.array([4])}
    arrays |= {name: np.array([1.0]) for name in table.CONFIGURATION}
    settings = {"condition": "epsilon~0.5_network~inorm_scale", "data": {"images": {"name": "fashion_mnist"}}}
    save_npz(tmp_path / "run.npz", arrays, {"settings": settings, "device": "cpu"})
    given = ("--fits", tmp_path / "run.npz", "--output", tmp_path / "table.csv")
    call(table, *given, settings={"every_epoch": False, "scale": "test"})
    found = pd.read_csv(tmp_path / "table.csv")
    assert found["diverged"].tolist() == [False, True] and found["epoch"].tolist() == [3, 3]
    assert found["seed"].tolist() == [4, 4] and found["network"].tolist() == [0, 1]
    mean = panels.averaged(found).iloc[0]
    assert mean["test accuracy"] == pytest.approx(50.0) and mean["first moment"] == pytest.approx(0.9)
    call(table, *given, settings={"every_epoch": True, "scale": "test"})
    course = pd.read_csv(tmp_path / "table.csv").query("network == 0").set_index("epoch")["test accuracy"]
    assert course.to_dict() == pytest.approx({1: 30.0, 2: 30.0, 3: 90.0})
    assert "1 networks diverged" in panels.describe(found)


def synthetic_images() -> ImageSet:
    """Return an image set of the size of Fashion-MNIST's pictures, so that no download is needed."""
    random = np.random.default_rng(0)
    parts = []
    for count in (1000, 300):
        labels = random.integers(0, 10, count).astype(np.uint8)
        pictures = random.integers(0, 80, (count, 28, 28))
        for index, label in enumerate(labels):
            pictures[index, 2 * label : 2 * label + 6] += 150
        parts += [pictures.astype(np.uint8), labels]
    return ImageSet("synthetic_patches", *parts)


@pytest.mark.slow
def test_the_whole_way_at_test_scale(claims: list[Claim], tmp_path: Path) -> None:
    # The rule that would decode Fashion-MNIST finds its file in place.
    put(tmp_path, "data/images/fashion_mnist", synthetic_images(), "eyono2026")
    build(tmp_path, "eyono2026", "eyono2026_claims", config=("studies=eyono2026",), timeout=600)
    for number in range(1, 8):
        path = tmp_path / f"results/figures/eyono2026/fig{number}.csv"
        frame = pd.read_csv(path)
        assert set(frame.columns) == COLUMNS
        assert set(frame["data"]) == {"synthetic_patches"} and set(frame["scale"]) == {"test"}
        assert set(frame["device"]) == {"cpu"} and path.stat().st_size < 5_000_000
        assert frame["y"].notna().mean() > 0.5
        for kind in ("pdf", "png"):
            assert path.with_suffix(f".{kind}").stat().st_size > 5000
    accuracy = pd.read_csv(tmp_path / "results/figures/eyono2026/fig5.csv").query("panel == 'C'")
    means = accuracy[accuracy["measure"] == "test accuracy"].set_index(["condition", "seed"])["y"]
    single = accuracy[accuracy["measure"] == "test accuracy of a network"].groupby(["condition", "seed"])["y"].mean()
    pd.testing.assert_series_equal(means.sort_index(), single.sort_index(), check_names=False)
    assert accuracy["y"].between(0, 100).all() and accuracy["y"].mean() > 15
    verdicts = pd.read_csv(tmp_path / "results/claims/eyono2026.csv")
    assert len(verdicts) == len(claims) and set(verdicts["verdict"]) <= {*PREVIEWS, "missing"}
    # The test scale leaves out ε = 0, and with it what two claims are about and what a third compares.
    assert set(verdicts.loc[verdicts["verdict"] == "missing", "id"]) == {"C2.1b", "C6.1f", "C6.1h"}
    assert not list((tmp_path / "results").rglob("*.part*")) and not (tmp_path / "results/checkpoints").exists()
