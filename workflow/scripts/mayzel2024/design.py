"""Which fits each figure needs, from the study's section of the configuration."""

from collections.abc import Callable, Mapping
from typing import Any

from homeostat.conditions import Entry, six_digits
from homeostat.rp.registry import CONSTRAINTS, MODELS, extra, find
from mayzel2024.conditions import Condition
from mayzel2024.jobs import kind_of

Settings = Mapping[str, Any]

WEIGHT_DECAY = "decay"
"""A constraint of sensitivity figures alone (weight_decay.py)."""
TEACHER = "teacher"
"""The data of an entry that is fitted to the teacher's samples; others are fitted to the recording."""


def reshaped(settings: Settings) -> Condition:
    """Return the reshaped model of the configuration, from which the others differ."""
    return Condition(
        model="reshaped",
        neurons=settings["neurons"],
        projections=settings["projections"],
        degree=float(settings["in_degree"]),
        slope=float(settings["slope"]),
        factor=float(settings["reshape_lambda"]),
        optimizer=settings["optimizer"]["reshaped"],
    )


def rp(settings: Settings) -> Condition:
    """Return the RP model."""
    return reshaped(settings).but(model="rp", factor=0.0, optimizer=settings["optimizer"]["rp"])


def backprop(settings: Settings) -> Condition:
    """Return the backpropagation model."""
    return reshaped(settings).but(model="backprop", optimizer=settings["optimizer"]["backprop"])


def pairwise(settings: Settings) -> Condition:
    """Return the pairwise model, whose projections are the neurons and their pairs."""
    return Condition("pairwise", settings["neurons"], 0, 2.0, float("inf"), 0.0, "natural")


def _factors(settings: Settings) -> dict[str, Condition]:
    return {f"reshaped, λ = {f:g}": reshaped(settings).but(factor=float(f)) for f in settings["fig1"]["lambdas"]}


def _over_projections(settings: Settings, kinds: Mapping[str, Condition]) -> list[Entry]:
    return [
        Entry(label, condition.but(projections=count))
        for label, condition in kinds.items()
        for count in settings["fig1"]["projections"]
    ]


def _over_budgets(kinds: Mapping[str, Condition], budgets: list[float], *, data: str = "") -> list[Entry]:
    return [Entry(label, c.but(budget=float(b)), data) for label, c in kinds.items() for b in budgets]


def fig1(settings: Settings) -> list[Entry]:
    """Return the curves of panels D to F, and the pairwise model as a reference."""
    kinds = {"RP": rp(settings), "reshaped": reshaped(settings), "backprop": backprop(settings)}
    return [*_over_projections(settings, kinds), Entry("pairwise", pairwise(settings))]


def fig1_patterns(settings: Settings) -> list[Entry]:
    """Return the models of panel C: a small group, for which log Z is exact."""
    sizes = {
        "neurons": settings["fig1"]["exhaustive_neurons"],
        "projections": settings["fig1"]["exhaustive_projections"],
    }
    kinds = {"RP": rp(settings), "reshaped": reshaped(settings), "backprop": backprop(settings)}
    return [Entry(label, condition.but(**sizes)) for label, condition in kinds.items()]


def fig1s1(settings: Settings) -> list[Entry]:
    """Return step v sigmoid projections, and pruning and replacement."""
    kinds = {
        "step RP": rp(settings).but(slope=float("inf")),
        "RP": rp(settings),
        "reshaped": reshaped(settings),
        "pruned RP": rp(settings).but(model="pruned"),
    }
    return _over_projections(settings, kinds)


def fig1s2(settings: Settings) -> list[Entry]:
    """Return fixed v tuned thresholds, and the fixed factors."""
    kinds = {
        "reshaped": reshaped(settings),
        "backprop": backprop(settings),
        "reshaped, tuned": reshaped(settings).but(thresholds="tuned"),
        "backprop, tuned": backprop(settings).but(thresholds="tuned"),
    }
    return _over_projections(settings, kinds | _factors(settings))


def _extra_constraints(base: Condition) -> dict[str, Condition]:
    kinds = [kind for kind in extra(CONSTRAINTS) if kind.name != WEIGHT_DECAY]
    return {kind.label: base.but(constraint=kind.name) for kind in kinds}


def _extra_models(settings: Settings) -> list[Entry]:
    bases = {"rp": rp(settings), "reshaped": reshaped(settings), "backprop": backprop(settings)}
    return [Entry(kind.label, bases[kind_of(kind.name)].but(model=kind.name)) for kind in extra(MODELS)]


