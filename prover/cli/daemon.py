"""`prover daemon start | run | stop | status | logs`: the work in the background, as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from types import FrameType
from typing import Any

import click
import msgspec
import psutil
from filelock import FileLock, Timeout

from prover.app.environment import home
from prover.cli.main import EXIT_INTERRUPTED
from prover.errors import RunError, UsageError

STOP_S = 5.0
START_S = 20.0
LOG_BYTES, LOG_FILES = 20_000_000, 5

config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file; docs/prover.toml shows every setting. Without one, the defaults.",
)


class Standing(msgspec.Struct):
    """What a running daemon says of itself, in a file."""

    pid: int
    began: float
    """when its process was created, so that another process with its number is not taken for it"""
    port: int
    state: str
    fault: str | None
    at: float
    done: dict[str, int]


@click.group("daemon")
def command() -> None:
    """Look after repositories in the background: new commits, open theorems, learning.

    Works on the repositories of `prover repo add`, unless a configuration says otherwise. Writes patches; publishes
    nothing unless a configuration says how. `prover daemon run` is for systemd and containers.
    """


@command.command()
@config_option
def start(config_file: Path | None) -> None:
    """Start it in the background."""
    _configured(config_file)  # what is wrong is said here, not in a log
    if (running := _running()) is not None:
        raise RunError(f"A daemon is running already (process {running.pid}): `prover daemon stop` ends it.")
    place = _place()
    place.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-c", "from prover.cli.main import main; main()", "daemon", "run"]
    words += ["--config", str(config_file.resolve())] if config_file else []
    with (place / "output").open("ab") as output:
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=Path.cwd()
        )
    end = time.monotonic() + START_S
    while time.monotonic() < end and child.poll() is None:
        if (running := _running()) is not None and running.pid == child.pid:
            click.echo(f"started: process {child.pid}, logs in {place / 'log'}")
            return
        time.sleep(0.1)
    said = (place / "output").read_text(errors="replace").strip().splitlines()
    raise RunError(f"It did not start: {said[-1] if said else 'see ' + str(place / 'output')}")


@command.command()
@config_option
@click.option("--until-idle", is_flag=True, help="End when there is nothing to do.")
def run(config_file: Path | None, until_idle: bool) -> int:
    """Run it in the foreground, until SIGTERM or SIGINT: at most five seconds from then."""
    from prover.cli.daemon_process import Process

    configuration = _configured(config_file)
    place = _place()
    place.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError("Another daemon runs in this directory: stop it, or set PROVER_HOME to another one.") from None
    try:
        process = Process(configuration, place)
        signal.signal(signal.SIGTERM, _end)
        try:
            process.run(until_idle)
        except KeyboardInterrupt:
            process.ended()
            return 0
        process.ended()
        return 0
    finally:
        (place / "standing.json").unlink(missing_ok=True)
        lock.release()


@command.command()
def stop() -> int:
    """End it: cleanly within five seconds, or else at once. What is stored is whole either way."""
    running = _running()
    if running is None:
        click.echo("no daemon is running", err=True)
        return 1
    process = psutil.Process(running.pid)
    children = process.children(recursive=True)
    process.terminate()
    _, alive = psutil.wait_procs([process], timeout=STOP_S)
    for left in [*alive, *(child for child in children if child.is_running())]:
        try:
            left.kill()
        except psutil.NoSuchProcess:
            continue
    click.echo("stopped" if not alive else "killed: it did not end in five seconds")
    return 0


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> int:
    """Say what it is doing. Exit status 1 when none is running, 3 when something is wrong."""
    running = _running()
    if as_json:
        click.echo(json.dumps(None if running is None else msgspec.to_builtins(running), ensure_ascii=False))
    elif running is None:
        click.echo("no daemon is running")
    else:
        fault = f": {running.fault}" if running.fault else ""
        click.echo(f"process {running.pid}: {running.state}{fault} ({time.time() - running.at:.0f} s ago)")
        click.echo(", ".join(f"{name} {count}" for name, count in running.done.items()))
        if running.port:
            click.echo(f"port {running.port}: /health, /metrics")
    return 1 if running is None else 3 if running.state == "degraded" else 0


@command.command()
@click.option("-n", "lines", type=click.IntRange(min=1), default=40, show_default=True, help="The last so many.")
@click.option("--follow", is_flag=True, help="Go on with what is written from now on.")
def logs(lines: int, follow: bool) -> int:
    """Print its log: one JSON object a line."""
    file = _place() / "log"
    if not file.is_file():
        raise UsageError(f"There is no log yet ({file}): `prover daemon start` begins one.")
    with file.open(encoding="utf-8", errors="replace") as stream:
        for line in deque(stream, maxlen=lines):
            click.echo(line, nl=False)
        try:
            while follow:
                line = stream.readline()
                if line:
                    click.echo(line, nl=False)
                else:
                    time.sleep(0.5)
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
    return 0


def owner() -> str:
    """Names this process among all that share a database."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"


def _configured(file: Path | None) -> Any:
    from curriculum.daemon.configuration import DaemonConfig, read_configuration

    return DaemonConfig() if file is None else read_configuration(file)


def _place() -> Path:
    return home().root / "daemon"


def _running() -> Standing | None:
    """The daemon of this directory, if there is one; a file that a killed one left is no daemon."""
    try:
        standing = msgspec.json.decode((_place() / "standing.json").read_bytes(), type=Standing)
        process = psutil.Process(standing.pid)
        same = abs(process.create_time() - standing.began) < 2.0
        return standing if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, msgspec.MsgspecError, psutil.Error):
        return None


def _end(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise KeyboardInterrupt
