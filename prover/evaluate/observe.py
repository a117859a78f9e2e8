"""Observes a trial without changing it: the result of each tactic, its generators, and the time of the gate."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prover.check.gate import Judge, Judgement, Submission
from prover.check.levels import DEFAULT_LEVEL
from prover.evaluate.journal import CALIBRATION_BINS, CalibrationBin
from prover.lean.protocol import Goal, Message
from prover.lean.session import (
    Advanced,
    Assuming,
    Counterexample,
    Fact,
    Failed,
    Fit,
    Inventions,
    Session,
    SorryGoal,
    SourceText,
    State,
    TacticLimits,
    TacticOutcome,
)
from prover.tactics.generator import BoundGenerator, Suggestion, Wrapped

ADVANCED, CLOSED = "advanced", "closed"
LOGGED_KEY_CHARS = 12
"""The number of characters of a goal's key in a log."""


@dataclass
class Observation:
    """The observations of one trial."""

    tactics: Counter[str] = field(default_factory=Counter)
    """The number of tactics by result: advanced, closed a goal, or the kind of failure."""
    proposed: dict[str, set[str]] = field(default_factory=dict)
    """The generators that suggested a tactic, by its text."""
    log: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Goal, tactic, result and time in microseconds."""
    goals: dict[str, Goal] = field(default_factory=dict)
    """The goals that the log names, by the key that it names them by."""
    gate_seconds: float = 0.0
    promised: dict[tuple[str, str], float] = field(default_factory=dict)
    """The highest probability that a generator gave a tactic, by the goal's key and the tactic's text."""
    run: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Whether Lean accepted a tactic, for those of them that were run."""

    def credited(self, scripts: Sequence[Sequence[str]]) -> tuple[str, ...]:
        """Returns the generators that suggested the lines of a proof."""
        holds = _holds(scripts)
        return tuple(sorted({name for tactic, names in self.proposed.items() if holds(tactic) for name in names}))

    def promises(self, scripts: Sequence[Sequence[str]]) -> tuple[CalibrationBin, ...]:
        """Returns the calibration bins of the tactics that were run; `scripts` is the proof, if any."""
        holds = _holds(scripts)
        found: dict[float, CalibrationBin] = {}
        for place, accepted in self.run.items():
            probability = self.promised[place]
            least = max(each for each in CALIBRATION_BINS if each <= probability)
            known = found.get(least, CalibrationBin(least, 0, 0.0, 0, 0))
            used = accepted and holds(place[1])
            found[least] = CalibrationBin(
                least,
                known.tried + 1,
                known.expected + probability,
                known.accepted + accepted,
                known.used + used,
            )
        return tuple(found[least] for least in sorted(found))


def _holds(scripts: Sequence[Sequence[str]]) -> Callable[[str], bool]:
    """Returns whether a proof contains a tactic's lines."""
    proofs = [f"\n{_flat(line for text in script for line in text.splitlines())}\n" for script in scripts]
    return lambda tactic: any(f"\n{_flat(tactic.splitlines())}\n" in proof for proof in proofs)


def _flat(lines: Iterable[str]) -> str:
    """Returns the lines without indentation and bullets."""
    return "\n".join(line.strip().lstrip("· ") for line in lines)


class ObservedGenerator(Wrapped):
    """Records the suggestions of a generator."""

    def __init__(self, inner: BoundGenerator, seen: Observation) -> None:
        super().__init__(inner)
        self._seen = seen

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the generator's suggestions."""
        suggestions = self.inner.suggest(goal)
        for suggestion in suggestions:
            self._credit(suggestion)
            place, probability = (goal.key, suggestion.tactic), math.exp(min(0.0, suggestion.log_probability))
            self._seen.promised[place] = max(probability, self._seen.promised.get(place, 0.0))
        return suggestions

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the whole proofs that the generator knows."""
        proofs = self.inner.whole_proofs(goal)
        for proof in proofs:
            self._credit(proof)
        return proofs

    def _credit(self, suggestion: Suggestion) -> None:
        names = suggestion.sources or (self.name,)
        self._seen.proposed.setdefault(suggestion.tactic, set()).update(names)


class ObservedSession:
    """An observed session."""

    def __init__(self, session: Session, seen: Observation) -> None:
        self._session = session
        self._seen = seen

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        """Forwards to the session."""
        key = state.goals[0].key[:LOGGED_KEY_CHARS] if state.goals else ""
        if state.goals:
            self._seen.goals.setdefault(key, state.goals[0])
        for tactic, outcome in zip(tactics, self._session.run(state, tactics, limits), strict=True):
            match outcome:
                case Advanced(states, replacement, microseconds):
                    what = ADVANCED if states else CLOSED
                    if replacement is not None:
                        self._seen.proposed.setdefault(replacement, set()).update(self._seen.proposed.get(tactic, ()))
                case Failed(kind, _, microseconds):
                    what = kind
            self._seen.tactics[what] += 1
            if state.goals and (place := (state.goals[0].key, tactic)) in self._seen.promised:
                self._seen.run[place] = isinstance(outcome, Advanced)
            self._seen.log.append((key, tactic, what, microseconds))
            yield outcome

    def elaborate(self, source: SourceText) -> tuple[Message, ...]:
        """See `Session`."""
        return self._session.elaborate(source)

    def messages(self, source: SourceText, limit: int | None = None) -> tuple[Message, ...]:
        """See `Session`."""
        return self._session.messages(source, limit)

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]:
        """See `Session`."""
        return self._session.sorries(source, start, stop)

    def statement(self, source: SourceText, selection: int) -> SorryGoal:
        """See `Session`."""
        return self._session.statement(source, selection)

    def assume(self, state: State, names: Sequence[str]) -> Assuming:
        """See `Session`."""
        return self._session.assume(state, names)

    def invent(self, state: State) -> Inventions:
        """See `Session`."""
        return self._session.invent(state)

    def fact(self, state: State, name: str) -> Fact | None:
        """See `Session`."""
        return self._session.fact(state, name)

    def refute(self, state: State, milliseconds: int, prove: bool) -> Counterexample:
        """See `Session`."""
        return self._session.refute(state, milliseconds, prove)

    def close_proof(self, state: State, script: str) -> Failed | None:
        """See `Session`."""
        return self._session.close_proof(state, script)

    def fit(self, source: SourceText, command: int, text: str, old: tuple[int, int], new: tuple[int, int]) -> Fit:
        """See `Session`."""
        return self._session.fit(source, command, text, old, new)

    def forget(self) -> None:
        """See `Session`."""
        self._session.forget()

    def close(self) -> None:
        """See `Session`."""
        self._session.close()


class TimedGate:
    """A gate whose time is measured apart from the search's."""

    def __init__(self, inner: Judge, seen: Observation) -> None:
        self._inner = inner
        self._seen = seen

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """See `Gate`."""
        began = time.monotonic()
        try:
            return self._inner.judge(submission, level)
        finally:
            self._seen.gate_seconds += time.monotonic() - began
