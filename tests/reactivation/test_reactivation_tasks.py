"""Tasks, codes and noise of the reactivation room: against plain re-statements, closed forms and limits."""

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.special import i0e

from homeostat.errors import ConfigError
from homeostat.reactivation.codes import BearingCode, PlaceCode, make_code
from homeostat.reactivation.noise import Noise
from homeostat.reactivation.tasks import SIDE, TURN_SD, Heading, Position, make_task


def authors_walk(count: int, steps: int, rng: np.random.Generator, biased: bool) -> tuple[np.ndarray, np.ndarray]:
    """The walk as the authors' code does it: all walkers at once, step by step."""
    x = rng.uniform(-1.1, 1.1, (count, 2))
    heading = rng.uniform(0, 2 * np.pi, count)
    speed, turns = rng.rayleigh(0.26 * np.pi, (steps, count)), 0.02 * 11.52 * rng.standard_normal((steps, count))
    moves, positions = [], []
    for v, random_turn in zip(speed, turns, strict=True):
        distances = np.stack([1.1 - x[:, 0], 1.1 - x[:, 1], 1.1 + x[:, 0], 1.1 + x[:, 1]])
        wall = np.arange(4)[distances.argmin(0)] * np.pi / 2
        angle = np.mod(heading - wall + np.pi, 2 * np.pi) - np.pi
        near = (distances.min(0) < 0.03) & (np.abs(angle) < np.pi / 2)
        turn = np.where(near, np.sign(angle) * (np.pi / 2 - np.abs(angle)), 0.0)
        length = v * 0.02 * np.where(near, 0.25, 1.0)
        move = length[:, None] * np.stack([np.cos(heading), np.sin(heading)], 1) - (0.05 * x if biased else 0.0)
        x = x + move
        heading = heading + turn + random_turn
        moves.append(move)
        positions.append(x)
    return np.array(moves), np.array(positions)


@pytest.mark.parametrize("biased", [False, True])
def test_compiled_walk_is_the_plain_one(biased: bool) -> None:
    drawn = Position(biased).draw(300, 80, np.random.default_rng(4))
    moves, positions = authors_walk(300, 80, np.random.default_rng(4), biased)
    np.testing.assert_allclose(drawn.inputs, moves, atol=1e-12)
    np.testing.assert_allclose(drawn.targets, positions, atol=1e-12)
    np.testing.assert_allclose(drawn.start + np.cumsum(drawn.inputs, 0), drawn.targets, atol=1e-12)
    assert drawn.shape == (80, 300)


def test_walks_fill_the_box_unless_drawn_to_its_centre() -> None:
    free, drawn = (Position(b).draw(1000, 100, np.random.default_rng(0)).targets[50:] for b in (False, True))
    assert np.abs(free).max() < SIDE / 2 + 0.1  # positions are not clipped
    # Somewhat more spread than a uniform distribution: walkers follow the walls.
    assert 1.0 < free.reshape(-1, 2).var(0).sum() / (SIDE**2 / 6) < 1.25
    assert np.linalg.norm(drawn, axis=-1).mean() < 0.6 * np.linalg.norm(free, axis=-1).mean()


