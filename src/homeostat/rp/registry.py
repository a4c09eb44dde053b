"""The kinds of models and of constraints by name: one list for the estimators, the studies and the documentation.

A kind of your own is registered by :func:`register`, and is then known by its name wherever kinds are named.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from homeostat.errors import ConfigError, DataError, nearest
from homeostat.rp.constraints import Clamped, Constraint, Free, Homeostatic, Projected
from homeostat.rp.settings import Rule


@dataclass(frozen=True)
class ModelKind:
    """A kind of model.

    Attributes
    ----------
    name
        In configurations and in the names of conditions: letters and digits.
    label
        In figures.
    learn
        What is learned: ``lam``, ``weight``, ``threshold``.
    estimator
        Its class in :mod:`homeostat.rp`; empty where there is none.
    about
        What it learns, for tables.
    """

    name: str
    label: str
    learn: tuple[str, ...]
    estimator: str = ""
    about: str = ""


@dataclass(frozen=True)
class ConstraintKind:
    """A kind of constraint on the synapses.

    Attributes
    ----------
    name, label, estimator, about
        As of :class:`ModelKind`.
    make
        Returns the constraint for phi, the sum of absolute weights that a projection may have on average, and the
        mean in-degree. A bound omega on single synapses is phi over the in-degree.
    """

    name: str
    label: str
    make: Callable[[float, float], Constraint]
    estimator: str = ""
    about: str = ""


# The file that registered a kind, for kinds of users.
_origins: dict[tuple[type, str], Path] = {}
_loading: list[Path] = []
_models: dict[str, ModelKind] = {}
_constraints: dict[str, ConstraintKind] = {}
MODELS: Mapping[str, ModelKind] = MappingProxyType(_models)
CONSTRAINTS: Mapping[str, ConstraintKind] = MappingProxyType(_constraints)
Kind = TypeVar("Kind", ModelKind, ConstraintKind)


def register(kind: ModelKind | ConstraintKind) -> None:
    """Make a kind known by its name.

    Raises
    ------
    DataError
        The name or the label is taken by another kind, the name holds more than letters and digits, a model learns
        nothing or something unknown, or a constraint cannot be made.
    """
    if not isinstance(kind, ModelKind | ConstraintKind):
        raise DataError(f"a ModelKind or a ConstraintKind can be registered, got {kind!r}")
    known: dict[str, ModelKind] | dict[str, ConstraintKind]
    known = _models if isinstance(kind, ModelKind) else _constraints
    if not kind.name.isalnum():
        raise DataError(f"the name of a model or constraint must be letters and digits, got {kind.name!r}")
    if kind.name in known:
        raise DataError(f"there is a {kind.name!r} already; give the new one another name")
    # Fits of one label are one curve.
    labels = {each.label for each in _models.values()} | {each.label for each in _constraints.values()}
    if not kind.label or kind.label in labels:
        raise DataError(f"{kind.name}: the label {kind.label!r} is empty or taken; give another")
    if isinstance(kind, ModelKind):
        if isinstance(kind.learn, str):
            raise DataError(f"{kind.name}: learn must be a tuple, such as ({kind.learn!r},), got {kind.learn!r}")
        Rule(tuple(kind.learn))
    elif not callable(kind.make):
        raise DataError(f"{kind.name}: make must be a function of phi and in_degree, got {kind.make!r}")
    known[kind.name] = kind  # type: ignore[assignment]
    if _loading:
        _origins[type(kind), kind.name] = _loading[-1]


def extra(kinds: Mapping[str, Kind]) -> list[Kind]:
    """Return the kinds of ``MODELS`` or ``CONSTRAINTS`` that files of users registered."""
    return [kind for name, kind in kinds.items() if (type(kind), name) in _origins]


def files_of(model: str, constraint: str) -> list[Path]:
    """Return the users' files that registered a model or a constraint; empty where both are of this package."""
    origins = (_origins.get((ModelKind, model)), _origins.get((ConstraintKind, constraint)))
    return list(dict.fromkeys(path for path in origins if path is not None))


def rule_of(
    model: str, constraint: Constraint | None = None, *, tuned: bool = False, neuron_terms: bool = False
) -> Rule:
    """Return what a kind of model learns.

    Parameters
    ----------
    model
        Name in :data:`MODELS`.
    constraint
        On the weights; default: none.
    tuned
        Whether thresholds are learned as well.
    neuron_terms
        Whether neurons have learned terms of their own.

    Raises
    ------
    ConfigError
        There is no such model.
    """
    learn = find(MODELS, "model", model).learn
    return Rule((*learn, *["threshold"] * tuned, *["bias"] * neuron_terms), constraint or Free())


def constraint(name: str, phi: float, in_degree: float) -> Constraint:
    """Return the constraint of a name in :data:`CONSTRAINTS`, for phi and a mean in-degree.

    Raises
    ------
    ConfigError
        There is no such constraint.
    """
    return find(CONSTRAINTS, "constraint", name).make(phi, in_degree)


def find(kinds: Mapping[str, Kind], what: str, name: str) -> Kind:
    """Return the kind of a name, or say which there are."""
    if name not in kinds:
        raise ConfigError(f"{what} must be one of {', '.join(kinds)}, got {name!r}{nearest(name, kinds)}")
    return kinds[name]


def load(paths: Iterable[str | PathLike[str]]) -> None:
    """Run files of Python that register kinds of their own; a file that was loaded already is passed over.

    Raises
    ------
    ConfigError
        There is no such file, or it fails.
    """
    for path in map(Path, paths):
        name = f"homeostat_extra_{path.resolve().as_posix()}"
        if name in sys.modules:
            continue
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise ConfigError(f"{path}: there is no such file of Python; extra_models names files that register kinds")
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        _loading.append(path)
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            raise ConfigError(f"{path}: this file of extra_models fails: {error!r}") from error
        finally:
            _loading.pop()


for _kind in (
    ModelKind("rp", "RP", ("lam",), "RP", "factors λ of fixed random projections"),
    ModelKind("reshaped", "reshaped", ("weight",), "ReshapedRP", "the weights"),
    ModelKind("backprop", "backprop", ("lam", "weight"), "BackpropRP", "both"),
    ModelKind("pruned", "pruned RP", ("lam",), "", "factors λ; projections with the smallest are replaced"),
    ModelKind("pairwise", "pairwise", ("lam",), "PairwiseMaxEnt", "fields and couplings of all pairs"),
    ConstraintKind("none", "unconstrained", lambda phi, in_degree: Free()),
    ConstraintKind("input", "homeostatic", lambda phi, in_degree: Homeostatic(phi), "HomeostaticRP"),
    ConstraintKind("output", "output-normalized", lambda phi, in_degree: Homeostatic(phi, "output"), "HomeostaticRP"),
    ConstraintKind(
        "circuit", "circuit-normalized", lambda phi, in_degree: Homeostatic(phi, "circuit"), "HomeostaticRP"
    ),
    ConstraintKind("clamp", "bounded (clamp)", lambda phi, in_degree: Clamped(phi / in_degree), "BoundedRP"),
    ConstraintKind("projected", "bounded (projected)", lambda phi, in_degree: Projected(phi / in_degree), "BoundedRP"),
):
    register(_kind)
