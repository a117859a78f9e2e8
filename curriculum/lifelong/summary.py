"""Summarises a course from its finished steps: performance matrices, proved theorems, gains."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curriculum.database.courses import StoredStep
from curriculum.metrics import Gains, Outcomes, gains


@dataclass(frozen=True)
class RepositoryVisit:
    """The results of one repository in one round."""

    location: str
    round: int
    tried: int
    proved: tuple[str, ...]
    tactics: int
    seconds: float


@dataclass(frozen=True)
class CourseSummary:
    """The results of a course."""

    order: tuple[str, ...]
    failed: dict[str, str]
    """By location, why a repository was left out."""
    performance: dict[str, Outcomes]
    """By learner, the performance of each checkpoint on each repository."""
    baseline: dict[str, list[dict[str, bool]]]
    """By location, round and theorem, whether the prover without learning proved it with the tactics of all rounds up
    to that one; empty without a baseline."""
    visits: tuple[RepositoryVisit, ...]
    broken: dict[str, list[str]]
    """By location, the theorems whose proofs no longer held and could not be replaced."""

    def proved(self, location: str, up_to: int) -> frozenset[str]:
        """Returns the theorems of a repository that were proved up to a round."""
        mine = [v for v in self.visits if v.location == location and v.round <= up_to]
        return frozenset(name for visit in mine for name in visit.proved)

    def static(self, location: str, up_to: int) -> dict[str, bool] | None:
        """Returns what the prover without learning proved with the tactics of the rounds up to one; None if not run."""
        known = self.baseline.get(location, [])
        return known[up_to - 1] if len(known) >= up_to else None

    def gains(self, location: str, up_to: int) -> Gains | None:
        """Returns the gains of the rounds up to one over the baseline with as many tactics; None without one."""
        theirs = self.static(location, up_to)
        if theirs is None or not any(v.location == location and v.round == up_to for v in self.visits):
            return None
        ours = self.proved(location, up_to)
        return gains({name: name in ours for name in theirs}, theirs)

    def heads(self) -> list[str]:
        """Returns the headings of the columns of `row`."""
        pairs = ((f"without learning, {n}×" if n > 1 else "without learning", f"round {n}") for n in self._numbers())
        return [head for both in pairs for head in both]

    def row(self, location: str) -> list[str]:
        """Returns how many theorems of a repository were proved up to each round, without and with learning."""
        cells = []
        for number in self._numbers():
            static = self.static(location, number)
            cells += ["-" if static is None else str(sum(static.values())), str(len(self.proved(location, number)))]
        return cells

    def tried(self, location: str) -> int:
        """Returns how many theorems of a repository the first round attempted."""
        return next((visit.tried for visit in self.visits if visit.location == location), 0)

    def _numbers(self) -> range:
        return range(1, self.rounds + 1)

    @property
    def rounds(self) -> int:
        """The number of rounds that have begun."""
        return max((visit.round for visit in self.visits), default=0)


def summary_of(steps: Sequence[StoredStep]) -> CourseSummary:
    """Returns the summary of a course, which need not be finished."""
    order = next((tuple(s.record["order"]) for s in steps if s.kind == "order"), ())
    return CourseSummary(
        order,
        {s.location: s.record["failed"] for s in steps if "failed" in s.record},
        _performance(order, [s for s in steps if s.kind == "measure"]),
        _baseline(s for s in steps if s.kind == "baseline"),
        tuple(_visit(s) for s in steps if s.kind == "prove"),
        {s.location: s.record["broken"] for s in steps if s.kind == "recheck" and s.record["broken"]},
    )


def _baseline(steps: Iterable[StoredStep]) -> dict[str, list[dict[str, bool]]]:
    found: dict[str, list[dict[str, bool]]] = defaultdict(list)
    for step in steps:
        found[step.location].append(step.record["proved"])
    return dict(found)


def _performance(order: Sequence[str], measured: Sequence[StoredStep]) -> dict[str, Outcomes]:
    if not measured:
        return {}
    before, *rows = [step.record["performance"] for step in measured]
    names = sorted({name for of_learner in before.values() for name in of_learner})
    return {
        name: Outcomes(
            tuple(order),
            tuple(tuple(tuple(row[place][name]) for place in order) for row in rows),
            tuple(tuple(before[place][name]) for place in order),
        )
        for name in names
    }


def _visit(step: StoredStep) -> RepositoryVisit:
    record = step.record
    return RepositoryVisit(
        step.location, step.round, record["tried"], tuple(record["proved"]), record["tactics"], record["seconds"]
    )
