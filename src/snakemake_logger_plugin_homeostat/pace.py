"""How long a run will still take, from the jobs that are done."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping

# Before this, starts of programs are most of what was seen.
_SOONEST = 10.0


class Pace:
    """Times of the jobs of a run.

    Parameters
    ----------
    counts
        How many jobs of each rule there are.
    """

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self._start = time.monotonic()
        self._counts = dict(counts or {})
        self._running: dict[int, tuple[str, float]] = {}
        self._done: Counter[str] = Counter()
        self._seconds: dict[str, float] = defaultdict(float)
        self._said = False

    def started(self, job: int | None, rule: str) -> None:
        """Note that a job began."""
        if job is not None:
            self._running[job] = (rule, time.monotonic())

    def finished(self, job: int) -> None:
        """Note that a job ended."""
        if job in self._running:
            rule, start = self._running.pop(job)
            self._done[rule] += 1
            self._seconds[rule] += time.monotonic() - start

    def elapsed(self) -> float:
        """Return the seconds since the run began."""
        return time.monotonic() - self._start

    def left(self) -> float | None:
        """Return the seconds that the run will still take; None where that cannot be said yet.

        A job takes as long as those of its rule did on average, and one of a rule that no job was seen of as long as
        all did. As many run side by side as did by now.
        """
        now, elapsed = time.monotonic(), self.elapsed()
        to_do = {rule: count - self._done[rule] for rule, count in self._counts.items() if count > self._done[rule]}
        unseen = sum(count for rule, count in to_do.items() if not self._done[rule])
        if not self._said and (elapsed < _SOONEST or not self._done or 2 * unseen > sum(to_do.values())):
            return None
        self._said = True
        usual = sum(self._seconds.values()) / self._done.total()
        work = sum(n * (self._seconds[rule] / self._done[rule] if self._done[rule] else usual)
                   for rule, n in to_do.items())  # fmt: skip
        under_way = sum(now - start for _, start in self._running.values())
        beside = max(1.0, (sum(self._seconds.values()) + under_way) / elapsed)
        return max(0.0, work - under_way) / beside
