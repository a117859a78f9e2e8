"""A session with the Lean gateway that survives the death of its process.

A state is a value: the place where its proof was opened and the tactics since. The process keeps each state under a
handle. When the process dies or is killed, the next one restores the states that are needed by running their tactics.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import msgspec

from prover.errors import LeanDied, LeanTimeout, RestoreFailed
from prover.lean.process import LeanProcess, collect
from prover.lean.protocol import (
    LEAN_ALONE,
    Declaration,
    EquationalProblem,
    Goal,
    KeptState,
    LibraryModule,
    Message,
    OpenedGoal,
    Toolbox,
)
from prover.lean.requests import (
    AssumeRequest,
    AuditReply,
    AuditRequest,
    ChallengeReply,
    ChallengeRequest,
    ChallengeTarget,
    CloseRequest,
    ClosingReply,
    DeclarationsRequest,
    DisproveReply,
    DisproveRequest,
    ElaborateReply,
    ElaborateRequest,
    EmptyRequest,
    EquationsRequest,
    FactRequest,
    FitRequest,
    ForgetRequest,
    GatewayRequest,
    ImportsRequest,
    InventRequest,
    JudgeReply,
    JudgeRequest,
    LibraryRequest,
    ProofReply,
    ProofRequest,
    RefuteRequest,
    ReplayReply,
    ReplayRequest,
    RunRequest,
    SorriesRequest,
    StatementRequest,
    TacticReply,
    TextArguments,
    TheoremClaim,
    ToolboxRequest,
    TraceRequest,
    WriteRequest,
)
from prover.lean.saved import saved_process
from prover.lean.session import (
    Advanced,
    Assuming,
    Counterexample,
    Fact,
    Failed,
    Fit,
    Inventions,
    Origin,
    Recording,
    SorryGoal,
    SourceText,
    State,
    TacticLimits,
    TacticOutcome,
)
from prover.lean.toolchain.toolchain import Toolchain
from retrieval.files import move_atomically

T = TypeVar("T")
ELABORATION_SECONDS = 600.0
FIT_SECONDS = 60.0
"""The time limit for the elaboration of a command in which a proof has been written."""
GRACE_SECONDS = 2.0
"""How much longer than a tactic's own limit its reply may take."""
MEMORY_FRACTION = 0.88
"""The part of its memory limit above which a process is replaced before the next proof."""
PART_SUFFIXES = (".ir", ".olean.private", ".olean.server", ".olean")
"""The ends of the names of a compiled file's parts. A file that is no `module` has only the last one."""
INVENTION_MILLISECONDS = 4_000
"""The time after which Lean stops looking for what a goal may lack."""
EQUATIONS_MILLISECONDS = 1_000
"""The time after which Lean stops looking for equations from which a goal may follow."""
INVENTION_SECONDS = 10.0
"""The time after which a process that still looks is replaced: evaluation does not stop by itself."""
RESTARTS_PER_BATCH = 3
RESTORE_FACTOR = 4
"""Restoring a state allows each tactic this multiple of the usual limits."""


