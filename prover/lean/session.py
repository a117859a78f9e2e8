"""A conversation with Lean that survives Lean's death.

A state is a value here: the place where its proof was opened and the tactics since. The process
keeps each state by a handle; when it dies or must be killed, the next one replays what is needed.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from prover.errors import LeanDied, LeanTimeout, ReplayFailed
from prover.lean.process import LeanProcess, collect
from prover.lean.protocol import (
    Declaration,
    Goal,
    KeptState,
    LibraryModule,
    Message,
    OpenedGoal,
    RecordedCommand,
)
from prover.lean.requests import (
    AuditReply,
    AuditRequest,
    ChallengeReply,
    ChallengeRequest,
    CloseRequest,
    ClosingReply,
    DeclarationsRequest,
    ElaborateReply,
    ElaborateRequest,
    ForgetRequest,
    GatewayRequest,
    ImportsRequest,
    JudgeReply,
    JudgeRequest,
    LibraryRequest,
    ReplayReply,
    ReplayRequest,
    RunRequest,
    SorriesRequest,
    StatementRequest,
    TacticReply,
    TextArguments,
    TheoremClaim,
    TraceRequest,
    WriteRequest,
)
from prover.lean.toolchain.toolchain import Toolchain
from retrieval.files import move_atomically

T = TypeVar("T")
ELABORATION_SECONDS = 600.0
GRACE_SECONDS = 2.0
CROWDED = 0.88
"""of the memory that a process may use, past which it is replaced before its next proof"""
RESTARTS_PER_BATCH = 3


@dataclass(frozen=True)
class SourceText:
    """A file to elaborate."""

    text: str
    file: str
    """its name in messages"""
    module: str
    options: tuple[tuple[str, bool | int | str], ...] = ()
    """of Lean, that the repository's lakefile sets for it"""


@dataclass(frozen=True)
class Recording:
    """What Lean recorded while it elaborated a file."""

    messages: tuple[Message, ...]
    commands: tuple[RecordedCommand, ...]
    """those with tactics, or with a `sorry`"""


@dataclass(frozen=True)
class TacticLimits:
    """What one tactic may cost."""

    heartbeats: int = 200_000
    """in Lean's unit, as ``maxHeartbeats``"""
    milliseconds: int = 3_000


@dataclass(frozen=True, eq=False)
class State:
    """A proof state: where it was opened, or the state and tactic that it came from."""

    goals: tuple[Goal, ...]
    origin: "Origin"
    parent: "State | None" = None
    tactic: str = ""
    child: int = 0
    """which of the tactic's states it is"""


@dataclass(frozen=True)
class Origin:
    """A place in a file where a proof is opened."""

    source: SourceText
    start: int
    """of the `sorry`; or, when `statement`, of the declaration's name"""
    statement: bool
    """the whole body is to be proved, whatever stands there"""
    negated: bool = False
    """its negation is to be proved instead"""


@dataclass(frozen=True)
class SorryGoal:
    """An opened goal and the bytes of the file that its proof will take the place of."""

    state: State
    start: int
    stop: int
    term: bool
    command: tuple[int, int]
    declaration: str
    printed: str = ""
    """the goal as Lean prints it"""


@dataclass(frozen=True)
class Advanced:
    """The tactic ran; what is left to prove, in states that share nothing. Empty: all is proved."""

    states: tuple[State, ...]
    replacement: str | None
    microseconds: int


@dataclass(frozen=True)
class Failed:
    """The tactic did not run, or must not count."""

    kind: str
    message: str
    microseconds: int


TacticOutcome = Advanced | Failed


