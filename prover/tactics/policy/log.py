"""The log of a search: its goals and every tactic that was run on them. Engines need not know that they are logged.

A log is training data for the order in which tactics are tried, and what `prover replay` draws. Its size is bounded:
of the tactics that failed, a random sample is kept when there are too many.
"""

import random
import threading
import zlib
from collections.abc import Iterable, Sequence

import msgspec

from prover.lean.protocol import LEAN_ALONE, Goal
from prover.lean.session import Advanced, TacticOutcome
from prover.tactics.generator import (
    BoundGenerator,
    Generator,
    ProofStep,
    Suggestion,
    TheoremRef,
    Wrapped,
    WrappedGenerator,
)

LOG_VERSION = 1
MAX_TRIALS = 4_000
"""the number of tried tactics that a log keeps; of more, failed ones are left out at random"""
MAX_LOG_BYTES = 64 << 20
"""the size of a log, uncompressed, above which it is not read"""
HUMAN = "human"
"""the source of tactics that people wrote, which no generator suggests"""
ADVANCED = "advanced"
"""the outcome of a tactic that ran; others are kinds of failures"""


class MalformedLog(ValueError):
    """A stored log is damaged, or another version of the program made it."""


class TriedTactic(msgspec.Struct, frozen=True, array_like=True):
    """A tactic that was run on a goal."""

    goal: int
    """The index of the goal in the log."""
    tactic: str
    prior: float
    """The log-probability with which it was suggested, before any noise."""
    rank: int
    """The number of suggestions for the goal with a larger log-probability."""
    sources: tuple[str, ...]
    """The names of the generators that suggested it."""
    outcome: str
    """`ADVANCED`, or the kind of the failure."""
    microseconds: int
    children: tuple[tuple[int, ...], ...] = ()
    """The goals of each state that it led to, by their indices."""
    used: bool = False
    """True if it is a step of the proof that was found."""
    replacement: str = ""
    """The text that is written in its place, if that is another."""


class SearchLog(msgspec.Struct, frozen=True):
    """All goals that an attempt met, and the tactics that were run on them, in order."""

    goals: tuple[Goal, ...]
    suggested: dict[int, tuple[int, float]]
    """The number of suggestions and their largest log-probability, by the index of each goal that was expanded."""
    trials: tuple[TriedTactic, ...]
    proved: bool = False
    """True if the search found a proof."""
    left_out: int = 0
    """The number of failed tactics that were left out."""
    version: int = LOG_VERSION

    def proved_goals(self) -> set[int]:
        """Returns the goals that some tried tactics prove, whether or not the whole attempt succeeded."""
        proved: set[int] = set()
        waiting = [trial for trial in self.trials if trial.outcome == ADVANCED]
        while True:
            left = []
            before = len(proved)
            for trial in waiting:
                if all(goal in proved for state in trial.children for goal in state):
                    proved.add(trial.goal)
                else:
                    left.append(trial)
            if len(proved) == before:
                return proved
            waiting = left

    def packed(self) -> bytes:
        """Returns the log in the compressed form that is stored."""
        return zlib.compress(msgspec.msgpack.encode(self), 6)


def unpacked(data: bytes) -> SearchLog:
    """Returns a stored log.

    Raises:
        MalformedLog: the data is damaged, too large, or of another version.
    """
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(data, MAX_LOG_BYTES)
        if not reader.eof:
            raise MalformedLog("the log is cut off or too large")
        log = msgspec.msgpack.decode(content, type=SearchLog)
    except (zlib.error, msgspec.DecodeError) as error:
        raise MalformedLog(f"the log cannot be read: {error}") from None
    if log.version != LOG_VERSION:
        raise MalformedLog(f"the log has version {log.version}, not {LOG_VERSION}")
    count = len(log.goals)
    met = (goal for trial in log.trials for goal in (trial.goal, *(each for state in trial.children for each in state)))
    if not all(0 <= goal < count for goal in met):
        raise MalformedLog("the log names a goal that it does not have")
    return log