@dataclass
class LeanSession:
    """A `Session` over gateway processes, one at a time; a process that dies is replaced.

    Raises from every method:
        LeanDied: Processes died repeatedly, or the session has been ended.
        LeanTimeout: The gateway did not answer in time.
        RequestRefused: The gateway cannot carry out the request.
    """

    toolchain: Toolchain
    search_path: tuple[Path, ...] = ()
    """Directories of compiled modules, besides the toolchain's library."""
    elaboration_seconds: float = ELABORATION_SECONDS
    """The time limit for every request but a batch of tactics."""
    keeps_imports: bool = True
    """Whether the imports of a file stay in memory when it is forgotten, since others will have the same."""
    restarts: int = 0
    """The number of processes that died or had to be killed."""
    _process: LeanProcess | None = None
    _sources: dict[SourceText, ElaborateReply] = field(default_factory=dict)
    """The elaborated files, those that were used last at the end."""
    _toolboxes: dict[SourceText, Toolbox] = field(default_factory=dict)
    _declared: dict[tuple[SourceText, bool, bool], tuple[Declaration, ...]] = field(default_factory=dict)
    """The declarations of files, by the file and the details that were asked for."""
    _handles: dict[State, int] = field(default_factory=dict)
    _ended: bool = False
    _was_running: bool = False
    """Whether the batch had been sent when the process died."""

    def start(self, saved: Path | None = None) -> LeanProcess:
        """Returns the running process; starts one if there is none, from a saved one if that is not None."""
        if self._ended:
            raise LeanDied("the session has been ended")
        if self._process is None or not self._process.alive():
            self.close()
            self._process = LeanProcess(self.toolchain, self.search_path, saved)
            if self._ended:  # by another thread, meanwhile
                self._process.kill()
                raise LeanDied("the session has been ended")
        return self._process

    def _begin(self, source: SourceText) -> None:
        """Prepares for the elaboration of a file: a process that has done nothing yet is replaced by a saved one that
        has imported what the file imports, if there is one."""
        saved, running = saved_process(self.search_path, source), self._process
        if saved is not None and running is not None and running.saved != saved and not running.elaborated:
            self.close()
        self.start(saved)

    def close(self) -> None:
        """Ends the process. The session can be used again; it then restores states as needed."""
        if self._process is not None:
            self._process.kill()
        self._process = None
        self._sources.clear()
        self._handles.clear()

    def end(self) -> None:
        """Ends the process and the session: every later request raises `LeanDied`."""
        self._ended = True
        if self._process is not None:
            self._process.kill()

    def pid(self) -> int | None:
        """Returns the process id of the running process, if there is one."""
        return self._process.pid if self._process is not None and self._process.alive() else None

    def has_elaborated_at_most(self, original: SourceText | None = None) -> bool:
        """Returns whether the running process, if there is one, has elaborated nothing, or nothing but an original."""
        elaborated = self._process.elaborated if self._process is not None else set()
        return elaborated <= ({(original.text, original.module)} if original is not None else set())

    def memory(self) -> int:
        """Returns the resident memory of the running process in bytes; 0 if there is none."""
        return self._process.memory() if self._process is not None else 0

    def elaborate(self, source: SourceText) -> tuple[Message, ...]:
        """Elaborates a file, once in each process, and returns Lean's messages."""
        return self._retried(lambda: self._source(source).messages)

    def messages(self, source: SourceText, limit: int | None = None) -> tuple[Message, ...]:
        """Elaborates a file that is not needed again, and returns Lean's messages.

        Args:
            limit: the byte at which it ends: commands that start there or later are left out.
        """

        def ask() -> tuple[Message, ...]:
            self._begin(source)
            reply = self._ask(ElaborateRequest(limit=limit, **_text(source)))
            self._ask(ForgetRequest(files=(reply.source,)))
            return reply.messages

        return self._retried(ask)

    def trace(self, source: SourceText) -> Recording:
        """Elaborates a file and returns what Lean records of its tactics."""

        def ask() -> Recording:
            self._begin(source)
            commands, last = collect(
                self.start().stream(TraceRequest(kept=self.keeps_imports, **_text(source)), self.elaboration_seconds)
            )
            self._sources[source] = last
            return Recording(last.messages, tuple(reply.traced for reply in commands))

        return self._retried(ask)

    def declarations(self, source: SourceText, detail: bool = False, examples: bool = False) -> tuple[Declaration, ...]:
        """Returns the declarations of a file, in the order of its text.

        Args:
            detail: whether docstrings, attributes, premises and keys are included.
            examples: whether each `example` is among them.
        """

        def ask() -> tuple[Declaration, ...]:
            return self._ask(DeclarationsRequest(self._source(source).source, detail, examples)).declarations

        wanted = (source, detail, examples)
        if wanted not in self._declared:
            self._declared[wanted] = self._retried(ask)
        return self._declared[wanted]

    def imports(self, source: SourceText) -> tuple[str, ...]:
        """Returns the modules that the header of a file imports, `Init` included where it is implied."""
        return self._retried(lambda: self._ask(ImportsRequest(source.text, source.file)).imports)

    def import_modules(self, source: SourceText) -> None:
        """Imports what the header of a file imports, so that later requests for the file do not wait for that."""
        self._ask(ElaborateRequest(limit=0, **_text(source)))

    def library(
        self, imports: Sequence[str], below: Sequence[str] = (), known: Sequence[str] = ()
    ) -> Iterator[LibraryModule]:
        """Yields the modules that are visible to a text with these imports, with their declarations.

        Args:
            below: if not empty, only modules whose names start with one of these.
            known: modules that are left out.

        Raises:
            LeanError: Lean did not finish; the modules yielded so far are valid.
        """
        request = LibraryRequest(tuple(imports), tuple(below), tuple(known))
        for reply in self.start().stream(request, self.elaboration_seconds):
            yield reply.imported

    def write(self, source: SourceText, olean: Path) -> None:
        """Writes an elaborated file as a compiled module; each of its parts atomically, the first one last."""
        stubs = self.toolchain.kind == "embedded"

        def ask() -> None:
            made = self.start().scratch / "module.olean"
            self._ask(WriteRequest(self._source(source).source, str(made), stubs))
            for part, place in zip(olean_parts(made), olean_parts(olean), strict=True):
                if part.exists():
                    move_atomically(part, place)

        self._retried(ask)

    def toolbox(self, source: SourceText) -> Toolbox:
        """Returns what the environment of a file offers beyond Lean itself; asks Lean once for each file."""
        if source not in self._toolboxes:
            request = ToolboxRequest(self._source(source).source)
            self._toolboxes[source] = self._ask(request).toolbox
        return self._toolboxes[source]

    def empty(self, module: str, olean: Path) -> None:
        """Writes a copy of a library module that declares nothing.

        Raises:
            RequestRefused: Another library module needs what it declares.
        """
        made = self.start().scratch / "emptied.olean"
        self._ask(EmptyRequest(module, str(made)))
        move_atomically(made, olean)

    def include(self, source: SourceText, files: Mapping[str, bytes]) -> None:
        """Puts files where a source file includes them from, by paths as Lean's messages name them.

        The file has to be elaborated again.
        """
        scratch = self.start().scratch
        for name, content in files.items():
            write_inside(scratch, name, content)
        self._sources.pop(source, None)

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]:
        """Returns the goals at the `sorry`s of the commands that overlap a range of bytes, in the order of the text.

        A tactic may be run on several goals: then there are several goals with the same place.
        """

        def ask() -> tuple[SorryGoal, ...]:
            request = SorriesRequest(self._source(source).source, start, stop)
            return tuple(
                self._sorry_goal(goal, Origin(source, goal.start, statement=False, goal=index))
                for index, goal in _numbered(self._ask(request).sorries)
            )

        return self._retried(ask)

    def statement(self, source: SourceText, selection: int) -> SorryGoal:
        """Returns the goal of the declaration whose name starts at `selection`; its present body is ignored."""
        return self._opened(Origin(source, selection, statement=True))

    def negation(self, source: SourceText, selection: int) -> SorryGoal:
        """Returns the negation of that goal, with an empty context."""
        return self._opened(Origin(source, selection, statement=True, negated=True))

    def assume(self, state: State, names: Sequence[str]) -> Assuming:
        """Returns an opened state as one in whose proofs some open theorems may be used; see `EVERY_OPEN_THEOREM`."""

        def ask() -> Assuming:
            reply = self._ask(AssumeRequest(self._handle(state), tuple(names)))
            assuming = State(
                _equipped(reply.opened.goals, state.goals[0].toolbox), replace(state.origin, assumed=tuple(names))
            )
            self._handles[assuming] = reply.opened.state
            return Assuming(assuming, reply.usable)

        return self._retried(ask)

    def _opened(self, origin: Origin) -> SorryGoal:
        return self._retried(lambda: self._sorry_goal(self._statement(origin), origin))

    def _statement(self, origin: Origin) -> OpenedGoal:
        source = self._source(origin.source).source
        return self._ask(StatementRequest(source, origin.start, origin.negated)).opened

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        """Runs each tactic on `state` and yields one outcome for each, in order.

        A tactic that does not stop in time, or that ends the process, has failed; the next one runs in a new process.
        """
        remaining = list(tactics)
        deaths = 0
        while remaining:
            try:
                for outcome in self._batch(state, tuple(remaining), limits):
                    remaining.pop(0)
                    deaths = 0
                    yield outcome
            except (LeanDied, LeanTimeout) as error:
                self.restarts += 1
                deaths += 1
                self.close()
                started = isinstance(error, LeanTimeout) or self._was_running
                if started:
                    remaining.pop(0)
                    yield Failed("timeout" if isinstance(error, LeanTimeout) else "died", str(error), 0)
                elif deaths > RESTARTS_PER_BATCH:
                    raise

    def invent(self, state: State) -> Inventions:
        """Returns what the first goal of a state may lack; nothing if Lean does not find out in time."""
        try:
            reply = self.start().ask(InventRequest(self._handle(state), INVENTION_MILLISECONDS), INVENTION_SECONDS)
            found = self.start().ask(EquationsRequest(self._handle(state), EQUATIONS_MILLISECONDS), INVENTION_SECONDS)
        except (LeanDied, LeanTimeout):
            self.restarts += 1
            self.close()
            return Inventions()
        problem = EquationalProblem(found.symbols, found.types, found.left, found.right, found.laws)
        return Inventions(reply.equations, reply.implied, problem if found.laws else None)

    def refute(self, state: State, milliseconds: int, prove: bool) -> Counterexample:
        """Returns what small instances say of the first goal of a state; nothing if Lean does not survive them.

        Args:
            milliseconds: the time for evaluation; proving the negation may take as long again.
            prove: whether the negation is to be proved from the instance that is found.
        """
        request = RefuteRequest(self._handle(state), milliseconds, prove)
        try:
            reply = self.start().ask(request, 2 * milliseconds / 1000 + GRACE_SECONDS)
        except (LeanDied, LeanTimeout):
            self.restarts += 1
            self.close()
            return Counterexample()
        return Counterexample(reply.counterexample, reply.script, reply.tried, reply.satisfied, reply.uncovered)

    def disprove(self, source: SourceText, selection: int, script: str) -> DisproveReply:
        """Has the kernel check a script that is to prove the negation of a declaration's statement."""
        return self._ask(DisproveRequest(self._source(source).source, selection, script))

    def fact(self, state: State, name: str) -> Fact | None:
        """Returns the only goal of a state as a theorem of a name; None if it cannot be stated by itself."""

        def ask() -> Fact | None:
            reply = self._ask(FactRequest(self._handle(state), name))
            return Fact(reply.signature, reply.application) if reply.signature else None

        return self._retried(ask)

    def close_proof(self, state: State, script: str) -> Failed | None:
        """Runs a script on `state` and has the kernel check the proof. Returns None if it holds, else what failed."""

        def ask() -> Failed | None:
            reply = self._ask(CloseRequest(self._handle(state), script))
            return None if reply.closed else Failed(reply.failure or "elaboration", reply.message, 0)

        return self._retried(ask)

    def fit(self, source: SourceText, command: int, text: str, old: tuple[int, int], new: tuple[int, int]) -> Fit:
        """Returns whether a text can stand in a command of a file.

        Args:
            command: the byte at which the command starts.
            text: the file with the text in it.
            old: the bytes of the file that the text replaces.
            new: the bytes of the text in the new file.
        """

        def ask() -> Fit:
            handle = self._source(source).source
            reply = self._ask(FitRequest(handle, command, text, old, new, int(1000 * FIT_SECONDS)))
            return Fit(reply.same, reply.holds, reply.message)

        return self._retried(ask)

    def read_proof(self, source: SourceText, selection: int, text: str) -> ProofReply:
        """Returns what a text is that is to prove the declaration whose name starts at `selection`."""
        return self._retried(lambda: self._ask(ProofRequest(self._source(source).source, selection, text)))

    def challenge(self, source: SourceText, target: ChallengeTarget, olean: Path) -> ChallengeReply:
        """Compiles an original file to `olean`; returns Lean's messages, and the commands and what they declare."""

        def ask() -> ChallengeReply:
            self._begin(source)
            made = self.start().scratch / "challenge.olean"
            reply = self._ask(ChallengeRequest(**asdict(target), olean=str(made), **_text(source)))
            if made.exists():
                move_atomically(made, olean)
            return reply

        return self._retried(ask)

    def judge(self, candidate: SourceText, claim: TheoremClaim, compiled: Path | None) -> JudgeReply:
        """Has Lean judge whether a candidate file proves what is claimed of it.

        Args:
            compiled: where the compiled candidate is put, if it is accepted and this is not None.
        """
        self._begin(candidate)
        made = self.start().scratch / "candidate.olean"
        request = JudgeRequest(
            **_text(candidate), **asdict(claim), compiled=str(made) if compiled is not None else None
        )
        reply = self._ask(request)
        if compiled is not None and made.exists():
            move_atomically(made, compiled)
        return reply

    def replay(
        self,
        candidate: Path,
        challenge: Path,
        theorem: str,
        own: Sequence[str],
        axioms: Sequence[str] = (),
        assumed: Sequence[str] = (),
    ) -> ReplayReply:
        """Has the kernel check a theorem, from compiled files alone.

        Args:
            candidate: the compiled file that holds it.
            challenge: the original, compiled.
            own: what the theorem's command declares in the original.
            axioms: those that the theorem may depend on besides the standard ones.
            assumed: the open theorems that it may depend on.
        """
        lists = (tuple(own), tuple(axioms), tuple(assumed))
        return self._ask(ReplayRequest(str(candidate), str(challenge), theorem, *lists))

    def audit(self, source: SourceText, selections: tuple[int, ...] | None = None) -> AuditReply:
        """Returns what the declarations of a file depend on, and what is suspect in it.

        Args:
            selections: the bytes at which the names of declarations start, if only these are to be audited; then
                nothing else of the file is.
        """
        return self._ask(AuditRequest(self._source(source).source, selections))

    def forget(self) -> None:
        """Drops all proof states; replaces a process that uses too much memory."""
        self._handles.clear()
        self._lighten(ForgetRequest(), None)

    def forget_others(self, kept: int) -> None:
        """Drops all proof states, and all files but the `kept` ones that were used last."""
        self.forget()
        dropped = list(self._sources)[: max(0, len(self._sources) - kept)]
        if not dropped:
            return
        files = tuple(self._sources.pop(source).source for source in dropped)
        for source in dropped:
            self._toolboxes.pop(source, None)
        self._declared = {wanted: found for wanted, found in self._declared.items() if wanted[0] not in dropped}
        self._retried(lambda: self._ask(ForgetRequest(files=files)))

    def forget_files(self, cap: int | None = None) -> None:
        """Drops all files and states; replaces a process that uses more than `cap` bytes of resident memory."""
        self._handles.clear()
        self._sources.clear()
        self._toolboxes.clear()
        self._declared.clear()
        self._lighten(ForgetRequest(sources=True), cap)

    def _lighten(self, request: ForgetRequest, cap: int | None) -> None:
        if self._process is None or not self._process.alive():
            return
        if self._process.memory() > (cap or MEMORY_FRACTION * self.toolchain.memory_bytes):
            self.close()
        else:
            self._retried(lambda: self._ask(request))

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
            child = State(_equipped(message.goals, state.goals[0].toolbox), state.origin, state, tactic, index)
            self._handles[child] = message.state
            states.append(child)
        return Advanced(tuple(states), result.replacement, result.microseconds)

    def _handle(self, state: State) -> int:
        """Returns the handle of a state; restores the state if this process has not seen it."""
        self.start()  # a process that is gone takes its handles with it
        if (handle := self._handles.get(state)) is not None:
            return handle
        opened = self._restore_origin(state.origin) if state.parent is None else self._restore_step(state)
        self._handles[state] = opened.state
        return opened.state

    def _restore_origin(self, origin: Origin) -> KeptState:
        if origin.assumed:
            opened = self._restore_origin(replace(origin, assumed=()))
            return self._ask(AssumeRequest(opened.state, origin.assumed)).opened
        if origin.statement:
            return self._statement(origin).opened
        request = SorriesRequest(self._source(origin.source).source, origin.start, origin.start + 1)
        for index, goal in _numbered(self._ask(request).sorries):
            if (goal.start, index) == (origin.start, origin.goal):
                return goal.opened
        raise RestoreFailed(f"the `sorry` at byte {origin.start} of {origin.source.file} could not be opened again")

    def _restore_step(self, state: State) -> KeptState:
        assert state.parent is not None
        limits = TacticLimits()
        handle, milliseconds = self._handle(state.parent), limits.milliseconds * RESTORE_FACTOR
        request = RunRequest(handle, (state.tactic,), limits.heartbeats * RESTORE_FACTOR, milliseconds)
        replies, _ = collect(self.start().stream(request, milliseconds / 1000 + GRACE_SECONDS))
        children = replies[0].children or ()
        if state.child >= len(children):
            raise RestoreFailed(f"the tactic `{state.tactic}` did not lead to the same state again")
        return children[state.child]

    def _source(self, source: SourceText) -> ElaborateReply:
        self._begin(source)
        known = self._sources.pop(source, None)
        if known is None:
            known = self._ask(ElaborateRequest(kept=self.keeps_imports, **_text(source)))
        self._sources[source] = known
        return known

    def _sorry_goal(self, goal: OpenedGoal, origin: Origin) -> SorryGoal:
        state = State(_equipped(goal.opened.goals, self.toolbox(origin.source)), origin)
        self._handles[state] = goal.opened.state
        return SorryGoal(
            state, goal.start, goal.stop, goal.place, goal.command, goal.declaration, goal.printed, goal.value
        )

    def _ask(self, request: GatewayRequest[ClosingReply]) -> ClosingReply:
        return self.start().ask(request, self.elaboration_seconds)

    def _retried(self, action: Callable[[], T]) -> T:
        """Performs an action, and once more if the process dies meanwhile."""
        try:
            return action()
        except LeanDied:
            self.restarts += 1
            self.close()
            return action()


