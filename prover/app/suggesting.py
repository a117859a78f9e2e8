"""Suggests tactics for a goal of a theorem, and tries each of them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prover.app.assembly import mixture
from prover.app.locating import FileLine, Locator
from prover.app.store import Ledger
from prover.app.workspace import Workspace
from prover.attempt import Task, have_read, sorry_goals
from prover.check.challenge import line_column
from prover.errors import UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Goal
from prover.lean.session import Advanced, Failed, Session, SorryGoal, State, TacticLimits, TacticOutcome
from prover.progress import Notify
from prover.tactics.generator import Generator, Suggestion
from prover.tactics.language.formats import state_text

DEFAULT_LIMITS = TacticLimits(milliseconds=3_000)
DEFAULT_SECONDS = 60.0
BATCH_SIZE = 16
"""The number of tactics that are tried between two looks at the clock."""


@dataclass(frozen=True)
class TriedSuggestion:
    """A suggested tactic and its result."""

    tactic: str
    """The text to write; for a tactic that searches (`simp?`) it is the tactic that was found."""
    generators: tuple[str, ...]
    """The generators that suggested it."""
    log_probability: float
    goals: tuple[str, ...] | None
    """The goals that it leaves, as Lean prints them; None if it failed."""
    failure: str | None = None
    """Lean's message if it failed."""


@dataclass(frozen=True)
class FilePosition:
    """A position in a file."""

    line: int
    """Counted from 1."""
    column: int = 1
    """Counted from 1, in characters."""

    @classmethod
    def of(cls, text: str, offset: int) -> "FilePosition":
        """Returns the position of a byte."""
        line, column = line_column(text, offset)
        return cls(line, column + 1)

    def offset(self, text: str) -> int:
        """Returns the byte at this position, or at the end of its line."""
        lines = text.split("\n")
        above = "".join(f"{line}\n" for line in lines[: self.line - 1])
        own = lines[self.line - 1] if self.line <= len(lines) else ""
        return len((above + own[: self.column - 1]).encode())


@dataclass(frozen=True)
class SuggestRequest:
    """The theorem and the generators that are asked for tactics."""

    theorem: str | FileLine
    """The full name of a theorem, or its place."""
    after: tuple[str, ...]
    """Tactics that are run first."""
    generators: tuple[Generator, ...]
    count: int
    """The maximum number of tactics tried."""
    seconds: float = DEFAULT_SECONDS
    """The time after which no further tactic is tried, in seconds."""
    limits: TacticLimits = DEFAULT_LIMITS
    """The limits of each tactic."""
    near: FilePosition | None = None
    """The position for which the `sorry` is chosen where the theorem has several; None for its first."""


def suggest(ready: Workspace, wanted: SuggestRequest, notify: Notify) -> tuple[State, list[TriedSuggestion]]:
    """Returns a goal of a theorem, and suggested tactics with their results, those that close it first.

    Raises:
        UnknownTheorem: there is no theorem of that name.
        UsageError: a tactic that is to be run first fails, or closes the goal.
    """
    with ready.pool(1) as pool, pool.lend() as session:
        return _suggested(ready, session, wanted, Ledger(ready.toolchain.name, {}, notify))


def _suggested(
    ready: Workspace, session: LeanSession, wanted: SuggestRequest, ledger: Ledger
) -> tuple[State, list[TriedSuggestion]]:
    task = Locator(ready, session).named(wanted.theorem).task
    state = _after(session, goal_near(session, task, wanted.near).state, wanted)
    have_read(session, ready.contents(), [task.source], wanted.generators)
    ledger.begin(ready.checkout.location.canonical, [])
    ensemble = mixture(wanted.generators, ledger.statistics())
    ledger.end(interrupted=False)
    ranked = ensemble.for_theorem(task.ref()).suggest(state.goals[0])[: wanted.count]
    tried = list(try_all(session, state, ranked, wanted))
    return state, sorted(tried, key=lambda each: (each.goals is None, bool(each.goals)))


def goal_near(session: Session, task: Task, position: FilePosition | None) -> SorryGoal:
    """Returns the goal of the `sorry` of a theorem at a position or next after it, else of its last one.

    A theorem without `sorry` has one goal, that of its whole statement.
    """
    goals = sorry_goals(session, task)
    if position is None:
        return goals[0]
    offset = position.offset(task.source.text)
    return next((goal for goal in goals if offset < goal.stop), goals[-1])


def try_all(
    session: Session, state: State, ranked: Sequence[Suggestion], wanted: SuggestRequest
) -> Iterator[TriedSuggestion]:
    """Tries suggestions in batches until the time is over."""
    deadline = time.monotonic() + wanted.seconds
    known = {goal.key: goal for goal in state.goals}
    for start in range(0, len(ranked), BATCH_SIZE):
        if start and time.monotonic() > deadline:
            return
        batch = ranked[start : start + BATCH_SIZE]
        outcomes = session.run(state, [suggestion.tactic for suggestion in batch], wanted.limits)
        for suggestion, outcome in zip(batch, outcomes, strict=True):
            yield _tried(suggestion, outcome, known)


def _after(session: LeanSession, state: State, wanted: SuggestRequest) -> State:
    """Returns the first goal that is left after the tactics that are run first.

    Raises:
        UsageError: one of them fails, or nothing is left.
    """
    for tactic in wanted.after:
        match next(session.run(state, [tactic], wanted.limits)):
            case Failed(_, message):
                raise UsageError(f"`{tactic}` fails here: {' '.join(message.split())[:200]}")
            case Advanced(()):
                raise UsageError(f"Nothing is left to prove after `{tactic}`.")
            case Advanced(states):
                state = states[0]
    return state


def _tried(suggestion: Suggestion, outcome: TacticOutcome, known: dict[str, Goal]) -> TriedSuggestion:
    """Returns a suggestion with its result. Lean sends each goal once; `known` has those that were sent, by key."""
    score = round(suggestion.log_probability, 3)
    match outcome:
        case Advanced(states, replacement):
            left = [goal for state in states for goal in state.goals]
            known.update({goal.key: goal for goal in left if goal.target})
            goals = tuple(state_text(known.get(goal.key, goal)) for goal in left)
            return TriedSuggestion(replacement or suggestion.tactic, suggestion.sources, score, goals)
        case Failed(kind, message):
            return TriedSuggestion(suggestion.tactic, suggestion.sources, score, None, message or kind)
