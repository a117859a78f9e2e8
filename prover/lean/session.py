"""Proof states as values, the outcomes of tactics, and the protocol of a session with Lean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from prover.lean.protocol import Equation, EquationalProblem, Goal, Message, Place, RecordedCommand


@dataclass(frozen=True)
class SourceText:
    """A file to elaborate."""

    text: str
    """Its text as Lean reads it; see `as_read`. All positions count in it."""
    file: str
    """Its name in messages."""
    module: str
    options: tuple[tuple[str, bool | int | str], ...] = ()
    """Options of Lean that the repository's lakefile sets for it."""
    written: str | None = None
    """Its text as the file has it, if Lean reads it differently: with CRLF or a byte order mark."""
    strict: bool = False
    """Whether the lakefile turns warnings into errors; the option itself is not among `options`, since with it no file
    with a `sorry` would compile."""

    @property
    def on_disk(self) -> str:
        """The text that the file has."""
        return self.text if self.written is None else self.written


@dataclass(frozen=True)
class Recording:
    """Lean's records of the elaboration of a file."""

    messages: tuple[Message, ...]
    commands: tuple[RecordedCommand, ...]
    """The commands that have tactics or a `sorry`."""


@dataclass(frozen=True)
class TacticLimits:
    """The limits for one tactic."""

    heartbeats: int = 200_000
    """In Lean's unit, as ``maxHeartbeats``."""
    milliseconds: int = 3_000


@dataclass(frozen=True, eq=False)
class State:
    """A proof state, given by where its proof was opened, or by the state and the tactic that it came from."""

    goals: tuple[Goal, ...]
    origin: "Origin"
    parent: "State | None" = None
    tactic: str = ""
    child: int = 0
    """Its index among the states that the tactic led to."""


@dataclass(frozen=True)
class Origin:
    """A place in a file where a proof is opened."""

    source: SourceText
    start: int
    """The byte at which the `sorry` starts; for a statement, that at which the declaration's name starts."""
    statement: bool
    """Whether the goal is a declaration's statement, whatever its present body."""
    negated: bool = False
    """Whether the negation of the statement is the goal instead."""
    goal: int = 0
    """The index among the goals of the `sorry`: a tactic may be run on several."""
    assumed: tuple[str, ...] = ()
    """The open theorems that its proofs may use; see `EVERY_OPEN_THEOREM`."""


@dataclass(frozen=True)
class SorryGoal:
    """The goal at a `sorry` or at a statement, and the bytes of the file that its proof replaces."""

    state: State
    start: int
    stop: int
    place: Place
    command: tuple[int, int]
    """Start and end of the command around it."""
    declaration: str
    printed: str = ""
    """The goal as Lean prints it."""
    value: bool = False
    """Whether data is missing there, and not a proof."""

    @property
    def term(self) -> bool:
        """True if a term is expected there, not a tactic."""
        return self.place.kind in ("term", "body")


@dataclass(frozen=True)
class Fit:
    """The verdict on a text at a place of a command: does it stand there, and does the command then hold?"""

    same: bool
    """Whether the command is read as before, but for that place."""
    holds: bool
    """Whether it then has no errors."""
    message: str = ""
    """The reason why not."""


@dataclass(frozen=True)
class Advanced:
    """The tactic ran. The states that are left share no metavariables; none are left if all is proved."""

    states: tuple[State, ...]
    replacement: str | None
    """The text to write instead of a tactic that searches, such as `exact?`."""
    microseconds: int


@dataclass(frozen=True)
class Failed:
    """The tactic failed, or its result must not count."""

    kind: str
    """A `FailureKind`."""
    message: str
    microseconds: int


TacticOutcome = Advanced | Failed


@dataclass(frozen=True)
class Assuming:
    """A state in whose proofs open theorems may be used."""

    state: State
    usable: tuple[str, ...] = ()
    """The full names of the open theorems that may be used and are in scope."""


@dataclass(frozen=True)
class Fact:
    """A goal as a theorem that can be stated before it."""

    signature: str
    """The signature of the theorem, with its name, as Lean prints it."""
    application: str
    """The term that closes the goal with the theorem."""


@dataclass(frozen=True)
class Inventions:
    """Equations that a goal may lack, and consequences of its hypotheses."""

    equations: tuple[Equation, ...] = ()
    """Equations of which no small instance is false, the most promising first."""
    implied: tuple[str, ...] = ()
    """Terms that apply lemmas and hypotheses to hypotheses."""
    problem: EquationalProblem | None = None
    """The goal as an equation with equations from which it may follow, if it is one."""


@dataclass(frozen=True)
class Counterexample:
    """A counterexample to a goal, and what else its small instances say."""

    values: tuple[tuple[str, str], ...] | None = None
    """The variables with their values, of an instance in which the goal is false; None if none was found."""
    script: tuple[str, ...] = ()
    """Tactics that prove the negation of the goal with its context; none if none were found."""
    tried: int = 0
    """The number of instances whose hypotheses are not known to be false."""
    satisfied: bool = False
    """Whether there was such an instance."""
    uncovered: tuple[str, ...] = ()
    """Types of variables that no value is known of."""


class Session(Protocol):
    """The part of a session that searches use. `LeanSession`, `DojoSession`, `Team` and `ScriptedSession` have it."""

    def elaborate(self, source: SourceText) -> tuple[Message, ...]: ...

    def messages(self, source: SourceText, limit: int | None = None) -> tuple[Message, ...]: ...

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]: ...

    def statement(self, source: SourceText, selection: int) -> SorryGoal: ...

    def assume(self, state: State, names: Sequence[str]) -> Assuming: ...

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]: ...

    def invent(self, state: State) -> Inventions: ...

    def fact(self, state: State, name: str) -> Fact | None: ...

    def refute(self, state: State, milliseconds: int, prove: bool) -> Counterexample: ...

    def close_proof(self, state: State, script: str) -> Failed | None: ...

    def fit(self, source: SourceText, command: int, text: str, old: tuple[int, int], new: tuple[int, int]) -> Fit: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...
