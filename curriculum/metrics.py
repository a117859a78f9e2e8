"""The metrics of lifelong learning, defined once. Plain numbers: no database, no models.

All are computed from a task-by-checkpoint matrix R. R[i][j] is the performance, from 0 to 1, on task j of the
checkpoint that was made right after task i was learned; tasks are numbered in the order of learning. Performance
is R@10 of retrieval, or the share of a task's theorems that are proved, or any other share.

What LeanAgent (Kumarappan et al., "LeanAgent: Lifelong Learning for Formal Theorem Proving", ICLR 2025) reports is
computed from two curves: the *average test performance* after each task, over the tasks learned so far, and the
*validation performance* on each task right after it was learned. Its figures are percentage points; ours are shares.

    WF5   windowed forgetting        De Lange et al., "Continual evaluation for lifelong learning", ICLR 2023
    FM    forgetting measure         Chaudhry et al., "Riemannian walk for incremental learning", ECCV 2018
    CFR   catastrophic-forgetting resilience   LeanAgent
    EBWT  expanded backward transfer Díaz-Rodríguez et al., "Don't forget, there is more than forgetting", 2018
    WP5   windowed plasticity        De Lange et al. 2023
    IP    incremental plasticity     LeanAgent
    BWT   backward transfer, and FWT, forward transfer
                                     Lopez-Paz and Ranzato, "Gradient episodic memory", NeurIPS 2017

A task that could not be measured at a checkpoint is NaN there, and counts for nothing that needs it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean

from retrieval.statistics import Drawn, Interval, bootstrap

WINDOW = 5
RESAMPLES = 1_000

Curve = Sequence[float]


@dataclass(frozen=True)
class Matrix:
    """Performance of each checkpoint on each task."""

    tasks: tuple[str, ...]
    """The tasks, in the order of learning."""
    rows: tuple[tuple[float, ...], ...]
    """For each checkpoint so far, the performance on every task, including those not learned yet."""
    before: tuple[float, ...] = ()
    """The performance of the untrained learner on each task; empty if it was not measured."""

    def __post_init__(self) -> None:
        if len(self.rows) > len(self.tasks):
            raise ValueError(f"{len(self.rows)} checkpoints, but only {len(self.tasks)} tasks")
        for row in (*self.rows, *([self.before] if self.before else [])):
            if len(row) != len(self.tasks):
                raise ValueError(f"a row has {len(row)} values for {len(self.tasks)} tasks")
            if any(not (math.isnan(value) or 0 <= value <= 1) for value in row):
                raise ValueError("a performance is not between 0 and 1")

    def averages(self) -> list[float]:
        """Returns, after each task, the mean performance on all tasks learned so far."""
        return [_mean(row[: place + 1]) for place, row in enumerate(self.rows)]

    def on_arrival(self) -> list[float]:
        """Returns the performance on each task right after it was learned."""
        return [row[place] for place, row in enumerate(self.rows)]

    def learned(self) -> int:
        """Returns the number of tasks learned so far."""
        return len(self.rows)


def windowed_forgetting(matrix: Matrix, window: int = WINDOW) -> float:
    """WF: the largest drop of the average performance between two checkpoints of any `window` in a row.

    Lower is better, 0 is best. LeanAgent takes it over the average test performance, as is done here.
    """
    return max(0.0, -_steepest(matrix.averages(), window, rising=False))


def windowed_plasticity(matrix: Matrix, window: int = WINDOW) -> float:
    """WP: the largest rise of the average performance between two checkpoints of any `window` in a row."""
    return max(0.0, _steepest(matrix.averages(), window, rising=True))


def forgetting(matrix: Matrix) -> float:
    """FM: how far, on average over the old tasks, the last checkpoint is below the best earlier one.

    FM = 1/(k−1) Σ_{j<k} max_{j≤i<k} (R[i][j] − R[k][j]). Negative where old tasks went on getting better.
    """
    last = matrix.learned() - 1
    drops = []
    for task in range(last):
        earlier = [matrix.rows[i][task] for i in range(task, last) if not math.isnan(matrix.rows[i][task])]
        if earlier:
            drops.append(max(earlier) - matrix.rows[last][task])
    return _mean(drops)


def forgetting_resilience(matrix: Matrix) -> float:
    """CFR: the smallest average performance over the largest; 1 where it never changed, or was never above 0."""
    averages = _known(matrix.averages())
    if not averages:
        return math.nan
    return min(averages) / max(averages) if max(averages) > 0 else 1.0


def backward_transfer(matrix: Matrix, after: int | None = None) -> float:
    """BWT: what learning the later tasks has done, on average, to the earlier ones; positive is better.

    BWT_k = 1/(k−1) Σ_{j<k} (R[k][j] − R[j][j]), after task `after` (from 0), or after the last.
    """
    last = matrix.learned() - 1 if after is None else after
    return _mean([matrix.rows[last][task] - matrix.rows[task][task] for task in range(last)])


def expanded_backward_transfer(matrix: Matrix) -> float:
    """EBWT: backward transfer, averaged over the checkpoints after the second and each later task."""
    return _mean([backward_transfer(matrix, after) for after in range(1, matrix.learned())])


def incremental_plasticity(matrix: Matrix) -> float:
    """IP: the mean change, from task to task, of the performance on a task right after it was learned."""
    curve = matrix.on_arrival()
    return _mean([later - earlier for earlier, later in pairwise(curve)])


def forward_transfer(matrix: Matrix) -> float:
    """FWT: what learning the earlier tasks did for each task before it was learned itself; positive is better.

    FWT = 1/(k−1) Σ_{j≥1} (R[j−1][j] − before[j]). NaN where the learner was not measured before it began.
    """
    if not matrix.before:
        return math.nan
    gains = [matrix.rows[task - 1][task] - matrix.before[task] for task in range(1, matrix.learned())]
    return _mean(gains)


@dataclass(frozen=True)
class Metric:
    """A metric, for tables."""

    name: str
    compute: Callable[[Matrix], float]
    higher_is_better: bool
    meaning: str


METRICS = (
    Metric("WF5", windowed_forgetting, False, "largest drop of the average within five checkpoints"),
    Metric("FM", forgetting, False, "mean drop of old tasks from their best"),
    Metric("CFR", forgetting_resilience, True, "smallest average over the largest"),
    Metric("EBWT", expanded_backward_transfer, True, "mean change of old tasks, over all checkpoints"),
    Metric("WP5", windowed_plasticity, True, "largest rise of the average within five checkpoints"),
    Metric("IP", incremental_plasticity, True, "mean change, from task to task, right after learning"),
    Metric("BWT", backward_transfer, True, "change of old tasks at the end"),
    Metric("FWT", forward_transfer, True, "gain on tasks before they are learned"),
)


@dataclass(frozen=True)
class Outcomes:
    """The performance of each checkpoint on each item of each task: the matrix before averaging."""

    tasks: tuple[str, ...]
    rows: tuple[tuple[tuple[float, ...], ...], ...]
    """By checkpoint and task, a value from 0 to 1 for each item; the items of a task are the same in all rows."""
    before: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        for row in (*self.rows, *([self.before] if self.before else [])):
            if [len(items) for items in row] != self._sizes():
                raise ValueError("the items of a task are not the same at all checkpoints")

    def _sizes(self) -> list[int]:
        first = self.rows[0] if self.rows else self.before
        return [len(items) for items in first]

    def matrix(self, drawn: Sequence[Sequence[int]] | None = None) -> Matrix:
        """Returns the matrix over all items, or over the items drawn, given by their indices for each task."""
        chosen = drawn if drawn is not None else [range(size) for size in self._sizes()]

        def averaged(row: Sequence[Sequence[float]]) -> tuple[float, ...]:
            return tuple(_mean([items[i] for i in some]) for items, some in zip(row, chosen, strict=True))

        before = averaged(self.before) if self.before else ()
        return Matrix(self.tasks, tuple(averaged(row) for row in self.rows), before)

    def interval(self, compute: Callable[[Matrix], float], seed: int = 0, resamples: int = RESAMPLES) -> Interval:
        """Returns a metric with its percentile bootstrap interval (Efron 1979); see `intervals`."""
        return self.intervals({"": compute}, seed, resamples)[""]

    def intervals(
        self, computes: Mapping[str, Callable[[Matrix], float]], seed: int = 0, resamples: int = RESAMPLES
    ) -> dict[str, Interval]:
        """Returns metrics by name, with their intervals.

        Items are resampled with replacement within each task, the same at all checkpoints, so that the correlation
        between checkpoints is preserved.
        """

        def computed(drawn: Drawn) -> dict[str, float]:
            matrix = self.matrix(drawn)
            return {name: compute(matrix) for name, compute in computes.items()}

        return bootstrap(computed, self._sizes(), seed, resamples)


@dataclass(frozen=True)
class Gains:
    """The theorems that a learner and a static baseline with the same budget proved."""

    gained: frozenset[str] = field(default_factory=frozenset)
    """Proved by the learner only."""
    lost: frozenset[str] = field(default_factory=frozenset)
    """Proved by the baseline only."""
    both: frozenset[str] = field(default_factory=frozenset)
    attempted: int = 0

    @property
    def net(self) -> int:
        """The number of theorems gained less those lost."""
        return len(self.gained) - len(self.lost)


def gains(learner: Mapping[str, bool], baseline: Mapping[str, bool]) -> Gains:
    """Compares a learner with a baseline, theorem by theorem.

    Raises:
        ValueError: they did not attempt the same theorems, so that the comparison would not be fair.
    """
    if learner.keys() != baseline.keys():
        different = sorted(learner.keys() ^ baseline.keys())
        raise ValueError(f"{len(different)} theorems were attempted by one of the two only, for example {different[0]}")
    ours, theirs = ({name for name, proved in each.items() if proved} for each in (learner, baseline))
    return Gains(frozenset(ours - theirs), frozenset(theirs - ours), frozenset(ours & theirs), len(learner))


def _steepest(curve: Curve, window: int, rising: bool) -> float:
    """Returns the largest rise, or the largest fall as a negative number, between two points of a window."""
    found = 0.0
    for start, value in enumerate(curve):
        for other in curve[start + 1 : start + window]:
            change = other - value
            if not math.isnan(change):
                found = max(found, change) if rising else min(found, change)
    return found


def _known(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def _mean(values: Sequence[float]) -> float:
    known = _known(values)
    return fmean(known) if known else math.nan
