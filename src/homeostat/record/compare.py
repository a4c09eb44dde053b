"""Compare a figure of a run with its record: exactly, or within what rounding and seeds can do."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from homeostat.record.curves import MOST_POINTS, Curve

# Numbers are printed with so many digits less than float32 carries, and sums are taken in another order.
ROUNDING = 1e-6
# How much more than the processors measured so far another one may move a curve.
ROOM = 4.0
# Where rounding moved curves by this share, it decides what is learned: two processors are like two sets of seeds.
DIVERGED = 1e-4
# Two-sided level of a single point; a default run has some thousand.
LEVEL = 1e-4
# This share of a curve's points may lack a match where runs diverge (a unit that is never active has no mean).
MOST_WITHOUT = 0.5


@dataclass(frozen=True)
class Difference:
    """One difference between a run and its record.

    Attributes
    ----------
    figure, panel
        Where it is.
    what
        The measure, condition and x; or what of a curve differs.
    here, recorded
        Both numbers; None where one side has none.
    tolerance
        How far apart they may be; 0 where they must be equal.
    """

    figure: str
    panel: str
    what: str
    here: float | None = None
    recorded: float | None = None
    tolerance: float = 0.0

    def __str__(self) -> str:
        where = f"{self.figure}, panel {self.panel}, {self.what}"
        if self.here is None or self.recorded is None:
            return where
        room = f", tolerance {self.tolerance:.2g}" if self.tolerance else ""
        return f"{where}: {self.here:.9g} here, {self.recorded:.9g} in the record{room}"

    @property
    def size(self) -> float:
        """How large it is, in tolerances, or where there is none as a share; infinite where something is absent."""
        if self.here is None or self.recorded is None:
            return math.inf
        unit = self.tolerance or max(abs(self.here), abs(self.recorded))
        return abs(self.here - self.recorded) / unit if unit else 0.0


def exact(figure: str, here: Mapping[str, str], recorded: Mapping[str, str]) -> list[str]:
    """Return the panels whose digests differ, or that one side lacks."""
    return [panel for panel in dict.fromkeys([*recorded, *here]) if here.get(panel) != recorded.get(panel)]


def differences(
    here: Sequence[Curve], recorded: Sequence[Curve], panels: Sequence[str] | None = None, *, diverging: bool = False
) -> list[Difference]:
    """Return the differences between the curves of one figure, the largest first.

    Parameters
    ----------
    here, recorded
        The curves of the run, all their points, and of the record.
    panels
        Where numbers must be equal: the panels whose digests differ. None: everywhere, within tolerances.
    diverging
        Whether two processors are like two sets of seeds in this study (:func:`diverges`).
    """
    ours, theirs = ({curve.name: curve for curve in curves} for curves in (here, recorded))
    found: list[Difference] = []
    allowed = {} if panels is not None else tolerances(recorded, diverging)
    seeds = _seeds(here), _seeds(recorded)
    for name in dict.fromkeys([*theirs, *ours]):
        if panels is not None and name[0] not in panels:
            continue
        one, other = ours.get(name), theirs.get(name)
        if one is None or other is None:
            side = "is not in the record" if other is None else "is not here"
            each = one or other
            assert each is not None
            found.append(Difference(each.figure, each.panel, f"{_label(each)} {side}"))
            continue
        counts = [float(of.get(other.group, 0)) for of in seeds]
        if counts[0] != counts[1]:
            found.append(Difference(one.figure, one.panel, f"{_label(one)}, number of seeds", *counts))
        else:
            found += _of_curve(one, other, allowed.get(other.group))
    return sorted(found, key=lambda each: -each.size)


def _seeds(curves: Sequence[Curve]) -> dict[tuple[str, str], int]:
    """Return the number of seeds of each measure of each panel; a single curve may lack some."""
    found: dict[tuple[str, str], int] = {}
    for curve in curves:
        found[curve.group] = max(found.get(curve.group, 0), *curve.n)
    return found


@dataclass(frozen=True)
class Tolerance:
    """What the curves of one measure in one panel may differ by: ``level`` at all, ``by_seeds`` times sqrt(2 / n)."""

    level: float
    by_seeds: float

    @property
    def diverged(self) -> bool:
        """Whether two processors are like two sets of seeds."""
        return self.by_seeds > 0

    def at(self, n: int) -> float:
        """Return how far apart two means over n seeds may be."""
        return max(self.level, self.by_seeds * math.sqrt(2 / n))


def diverges(recorded: Iterable[Curve]) -> bool:
    """Return whether rounding decides what is learned in a study, as far as was measured.

    A figure that stood still on the processors tried so far does not tell what training does on the next one, so one
    figure speaks for all.
    """
    return any(_share_moved(group) > DIVERGED for group in _groups(recorded).values())


def tolerances(recorded: Iterable[Curve], diverging: bool) -> dict[tuple[str, str], Tolerance]:
    """Return the tolerance of each measure of each panel, from what moved it so far and its spread over seeds."""
    return {
        name[1:]: _tolerance(group, diverging and _share_moved(group) > ROOM * ROUNDING)
        for name, group in _groups(recorded).items()
    }


def _groups(curves: Iterable[Curve]) -> dict[tuple[str, str, str], list[Curve]]:
    groups: dict[tuple[str, str, str], list[Curve]] = {}
    for curve in curves:
        groups.setdefault((curve.figure, *curve.group), []).append(curve)
    return groups


def _share_moved(group: Sequence[Curve]) -> float:
    """Return how far the curves moved elsewhere, as a share of their largest value; infinite if nobody measured it."""
    moved = [curve.moved for curve in group]
    if None in moved:
        return math.inf
    return max((each or 0.0 for each in moved), default=0.0) / (_reach(group) or 1.0)


def _reach(group: Sequence[Curve]) -> float:
    return max((abs(value) for curve in group for value in curve.mean), default=0.0)


def _tolerance(group: Sequence[Curve], diverging: bool) -> Tolerance:
    level = max(ROUNDING * _reach(group), ROOM * max(curve.moved or 0.0 for curve in group))
    if not diverging:
        return Tolerance(level, 0.0)
    # The largest of a curve's spreads: a point may have little by chance.
    spreads = [max((sd for sd in curve.sd if sd is not None), default=0.0) for curve in group]
    pooled = math.sqrt(sum(sd**2 for sd in spreads) / len(spreads))
    freedom = sum(max(curve.n) - 1 for curve in group)
    # Without a spread over seeds nothing can be said of it.
    return Tolerance(level, float(stdtrit(freedom, 1 - LEVEL / 2)) * pooled if freedom and pooled else math.inf)


def _of_curve(here: Curve, recorded: Curve, tolerance: Tolerance | None) -> Iterator[Difference]:
    ours = dict(zip(here.places(), zip(here.mean, here.n, strict=True), strict=True))
    theirs = dict(zip(recorded.places(), zip(recorded.mean, recorded.n, strict=True), strict=True))
    alike = [place for place in theirs if place in ours and (tolerance is None or ours[place][1] == theirs[place][1])]
    without = len(theirs) - len(alike)
    if len(theirs) < MOST_POINTS:  # the record has all points of the curve
        without += len(ours.keys() - theirs.keys())
    allowed = MOST_WITHOUT * len(theirs) if tolerance is not None and tolerance.diverged else 0
    if without > allowed:
        yield Difference(here.figure, here.panel, f"{_label(here)}: {without} points have no match in the other")
    for place in alike:
        mean, n = ours[place]
        wanted, room = theirs[place][0], tolerance.at(n) if tolerance else recorded.step / 2
        if abs(mean - wanted) > room or n != theirs[place][1]:
            at, given = f"{_label(here)}{_at(place)}", room if tolerance else 0.0
            yield Difference(here.figure, here.panel, at, mean, wanted, given)


def _label(curve: Curve) -> str:
    of = f"{curve.of} of " if curve.of else ""
    return f"{of}{curve.measure}, {curve.condition}" if curve.condition else f"{of}{curve.measure}"


def _at(place: tuple[str, str]) -> str:
    budget, x = place
    return (f", budget {budget}" if budget else "") + (f", x = {x}" if x else "")
