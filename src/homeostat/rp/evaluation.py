"""Models beside each other on one recording: the likelihood of held-out bins, the gain over a reference, the cost.

>>> import numpy as np
>>> from homeostat.rp import Independent, PairwiseMaxEnt
>>> from homeostat.rp.evaluation import hold_out, paired_interval, run_trials
>>> rng = np.random.default_rng(0)
>>> spikes = (rng.random((4000, 6)) < 0.2).astype(np.uint8)
>>> spikes[:, 1] |= spikes[:, 0]
>>> held = hold_out(spikes)
>>> pairs, independent = run_trials(held, {"pairs": PairwiseMaxEnt(), "independent": Independent()}, seeds=1)
>>> gain = paired_interval(pairs.scores - independent.scores, held.block)
>>> bool(0 < gain.low < gain.value < gain.high)
True

:func:`compare` does this for all models and makes a table of it.
"""

import copy
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError, nearest
from homeostat.extras import need
from homeostat.logs import progress
from homeostat.recordings.recording import Recording
from homeostat.recordings.split import split_samples, time_blocks
from homeostat.recordings.windows import words
from homeostat.rp.intervals import Interval
from homeostat.rp.intervals import paired_interval as paired_interval
from homeostat.rp.measures import NATS_PER_BIT
from homeostat.seeds import check_seed
from homeostat.sklearn_api import convergence_warning

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = "independent"
_DEFAULT = {"pairwise": "PairwiseMaxEnt", "RP": "RP", "reshaped": "ReshapedRP"}
# A block is at most as long as those of the study's splits (10 s at 20 ms); short recordings fall into some 100 blocks.
_BLOCK_BINS, _BLOCKS, _SHORTEST = 500, 100, 10


class Held(NamedTuple):
    """What the models are fitted to and scored on.

    Attributes
    ----------
    train, test : Recording
        Training and held-out bins, or words of ``window`` bins.
    block : int64 (n_test,)
        Block of time that each held-out bin lies in.
    window : int
        Bins of a word.
    """

    train: Recording
    test: Recording
    block: NDArray[np.int64]
    window: int


@dataclass(frozen=True)
class Trial:
    """One model with one seed: what became of it.

    Attributes
    ----------
    model : str
        Its name.
    seed : int or None
        None where the model has no seed.
    estimator
        The fitted estimator.
    scores : float64 (n_test,)
        log p of each held-out pattern, nats; empty where the model failed.
    error : str
        Why it failed; empty where it did not.
    doubt : str
        What speaks against the fit, or against its log Z.
    log_z_error : float
        Standard error of log Z, nats.
    cpu_s : float
        CPU seconds of the fit, log Z and the scores.
    """

    model: str
    seed: int | None
    estimator: Any
    scores: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    error: str = ""
    doubt: str = ""
    log_z_error: float = 0.0
    cpu_s: float = 0.0


def compare(
    data: Any,
    models: Mapping[str, Any] | Sequence[Any] | None = None,
    *,
    seeds: int | Iterable[int] = 3,
    split: str = "blocks",
    test: float = 0.2,
    split_seed: int = 0,
    window: int = 1,
    block_bins: int | None = None,
    reference: str = REFERENCE,
    confidence: float = 0.95,
    verbose: bool = False,
    **options: Any,
) -> "pd.DataFrame":
    """Fit models to a recording and compare them on held-out bins.

    Parameters
    ----------
    data
        A :class:`~homeostat.recordings.Recording`, an array (n_bins, n_neurons), or whatever
        :func:`homeostat.recordings.as_recording` takes.
    models
        Estimators or their names, by the names that the table shows; a list of either also serves. When None, the
        pairwise, the RP and the reshaped RP model. An estimator has ``fit`` and ``score_samples`` (log p in nats).
        The independent model is always added.
    seeds
        Seeds of every model that has one, or how many of them. All have the same training and held-out bins.
    split : {"blocks", "random"}
        How bins are held out: by blocks of time (whole repeats where the recording has them), or at random. At random,
        held-out bins have neighbours in the training set.
    test
        Share of the bins that is held out.
    split_seed
        Seed of the split.
    window
        Bins of a word: above 1, the models are of words of several bins (:func:`homeostat.recordings.words`), and
        likelihoods still count per bin.
    block_bins
        Bins of a block; when None, 500, or fewer in short recordings, for some 100 blocks.
    reference
        Name of the model that gains are counted from.
    confidence
        Level of the intervals.
    verbose
        Show a progress bar.
    **options
        As of :func:`~homeostat.recordings.as_recording`, such as ``bin_ms`` and ``drop_bad_units``.

    Returns
    -------
    pandas.DataFrame
        A row for each model, the best first, as :func:`summarize` describes it.

    Raises
    ------
    DataError
        The recording cannot be used or split, or a model is unknown. A model that fails in its fit gives a row with
        the reason in ``error``.
    """
    need("compare", "figures", "pandas")
    # What is wrong is said before the first fit.
    named, seeds = with_reference(models, reference), _checked(seeds)
    _check_level(confidence)
    held = hold_out(data, split=split, test=test, seed=split_seed, window=window, block_bins=block_bins, **options)
    trials = run_trials(held, named, seeds=seeds, verbose=verbose)
    return summarize(held, trials, reference=reference, confidence=confidence)