def test_heads_turn_as_a_random_walk_and_one_way_if_biased() -> None:
    free, biased = (Heading(b).draw(2000, 50, np.random.default_rng(1)) for b in (False, True))
    assert free.inputs.std() == pytest.approx(TURN_SD, rel=0.02) and abs(free.inputs.mean()) < 0.01
    assert biased.inputs.min() >= 0
    assert biased.inputs.mean() == pytest.approx(TURN_SD * np.sqrt(2 / np.pi), rel=0.02)
    np.testing.assert_allclose(free.start + np.cumsum(free.inputs, 0), free.targets, atol=1e-12)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Position().draw(0, 5, np.random.default_rng(0)), "number of trajectories must be at least 1, got 0"),
        (lambda: Heading().draw(5, 0, np.random.default_rng(0)), "number of steps of a trajectory"),
        (lambda: make_task("positon"), "did you mean 'position'"),
        (lambda: make_code("positon", 16, np.random.default_rng(0)), "did you mean 'position'"),
        (lambda: Noise("uniform", -0.1), r"\(sigma\) must be a number of at least 0, got -0.1"),
        (lambda: Noise("gaussian", float("nan")), "got nan"),
        (lambda: Noise("gausian", 0.1), "did you mean 'gaussian'"),
        (lambda: BearingCode(2), "at least 3 cells"),
        (lambda: BearingCode(8).decode(torch.zeros(1, 8), "top2"), "top3, centroid"),
    ],
)
def test_mistakes_are_told(make, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_place_cells_are_a_softmax_that_both_decoders_read() -> None:
    code = PlaceCode.random(512, np.random.default_rng(0))
    x = torch.rand(200, 2, generator=torch.Generator().manual_seed(0)) * 1.8 - 0.9
    y = code.encode(x)
    direct = torch.softmax(-(x[:, None] - code.centres).square().sum(-1) / (2 * 0.2**2), 1)
    torch.testing.assert_close(y, direct, rtol=2e-5, atol=1e-7)
    torch.testing.assert_close(y.sum(1), torch.ones(200))
    out = torch.empty(200, 512)
    assert code.encode(x, out=out).data_ptr() == out.data_ptr()
    for how, tolerance in (("top3", 0.06), ("centroid", 0.04)):
        assert (code.decode(y, how) - x).norm(dim=1).mean() < tolerance
    # Cells below half of the most active one do not count in the centroid, the others by what they have above it.
    outputs = torch.zeros(1, 512)
    outputs[0, :4] = torch.tensor([1.0, 0.7, 0.45, -2.0])
    weighted = (0.5 * code.centres[0] + 0.2 * code.centres[1]) / 0.7
    torch.testing.assert_close(code.decode(outputs, "centroid")[0], weighted)
    torch.testing.assert_close(code.decode(outputs, "top3")[0], code.centres[:3].mean(0))
    # The top three move in jumps, the centroid follows.
    line = torch.stack([torch.linspace(-0.5, 0.5, 1000), torch.zeros(1000)], 1)
    moves = {how: code.decode(code.encode(line), how).diff(dim=0).norm(dim=1) for how in ("top3", "centroid")}
    assert (moves["top3"] == 0).float().mean() > 0.5 and moves["centroid"].max() < 0.02


def test_bearing_cells_are_their_fourier_series() -> None:
    code = BearingCode(512)
    theta = torch.linspace(-20, 20, 401, dtype=torch.float64)[:, None]
    y = code.encode(theta)
    kappa = (np.pi / 6) ** -2
    assert y.max() <= 1 and y.max() == pytest.approx(1, abs=1e-4)
    assert y[:, :-1].mean() == pytest.approx(i0e(kappa), rel=1e-6)
    torch.testing.assert_close(code.features(theta) @ code.weights(theta), y, rtol=0, atol=1e-9)
    for how, tolerance in (("top3", 0.01), ("centroid", 5e-3)):
        difference = torch.remainder(code.decode(y, how) - theta + torch.pi, 2 * torch.pi) - torch.pi
        assert difference.abs().max() < tolerance


@pytest.mark.parametrize(
    "kind, mean, sd", [("uniform", 0.05, 0.1 / 12**0.5), ("gaussian", 0, 0.1), ("matched", 0, 0.1 / 12**0.5)]
)
def test_noise_has_the_stated_moments(kind: str, mean: float, sd: float) -> None:
    noise, out = Noise(kind, 0.1), torch.empty(200_000)
    noise.fill(out, torch.Generator().manual_seed(0))
    assert (noise.mean, noise.sd) == pytest.approx((mean, sd))
    assert float(out.mean()) == pytest.approx(mean, abs=1e-3) and float(out.std()) == pytest.approx(sd, rel=0.01)
    shape = stats.kurtosis(out.numpy())
    assert shape == pytest.approx(-1.2 if kind == "uniform" else 0.0, abs=0.05)
    # Doubling the variance raises the drive of uniform noise, too.
    assert noise.times(2**0.5).mean == pytest.approx(mean * 2**0.5)


@pytest.mark.parametrize("cells", [3, 4, 17, 128])
def test_the_three_most_active_cells_are_those_of_a_sort(cells: int) -> None:
    outputs = torch.as_tensor(
        np.random.default_rng(cells).permuted(np.arange(200.0 * cells).reshape(200, cells), axis=1)
    )
    code = PlaceCode.random(cells, np.random.default_rng(1))
    expected = code.centres[outputs.sort(dim=1, descending=True).indices[:, :3]].mean(1)
    assert torch.allclose(code.decode(outputs), expected)
    assert torch.allclose(code.decode(outputs.reshape(10, 20, cells)), expected.view(10, 20, 2))
    assert torch.allclose(code.decode(-outputs), code.centres[outputs.sort(dim=1).indices[:, :3]].mean(1))