def _numbered(goals: Sequence[OpenedGoal]) -> Iterator[tuple[int, OpenedGoal]]:
    """Yields goals in the order of the text, each with its index among those of its `sorry`."""
    for _, same in groupby(sorted(goals, key=lambda goal: goal.start), key=lambda goal: goal.start):  # terms came first
        yield from enumerate(same)


def _equipped(goals: tuple[Goal, ...], toolbox: Toolbox) -> tuple[Goal, ...]:
    """Returns goals with what their file offers."""
    return goals if toolbox == LEAN_ALONE else tuple(msgspec.structs.replace(goal, toolbox=toolbox) for goal in goals)


def write_inside(directory: Path, name: str, content: bytes) -> None:
    """Writes a file below a directory, and makes every directory that its path passes through; none outside of it."""
    passed = [Path(os.path.normpath(directory / part)) for part in (*Path(name).parents, Path(name))]
    if all(place.is_relative_to(directory) for place in passed):
        for place in passed[-2::-1] if len(passed) > 1 else ():
            place.mkdir(parents=True, exist_ok=True)
        passed[-1].write_bytes(content)


def olean_parts(olean: Path) -> tuple[Path, ...]:
    """Returns the paths of the parts that a compiled module may have; the last is that of the file itself."""
    return tuple(olean.with_name(olean.name.removesuffix(".olean") + suffix) for suffix in PART_SUFFIXES)


def _text(source: SourceText) -> TextArguments:
    """Returns a file as the arguments of a request."""
    return {"text": source.text, "file": source.file, "module": source.module, "options": dict(source.options)}