def hold_out(
    data: Any,
    *,
    split: str = "blocks",
    test: float = 0.2,
    seed: int = 0,
    window: int = 1,
    block_bins: int | None = None,
    **options: Any,
) -> Held:
    """Return the training and the held-out bins of a recording. Parameters and errors as of :func:`compare`."""
    from homeostat.recordings.objects import as_recording

    recording = as_recording(data, **options)
    check_seed(seed)
    if not 0 < test < 1:
        raise DataError(f"test is {test}, expected a share of the bins between 0 and 1, such as 0.2")
    whole = words(recording, window) if window != 1 else recording
    n_bins, repeats = whole.n_bins, whole.repeats if split == "blocks" and whole.repeats != 1 else None
    length = block_bins or min(_BLOCK_BINS, max(_SHORTEST, recording.n_bins // _BLOCKS))
    length = max(1, length // window)
    n_test = round(test * n_bins)
    if repeats is not None:
        n_test = max(1, round(test * repeats)) * (n_bins // repeats)
    block = time_blocks(n_bins, block_bins=length, repeats=repeats, borders=whole.borders)
    chosen = split_samples(
        n_bins,
        n_bins - n_test,
        n_test,
        kind=split,
        seed=seed,
        repeats=repeats,
        borders=whole.borders,
        block_bins=length,
    )
    trained, tested = (np.sort(each) for each in chosen)
    return Held(whole[trained], whole[tested], block[tested], window)


def with_reference(models: Mapping[str, Any] | Sequence[Any] | None, reference: str = REFERENCE) -> dict[str, Any]:
    """Return unfitted estimators by name, with the independent model among them.

    Raises
    ------
    DataError
        An unknown name, a class in place of an estimator, or something without ``fit`` and ``score_samples``.
    """
    from homeostat import rp

    if models is None:
        models = _DEFAULT
    if isinstance(models, str) or not isinstance(models, Mapping | Sequence):
        raise DataError(
            f"models is {models!r}, expected estimators or their names, as a list or by name: {{'pairs': "
            "PairwiseMaxEnt()}"
        )
    if not isinstance(models, Mapping):
        listed = [each if isinstance(each, str) else type(each).__name__ for each in models]
        if twice := {name for name in listed if listed.count(name) > 1}:
            raise DataError(f"two models are called {sorted(twice)[0]}; give names: {{'first': …, 'second': …}}")
        models = dict(zip(listed, models, strict=True))
    found = {}
    for name, model in models.items():
        if isinstance(model, str):
            known = rp._ESTIMATORS
            if model not in known:
                raise DataError(f"there is no model {model!r}{nearest(model, known)}; there are {', '.join(known)}")
            model = getattr(rp, model)()
        if isinstance(model, type):
            raise DataError(f"{name}: {model.__name__} is a class; give an estimator, {model.__name__}()")
        if not hasattr(model, "fit") or not hasattr(model, "score_samples"):
            raise DataError(f"{name}: a {type(model).__name__} has no fit and score_samples, so it cannot be compared")
        if str(name) == REFERENCE and not isinstance(model, rp.Independent):
            raise DataError(f"{name!r} is the name of the independent model: give the {type(model).__name__} another")
        found[str(name)] = model
    if not any(isinstance(model, rp.Independent) for model in found.values()):
        found[REFERENCE] = rp.Independent()
    elif REFERENCE not in found and reference == REFERENCE:
        (own,) = [name for name, model in found.items() if isinstance(model, rp.Independent)][:1]
        found = {REFERENCE if name == own else name: model for name, model in found.items()}
    _check_reference(reference, found)
    return found


def _check_reference(reference: str, models: Mapping[str, Any]) -> None:
    if reference not in models:
        raise DataError(f"reference is {reference!r}{nearest(reference, models)}; the models are {', '.join(models)}")


def run_trials(
    held: Held, models: Mapping[str, Any], *, seeds: int | Iterable[int] = 3, verbose: bool = False
) -> list[Trial]:
    """Fit each model with each seed and score it on the held-out bins.

    A model without a parameter ``seed`` (or ``random_state``) is fitted once. What a ``ConvergenceWarning`` says is not
    given as a warning but kept as the trial's doubt. What a fit raises is kept as its error.

    Raises
    ------
    DataError
        There are no seeds, or one is not an integer from 0 on.
    """
    checked = _checked(seeds)
    jobs = [
        (name, model, seed) for name, model in models.items() for seed in (checked if _seed_name(model) else [None])
    ]
    trials = []
    with progress("compare", "fit") if verbose else nullcontext() as report:
        for done, (name, model, seed) in enumerate(jobs):
            trials.append(_trial(held, name, model, seed))
            if report is not None:
                report(done + 1, len(jobs))
    return trials


def _checked(seeds: int | Iterable[int]) -> list[int]:
    found = list(range(seeds)) if isinstance(seeds, int | np.integer) else list(seeds)
    if not found:
        raise DataError("seeds is empty, expected seeds or how many of them, such as 3")
    for seed in found:
        check_seed(seed)
    return found


def _seed_name(model: Any) -> str:
    known = model.get_params(deep=False) if hasattr(model, "get_params") else {}
    return next((name for name in ("seed", "random_state") if name in known), "")


def _trial(held: Held, name: str, model: Any, seed: int | None) -> Trial:
    model = copy.deepcopy(model)
    if seed is not None:
        model.set_params(**{_seed_name(model): seed})
    began = time.process_time()
    try:
        with _kept_warnings() as warned:
            model.fit(held.train)
            scores = np.asarray(model.score_samples(held.test), dtype=np.float64)
            error = float(getattr(model, "log_partition_error_", 0.0))
        if scores.shape != (held.test.n_bins,) or not np.isfinite(scores).all():
            raise DataError("score_samples must give a finite log-likelihood for every pattern")
    except Exception as failed:  # whatever a model of the user's raises: the others are still wanted
        text = " ".join(str(failed).split()) or "no message"
        kind = "" if isinstance(failed, DataError) else f"{type(failed).__name__}: "
        return Trial(name, seed, model, error=f"{kind}{text}", cpu_s=time.process_time() - began)
    doubts = [each.removeprefix(f"{type(model).__name__}: ") for each in warned]
    for each in (getattr(model, "doubt_", ""), getattr(model, "log_partition_doubt_", "")):
        doubts += [each] * (not any(each in said for said in doubts))
    doubt = "; ".join(filter(None, doubts))
    return Trial(name, seed, model, scores, "", doubt, error, time.process_time() - began)


@contextmanager
def _kept_warnings() -> Iterator[list[str]]:
    """Yield a list, in which stands at the end what each ``ConvergenceWarning`` said; all others are given as usual."""
    kept: list[str] = []
    given: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always", convergence_warning())
            yield kept
    finally:
        for each in given:
            if issubclass(each.category, convergence_warning()):
                kept.append(str(each.message))
            else:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def summarize(
    held: Held, trials: Sequence[Trial], *, reference: str = REFERENCE, confidence: float = 0.95
) -> "pd.DataFrame":
    """Return a table of models, the best on held-out bins first.

    Gains are paired: a model and the reference are scored on the same bins, and differences are taken before anything
    else. Their interval is for other bins of the recording and other seeds, with these training bins: the differences
    vary from block to block of time and from seed to seed, and what log Z of either is uncertain by is added
    (:func:`paired_interval`). There are no bounds where that is not known.

    Returns
    -------
    pandas.DataFrame
        ``model``; ``nats_per_bin``, the mean log-likelihood of a held-out bin; ``gain``, what that is above the
        reference's, with the interval ``gain_low`` to ``gain_high``; ``bits_per_spike``, the gain in bits for each
        spike of the held-out bins; ``converged``, whether every seed's fit did (None where the model does not say);
        ``doubt``, what speaks against the fits, or against log Z of the reference; ``parameters``, how many were
        learned; ``cpu_s``, CPU seconds of one fit with log Z and scores; ``seeds``, how many fits; ``train_bins``,
        ``test_bins``, ``test_blocks``; ``error``, why there is no number. A model of which one seed fails has no
        number.

    Raises
    ------
    DataError
        ``confidence`` is not between 0 and 1, no trial is of the model ``reference``, or a model and the reference have
        other numbers of seeds, and both more than one.
    """
    import pandas as pd

    _check_level(confidence)
    by_model: dict[str, list[Trial]] = {}
    for trial in trials:
        by_model.setdefault(trial.model, []).append(trial)
    _check_reference(reference, by_model)
    spikes_per_bin = held.test.spikes.sum(dtype=np.int64) / (held.test.n_bins * held.window)
    rows = [_row(held, name, own, by_model[reference], confidence, spikes_per_bin) for name, own in by_model.items()]
    frame = pd.DataFrame(rows)
    return frame.sort_values("nats_per_bin", ascending=False, kind="stable", ignore_index=True)


def _check_level(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise DataError(f"confidence is {confidence}, expected a level between 0 and 1, such as 0.95")


def _gain(held: Held, own: list[Trial], others: list[Trial], confidence: float) -> Interval:
    """Return what trials gain over those of the reference, seed by seed; a single one stands beside every seed."""
    n_seeds = max(len(own), len(others))
    scores, errors = [], []
    for trials in (own, others):
        if len(trials) not in (1, n_seeds):
            raise DataError(
                f"{own[0].model} has {len(own)} seeds, the reference {others[0].model} {len(others)}: gains are paired "
                "by seed, so give both as many, or one of them a single one"
            )
        scores.append(np.array([trial.scores for trial in trials]) / held.window)
        # What a single trial has in error is the same beside every seed, and does not average out over them.
        log_z = np.array([trial.log_z_error for trial in trials]) / held.window
        errors.append(log_z * (n_seeds / len(trials)) ** 0.5)
    return paired_interval(
        scores[0] - scores[1], held.block, confidence=confidence, known_error=np.hypot(errors[0], errors[1])
    )


def _row(
    held: Held, name: str, own: list[Trial], others: list[Trial], confidence: float, spikes_per_bin: float
) -> dict[str, Any]:
    error = next((trial.error for trial in own if trial.error), "")
    missing = float("nan")
    nats, gain = missing, Interval(missing, missing, missing)
    if not error:
        nats = float((np.array([trial.scores for trial in own]) / held.window).mean())
        if own is others:
            gain = Interval(0.0, 0.0, 0.0)
        elif not any(trial.error for trial in others):
            gain = _gain(held, own, others, confidence)
    doubts = [trial.doubt for trial in own]
    if own is not others:
        unknown = [trial.doubt for trial in others if np.isnan(trial.log_z_error)]
        doubts += [f"the reference: {doubt or 'the error of its log Z is not known'}" for doubt in unknown]
    converged = [trial.estimator.converged_ for trial in own if hasattr(trial.estimator, "converged_")]
    return {
        "model": name,
        "nats_per_bin": nats,
        "gain": gain.value,
        "gain_low": gain.low,
        "gain_high": gain.high,
        "bits_per_spike": gain.value / NATS_PER_BIT / spikes_per_bin if spikes_per_bin else missing,
        "converged": all(converged) if converged and not error else None,
        "doubt": "; ".join(dict.fromkeys(filter(None, doubts))),
        "parameters": next((getattr(trial.estimator, "n_parameters_", None) for trial in own), None),
        "cpu_s": float(np.mean([trial.cpu_s for trial in own])),
        "seeds": len(own),
        "train_bins": held.train.n_bins * held.window,
        "test_bins": held.test.n_bins * held.window,
        "test_blocks": len(np.unique(held.block)),
        "error": error,
    }
