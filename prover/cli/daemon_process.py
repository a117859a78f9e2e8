"""The daemon as a process: the world that it works in, its log, its limits, what it says of itself."""

import json
import logging
import logging.handlers
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import msgspec
import psutil

from prover.app.assembly import stored_memory
from prover.app.environment import database, home
from prover.app.workspace import read_repository
from prover.cli.curriculum import order_named
from prover.cli.daemon import LOG_BYTES, LOG_FILES, Standing, owner
from prover.cli.learn import learners_named
from prover.cli.workshop import LeanWorkshop, Tools
from prover.errors import RepositoryError, RunError, UsageError
from prover.progress import Reporter
from prover.project.location import Location, location_of
from prover.project.revision import revision_of
from prover.tactics.generator import Frozen, Generator
from retrieval.files import write_atomically

if TYPE_CHECKING:
    from curriculum.daemon.configuration import DaemonConfig, LearningConfig
    from curriculum.daemon.daemon import Daemon
    from curriculum.daemon.environment import Resources
    from curriculum.database.database import Connection, Database
    from curriculum.learn.learner import Learner
    from curriculum.lifelong.executor import AttemptResult, Executor

GB = 1e9
MEMORY = "memory"
PUBLISH_S = 120
STUCK_S = 6 * 3600.0
"""a daemon whose last turn ended so long ago is not healthy; a turn may be a long trace"""