def fig2(settings: Settings) -> list[Entry]:
    """Return the bounded and homeostatic models over synaptic budgets, with Adam and the authors' SGD.

    Constraints and models of the configuration's ``extra_models`` stand beside them.
    """
    base = reshaped(settings)
    kinds = {
        "homeostatic": base.but(constraint="input"),
        "bounded (clamp)": base.but(constraint="clamp"),
        "bounded (projected)": base.but(constraint="projected"),
    }
    entries = [Entry("RP", rp(settings)), Entry("reshaped", base), Entry("pairwise", pairwise(settings))]
    entries += _over_budgets(kinds | _extra_constraints(base), settings["budgets"])
    entries += _extra_models(settings)
    if settings["fig2"]["sgd_budgets"]:
        slow = {f"{label}, SGD": condition.but(optimizer="sgd") for label, condition in kinds.items()}
        entries.append(Entry("reshaped, SGD", base.but(optimizer="sgd")))
        entries += _over_budgets(slow, settings["fig2"]["sgd_budgets"])
    return entries


def fig2s1(settings: Settings) -> list[Entry]:
    """Return reshaped and homeostatic models of each fixed factor."""
    factors = _factors(settings)
    tight = {label.replace("reshaped", "homeostatic"): c.but(constraint="input") for label, c in factors.items()}
    entries = [Entry(label, condition) for label, condition in factors.items()]
    return entries + _over_budgets(tight, settings["fig2"]["lambda_budgets"])


def fig3(settings: Settings) -> list[Entry]:
    """Return homeostatic models of some budgets, and the unconstrained and RP models beside them."""
    base = reshaped(settings)
    entries = [Entry("unconstrained", base), Entry("RP", rp(settings))]
    return entries + [
        Entry(f"φ = {b:g}", base.but(constraint="input", budget=float(b))) for b in settings["fig3"]["budgets"]
    ]


def fig4(settings: Settings) -> list[Entry]:
    """Return students of the teacher: true, random and full connectivity, then in-degrees at fixed budgets."""
    base = reshaped(settings).but(constraint="input")
    kinds = {
        "true": base.but(wiring="true"),
        "random": base,
        "full": base.but(degree=float(settings["neurons"])),
    }
    entries = _over_budgets(kinds, settings["budgets"], data=TEACHER)
    for degree in settings["fig4"]["degrees"]:
        if degree <= settings["neurons"]:
            swept = {"in-degree": base.but(degree=float(degree))}
            entries += _over_budgets(swept, settings["fig4"]["degree_budgets"], data=TEACHER)
    return entries


def _normalizations(settings: Settings) -> dict[str, Condition]:
    return {kind: reshaped(settings).but(constraint=kind) for kind in ("input", "output", "circuit")}


def fig5(settings: Settings) -> list[Entry]:
    """Return the three normalizations over budgets, and the models whose rotations are compared."""
    base = reshaped(settings)
    chosen = settings["fig5"]
    entries = [
        Entry("unconstrained", base),
        # How far two fits of one model rotate apart: the floor of every comparison.
        Entry("other noise", base.but(repeat=1)),
        Entry("bounded", base.but(constraint="clamp", budget=six_digits(chosen["bound"] * base.degree))),
        *_over_budgets(_normalizations(settings), settings["budgets"]),
    ]
    compared = [("circuit", chosen["budget"]), ("input", chosen["budget"]), ("input", chosen["other_budget"])]
    # Marked, because the budgets of the scatter plots need not be among those of the curves.
    return entries + [
        Entry(f"scatter: {kind} {b:g}", base.but(constraint=kind, budget=float(b))) for kind, b in compared
    ]


def fig5s1(settings: Settings) -> list[Entry]:
    """Return the three normalizations over budgets, and the unconstrained model."""
    return [
        Entry("unconstrained", reshaped(settings)),
        *_over_budgets(_normalizations(settings), settings["budgets"]),
    ]


FIGURES: dict[str, Callable[[Settings], list[Entry]]] = {
    "fig1": fig1,
    "fig1_patterns": fig1_patterns,
    "fig1s1": fig1s1,
    "fig1s2": fig1s2,
    "fig2": fig2,
    "fig2s1": fig2s1,
    "fig3": fig3,
    "fig4": fig4,
    "fig5": fig5,
    "fig5s1": fig5s1,
}


def fits(figure: str, settings: Settings) -> list[Entry]:
    """Return the fits of a figure.

    Raises
    ------
    ConfigError
        One of them has a model or a constraint that is not registered.
    """
    entries = FIGURES[figure](settings)
    for entry in entries:
        find(MODELS, "model", entry.condition.model)
        find(CONSTRAINTS, "constraint", entry.condition.constraint)
    return entries
