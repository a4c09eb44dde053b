"""Measures of activity: densities and divergences against scipy and closed forms, planted dimensions and dynamics."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde, multivariate_normal
from sklearn.decomposition import PCA

from homeostat.errors import DataError
from homeostat.reactivation.density import Density, Uniform, divergence
from homeostat.reactivation.measures import (
    Components,
    angular_steps,
    histogram,
    memory,
    ring,
    step_distance,
    total_variance,
)
from homeostat.reactivation.score import compare, gaussian_score, kernel_score

RNG = np.random.default_rng
SHAPES = {
    "box": RNG(0).uniform(-1.1, 1.1, (8000, 2)),
    "thin": RNG(1).normal(size=(3000, 2)) @ np.array([[0.3, 0.1], [0.0, 0.02]]),
    "grid": np.round(RNG(2).normal(size=(4000, 2)) * 0.4, 1),
}


@pytest.mark.parametrize("name", SHAPES)
def test_density_is_scipys(name: str) -> None:
    points = SHAPES[name]
    density, reference = Density.of(points), gaussian_kde(points.T)
    at = density.draw(1500, RNG(3))
    np.testing.assert_allclose(density(at), reference(at.T), rtol=0.03)
    assert np.log(density(at) / reference(at.T)).mean() == pytest.approx(0, abs=2e-4)
    assert density(np.array([[50.0, 50.0]])) == [0.0]
    np.testing.assert_allclose(np.cov(at.T), reference.covariance + np.cov(points.T), atol=0.02)


def test_divergence_of_gaussians_is_the_closed_form() -> None:
    q, p = ((0.0, 0.0), np.diag([0.04, 0.09])), ((0.1, -0.2), np.array([[0.09, 0.03], [0.03, 0.09]]))
    draws = [RNG(i).multivariate_normal(mean, cov, 20000) for i, (mean, cov) in enumerate((q, p))]
    inflated = [np.cov(d.T) * (1 + len(d) ** (-1 / 3)) for d in draws]
    shift = draws[1].mean(0) - draws[0].mean(0)
    inverse = np.linalg.inv(inflated[1])
    expected = 0.5 * (
        np.trace(inverse @ inflated[0]) - 2 + shift @ inverse @ shift
        + np.log(np.linalg.det(inflated[1]) / np.linalg.det(inflated[0]))
    )  # fmt: skip
    found = [divergence(Density.of(draws[0]), Density.of(draws[1]), RNG(i), 20000) for i in range(2)]
    assert np.mean(found) == pytest.approx(expected, abs=0.02)


def test_divergence_floor_ceiling_and_published_baseline() -> None:
    one, two = (Density.of(RNG(i).uniform(-1.1, 1.1, (10000, 2))) for i in range(2))
    assert abs(divergence(one, two, RNG(0))) < 0.03
    far = Density.of(RNG(2).normal(size=(500, 2)) * 0.01 + 30.0)
    assert divergence(far, one, RNG(0)) == pytest.approx(np.log(1e7))
    # The true uniform density; with scipy's one-dimensional one, as published, it would be log 2.2 more.
    assert 0 < divergence(Uniform(), one, RNG(0)) < 0.15
    box = Uniform()(np.array([[0.0, 0.0], [1.0, 1.09], [1.2, 0.0]]))
    np.testing.assert_allclose(box, [1 / 4.84, 1 / 4.84, 0])


@pytest.mark.parametrize(
    "points, sentence",
    [
        (np.zeros((50, 2)), "on a line"),
        (np.ones((2, 2)), "three points"),
        (np.ones((5, 3)), "three points"),
        (np.array([[0, 0], [1, 0], [np.nan, 1]]), "not finite"),
    ],
)
def test_density_refuses(points: np.ndarray, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        Density.of(points)


def test_components_are_sklearns() -> None:
    states = RNG(0).normal(size=(40, 50, 3)) @ RNG(1).normal(size=(3, 12)) + 0.1 * RNG(2).normal(size=(40, 50, 12))
    states = states.astype(np.float32)
    found, reference = Components.of(states), PCA().fit(states.reshape(-1, 12))
    # Shares of all variance, also where only the first few are asked for.
    for count in (2, 12):
        shares = np.cumsum(reference.explained_variance_ratio_)[:count]
        np.testing.assert_allclose(found.explained(count), shares, atol=1e-6)
    projected, expected = found.project(states, 2).reshape(-1, 2), reference.transform(states.reshape(-1, 12))[:, :2]
    for column in range(2):
        assert abs(np.corrcoef(projected[:, column], expected[:, column])[0, 1]) == pytest.approx(1)
    assert (found.axes[np.abs(found.axes).argmax(0), np.arange(12)] > 0).all()


def test_variance_steps_and_memory_of_known_processes() -> None:
    steps, runs, rho = 300, 4000, 0.98
    x = np.empty((steps, runs, 2))
    x[0] = RNG(0).normal(size=(runs, 2))
    for t in range(1, steps):
        x[t] = rho * x[t - 1] + np.sqrt(1 - rho**2) * RNG(t).normal(size=(runs, 2))
    np.testing.assert_allclose(memory(x, x[0])[[0, 20, 60]], rho ** (2 * np.array([0, 20, 60])), atol=0.05)
    # Mean distance of a two-dimensional normal with this variance per axis.
    assert step_distance(x) == pytest.approx(np.sqrt(np.pi / 2 * 2 * (1 - rho)), rel=0.01)
    still = np.repeat(x[:1], 10, axis=0)
    assert total_variance(still) == pytest.approx(0) and step_distance(still) == 0
    np.testing.assert_allclose(memory(still, x[0]), 1)
    assert total_variance(np.array([[[0.0, 0.0]], [[2.0, 1.0]]])) == pytest.approx(2.5)


def test_angles_wrap_only_where_they_jump() -> None:
    angles = np.array([[3.0], [-3.1], [-2.0], [1.0], [-2.5]], dtype=np.float32)
    expected = [-6.1 + 2 * np.pi, 1.1, 3.0, -3.5]
    np.testing.assert_allclose(angular_steps(angles)[:, 0], expected, rtol=1e-6)


def test_rings_are_told_from_clouds() -> None:
    angle = RNG(0).uniform(-np.pi, np.pi, 4000)
    circle = np.stack([np.cos(1.0 - angle), np.sin(1.0 - angle)], 1)
    assert ring(circle, angle) == pytest.approx((0, 1), abs=1e-9)
    width, order = ring(RNG(1).normal(size=(4000, 2)), angle)
    assert width == pytest.approx(np.sqrt(4 / np.pi - 1), abs=0.02) and order < 0.05


def test_histogram_is_a_density_with_the_rest_at_its_ends() -> None:
    centres, density = histogram(np.array([-5.0, 0.1, 0.1, 9.0]), -1, 1, 4)
    np.testing.assert_allclose(centres, [-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_allclose(density, [0.5, 0, 1, 0.5])


def test_score_of_a_gaussian_and_of_a_kernel_estimate() -> None:
    covariance = np.array([[1.0, 0.4], [0.4, 0.5]])
    points, at = RNG(0).multivariate_normal([1, -1], covariance, 20000), RNG(1).normal(size=(50, 2))
    np.testing.assert_allclose(
        gaussian_score(points, at), -(at - [1, -1]) @ np.linalg.inv(covariance), rtol=0.1, atol=0.1
    )
    few = points[:400]
    estimate, shift = gaussian_kde(few.T), 1e-5
    numeric = np.stack(
        [(estimate.logpdf((at + d).T) - estimate.logpdf((at - d).T)) / (2 * shift) for d in shift * np.eye(2)], 1
    )
    np.testing.assert_allclose(kernel_score(few, at), numeric, rtol=1e-4, atol=1e-5)


def test_langevin_dynamics_pass_the_theorys_test_and_others_do_not() -> None:
    # r' = r + s^2 grad log p + sqrt(2) s eta has the stationary distribution p.
    covariance, variance = np.diag([1.0, 0.3]), 0.01
    states = RNG(0).multivariate_normal([0, 0], covariance, 5000)
    drift = variance * multivariate_gradient(states, covariance)
    for score, tolerance in ((gaussian_score, 0.03), (kernel_score, 0.1)):
        fit = compare(drift[:800], score(states, states[:800]), variance)
        assert fit.slope == pytest.approx(1, abs=tolerance) and fit.r2 > 0.9 and fit.correlation > 0.9
    turned = np.stack([-drift[:, 1], drift[:, 0]], 1)
    assert abs(compare(turned, gaussian_score(states, states), variance).correlation) < 0.1
    assert compare(3 * drift, gaussian_score(states, states), variance).slope == pytest.approx(3, rel=0.03)
    assert np.isnan(compare(drift, np.zeros_like(drift), variance).slope)


def test_only_the_slope_on_a_gaussian_score_is_that_of_the_theory_on_a_curved_manifold() -> None:
    # The exact denoiser of cosines of a position in the box: equation 18 holds, by Tweedie's formula.
    rng, sd = RNG(0), 0.2
    waves, phases = 2 * rng.normal(size=(2, 100)), rng.uniform(0, 2 * np.pi, 100)
    states = np.cos(rng.uniform(-1.1, 1.1, (3000, 2)) @ waves + phases) + sd * rng.normal(size=(3000, 100))
    grid = np.stack(np.meshgrid(*[np.linspace(-1.1, 1.1, 60)] * 2), -1).reshape(-1, 2)
    clean = np.cos(grid @ waves + phases)
    logs = (states @ clean.T - 0.5 * (clean**2).sum(1)) / sd**2
    weights = np.exp(logs - logs.max(1, keepdims=True))
    drift = weights / weights.sum(1, keepdims=True) @ clean - states
    axes = np.linalg.svd(states - states.mean(0), full_matrices=False)[2][:10].T
    fit = compare(drift @ axes, gaussian_score(states @ axes, states @ axes), sd**2)
    assert fit.slope == pytest.approx(1, abs=0.15) and abs(fit.correlation) < 0.3 and fit.r2 < 0.1
    plane = states @ axes[:, :2]
    fit = compare(drift @ axes[:, :2], kernel_score(plane, plane), sd**2)
    assert fit.slope > 1.5 and abs(fit.correlation) < 0.3 and fit.r2 < 0.2  # Scott's rule smooths the edges


def multivariate_gradient(x: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Numerical gradient of the log density of a normal distribution."""
    shift = 1e-5
    log = multivariate_normal([0, 0], covariance).logpdf
    return np.stack([(log(x + d) - log(x - d)) / (2 * shift) for d in shift * np.eye(2)], axis=1)