class JsonLog:
    """Events as JSON, one a line, in files that are turned over before they grow large. A log that cannot be written
    stops nobody."""

    def __init__(self, file: Path) -> None:
        handler = logging.handlers.RotatingFileHandler(file, "a", LOG_BYTES, LOG_FILES, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(message)s"))
        self._logger = logging.Logger("prover daemon")
        self._logger.addHandler(handler)
        logging.raiseExceptions = False

    def __call__(self, event: str, **facts: Any) -> None:
        """Writes an event."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        known = {name: value for name, value in facts.items() if value is not None}
        self._logger.info(json.dumps({"at": at, "event": event, **known}, ensure_ascii=False))


class RealWorld:
    """See `curriculum.daemon.environment.DaemonEnvironment`."""

    def __init__(self, configuration: "DaemonConfig", listed: Sequence[Location], db: "Database", log: JsonLog) -> None:
        from curriculum.lifelong.learners import Learners

        self._configuration = configuration
        self._log = log
        self._db = db
        self._locations = _Locations(db, listed)
        work = configuration.daemon
        tools = Tools(work.toolchain, work.jobs, work.seconds)
        self._patches = Patches(configuration, log)
        self._shop = LeanWorkshop(self._locations, tools, db, Reporter(self._note))
        self.executor: Executor = self
        self.learners = Learners(_trained(configuration.learning), home().root / "daemon" / "learners", self._note)
        self.settings = self._shop.settings
        self.attempt = self._shop.attempt
        self.write_patch = self._patches.write
        self.publish = self._patches.publish

    def trace(self, location: str) -> str:
        """See `Executor`; not longer than the configuration allows."""
        with self.time_limit(self._configuration.limits.trace_hours, f"tracing {location}"):
            return self._shop.trace(location)

    def newest(self, location: str) -> str:
        """See `DaemonEnvironment`."""
        checkout, repository = read_repository(str(self._locations[location]), self._note)
        return revision_of(checkout, repository)

    def recollect(self) -> Sequence[Generator]:
        """See `DaemonEnvironment`: the memory, where the configuration names it."""
        remembers = MEMORY in self._configuration.learning.learners
        return (Frozen(stored_memory()),) if remembers else ()

    def order(self, connection: "Connection", locations: Sequence[str]) -> Sequence[str]:
        """See `DaemonEnvironment`."""
        from curriculum.subjects import subject_of

        learning = self._configuration.learning
        profiles = [found for each in locations if (found := subject_of(connection, each)) is not None]
        order = order_named(learning.order, profiles, learning.seed)
        return [each.subject.location for each in order.place(profiles)]

    def time_limit(self, hours: float, activity: str) -> AbstractContextManager[None]:
        """See `DaemonEnvironment`."""
        return _no_longer_than(hours * 3600.0, f"{activity} took longer than {hours:g} hours")

    def resources(self) -> "Resources":
        """See `DaemonEnvironment`."""
        from curriculum.daemon.environment import Resources

        root = home().root
        root.mkdir(parents=True, exist_ok=True)
        return Resources(shutil.disk_usage(root).free / GB, psutil.virtual_memory().available / GB)

    def steady(self) -> float:
        """See `DaemonEnvironment`."""
        return time.monotonic()

    def _note(self, text: str) -> None:
        self._log("message", text=text)


def _trained(learning: "LearningConfig") -> "list[Learner]":
    """Returns the learners of the configuration that are trained; the memory is filled from the database instead."""
    names = [name for name in learning.learners if name != MEMORY]
    if not names:
        return []
    rate = learning.learning_rate or None
    return learners_named(names, learning.strategy, learning.seed, learning.base, rate, learning.epochs)


class _Locations(dict[str, Location]):
    """From the canonical location to the location: those of a list, or as the database has them."""

    def __init__(self, db: "Database", listed: Sequence[Location]) -> None:
        super().__init__({location.canonical: location for location in listed})
        self._db = db

    def __missing__(self, canonical: str) -> Location:
        from curriculum.database.listing import listed_repositories

        with self._db.reading() as connection:
            for each in listed_repositories(connection):
                if each.location == canonical:
                    return location_of(each.location, each.follows)
        raise RepositoryError(f"{canonical} is not among the repositories any more: `prover repo add` adds it.")


class Patches:
    """Writes each proof that is found as a patch; publishes it by a command, where one is configured."""

    def __init__(self, configuration: "DaemonConfig", log: JsonLog) -> None:
        self._publish = configuration.publish
        chosen = configuration.daemon.patches
        self._directory = Path(chosen).expanduser() if chosen else home().root / "patches"
        self._log = log

    def write(self, location: str, finished: "AttemptResult") -> Path | None:
        """See `DaemonEnvironment`. What cannot be written is said; the proof is in the database anyhow."""
        if not finished.patch:
            return None
        patch = f"{self._publish.disclosure}\n---\n{finished.patch}"
        name = location.rstrip("/").rsplit("/", 1)[-1] or "repository"
        module = finished.request.module.rsplit(".", 1)[-1]
        file = self._directory / name / f"{module}-{sha256(patch.encode()).hexdigest()[:12]}.patch"
        try:
            write_atomically(file, patch, durable=True)
        except OSError as error:
            self._log("patch_failed", file=str(file), error=error.strerror)
            return None
        self._log("patch_written", file=str(file))
        return file

    def publish(self, location: str, patch: Path) -> None:
        """See `DaemonEnvironment`."""
        if self._publish.command:
            self._run([*self._publish.command, str(patch), location])

    def _run(self, words: list[str]) -> None:
        try:
            status, said = _done_by(words)
            event = "publish_failed" if status else "published"
            self._log(event, command=words[0], status=status, stderr=said[-300:])
        except (OSError, subprocess.TimeoutExpired) as error:
            self._log("publish_failed", command=words[0], error=str(error))


def _done_by(words: Sequence[str]) -> tuple[int, str]:
    """The status of a command, and what it says of errors. It ends with its children if this is interrupted."""
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=pipe, start_new_session=True) as process:
        try:
            _, said = process.communicate(timeout=PUBLISH_S)
        except BaseException:  # its time is over, or the daemon is told to stop
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, said.decode(errors="replace")


class Process:
    """One daemon, from its start to its end."""

    def __init__(self, configuration: "DaemonConfig", place: Path) -> None:
        from curriculum.daemon.daemon import Daemon
        from curriculum.repository_list import read_list

        self._place = place
        self._log = JsonLog(place / "log")
        step_back(configuration.limits.nice)
        file = configuration.daemon.repositories
        listed = read_list(Path(file).expanduser()) if file else ()
        self._database = database()
        self._world = RealWorld(configuration, listed, self._database, self._log)
        self._daemon = Daemon(self._database, self._world, configuration, owner(), self._log, listed)
        self._began = psutil.Process().create_time()
        self._server = Server(configuration.server.host, configuration.server.port, self._daemon)
        self._over = threading.Event()

    def run(self, until_idle: bool) -> None:
        """Turns until a signal comes."""
        self._log("started", pid=os.getpid(), port=self._server.port, database=self._database.name)
        self._server.start()
        self._stand()
        standing = threading.Thread(target=self._keep_standing, daemon=True)
        standing.start()
        self._daemon.run(self._over.wait, until_idle)

    def ended(self) -> None:
        """Says that it ends."""
        self._daemon.counters.state = "stopping"
        self._over.set()
        self._server.stop()
        self._log("stopped", **_done(self._daemon))

    def _keep_standing(self) -> None:
        while not self._over.wait(1.0):
            self._stand()

    def _stand(self) -> None:
        tally = self._daemon.counters
        standing = Standing(
            os.getpid(), self._began, self._server.port, tally.state, tally.fault, time.time(), _done(self._daemon)
        )
        try:
            write_atomically(self._place / "standing.json", msgspec.json.encode(standing))
        except OSError:
            return  # the disk is full: the log says so


class Server:
    """/health and /metrics, on a thread; nothing at port 0."""

    def __init__(self, host: str, port: int, daemon: "Daemon") -> None:
        self.port = port
        self._server: ThreadingHTTPServer | None = None
        if port:
            try:
                self._server = ThreadingHTTPServer((host, port), _handler(daemon))
            except OSError as error:
                raise RunError(f"Port {port} of {host} cannot be used ({error.strerror}): choose another.") from None

    def start(self) -> None:
        """Answers from now on."""
        if self._server is not None:
            threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answers no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def health(daemon: "Daemon") -> tuple[int, dict[str, Any]]:
    """An HTTP status, and what is said: 503 where something is wrong."""
    tally = daemon.counters
    since = daemon.environment.steady() - tally.turned_at if tally.turned_at else 0.0
    well = tally.state != "degraded" and since < STUCK_S
    return (200 if well else 503), {"state": tally.state, "fault": tally.fault, **_done(daemon)}


def metrics(daemon: "Daemon") -> bytes:
    """In Prometheus's format.

    Raises:
        UsageError: prometheus-client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    except ImportError:
        raise UsageError("/metrics needs prometheus-client: pip install 'prover[daemon]'.") from None

    class Collected:
        def collect(self) -> Iterator[Any]:
            for name, value in _done(daemon).items():
                yield CounterMetricFamily(f"prover_{name}", f"{name}, since the daemon began", value=value)
            degraded = float(daemon.counters.state == "degraded")
            yield GaugeMetricFamily("prover_degraded", "1 where something is wrong", value=degraded)
            memory = psutil.Process().memory_info().rss
            yield GaugeMetricFamily("prover_resident_bytes", "memory of the daemon itself", value=memory)

    registry = CollectorRegistry()
    registry.register(Collected())
    return generate_latest(registry)


def _handler(daemon: "Daemon") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/health":
                    code, said = health(daemon)
                    self._answer(code, "application/json", json.dumps(said).encode())
                case "/metrics":
                    try:
                        self._answer(200, "text/plain; version=0.0.4", metrics(daemon))
                    except UsageError as error:
                        self._answer(501, "text/plain", str(error).encode())
                case _:
                    self._answer(404, "text/plain", b"there are /health and /metrics")

        def _answer(self, code: int, kind: str, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a question each few seconds would fill the log."""

    return Handler


def _done(daemon: "Daemon") -> dict[str, int]:
    tally = daemon.counters
    names = ("looked", "traced", "attempts", "proved", "broken", "learnt", "faults")
    return {name: getattr(tally, name) for name in names}


def step_back(nice: int) -> None:
    """Lets other programs go first by so much, 0 for no difference; by more where this process does so already."""
    if nice:
        os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))


@contextmanager
def _no_longer_than(seconds: float, message: str) -> Iterator[None]:
    """Ends the block with an error when its time is over. For the main thread, with 0 for no limit."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise RepositoryError(f"{message}: see [limits] in the configuration.")

    if not seconds:
        yield
        return
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
