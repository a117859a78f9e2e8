"""A session that is told what to expect and what to answer. For tests; starts no Lean.

Two forms, which may be used together: a table of goals, tactics and what each leads to, for
searches; and a list of exchanges in their order, for conversations. Whatever is not in them is an
error, and so is whatever of them was not said by the end (the model is python-chess's engine tests).
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from prover.lean.protocol import Declaration, Goal, Message
from prover.lean.session import Advanced, Failed, Origin, SorryGoal, SourceText, State, TacticLimits, TacticOutcome

NOWHERE = Origin(SourceText("", "Scripted.lean", "Scripted"), 0, statement=False)


@dataclass(frozen=True)
class Leaves:
    """The tactic runs and leaves these states, each a group of goals; none: the goal is closed."""

    states: tuple[tuple[Goal, ...], ...] = ()
    replacement: str | None = None


@dataclass(frozen=True)
class Fails:
    """The tactic fails."""

    kind: str = "elaboration"
    message: str = ""


Answer = Leaves | Fails | Exception
Table = Mapping[str, Mapping[str, Answer]]
"""the key of a goal, then a tactic: what comes of it"""


@dataclass(frozen=True)
class Exchange:
    """A request that must come next, and what it is answered with; an exception is raised."""

    request: str
    """a method of `Session`"""
    arguments: tuple[object, ...]
    answer: object = None


def leaves(*goals: str | Goal, replacement: str | None = None) -> Leaves:
    """The tactic leaves these goals, each a state of its own; a text is the key of an otherwise empty goal."""
    return Leaves(tuple((named(goal),) for goal in goals), replacement)


def named(goal: str | Goal) -> Goal:
    """The goal, or one of which no more than the key is known."""
    return goal if isinstance(goal, Goal) else Goal(goal)


def opened(*goals: str | Goal) -> State:
    """A state that a proof starts from."""
    return State(tuple(named(goal) for goal in goals), NOWHERE)


@dataclass
class ScriptedSession:
    """Speaks the `Session` protocol. A context manager: leaving it asserts that all was said.

    Raises from every method:
        AssertionError: it was asked what nothing was said about.
    """

    table: Table = field(default_factory=dict)
    script: Sequence[Exchange] = ()
    said: list[tuple[str, str]] = field(default_factory=list)
    """goal and tactic of every answer from the table, in order"""

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
        """Asserts that every exchange took place and every row of the table was asked for."""
        assert not self._script, f"never asked: {self._script[0].request}{self._script[0].arguments}"
        rows = [(key, tactic) for key, tactics in self.table.items() for tactic in tactics]
        left = [row for row in rows if row not in self.said]
        assert not left, f"never run: {left}"

    def elaborate(self, source: SourceText) -> tuple[Message, ...]:
        """The answer of the next exchange."""
        return self._next("elaborate", source)  # type: ignore[return-value]  # the script's author answers for it

    def declarations(self, source: SourceText) -> tuple[Declaration, ...]:
        """The answer of the next exchange."""
        return self._next("declarations", source)  # type: ignore[return-value]  # as above

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]:
        """The answer of the next exchange."""
        return self._next("sorries", source, start, stop)  # type: ignore[return-value]  # as above

    def statement(self, source: SourceText, selection: int) -> SorryGoal:
        """The answer of the next exchange."""
        return self._next("statement", source, selection)  # type: ignore[return-value]  # as above

    def close_proof(self, state: State, script: str) -> Failed | None:
        """The answer of the next exchange."""
        return self._next("close_proof", state, script)  # type: ignore[return-value]  # as above

    def forget(self) -> None:
        """The next exchange."""
        self._next("forget")

    def close(self) -> None:
        """The next exchange."""
        self._next("close")

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        """One outcome for each tactic, from the table."""
        for tactic in tactics:
            yield self._outcome(state, tactic, self._answer(state, tactic))

    def _next(self, request: str, *arguments: object) -> object:
        assert self._script, f"nothing more was expected, but {request}{arguments} was asked"
        expected = self._script.popleft()
        assert (expected.request, expected.arguments) == (request, arguments), (
            f"{expected.request}{expected.arguments} was expected, but {request}{arguments} was asked"
        )
        if isinstance(expected.answer, Exception):
            raise expected.answer
        return expected.answer

    def _answer(self, state: State, tactic: str) -> Answer:
        key = state.goals[0].key
        answer = self.table.get(key, {}).get(tactic)
        assert answer is not None, f"nothing is said about {tactic!r} on the goal {key!r}"
        self.said.append((key, tactic))
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
