"""Runs tools for several clients: a bounded queue of jobs, warm Lean processes, and limits on what is read and written.

A job is a call of a tool. It is queued, runs on one of a few threads, and is done, failed or cancelled; its progress
can be read at any time. Each job opens its repository anew, so that changed files are noticed by their content; the
Lean processes of earlier jobs are used again where the compiled modules are the same.
"""

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from prover.app.premises import PremiseIndexes
from prover.app.search_view import MAX_EVENTS, SearchEvents, TacticEvent
from prover.app.tools import TOOLS, Tool, ToolArguments, ToolCall, ToolResult
from prover.app.workspace import Workspace
from prover.errors import NoSuchJob, NotAllowed, ProverError, ServerBusy, UsageError
from prover.lean.protocol import Goal
from prover.lean.session import Advanced, TacticOutcome
from prover.lean.warm import IDLE_SECONDS, WarmSessions
from prover.progress import Notify, Reporter
from prover.project.layout import enclosing_repository
from prover.tactics.generator import Suggestion
from retrieval.errors import RetrievalError

Converted = TypeVar("Converted")
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")
POLL_S = 0.05
"""The time between two looks at a job by those who wait for it, in seconds."""
RELEASE_INTERVAL_S = 5.0
CLOSE_SECONDS = 3.0
"""The time that running jobs have to end when the service is closed."""
MAX_LOG = 10_000
"""The number of notes of a job that are kept."""
WATCHABLE_JOBS = 8
"""The number of ended jobs whose searches are kept."""
MAX_GOAL_CHARACTERS = 2_000
"""The number of characters of a goal in a report on progress."""


@dataclass(frozen=True)
class ServiceLimits:
    """The limits of a service."""

    workers: int = 2
    """The number of jobs that run at once."""
    queue: int = 64
    """The number of jobs that may wait."""
    seconds: float = 600.0
    """The longest time limit that a job may ask for."""
    processes: int = 2
    """The number of Lean processes that search for one proof."""
    idle_seconds: float = IDLE_SECONDS
    """The seconds after which a Lean process that nobody uses is ended."""
    per_client: int = 32
    """The number of unfinished jobs that one client may have."""
    kept_jobs: int = 1_000
    """The number of ended jobs whose results are kept."""


class Directories:
    """The directories that a service may read, and those that it may write."""

    def __init__(self, readable: Sequence[Path], writable: Sequence[Path] = ()) -> None:
        self.readable = tuple(path.resolve() for path in readable)
        self.writable = tuple(path.resolve() for path in writable)

    def existing(self, text: str) -> Path:
        """Returns the file or directory that a client names, with symbolic links resolved.

        A relative path is looked for in each directory.

        Raises:
            NotAllowed: It is in none of the directories.
            UsageError: It does not exist.
        """
        if "\0" in text:
            raise UsageError("A path cannot contain the character 0: check it.")
        inside = [path for path in self._candidates(text) if self._below(path, self.readable)]
        if not inside:
            raise NotAllowed(f"{text} is outside the directories of this server: start it with --repo DIRECTORY.")
        there = next((path for path in inside if path.exists()), None)
        if there is None:
            raise UsageError(f"There is no {text}: check the path.")
        return there

    def repository_of(self, path: Path) -> Path:
        """Returns the root of the repository that a file or directory belongs to.

        Raises:
            NotAllowed: It begins above the directories.
        """
        root = enclosing_repository(path / "a" if path.is_dir() else path)
        if not self._below(root, self.readable):
            raise NotAllowed(f"The repository of {path} is {root}: start the server with --repo {root}.")
        return root

    def must_be_writable(self, root: Path) -> None:
        """Checks that files of a repository may be written.

        Raises:
            NotAllowed: They may not.
        """
        if not self._below(root, self.writable):
            raise NotAllowed(f"This server does not write into {root}: start it with --allow-write {root}.")

    def _candidates(self, text: str) -> list[Path]:
        bases = (Path(text),) if Path(text).is_absolute() else tuple(root / text for root in self.readable)
        try:
            return [path.resolve() for path in bases]
        except (OSError, RuntimeError) as error:
            raise UsageError(f"{text} is no path ({error}): check it.") from None

    @staticmethod
    def _below(path: Path, roots: Sequence[Path]) -> bool:
        return any(path.is_relative_to(root) for root in roots)


