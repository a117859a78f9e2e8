"""A session over LeanDojo. It restores states when a proof, or LeanDojo's process, has been closed.

LeanDojo opens whole statements of theorems, not single `sorry`s; it knows goals only as text; and it does not count
heartbeats, so that only the time of a tactic is limited.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from prover.errors import LeanDied, LeanTimeout, RequestRefused, RestoreFailed
from prover.lean.dojo.messages import (
    DojoCheck,
    DojoDescribe,
    DojoDone,
    DojoElaborate,
    DojoFinished,
    DojoForget,
    DojoGoal,
    DojoGone,
    DojoMessages,
    DojoOpen,
    DojoOpened,
    DojoRejected,
    DojoReply,
    DojoRequest,
    DojoRun,
    DojoSetup,
    DojoStepped,
    DojoTraced,
)
from prover.lean.dojo.process import GRACE_SECONDS, DojoProcess
from prover.lean.dojo.traced import goal_key
from prover.lean.protocol import Declaration, Goal, Hypothesis, Message, Place
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

R = TypeVar("R")
ANSWER_SECONDS = 1300.0
"""Longer than LeanDojo's process itself waits for Lean to open or check a theorem."""
MAX_ATTEMPTS = 3


@dataclass
class DojoSession:
    """A `Session` over LeanDojo. States survive the end of the process: they are restored.

    Raises from every method:
        LeanDied: LeanDojo's process ended repeatedly.
        LeanDojoFailed: LeanDojo could not carry out the request.
        RequestRefused: A text differs from that of the commit.
    """

    setup: DojoSetup
    restarts: int = 0
    """The number of proofs and processes that had to be closed."""
    _process: DojoProcess | None = None
    _handles: dict[State, tuple[int, int]] = field(default_factory=dict)
    """LeanDojo's numbers of an opened theorem and of a state of its proof."""
    _ended: bool = False

    def elaborate(self, source: SourceText) -> tuple[Message, ...]:
        """Returns Lean's messages about the file."""
        return self._asked(DojoElaborate(self._file(source)), DojoMessages).messages

    def declarations(self, source: SourceText) -> tuple[Declaration, ...]:
        """Returns the declarations of the file, in the order of its text."""
        module = self._asked(DojoDescribe(self._file(source)), DojoTraced).module
        return tuple(
            Declaration(
                d.name, d.kind, d.statement, d.visibility == "private", d.start, d.stop, d.selection, d.incomplete
            )
            for d in module.declarations
        )

    def messages(self, source: SourceText, limit: int | None = None) -> tuple[Message, ...]:
        """Returns Lean's messages about the file."""
        return self.elaborate(source)

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]:
        """Returns an empty tuple: LeanDojo opens only whole statements, with `statement`."""
        return ()

    def statement(self, source: SourceText, selection: int) -> SorryGoal:
        """Returns the goal of the theorem whose name starts at `selection`; its present proof is ignored."""
        opened = self._asked(DojoOpen(self._file(source), selection), DojoOpened)
        state = State(_goals(opened.goals), Origin(source, selection, statement=True))
        self._handles[state] = opened.number, opened.state
        return SorryGoal(state, opened.start, opened.stop, Place("body"), opened.command, opened.declaration)

    def assume(self, state: State, names: Sequence[str]) -> Assuming:
        """Returns the state as it is: LeanDojo lets no proof rest on an open theorem."""
        return Assuming(state)

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        """Runs each tactic on `state` and yields one outcome for each, in order.

        After a tactic that does not end in time, or that ends Lean, the state is restored for the next.
        """
        for tactic in tactics:
            yield self._outcome(state, tactic, limits)

    def invent(self, state: State) -> Inventions:
        """Returns nothing: LeanDojo knows no conjectures."""
        return Inventions()

    def fact(self, state: State, name: str) -> Fact | None:
        """Returns None: LeanDojo states no theorems."""
        return None

    def refute(self, state: State, milliseconds: int, prove: bool) -> Counterexample:
        """Returns nothing: LeanDojo evaluates no instances."""
        return Counterexample()

    def close_proof(self, state: State, script: str) -> Failed | None:
        """Has a fresh Lean check the whole file with a script for an opened statement. Returns None if it holds."""
        assert state.parent is None, "a script is checked from where the proof was opened"
        proof = "by\n" + "".join(f"  {line}\n" for line in script.split("\n"))
        request = DojoCheck(self._file(state.origin.source), state.origin.start, proof)
        if self._asked(request, DojoDone).holds:
            return None
        return Failed("elaboration", "LeanDojo does not accept the file with this proof", 0)

    def fit(self, source: SourceText, command: int, text: str, old: tuple[int, int], new: tuple[int, int]) -> Fit:
        """Returns that every text fits: LeanDojo elaborates no changed commands, and opens whole statements only."""
        return Fit(same=True, holds=True)

    def forget(self) -> None:
        """Closes every opened theorem; their states are restored when needed."""
        self._handles.clear()
        if self._process is not None and self._process.alive():
            self._asked(DojoForget(), DojoDone)

    def close(self) -> None:
        """Ends the process. The session can be used again; it then restores states as needed."""
        if self._process is not None:
            self._process.close()
        self._process = None
        self._handles.clear()

    def end(self) -> None:
        """Ends the process and the session: every later request raises `LeanDied`."""
        self._ended = True
        self.close()

    def pid(self) -> int | None:
        """Returns the process id of the running process, if there is one."""
        return self._process.pid if self._process is not None and self._process.alive() else None

    def _outcome(self, state: State, tactic: str, limits: TacticLimits) -> TacticOutcome:
        number, reply = self._replied(state, tactic, limits.milliseconds)
        match reply:
            case DojoStepped(after, goals, microseconds):
                child = State(_goals(goals), state.origin, state, tactic)
                self._handles[child] = number, after
                return Advanced((child,), None, microseconds)
            case DojoFinished(microseconds):
                return Advanced((), None, microseconds)
            case DojoRejected(kind, message, microseconds):
                return Failed(kind, message, microseconds)
            case DojoGone(kind, message):
                return Failed(kind, message, 0)
        raise RequestRefused(f"LeanDojo's process answered a tactic with {type(reply).__name__}")

    def _replied(self, state: State, tactic: str, milliseconds: int) -> tuple[int, DojoReply]:
        """Returns the number of the opened theorem and the reply; retries when LeanDojo's process ends.

        A tactic cannot end that process: Lean runs in a child of it.
        """
        for _ in range(MAX_ATTEMPTS):
            try:
                number, handle = self._handle(state)
                request = DojoRun(number, handle, tactic, milliseconds)
                (reply,) = self._running().ask(request, milliseconds / 1000 + GRACE_SECONDS)
                if isinstance(reply, DojoGone):
                    self._forget(number)
                return number, reply
            except LeanTimeout as error:
                self._give_up()
                return 0, DojoGone("timeout", str(error))
            except LeanDied as error:
                if self._ended:
                    raise
                self._give_up()
                death = error
        raise death

    def _handle(self, state: State) -> tuple[int, int]:
        """Returns LeanDojo's numbers of a state; restores the state if its proof has been closed."""
        self._running()  # a process that is gone takes its numbers with it
        if (known := self._handles.get(state)) is not None:
            return known
        if state.parent is None:
            opened = self._asked(DojoOpen(self._file(state.origin.source), state.origin.start), DojoOpened)
            self._handles[state] = opened.number, opened.state
        else:
            number, reply = self._replied(state.parent, state.tactic, TacticLimits().milliseconds * 4)
            if not isinstance(reply, DojoStepped):
                raise RestoreFailed(f"the tactic `{state.tactic}` did not lead to the same state again")
            self._handles[state] = number, reply.state
        return self._handles[state]

    def _running(self) -> DojoProcess:
        if self._ended:
            raise LeanDied("the session has been ended")
        if self._process is None or not self._process.alive():
            self._handles.clear()
            self._process = DojoProcess(self.setup)
        return self._process

    def _forget(self, number: int) -> None:
        """Drops the states of a theorem that has been closed."""
        self.restarts += 1
        self._handles = {state: numbers for state, numbers in self._handles.items() if numbers[0] != number}

    def _give_up(self) -> None:
        """Kills a process that did not answer correctly."""
        self.restarts += 1
        if self._process is not None:
            self._process.kill()
        self._process = None
        self._handles.clear()

    def _asked(self, request: DojoRequest, kind: type[R]) -> R:
        """Returns the reply of a kind; retries a bounded number of times when the process ends."""
        for attempt in range(MAX_ATTEMPTS):
            try:
                replies = list(self._running().ask(request, ANSWER_SECONDS))
                return next(reply for reply in replies if isinstance(reply, kind))
            except LeanDied:
                if self._ended or attempt == MAX_ATTEMPTS - 1:
                    raise
                self._give_up()
        raise AssertionError("the loop ends in a return or a raise")

    def _file(self, source: SourceText) -> str:
        """Returns the path of a file in the repository.

        Raises:
            RequestRefused: The text of the file in the repository differs.
        """
        file = Path(self.setup.repository) / source.file
        try:
            same = file.read_bytes() == source.on_disk.encode()
        except OSError:
            same = False
        if not same:
            raise RequestRefused(f"LeanDojo works on a commit, in which {source.file} differs: commit it first")
        return source.file


def _goals(goals: Sequence[DojoGoal]) -> tuple[Goal, ...]:
    return tuple(
        Goal(
            key=goal_key(goal.printed),
            names=tuple(name for name, _ in goal.hypotheses),
            target=goal.target,
            tag=goal.tag,
            hypotheses=tuple(Hypothesis(name, type_, head="") for name, type_ in goal.hypotheses),
        )
        for goal in goals
    )
