"""What a search is doing, for those who wait for it: its goals, its tactics, and whether the gate is at work."""

from collections.abc import Sequence
from typing import Protocol

from prover.check.gate import Judge, Judgement, Submission
from prover.check.levels import DEFAULT_LEVEL
from prover.lean.protocol import Goal
from prover.lean.session import TacticOutcome
from prover.tactics.generator import BoundGenerator, Generator, Suggestion, TheoremRef, Wrapped, WrappedGenerator


class SearchWatch(Protocol):
    """Is told what a search does, by the threads of the search. An exception from it ends the search."""

    def expanded(self, goal: Goal) -> None:
        """Learns that tactics are wanted for a goal, the most promising one at this time."""

    def ran(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """Learns that a tactic was run on a goal, and its outcome."""

    def checking(self, active: bool) -> None:
        """Learns that the gate begins to check a proof, or has ended."""


class WatchedGenerator(WrappedGenerator):
    """A generator whose goals and tactics are watched."""

    def __init__(self, inner: Generator, watch: SearchWatch) -> None:
        super().__init__(inner)
        self._watch = watch

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """Returns the watched generator bound to a theorem."""
        return Watched(self.inner.for_theorem(theorem), self._watch)


class Watched(Wrapped):
    """A bound generator whose goals and tactics are watched."""

    def __init__(self, inner: BoundGenerator, watch: SearchWatch) -> None:
        super().__init__(inner)
        self._watch = watch

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns suggestions, after the watch was told of the goal."""
        self._watch.expanded(goal)
        return super().suggest(goal)

    def on_result(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """Tells the watch of the result, and passes it on."""
        self._watch.ran(goal, suggestion, outcome)
        super().on_result(goal, suggestion, outcome)


class WatchedGate:
    """A gate whose work is watched."""

    def __init__(self, inner: Judge, watch: SearchWatch) -> None:
        self._inner = inner
        self._watch = watch

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """See `Gate`."""
        self._watch.checking(True)
        try:
            return self._inner.judge(submission, level)
        finally:
            self._watch.checking(False)
