"""shen2021 from image sets to figures, at the size of config/test.yaml, and what its design asks for."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from normalization_examples import image_set
from pipeline import ROOT, build, put

from homeostat.claims import PREVIEWS
from homeostat.files import load_npz
from homeostat.images import ImageSet
from shen2021 import design, jobs
from shen2021.conditions import Condition

DEFAULT = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["shen2021"]
OVERLAY = yaml.safe_load((ROOT / "config" / "test.yaml").read_text())["shen2021"]
TEST = DEFAULT | {key: DEFAULT[key] | value if isinstance(value, dict) else value for key, value in OVERLAY.items()}
ONLY = ("studies=shen2021",)
COLUMNS = {"panel", "condition", "seed", "x", "y", "measure", "data", "scale", "device"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with image sets in place of CIFAR-10 and MNIST, so that nothing is fetched, and the study built."""
    folder = tmp_path_factory.mktemp("shen2021")
    bars = image_set(2000, 400)
    made = ImageSet("cifar10", bars.train_images, bars.train_labels, bars.test_images, bars.test_labels)
    put(folder, "data/images/cifar10", made, "shen2021")
    rng = np.random.default_rng(0)
    strokes = np.zeros((400, 28, 28), np.uint8)
    labels = rng.integers(0, 10, 400)
    for image, label in zip(strokes, labels, strict=True):
        image[4:24, 2 * label + 3 : 2 * label + 7] = 255
    mnist = ImageSet("mnist", strokes, labels, strokes[:200], labels[:200])
    put(folder, "data/images/mnist", mnist, "shen2021")
    build(folder, "shen2021", "results/claims/shen2021.csv", config=ONLY, timeout=600)
    return folder


@pytest.mark.slow
def test_figures_have_their_three_files_and_tidy_numbers(folder: Path) -> None:
    for name in ("fig2", "fig3", "learning_rates"):
        path = folder / "results/figures/shen2021" / name
        rows = pd.read_csv(path.with_suffix(".csv"))
        assert set(rows.columns) >= COLUMNS
        assert set(rows["scale"]) == {"test"} and set(rows["device"]) == {"cpu"} and set(rows["seed"]) == {0, 1}
        assert set(rows["data"]) == ({"street_digits"} if name == "fig3" else {"cifar10"})
        assert np.isfinite(rows["y"]).all()
        for kind in ("pdf", "png"):
            assert path.with_suffix(f".{kind}").stat().st_size > 5000
    assert not list(folder.rglob("*.part*"))
    assert not list((folder / "results/checkpoints").rglob("*.npz"))


@pytest.mark.slow
def test_panels_hold_what_they_should(folder: Path) -> None:
    rows = pd.read_csv(folder / "results/figures/shen2021/fig2.csv")
    six = set(rows["condition"])
    assert len(six) == 6 and set(rows["panel"]) == set("ABCDE")
    by = dict(list(rows.groupby("measure")))
    assert set(by["alpha, fc1"]["condition"]) == {"SynapticScaling", "ScaleOnly"}
    assert len(by["probability, fc1"]) == 6 * 2 * 120 and len(by["probability, fc2"]) == 6 * 2 * 84
    assert by["probability, fc1"]["y"].between(0, 1).all()
    assert by["final test accuracy"]["x"].unique().tolist() == [100, 32, 400]
    heat = by["probability in a batch, fc1"]
    assert set(heat["seed"]) == {0} and np.allclose(heat["y"] * 32, np.round(heat["y"] * 32), atol=1e-3)
    assert heat["iteration"].max() == 60
    # What taking out the mean does to single units is known: about half of the images are above it.
    centred = by["probability, fc1"].query("condition in ('SynapticScaling', 'MeanOnly')")
    assert abs(centred["y"].mean() - 0.5) < 0.1
    # The bars are learned, by normalized networks at least.
    last = by["test accuracy"].query("condition == 'BatchNorm' and x == 60")
    assert last["y"].mean() > 25
    assert set(pd.read_csv(folder / "results/figures/shen2021/fig3.csv")["panel"]) == set("ABCD")
    rates = pd.read_csv(folder / "results/figures/shen2021/learning_rates.csv")
    assert set(rates.query("panel == 'A'")["x"]) == {0.003, 0.1}
    claims = pd.read_csv(folder / "results/claims/shen2021.csv")
    # At this scale there are no iteration 500 and no learning rates 0.01 and 0.02.
    absent = {"C2.2d", "C4.1a", "C4.1b", "C4.1d", "C4.1e", "C4.2a", "C4.2b"}
    assert set(claims.loc[claims["verdict"] == "missing", "id"]) <= absent
    assert set(claims["verdict"]) <= {*PREVIEWS, "missing"}


@pytest.mark.slow
def test_finished_study_has_nothing_to_do_and_other_blocks_give_the_same_networks(folder: Path) -> None:
    assert "Nothing to be done" in build(folder, "shen2021", config=ONLY)
    condition = design.learning_rates(TEST)[0]
    blocks = (*ONLY, "seeds_per_job=1")
    build(folder, "shen2021_learning_rates", flags=("--until", "shen2021_train"), config=blocks)
    fits = folder / "results/store/shen2021/fits/cifar10" / condition.name
    (alone,), (together,) = fits.glob("seeds~1-1.*.npz"), fits.glob("seeds~0-1.*.npz")
    (one, _), (both, _) = load_npz(alone), load_npz(together)
    assert np.array_equal(one["rows"][0], both["rows"][1]) and np.array_equal(one["accuracy"][0], both["accuracy"][1])


def test_figures_share_fits_of_equal_conditions() -> None:
    six, rates = ([entry.condition for entry in design.fits(name, DEFAULT)] for name in ("fig2", "learning_rates"))
    assert {entry.data for entry in design.fits("learning_rates", DEFAULT)} == {DEFAULT["fig2"]["images"]}
    assert {c.normalization for c in set(six) & set(rates)} == {"BatchNorm", "SynapticScaling"}
    assert len({c.name for c in (*six, *rates)}) == len(set(six) | set(rates))


@pytest.mark.parametrize("settings", [TEST, DEFAULT], ids=["test", "default"])
def test_names_of_conditions_are_read_back(settings: dict[str, Any]) -> None:
    for figure in ("fig2", "fig3", "learning_rates"):
        for _, condition, _ in design.fits(figure, settings):
            assert Condition.parse(condition.name) == condition
    for name in ("normalization~Vanilla_colour~red", "normalization~Vanilla_batch~32"):
        with pytest.raises(ValueError, match="is not a condition"):
            Condition.parse(name)


def test_evaluations_end_with_the_last_iteration() -> None:
    settings = {"evaluate_at": [100, 500], "evaluate_every": 1500}
    assert design.evaluations(settings, 3100) == [100, 500, 1500, 3000, 3100]
    assert design.evaluations(settings, 300) == [100, 300]


def test_networks_of_other_rates_are_evaluated_once() -> None:
    chosen = {
        figure: [each.condition.name for each in design.fits(figure, DEFAULT)] for figure in ("fig2", "learning_rates")
    }
    for name in {*chosen["fig2"], *chosen["learning_rates"]}:
        training = jobs.train(DEFAULT, name)["training"]
        whole = name in chosen["fig2"]
        assert training["test_batches"] == (DEFAULT["test_batches"] if whole else DEFAULT["test_batches"][:1])
        assert training["evaluate_at"] == (design.evaluations(DEFAULT, training["iterations"]) if whole else [])
    assert 0 < len(set(chosen["learning_rates"]) - set(chosen["fig2"])) < len(chosen["learning_rates"])