class Session(Protocol):
    """What the search and the gate need of Lean. The scripted fake speaks it too."""

    def elaborate(self, source: SourceText) -> tuple[Message, ...]: ...

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]: ...

    def statement(self, source: SourceText, selection: int) -> SorryGoal: ...

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]: ...

    def close_proof(self, state: State, script: str) -> Failed | None: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class LeanSession:
    """A session over real processes, one at a time, restarted when one dies.

    Raises from every method:
        LeanDied: it died again and again, a bounded number of times.
        RequestRefused: the gateway cannot do what was asked.
    """

    toolchain: Toolchain
    search_path: tuple[Path, ...] = ()
    patience: float = ELABORATION_SECONDS
    """how long a file may take, in seconds"""
    restarts: int = 0
    _process: LeanProcess | None = None
    _sources: dict[SourceText, ElaborateReply] = field(default_factory=dict)
    _handles: dict[State, int] = field(default_factory=dict)
    _ended: bool = False
    _was_running: bool = False
    """the gateway had taken the batch when it died"""

    def start(self) -> LeanProcess:
        """The running process, a new one if there is none."""
        if self._ended:
            raise LeanDied("the session has been ended")
        if self._process is None or not self._process.alive():
            self.close()
            self._process = LeanProcess(self.toolchain, self.search_path)
        return self._process

    def close(self) -> None:
        """Ends the process. The session may be used again; it then replays."""
        if self._process is not None:
            self._process.kill()
        self._process = None
        self._sources.clear()
        self._handles.clear()

    def end(self) -> None:
        """Ends the process for good: whoever still uses the session gets `LeanDied`."""
        self._ended = True
        if self._process is not None:
            self._process.kill()

    def pid(self) -> int | None:
        """The number of the running process, if any."""
        return self._process.pid if self._process is not None and self._process.alive() else None

    def elaborate(self, source: SourceText) -> tuple[Message, ...]:
        """Elaborates a file, once a process; returns Lean's messages."""
        return self._repeated(lambda: self._source(source).messages)

    def trace(self, source: SourceText) -> Recording:
        """Elaborates a file and returns what Lean records of its tactics."""

        def ask() -> Recording:
            commands, last = collect(self.start().stream(TraceRequest(**_text(source)), self.patience))
            self._sources[source] = last
            return Recording(last.messages, tuple(reply.traced for reply in commands))

        return self._repeated(ask)

    def declarations(self, source: SourceText, detail: bool = False) -> tuple[Declaration, ...]:
        """What the file declares, in the order of its text.

        Args:
            detail: with docstrings, attributes, premises and the like.
        """
        return self._repeated(lambda: self._ask(DeclarationsRequest(self._source(source).source, detail)).declarations)

    def imports(self, source: SourceText) -> tuple[str, ...]:
        """The modules that the header names, `Init` included where it is implied."""
        return self._repeated(lambda: self._ask(ImportsRequest(source.text, source.file)).imports)

    def library(
        self, imports: Sequence[str], below: Sequence[str] = (), known: Sequence[str] = ()
    ) -> Iterator[LibraryModule]:
        """What the modules declare that a text with these imports sees.

        Args:
            below: names; of modules below one of them only, where there are any.
            known: modules that are left out.

        Raises:
            LeanError: Lean does not come to its end; what it said before is good.
        """
        request = LibraryRequest(tuple(imports), tuple(below), tuple(known))
        for reply in self.start().stream(request, self.patience):
            yield reply.imported

    def write(self, source: SourceText, olean: Path) -> None:
        """Compiles an elaborated file to `olean`, which is there whole or not at all."""
        stubs = self.toolchain.kind == "embedded"

        def ask() -> None:
            made = self.start().scratch / "module.olean"
            self._ask(WriteRequest(self._source(source).source, str(made), stubs))
            move_atomically(made, olean)

        self._repeated(ask)

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]:
        """Every `sorry` of the commands that touch those bytes, opened, in the order of the text."""

        def ask() -> tuple[SorryGoal, ...]:
            request = SorriesRequest(self._source(source).source, start, stop)
            opened = sorted(self._ask(request).sorries, key=lambda goal: goal.start)  # Lean meets terms first
            return tuple(self._sorry_goal(goal, Origin(source, goal.start, statement=False)) for goal in opened)

        return self._repeated(ask)

    def statement(self, source: SourceText, selection: int) -> SorryGoal:
        """The goal of the declaration whose name stands at `selection`, its present body put aside."""
        return self._opened(Origin(source, selection, statement=True))

    def negation(self, source: SourceText, selection: int) -> SorryGoal:
        """The negation of that goal, with nothing in its context."""
        return self._opened(Origin(source, selection, statement=True, negated=True))

    def _opened(self, origin: Origin) -> SorryGoal:
        return self._repeated(lambda: self._sorry_goal(self._statement(origin), origin))

    def _statement(self, origin: Origin) -> OpenedGoal:
        source = self._source(origin.source).source
        return self._ask(StatementRequest(source, origin.start, origin.negated)).opened

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        """Runs each tactic against `state`; yields one outcome each, in order.

        A tactic that Lean does not stop in time, or that ends the process, is a failure of its own;
        the session comes back and goes on with the next.
        """
        left = list(tactics)
        deaths = 0
        while left:
            try:
                for outcome in self._batch(state, tuple(left), limits):
                    left.pop(0)
                    deaths = 0
                    yield outcome
            except (LeanDied, LeanTimeout) as error:
                self.restarts += 1
                deaths += 1
                self.close()
                started = isinstance(error, LeanTimeout) or self._was_running
                if started:
                    left.pop(0)
                    yield Failed("timeout" if isinstance(error, LeanTimeout) else "died", str(error), 0)
                elif deaths > RESTARTS_PER_BATCH:
                    raise

    def close_proof(self, state: State, script: str) -> Failed | None:
        """Runs a whole script from `state` and lets the kernel check the result; None when it holds."""

        def ask() -> Failed | None:
            reply = self._ask(CloseRequest(self._handle(state), script))
            return None if reply.closed else Failed(reply.failure or "elaboration", reply.message, 0)

        return self._repeated(ask)

    def challenge(self, source: SourceText, start: int, selection: int, sorried: bool, olean: Path) -> ChallengeReply:
        """Compiles an original to `olean`; returns its commands, each with what it declares, and Lean's messages.

        Args:
            sorried: the proof of the theorem named at `selection`, in the command at `start`, is put aside.
        """

        def ask() -> ChallengeReply:
            made = self.start().scratch / "challenge.olean"
            reply = self._ask(
                ChallengeRequest(start=start, selection=selection, sorried=sorried, olean=str(made), **_text(source))
            )
            if made.exists():
                move_atomically(made, olean)
            return reply

        return self._repeated(ask)

    def judge(self, candidate: SourceText, claim: TheoremClaim, compiled: Path | None) -> JudgeReply:
        """Has Lean judge whether a candidate file proves what is claimed of it.

        Args:
            compiled: where the compiled candidate is put, if it is accepted and this is not None.
        """
        made = self.start().scratch / "candidate.olean"
        request = JudgeRequest(
            **_text(candidate), **asdict(claim), compiled=str(made) if compiled is not None else None
        )
        reply = self._ask(request)
        if compiled is not None and made.exists():
            move_atomically(made, compiled)
        return reply

    def replay(self, candidate: Path, challenge: Path, theorem: str, own: Sequence[str]) -> ReplayReply:
        """Has the kernel check a theorem, of compiled files alone.

        Args:
            candidate: the compiled file that holds it.
            challenge: the original, compiled.
            own: what the theorem's command declares in the original.
        """
        return self._ask(ReplayRequest(str(candidate), str(challenge), theorem, tuple(own)))

    def audit(self, source: SourceText) -> AuditReply:
        """Returns what the declarations of a file depend on, and what is suspect in it."""
        return self._ask(AuditRequest(self._source(source).source))

    def forget(self) -> None:
        """Drops every proof state; replaces a process that has grown too large."""
        self._handles.clear()
        self._lighten(ForgetRequest(), None)

    def forget_files(self, cap: int | None = None) -> None:
        """Drops every file and state; replaces a process that has more than `cap` bytes resident."""
        self._handles.clear()
        self._sources.clear()
        self._lighten(ForgetRequest(sources=True), cap)

    def _lighten(self, request: ForgetRequest, cap: int | None) -> None:
        if self._process is None or not self._process.alive():
            return
        if self._process.memory() > (cap or CROWDED * self.toolchain.memory_bytes):
            self.close()
        else:
            self._repeated(lambda: self._ask(request))

    def _batch(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        self._was_running = False
        request = RunRequest(self._handle(state), tuple(tactics), limits.heartbeats, limits.milliseconds)
        self._was_running = True
        replies = self.start().stream(request, limits.milliseconds / 1000 + GRACE_SECONDS)
        try:
            for tactic, reply in zip(tactics, replies, strict=False):
                yield self._outcome(state, tactic, reply)
        except GeneratorExit:
            deque(replies, maxlen=0)  # the next request must not read this one's replies
            raise
        deque(replies, maxlen=0)

    def _outcome(self, state: State, tactic: str, result: TacticReply) -> TacticOutcome:
        if result.children is None:
            return Failed(result.failure or "elaboration", result.message, result.microseconds)
        states = []
        for index, message in enumerate(result.children):
            child = State(message.goals, state.origin, state, tactic, index)
            self._handles[child] = message.state
            states.append(child)
        return Advanced(tuple(states), result.replacement, result.microseconds)

    def _handle(self, state: State) -> int:
        """The process's handle of a state, replayed if this process has not seen it."""
        self.start()  # a process that is gone takes its handles with it
        if (handle := self._handles.get(state)) is not None:
            return handle
        opened = self._reopen(state.origin) if state.parent is None else self._rerun(state)
        self._handles[state] = opened.state
        return opened.state

    def _reopen(self, origin: Origin) -> KeptState:
        if origin.statement:
            return self._statement(origin).opened
        request = SorriesRequest(self._source(origin.source).source, origin.start, origin.start + 1)
        for goal in self._ask(request).sorries:
            if goal.start == origin.start:
                return goal.opened
        raise ReplayFailed(f"the `sorry` at byte {origin.start} of {origin.source.file} did not open again")

    def _rerun(self, state: State) -> KeptState:
        assert state.parent is not None
        limits = TacticLimits()
        handle, milliseconds = self._handle(state.parent), limits.milliseconds * 4
        request = RunRequest(handle, (state.tactic,), limits.heartbeats * 4, milliseconds)
        replies, _ = collect(self.start().stream(request, milliseconds / 1000 + GRACE_SECONDS))
        children = replies[0].children or ()
        if state.child >= len(children):
            raise ReplayFailed(f"the tactic `{state.tactic}` did not lead to the same state again")
        return children[state.child]

    def _source(self, source: SourceText) -> ElaborateReply:
        self.start()
        if source not in self._sources:
            self._sources[source] = self._ask(ElaborateRequest(**_text(source)))
        return self._sources[source]

    def _sorry_goal(self, goal: OpenedGoal, origin: Origin) -> SorryGoal:
        state = State(goal.opened.goals, origin)
        self._handles[state] = goal.opened.state
        return SorryGoal(state, goal.start, goal.stop, goal.term, goal.command, goal.declaration, goal.printed)

    def _ask(self, request: GatewayRequest[ClosingReply]) -> ClosingReply:
        return self.start().ask(request, self.patience)

    def _repeated(self, act: Callable[[], T]) -> T:
        """`act`, once more if Lean dies under it."""
        try:
            return act()
        except LeanDied:
            self.restarts += 1
            self.close()
            return act()


def _text(source: SourceText) -> TextArguments:
    """A file as requests name it."""
    return {"text": source.text, "file": source.file, "module": source.module, "options": dict(source.options)}
