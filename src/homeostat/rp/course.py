"""The course of a fit: steps, stopping rules and traces of models that learn in lockstep."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.rp.convergence import LikelihoodPlateau, MarginalTest
from homeostat.rp.result import FitResult, T
from homeostat.rp.settings import Training
from homeostat.rp.verdict import moment_errors

Floats = NDArray[np.float64]
# Chains whose last states a result holds.
KEPT = 512


class Course:
    """Counts the steps of M models, says which have stopped, and keeps what is told of them afterwards.

    Parameters
    ----------
    training
        Its steps, stopping rule and intervals.
    n_patterns : (M,)
        Training patterns of each model.
    n_matched : int
        Averages that each model is to meet.
    hint : str
        What to do about a fit that diverged.
    batch : int, optional
        Patterns that a step takes of each model's data, where it does not take all.

    Attributes
    ----------
    n_steps, step : int
        Most steps, and those counted.
    active : bool (M,)
        Which models learn.
    steps : int (M,)
        Gradient steps of each.
    miss : (M, n_matched)
        Averages in the models minus those in the data, over the last fifth of the steps. Where weights are learned,
        both move with every step: they can be compared only at the same one.
    plateau
        Where the likelihood decides.
    """

    def __init__(
        self, training: Training, n_patterns: NDArray[np.int64], n_matched: int, hint: str, batch: int | None = None
    ) -> None:
        self._training, self._n_patterns, self._hint, self._batch = training, n_patterns, hint, batch
        self.n_steps = training.steps
        n_models = len(n_patterns)
        # Steps that averages are averaged over.
        self._memory = max(1, training.steps // 5)
        self.step = 0
        self.active = np.ones(n_models, dtype=bool)
        self.steps = np.zeros(n_models, dtype=np.int64)
        self.miss: Floats = np.zeros((n_models, n_matched))
        self._trace: list[tuple[int, Floats, Floats]] = []
        self._test: MarginalTest | None = None
        self.plateau: LikelihoodPlateau | None = None
        if training.stopping == "clopper_pearson":
            self._test = MarginalTest(n_patterns, training.chains * training.sweeps)
        elif training.stopping == "likelihood":
            every = training.check_every
            self.plateau = LikelihoodPlateau(n_models, every, 2 * every, training.tolerance)

    @property
    def done(self) -> bool:
        """Whether every model has met the stopping rule or the steps are spent."""
        return self.step >= self.n_steps or not self.active.any()

    def count(
        self,
        model: Floats,
        data: Floats,
        likelihood: Callable[[], Floats],
        matched: tuple[Floats, Floats] | None = None,
    ) -> None:
        """Count one step, after which :attr:`active` says who takes it.

        Parameters
        ----------
        model, data : (M, K)
            Averages in the models and in the data, which the stopping rule and the trace compare.
        likelihood
            Estimates the log-likelihoods (M,); called only where they decide.
        matched : two arrays (M, n_matched), optional
            Averages in the models and in the data that are to be equal, where these are others.

        Raises
        ------
        DataError
            A model has averages that are not finite.
        """
        ours, theirs = matched or (model, data)
        self.miss += (ours - theirs - self.miss) / min(self.step + 1, self._memory)
        if self.step % self._training.log_every == 0:
            lost = np.flatnonzero(~np.isfinite(model).all(axis=1)).tolist()
            if lost:
                raise DataError(f"the fit diverged at step {self.step} (models {lost}): {self._hint}")
            self._trace.append((self.step, data.mean(axis=1), np.sqrt(((model - data) ** 2).mean(axis=1))))
        if self._test is not None:
            self.active &= ~self._test.update(model, data)
        if self.plateau is not None:
            if self.step and self.step % self.plateau.every == 0:
                self.plateau.update(self.step, likelihood())
            self.active &= ~self.plateau.finished(self.step)
        self.steps[self.active] += 1
        self.step += 1

    def moment_errors(self, variance: Floats) -> tuple[Floats, Floats]:
        """Return how far averages are off, and what sampling alone could do, in the data's standard errors.

        Parameters
        ----------
        variance : (M, n_matched)
            Over the data, of what the averages are averages of.
        """
        drawn = 1.0 / self._training.chains + (1.0 / self._batch if self._batch else 0.0)
        error = moment_errors(self.miss, variance, self._n_patterns)
        return error, np.sqrt(self._n_patterns * drawn / self._memory)

    def result(self, models: T, chains: NDArray[np.uint8], **judged: Any) -> FitResult[T]:
        """Return models with their course; ``judged`` holds the fields of a verdict, which default to none."""
        n_models = len(self.steps)
        unknown = np.full(n_models, np.nan)
        fields: dict[str, Any] = {"moment_error": unknown, "gain": unknown, "doubt": [""] * n_models} | judged
        step, rate, error = self._columns()
        return FitResult(
            models=models,
            steps=self.steps.copy(),
            converged=~self.active,
            trace_step=step,
            trace_rate=rate.reshape(-1, n_models).T,
            trace_error=error.reshape(-1, n_models).T,
            chains=chains,
            **fields,
        )

    def _columns(self) -> tuple[NDArray[np.int64], Floats, Floats]:
        steps, rates, errors = zip(*self._trace, strict=True) if self._trace else ((), (), ())
        return np.array(steps, dtype=np.int64), np.array(rates, dtype=float), np.array(errors, dtype=float)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that :meth:`restore` needs."""
        names = ("trace_step", "trace_rate", "trace_error")
        state = {"step": np.array(self.step), "steps": self.steps, "active": self.active, "miss": self.miss}
        state |= dict(zip(names, self._columns(), strict=True))
        if self._test is not None:
            state["test_history"] = self._test.history
        if self.plateau is not None:
            state |= {"plateau_history": self.plateau.history, "plateau_from": self.plateau.settled_from}
        return state

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what :meth:`state` returned."""
        self.step = int(state["step"])
        self.steps, self.active, self.miss = (state[name].copy() for name in ("steps", "active", "miss"))
        if self._test is not None:
            self._test.history = state["test_history"]
        if self.plateau is not None:
            self.plateau.history = state["plateau_history"]
            self.plateau.settled_from = state["plateau_from"].copy()
        rows = zip(state["trace_step"], state["trace_rate"], state["trace_error"], strict=True)
        self._trace = [(int(step), rate, error) for step, rate, error in rows]


class Coursed:
    """A trainer that has a course."""

    _course: Course

    @property
    def step(self) -> int:
        """Gradient steps done."""
        return self._course.step

    @property
    def n_steps(self) -> int:
        """Most gradient steps."""
        return self._course.n_steps

    @property
    def done(self) -> bool:
        """Whether every model has met the stopping rule or the steps are spent."""
        return self._course.done


def part(state: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Return the entries of a state whose names begin with ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