class JobProgress(msgspec.Struct, frozen=True):
    """The state of a job's work."""

    phase: Literal["queued", "opening", "searching", "checking", "ended"] = "queued"
    seconds: float = 0.0
    """The time since it was submitted."""
    seconds_left: float | None = None
    """The rest of its time limit, if it has one; the gate does not count."""
    tactics: int = 0
    """The number of tactics that were run."""
    expansions: int = 0
    """The number of times that tactics were proposed for a goal."""
    open_goals: int = 0
    """The number of goals that were worked on and that no tactic has closed."""
    goal: str | None = None
    """The goal that was worked on last, which was the most promising one then."""
    note: str | None = None
    """The last note, in words."""

    def described(self) -> str:
        """Returns what the job is doing, in words."""
        match self.phase:
            case "searching":
                goals = f"{self.open_goals} open goals, {self.tactics} tactics run"
                return f"searching: {goals}" + (f"; {_target(self.goal)}" if self.goal else "")
            case "checking":
                return "a proof was found; a fresh Lean checks it"
            case phase:
                return f"{phase}: {self.note}" if self.note else phase


def _target(goal: str) -> str:
    return " ".join(goal[goal.rfind("⊢") :].split())[:160]


class JobFailure(msgspec.Struct, frozen=True):
    """Why a job has no result."""

    code: str
    """The name of the exception."""
    message: str
    hint: str | None = None
    """What to do."""


class JobCancelled(Exception):  # no error: a client wants it
    """Ends the work of a job that was cancelled."""