class LogWriter:
    """Collects the log of one attempt."""

    def __init__(self, limit: int = MAX_TRIALS) -> None:
        self._limit = limit
        self._goals: dict[str, int] = {}
        self._known: list[Goal] = []
        self._suggested: dict[int, tuple[int, float]] = {}
        self._priors: dict[int, dict[str, tuple[float, int]]] = {}
        """by goal and tactic, its log-probability and rank among the suggestions"""
        self._trials: list[TriedTactic] = []
        self._left_out = 0
        self._random = random.Random(0)

    def expanded(self, goal: Goal, suggestions: Sequence[Suggestion]) -> None:
        """Records that tactics were suggested for a goal."""
        number = self._number(goal)
        ordered = sorted(suggestions, key=lambda each: -each.log_probability)
        self._suggested[number] = (len(ordered), ordered[0].log_probability if ordered else 0.0)
        self._priors[number] = {each.tactic: (each.log_probability, rank) for rank, each in enumerate(ordered)}

    def ran(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """Records the outcome of a tactic."""
        kind, replacement = ADVANCED, ""
        children: tuple[tuple[int, ...], ...] = ()
        if isinstance(outcome, Advanced):
            children = tuple(tuple(self._number(each) for each in state.goals) for state in outcome.states)
            replacement = outcome.replacement or ""
        else:
            kind = outcome.kind
        number = self._number(goal)
        prior, rank = self._priors.get(number, {}).get(suggestion.tactic, (suggestion.log_probability, 0))
        self._trials.append(
            TriedTactic(
                number,
                suggestion.tactic,
                round(prior, 4),
                rank,
                suggestion.sources,
                kind,
                outcome.microseconds,
                children,
                replacement=replacement,
            )
        )
        if len(self._trials) > 2 * self._limit:
            self._sample()

    def finished(self, steps: Iterable[ProofStep] = (), proved: bool = False) -> SearchLog:
        """Returns the log; `steps` are those of the proof that was found."""
        used = {(step.goal.key, step.tactic) for step in steps}
        if len(self._trials) > self._limit:
            self._sample()
        marked = (
            msgspec.structs.replace(trial, used=True)
            if used and (self._known[trial.goal].key, trial.replacement or trial.tactic) in used
            else trial
            for trial in self._trials
        )
        return SearchLog(tuple(self._known), dict(self._suggested), tuple(marked), proved, self._left_out)

    def _number(self, goal: Goal) -> int:
        number = self._goals.get(goal.key)
        if number is None:
            number = self._goals[goal.key] = len(self._known)
            self._known.append(
                goal if goal.toolbox == LEAN_ALONE else msgspec.structs.replace(goal, toolbox=LEAN_ALONE)
            )
        elif goal.target and not self._known[number].target:
            self._known[number] = msgspec.structs.replace(goal, toolbox=LEAN_ALONE)
        return number

    def _sample(self) -> None:
        """Leaves out failed tactics at random, until no more than the limit are kept if possible."""
        failed = [place for place, trial in enumerate(self._trials) if trial.outcome != ADVANCED]
        excess = min(len(self._trials) - self._limit, len(failed))
        out = set(self._random.sample(failed, excess))
        self._left_out += len(out)
        self._trials = [trial for place, trial in enumerate(self._trials) if place not in out]


class SearchLogs:
    """The logs of attempts that have not been taken yet. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writers: dict[TheoremRef, LogWriter] = {}

    def begin(self, theorem: TheoremRef) -> LogWriter:
        """Returns a new writer for an attempt at a theorem."""
        with self._lock:
            writer = self._writers[theorem] = LogWriter()
        return writer

    def take(self, theorem: TheoremRef, steps: Sequence[ProofStep] = (), proved: bool = False) -> SearchLog | None:
        """Returns the log of the last attempt at a theorem, once; None if there is none or nothing was tried."""
        with self._lock:
            writer = self._writers.pop(theorem, None)
        if writer is None:
            return None
        log = writer.finished(steps, proved)
        return log if log.trials else None


class LoggedGenerator(WrappedGenerator):
    """A generator whose searches are logged."""

    def __init__(self, inner: Generator, logs: SearchLogs) -> None:
        super().__init__(inner)
        self._logs = logs

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """Returns the logged generator bound to a theorem."""
        return Logged(self.inner.for_theorem(theorem), self._logs.begin(theorem))


class Logged(Wrapped):
    """A bound generator whose goals and tactics are logged."""

    def __init__(self, inner: BoundGenerator, writer: LogWriter) -> None:
        super().__init__(inner)
        self._writer = writer

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns suggestions, and logs the goal."""
        suggestions = self.inner.suggest(goal)
        self._writer.expanded(goal, suggestions)
        return suggestions

    def on_result(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """Logs the result, and passes it on."""
        self._writer.ran(goal, suggestion, outcome)
        self.inner.on_result(goal, suggestion, outcome)
