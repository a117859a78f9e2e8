"""Runs an HTTP application on a Unix socket or a local port, until a signal ends it."""

import contextlib
import os
import secrets
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from prover.errors import NotWritable, RunError, UsageError

if TYPE_CHECKING:
    from starlette.applications import Starlette

LOOPBACK = "127.0.0.1"
TOKEN_BYTES = 24
BACKLOG = 256
MAX_SOCKET_PATH = 100
"""The number of bytes of a socket's path that every system allows."""
GRACEFUL_SECONDS = 1
"""The time that open connections have to end."""


@contextlib.contextmanager
def unix_socket(path: Path) -> Iterator[socket.socket]:
    """Binds a socket that only this user may use; one that an ended server has left behind is replaced.

    Raises:
        RunError: Another server uses it.
        UsageError: No socket can be made there.
    """
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise UsageError(f"{path} is too long for a socket: choose a shorter path with --socket.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f"{path.name}.lock"))
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(f"A server uses {path} already: use it, or choose another with --socket.") from None
    except OSError as error:
        raise UsageError(f"There can be no socket {path} ({error.strerror}): choose another with --socket.") from None
    with lock, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound:
        if path.exists() and not stat.S_ISSOCK(path.lstat().st_mode):
            raise UsageError(f"{path} is a file, not a socket: choose another with --socket.")
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            bound.bind(str(path))
        except OSError as error:
            raise UsageError(f"There can be no socket {path} ({error.strerror}): choose another place.") from None
        finally:
            os.umask(before)
        bound.listen(BACKLOG)
        try:
            yield bound
        finally:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def local_port(port: int) -> Iterator[socket.socket]:
    """Binds a port of this computer that others cannot reach; 0 for any free one.

    Raises:
        RunError: The port is in use.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((LOOPBACK, port))
            bound.listen(BACKLOG)
        except OSError as error:
            reason = error.strerror
            raise RunError(f"Port {port} cannot be used ({reason}): choose another with --port.") from None
        yield bound


def token_in(file: Path) -> str:
    """Returns the token in a file, which is made with a new one if it is not there.

    Raises:
        UsageError: The file is empty, cannot be read, or others may read it.
        NotWritable: It cannot be made.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _existing_token(file)
    except OSError as error:
        raise NotWritable(f"{file} cannot be written ({error.strerror}): choose another for --token-file.") from None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(f"{token}\n")
    return token


def _existing_token(file: Path) -> str:
    try:
        if file.stat().st_mode & 0o077:
            raise UsageError(f"Others may read {file}: run `chmod 600 {file}` first.")
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The token file {file} cannot be read ({error}): choose another.") from None
    if not token:
        raise UsageError(f"The token file {file} is empty: delete it, and a new token is made.")
    return token


def serve(
    app: "Starlette", bound: socket.socket, ready: Callable[[], None] = lambda: None, lifespan: bool = False
) -> None:
    """Serves an application on a bound socket until SIGINT or SIGTERM.

    Args:
        ready: is called when requests are answered.
        lifespan: whether the application has to be started and ended.

    Raises:
        UsageError: The server's libraries are not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise UsageError("A server needs further packages: pip install 'prover[server]'.") from None

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on" if lifespan else "off",
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        limit_concurrency=1_000,
    )
    with contextlib.suppress(KeyboardInterrupt):
        Announcing(config).run(sockets=[bound])