class Job:
    """A call of a tool by a client, and its progress. It is a `SearchWatch` of its own search. Thread-safe."""

    def __init__(
        self, tool: Tool, arguments: ToolArguments, path: Path, clock: Callable[[], float], client: str = ""
    ) -> None:
        self.client = client
        self.id = secrets.token_hex(8)
        self.tool = tool
        self.arguments = arguments
        self.path = path
        self.state: JobState = "queued"
        self.result: ToolResult | None = None
        self.failure: JobFailure | None = None
        self.version = 0
        """Grows with every change."""
        self.log: list[tuple[str, object]] = []
        """Its notes and the parts of its result, in the order in which they came, each with its kind."""
        self.tactics: list[TacticEvent] = []
        """The first of the tactics that its search has run."""
        self._events = SearchEvents()
        self._clock = clock
        self._submitted = clock()
        self._began: float | None = None
        self._ended: float | None = None
        self._lock = threading.Lock()
        self._progress = JobProgress()
        self._goals: set[str] = set()
        self._closed: set[str] = set()
        self._cancelled = threading.Event()
        self._workspace: Workspace | None = None

    @property
    def ended(self) -> bool:
        """True when nothing changes any more."""
        return self.state in ENDED

    def progress(self) -> JobProgress:
        """Returns what the job is doing now."""
        with self._lock:
            now = self._ended or self._clock()
            limit: float | None = getattr(self.arguments, "timeout_s", None)
            left = limit
            if limit is not None and self._began is not None:
                left = max(0.0, round(limit - (now - self._began), 1))
            return msgspec.structs.replace(
                self._progress, seconds=round(now - self._submitted, 3), seconds_left=None if self.ended else left
            )

    def report(self) -> dict[str, Any]:
        """Returns the job as a JSON object."""
        known = {"job": self.id, "tool": self.tool.name, "state": self.state}
        parts = {"progress": self.progress(), "result": self.result, "error": self.failure}
        return known | {name: msgspec.to_builtins(value) for name, value in parts.items()}

    # --- for the search ---

    def expanded(self, goal: Goal) -> None:
        """See `SearchWatch`."""
        self._continue()
        with self._lock:
            self._goals.add(goal.key)
            self._changed(
                phase="searching",
                expansions=self._progress.expansions + 1,
                open_goals=len(self._goals - self._closed),
                goal=goal.printed()[:MAX_GOAL_CHARACTERS],
            )

    def ran(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """See `SearchWatch`."""
        self._continue()
        with self._lock:
            if len(self.tactics) < MAX_EVENTS:
                self.tactics.append(self._events.tried(goal, suggestion, outcome))
            if isinstance(outcome, Advanced) and not outcome.states:
                self._closed.add(goal.key)
            self._changed(tactics=self._progress.tactics + 1, open_goals=len(self._goals - self._closed))

    def checking(self, active: bool) -> None:
        """See `SearchWatch`."""
        self._continue()
        with self._lock:
            self._changed(phase="checking" if active else "searching")

    def note(self, text: str) -> None:
        """Takes a note of what is being done; a `Notify`."""
        self._continue()
        with self._lock:
            if len(self.log) < MAX_LOG:
                self.log.append(("note", text))
            self._changed(note=text)

    def found(self, part: object) -> None:
        """Takes a part of the result, as JSON, that is known before the rest."""
        self._continue()
        with self._lock:
            self.log.append(("found", part))
            self._changed()

    def step(self, name: str, fraction: float) -> None:
        """Takes a note of a step; a `Progress`."""
        self.note(f"{name}: {fraction:.0%}")

    # --- for the service ---

    def begin(self) -> bool:
        """Marks the job as running; returns whether it is still wanted."""
        with self._lock:
            if self.state != "queued":
                return False
            self.state, self._began = "running", self._clock()
            self._changed(phase="opening")
            return True

    def use(self, workspace: Workspace) -> None:
        """Remembers what is to be closed when the job is cancelled."""
        self._workspace = workspace
        self._continue()

    def end(self, state: JobState, result: ToolResult | None = None, failure: JobFailure | None = None) -> None:
        """Marks the job as ended, as cancelled if that was asked for meanwhile."""
        with self._lock:
            if self.ended:
                return
            if self._cancelled.is_set():
                state, result, failure = "cancelled", None, None
            self.result, self.failure, self._ended = result, failure, self._clock()
            self._workspace = None  # it is large, and the job is kept
            self.state = state
            self._changed(phase="ended")

    def cancel(self) -> None:
        """Ends the job's Lean processes, and with them the job. Safe to call at any time."""
        self._cancelled.set()
        with self._lock:
            queued = self.state == "queued"
        if queued:
            self.end("cancelled")
        elif (workspace := self._workspace) is not None:
            workspace.close()

    def _continue(self) -> None:
        if self._cancelled.is_set():
            raise JobCancelled

    def _changed(self, **changes: Any) -> None:
        self._progress = msgspec.structs.replace(self._progress, **changes)
        self.version += 1


Opener = Callable[[Path, Reporter], Workspace]
"""Opens the repository in a directory for one job, which closes it."""


@dataclass
class ServiceCounts:
    """The numbers of jobs since a service began."""

    submitted: Counter[str] = field(default_factory=Counter)
    """The number of jobs by tool."""
    ended: Counter[str] = field(default_factory=Counter)
    """The number of jobs by their last state."""
    refused: int = 0
    """The number of jobs for which there was no place in the queue."""
    seconds: float = 0.0
    """The time for which jobs ran."""


class Service:
    """Runs jobs. A context manager: leaving it cancels every job and ends every Lean process."""

    def __init__(
        self,
        directories: Directories,
        limits: ServiceLimits = ServiceLimits(),  # frozen
        opener: Opener | None = None,
        tools: Mapping[str, Tool] = TOOLS,
        notify: Notify = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.directories = directories
        self.limits = limits
        self.tools = tools
        self.warm = WarmSessions(limits.idle_seconds)
        self.indexes = PremiseIndexes()
        self.counts = ServiceCounts()
        self.started = clock()
        self._open = opener or self._opened
        self._notify = notify
        self._clock = clock
        self._lock = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._jobs: dict[str, Job] = {}
        """In the order of submission."""
        self._closed = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{number}", daemon=True) for number in range(limits.workers)
        ]
        self._threads.append(threading.Thread(target=self._release, name="release", daemon=True))
        for thread in self._threads:
            thread.start()

    def submit(self, name: str, arguments: object, client: str = "") -> Job:
        """Queues a call of a tool.

        Args:
            arguments: The arguments as a JSON object.
            client: The name of the client; those without one count as one client.

        Raises:
            UsageError: There is no such tool, or an argument is wrong.
            NotAllowed: The path is outside the directories, or may not be written.
            ServerBusy: The queue is full, or the client has too many jobs.
        """
        tool = self.tools.get(name)
        if tool is None:
            raise UsageError(f"There is no tool {name}: choose from {', '.join(self.tools)}.")
        known = converted(arguments, tool.arguments, f"The arguments of {name} are")
        job = Job(tool, known, self._permitted(known), self._clock, client)
        with self._lock:
            if self._closed.is_set():
                raise ServerBusy("The server is ending: start it again.")
            self._drop_cancelled()
            if len(self._waiting) >= self.limits.queue:
                self.counts.refused += 1
                raise ServerBusy(f"{len(self._waiting)} jobs are waiting already: try again later.")
            own = sum(not each.ended for each in self._jobs.values() if each.client == client)
            if own >= self.limits.per_client:
                self.counts.refused += 1
                raise ServerBusy(
                    f"This client has {own} unfinished jobs, which is the most: wait for one, or cancel it."
                )
            self.counts.submitted[name] += 1
            self._waiting.append(job)
            self._jobs[job.id] = job
            self._forget_old()
            self._lock.notify()
        return job

    def job(self, number: str) -> Job:
        """Returns a job.

        Raises:
            NoSuchJob: There is none of that number, or it ended long ago.
        """
        with self._lock:
            if found := self._jobs.get(number):
                return found
        raise NoSuchJob(f"There is no job {number[:40]}: it never was, or ended so long ago that its result is gone.")

    def jobs(self) -> list[Job]:
        """Returns the jobs that are known, in the order of submission."""
        with self._lock:
            return list(self._jobs.values())

    def waiting(self) -> int:
        """Returns the number of jobs that wait."""
        with self._lock:
            return sum(not job.ended for job in self._waiting)

    def running(self) -> int:
        """Returns the number of jobs that run."""
        return sum(job.state == "running" for job in self.jobs())

    def close(self) -> None:
        """Cancels every job and ends every Lean process. Safe to call twice."""
        self._closed.set()
        with self._lock:
            self._lock.notify_all()
        for job in self.jobs():
            job.cancel()
        end = time.monotonic() + CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self.warm.close()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _permitted(self, arguments: ToolArguments) -> Path:
        """Returns the path that arguments name, if the service may do there what they ask for."""
        seconds: float = getattr(arguments, "timeout_s", 0.0)
        if seconds > self.limits.seconds:
            raise NotAllowed(f"timeout_s is {seconds:g}: this server allows at most {self.limits.seconds:g} s.")
        path = self.directories.existing(getattr(arguments, "file_path", "") or getattr(arguments, "path", ""))
        root = self.directories.repository_of(path)
        if getattr(arguments, "apply", False):
            self.directories.must_be_writable(root)
        return path

    def _opened(self, root: Path, reporter: Reporter) -> Workspace:
        return Workspace.open(str(root), "auto", reporter, self.limits.processes, self.warm)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            if job.begin():
                began = self._clock()
                self._perform(job)
                self.counts.seconds += self._clock() - began
            with self._lock:
                self.counts.ended[job.state] += 1

    def _next(self) -> Job | None:
        """Waits for a job; returns None when the service is closed."""
        with self._lock:
            while not self._closed.is_set():
                if self._waiting:
                    return self._waiting.popleft()
                self._lock.wait()
        return None

    def _perform(self, job: Job) -> None:
        try:
            reporter = Reporter(job.note, job.step)
            with self._open(self.directories.repository_of(job.path), reporter) as workspace:
                job.use(workspace)
                job.end(
                    "done",
                    job.tool.run(ToolCall(workspace, job.path, reporter, job, self.indexes, job.found), job.arguments),
                )
        except JobCancelled:
            job.end("cancelled")
        except (ProverError, RetrievalError, OSError) as error:
            job.end("failed", failure=failure_of(error))
        except Exception as error:  # the others must go on
            job.end("failed", failure=JobFailure("internal", f"This is a fault of the prover: {error!r}. Report it."))
            self._notify(f"job {job.id} ({job.tool.name}) failed: {error!r}")

    def _drop_cancelled(self) -> None:
        """Takes jobs out of the queue that were cancelled while they waited."""
        for job in [job for job in self._waiting if job.ended]:
            self._waiting.remove(job)
            self.counts.ended[job.state] += 1

    def _forget_old(self) -> None:
        ended = [number for number, job in self._jobs.items() if job.ended]
        for number in ended[: max(0, len(ended) - WATCHABLE_JOBS)]:
            self._jobs[number].tactics = []
        for number in ended[: max(0, len(ended) - self.limits.kept_jobs)]:
            del self._jobs[number]

    def _release(self) -> None:
        while not self._closed.wait(RELEASE_INTERVAL_S):
            self.warm.release()


def converted(value: object, kind: type[Converted], subject: str) -> Converted:
    """Returns what a client has sent as a value of a type.

    Args:
        subject: the subject of the message if it is none, with its verb, such as "The request is".

    Raises:
        UsageError: It is none.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"{subject} wrong: {error}.") from None


def failure_of(error: Exception) -> JobFailure:
    """Returns an error in the words of a client: the message, and what to do."""
    message = " ".join(str(error).split()) or type(error).__name__
    _, colon, hint = message.rpartition(": ")
    details = getattr(error, "details", ())
    shown = "\n".join((message, *details[:20]))
    return JobFailure(type(error).__name__, shown, hint if colon and isinstance(error, ProverError) else None)
