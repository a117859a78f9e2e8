"""A `Session` for tests that answers from a script and starts no Lean.

There are two kinds of scripts, which can be combined: a table of goals, tactics and their results, for searches; and a
list of exchanges in order, for conversations. A request that is in neither is an error, and so is an entry of either
that was never requested. The model is python-chess's engine tests.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from prover.lean.protocol import Declaration, Goal, Message
from prover.lean.session import (
    Advanced,
    Assuming,
    Counterexample,
    Fact,
    Failed,
    Fit,
    Inventions,
    Origin,
    SorryGoal,
    SourceText,
    State,
    TacticLimits,
    TacticOutcome,
)

SCRIPTED_ORIGIN = Origin(SourceText("", "Scripted.lean", "Scripted"), 0, statement=False)


@dataclass(frozen=True)
class Leaves:
    """The tactic runs and leaves these states, each a group of goals; no state if the goal is closed."""

    states: tuple[tuple[Goal, ...], ...] = ()
    replacement: str | None = None


@dataclass(frozen=True)
class Fails:
    """The tactic fails."""

    kind: str = "elaboration"
    message: str = ""


Answer = Leaves | Fails | Exception
Table = Mapping[str, Mapping[str, Answer]]
"""Results by the key of a goal and the tactic."""


@dataclass(frozen=True)
class Exchange:
    """The request that must come next, and its answer; an answer that is an exception is raised."""

    request: str
    """The name of a method of `Session`."""
    arguments: tuple[object, ...]
    answer: object = None


def leaves(*goals: str | Goal, replacement: str | None = None) -> Leaves:
    """Returns the result that leaves these goals, each in a state of its own. A text is the key of an empty goal."""
    return Leaves(tuple((named(goal),) for goal in goals), replacement)


def named(goal: str | Goal) -> Goal:
    """Returns the goal, or for a text an empty goal with that key."""
    return goal if isinstance(goal, Goal) else Goal(goal)


def opened(*goals: str | Goal) -> State:
    """Returns a state from which a proof starts."""
    return State(tuple(named(goal) for goal in goals), SCRIPTED_ORIGIN)


@dataclass
class ScriptedSession:
    """A scripted `Session`. Leaving it as a context asserts that the whole script was requested.

    Raises from every method:
        AssertionError: The request is not in the script.
    """

    table: Table = field(default_factory=dict)
    script: Sequence[Exchange] = ()
    inventions: Mapping[str, Inventions] = field(default_factory=dict)
    """What goals lack, by the key of the goal."""
    counterexamples: Mapping[str, Counterexample] = field(default_factory=dict)
    """What small instances say of goals, by the key of the goal."""
    answered: list[tuple[str, str]] = field(default_factory=list)
    """The goal and the tactic of every answer from the table, in order."""

    def __post_init__(self) -> None:
        self._script = deque(self.script)

    def __enter__(self) -> "ScriptedSession":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()

    def finish(self) -> None:
        """Asserts that every exchange took place and that every row of the table was requested."""
        assert not self._script, f"never requested: {self._script[0].request}{self._script[0].arguments}"
        rows = [(key, tactic) for key, tactics in self.table.items() for tactic in tactics]
        unused = [row for row in rows if row not in self.answered]
        assert not unused, f"never run: {unused}"

    def elaborate(self, source: SourceText) -> tuple[Message, ...]:
        """Returns the answer of the next exchange."""
        return self._next("elaborate", source)  # type: ignore[return-value]  # the script's author answers for it

    def declarations(self, source: SourceText) -> tuple[Declaration, ...]:
        """Returns the answer of the next exchange."""
        return self._next("declarations", source)  # type: ignore[return-value]  # as above

    def messages(self, source: SourceText, limit: int | None = None) -> tuple[Message, ...]:
        """Returns the answer of the next exchange."""
        return self._next("messages", source, limit)  # type: ignore[return-value]  # as above

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]:
        """Returns the answer of the next exchange."""
        return self._next("sorries", source, start, stop)  # type: ignore[return-value]  # as above

    def statement(self, source: SourceText, selection: int) -> SorryGoal:
        """Returns the answer of the next exchange."""
        return self._next("statement", source, selection)  # type: ignore[return-value]  # as above

    def assume(self, state: State, names: Sequence[str]) -> Assuming:
        """Returns the answer of the next exchange."""
        return self._next("assume", state, tuple(names))  # type: ignore[return-value]  # as above

    def invent(self, state: State) -> Inventions:
        """Returns the inventions for the first goal, from a table; none for other goals."""
        return self.inventions.get(state.goals[0].key, Inventions())

    def fact(self, state: State, name: str) -> Fact | None:
        """Returns that the goal cannot be stated by itself."""
        return None

    def refute(self, state: State, milliseconds: int, prove: bool) -> Counterexample:
        """Returns the counterexample to the first goal, from a table; none for other goals."""
        return self.counterexamples.get(state.goals[0].key, Counterexample())

    def close_proof(self, state: State, script: str) -> Failed | None:
        """Returns the answer of the next exchange."""
        return self._next("close_proof", state, script)  # type: ignore[return-value]  # as above

    def fit(self, source: SourceText, command: int, text: str, old: tuple[int, int], new: tuple[int, int]) -> Fit:
        """Returns that every text fits."""
        return Fit(same=True, holds=True)

    def forget(self) -> None:
        """Performs the next exchange."""
        self._next("forget")

    def close(self) -> None:
        """Performs the next exchange."""
        self._next("close")

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        """Yields one outcome for each tactic, from the table."""
        for tactic in tactics:
            yield self._outcome(state, tactic, self._answer(state, tactic))

    def _next(self, request: str, *arguments: object) -> object:
        assert self._script, f"nothing more was expected, but {request}{arguments} was requested"
        expected = self._script.popleft()
        assert (expected.request, expected.arguments) == (request, arguments), (
            f"{expected.request}{expected.arguments} was expected, but {request}{arguments} was requested"
        )
        if isinstance(expected.answer, Exception):
            raise expected.answer
        return expected.answer

    def _answer(self, state: State, tactic: str) -> Answer:
        key = state.goals[0].key
        answer = self.table.get(key, {}).get(tactic)
        assert answer is not None, f"the table has no result of {tactic!r} on the goal {key!r}"
        self.answered.append((key, tactic))
        return answer

    @staticmethod
    def _outcome(state: State, tactic: str, answer: Answer) -> TacticOutcome:
        match answer:
            case Leaves(groups, replacement):
                states = (State(goals, state.origin, state, tactic, index) for index, goals in enumerate(groups))
                return Advanced(tuple(states), replacement, microseconds=0)
            case Fails(kind, message):
                return Failed(kind, message, microseconds=0)
            case error:
                raise error
