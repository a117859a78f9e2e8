"""The daemon's process: started in the background, run in the foreground, stopped, and asked for its status."""

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psutil
from filelock import FileLock, Timeout

from prover.app.daemon.environment import LocalEnvironment
from prover.app.daemon.health import HealthServer, counts
from prover.app.daemon.log import JsonLog
from prover.app.environment import database, home
from prover.errors import RunError, UsageError
from retrieval.files import write_atomically

if TYPE_CHECKING:
    from curriculum.daemon.configuration import DaemonConfig

START_S = 20.0
STOP_S = 5.0
STATUS_INTERVAL_S = 1.0
FOLLOW_INTERVAL_S = 0.5
CLOCK_TOLERANCE_S = 2.0
"""How far two readings of a process's creation time may differ, in seconds."""
STATUS_FILE, LOG_FILE, OUTPUT_FILE, LOCK_FILE = "standing.json", "log", "output", "lock"


class DaemonStatus(msgspec.Struct):
    """The status of a running daemon, which it keeps in a file."""

    pid: int
    began: float
    """When its process was created; so that another process with its number is not taken for it."""
    port: int
    state: str
    fault: str | None
    at: float
    """When the status was written, in seconds since 1970."""
    done: dict[str, int]


def directory() -> Path:
    """Returns the directory of the daemon's files."""
    return home().root / "daemon"


def configuration_in(file: Path | None) -> "DaemonConfig":
    """Returns the configuration in a file; the defaults without one.

    Raises:
        UsageError: the file cannot be read, or is wrong.
    """
    from curriculum.daemon.configuration import DaemonConfig, read_configuration

    return DaemonConfig() if file is None else read_configuration(file)


def running() -> DaemonStatus | None:
    """Returns the status of this directory's daemon; None where there is none, or where it was killed."""
    try:
        status = msgspec.json.decode((directory() / STATUS_FILE).read_bytes(), type=DaemonStatus)
        process = psutil.Process(status.pid)
        same = abs(process.create_time() - status.began) < CLOCK_TOLERANCE_S
        return status if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, msgspec.MsgspecError, psutil.Error):
        return None


def start(command: Sequence[str], config_file: Path | None) -> int:
    """Starts a daemon in the background, and returns the number of its process once it runs.

    Args:
        command: the command that runs one in the foreground.

    Raises:
        UsageError: the configuration is wrong.
        RunError: one is running already, or it did not start.
    """
    configuration_in(config_file)  # a fault is reported here, not in a log
    if (present := running()) is not None:
        raise RunError(f"A daemon is running already (process {present.pid}): `prover daemon stop` ends it.")
    directory().mkdir(parents=True, exist_ok=True)
    words = [*command, *(["--config", str(config_file.resolve())] if config_file else [])]
    with (directory() / OUTPUT_FILE).open("ab") as output:
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=Path.cwd()
        )
    end = time.monotonic() + START_S
    while time.monotonic() < end and child.poll() is None:
        if (present := running()) is not None and present.pid == child.pid:
            return child.pid
        time.sleep(0.1)
    lines = (directory() / OUTPUT_FILE).read_text(errors="replace").strip().splitlines()
    raise RunError(f"It did not start: {lines[-1] if lines else f'see {directory() / OUTPUT_FILE}'}")


def run(configuration: "DaemonConfig", until_idle: bool) -> None:
    """Runs a daemon in the foreground until `KeyboardInterrupt`, which `prover.app.ending` makes of signals.

    Raises:
        RunError: another one runs in this directory, or its port cannot be used.
        UsageError: a learner or the list of repositories is wrong.
    """
    directory().mkdir(parents=True, exist_ok=True)
    lock = FileLock(directory() / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError("Another daemon runs in this directory: stop it, or set PROVER_HOME to another one.") from None
    try:
        process = DaemonProcess(configuration, directory())
        with contextlib.suppress(KeyboardInterrupt):
            process.run(until_idle)
        process.end()
    finally:
        (directory() / STATUS_FILE).unlink(missing_ok=True)
        lock.release()


def stop() -> bool | None:
    """Stops the daemon; returns true if it ended in time, false if it was killed, None if there is none."""
    present = running()
    if present is None:
        return None
    process = psutil.Process(present.pid)
    children = process.children(recursive=True)
    process.terminate()
    _, alive = psutil.wait_procs([process], timeout=STOP_S)
    for left in [*alive, *(child for child in children if child.is_running())]:
        try:
            left.kill()
        except psutil.NoSuchProcess:
            continue
    return not alive


def log_lines(count: int, follow: bool) -> Iterator[str]:
    """Yields the last lines of the log, and then, if asked to follow, each new one.

    Raises:
        UsageError: there is no log yet.
    """
    file = directory() / LOG_FILE
    if not file.is_file():
        raise UsageError(f"There is no log yet ({file}): `prover daemon start` begins one.")
    return _lines(file, count, follow)


def _lines(file: Path, count: int, follow: bool) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace") as stream:
        yield from deque(stream, maxlen=count)
        while follow:
            if line := stream.readline():
                yield line
            else:
                time.sleep(FOLLOW_INTERVAL_S)


class DaemonProcess:
    """One daemon, from its start to its end."""

    def __init__(self, configuration: "DaemonConfig", place: Path) -> None:
        """
        Args:
            place: the directory for its log and its status.
        """
        from curriculum.daemon.daemon import Daemon
        from curriculum.repository_list import read_list

        self._place = place
        self._log = JsonLog(place / LOG_FILE)
        lower_priority(configuration.limits.nice)
        file = configuration.daemon.repositories
        listed = read_list(Path(file).expanduser()) if file else ()
        self._database = database()
        self._environment = LocalEnvironment(configuration, listed, self._database, self._log)
        self._daemon = Daemon(self._database, self._environment, configuration, owner(), self._log, listed)
        self._began = psutil.Process().create_time()
        self._server = HealthServer(configuration.server.host, configuration.server.port, self._daemon)
        self._over = threading.Event()

    def run(self, until_idle: bool) -> None:
        """Performs turns until a signal comes."""
        self._log("started", pid=os.getpid(), port=self._server.port, database=self._database.name)
        self._server.start()
        self._write_status()
        threading.Thread(target=self._keep_status, daemon=True).start()
        self._daemon.run(self._over.wait, until_idle)

    def end(self) -> None:
        """Ends the server and the status, and logs that."""
        self._daemon.counters.state = "stopping"
        self._over.set()
        self._server.stop()
        self._log("stopped", **counts(self._daemon))

    def _keep_status(self) -> None:
        while not self._over.wait(STATUS_INTERVAL_S):
            self._write_status()

    def _write_status(self) -> None:
        counters, done = self._daemon.counters, counts(self._daemon)
        status = DaemonStatus(
            os.getpid(), self._began, self._server.port, counters.state, counters.fault, time.time(), done
        )
        try:
            write_atomically(self._place / STATUS_FILE, msgspec.json.encode(status))
        except OSError:
            return  # the disk is full: the log says so


def owner() -> str:
    """Returns a name for this process that no other process on the same database has."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"


def lower_priority(nice: int) -> None:
    """Raises the process's niceness to a value, 0 for no change; one that is higher already stays."""
    if nice:
        os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))
