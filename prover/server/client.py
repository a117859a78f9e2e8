"""A client of `prover serve` on its Unix socket: finds the server, starts jobs, follows their events."""

import http.client
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from prover.errors import ServerGone
from prover.server.http import CLIENT_HEADER
from prover.server.identity import Identity, own_identity

SOCKET_NAME = "server.sock"
"""The name of the socket in the home directory."""
HEALTH_SECONDS = 5.0
"""The time in which a server must say which it is, also on a busy computer. A socket that nobody serves refuses."""
SILENCE_SECONDS = 30.0
"""The time without an event after which a server is taken to be gone; it sends one every four seconds."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a job: `note`, `found`, `progress`, `tactics`, or `end`."""

    kind: str
    value: Any


class _LocalConnection(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.fspath(self._path))


@dataclass(frozen=True)
class Client:
    """A client of the server behind a socket."""

    path: Path

    def health(self) -> Mapping[str, Any]:
        """Returns what the server says of itself.

        Raises:
            ServerGone: Nothing answers there.
        """
        with self._answer("GET", "/health", seconds=HEALTH_SECONDS) as answer:
            found = _json(answer)
        return found if isinstance(found, dict) else {}

    def start(self, tool: str, arguments: object) -> str:
        """Starts a job and returns its number.

        Raises:
            ServerGone: The server refuses it, or is gone.
        """
        body = msgspec.json.encode({"tool": tool, "arguments": arguments})
        with self._answer("POST", "/v1/jobs", body) as answer:
            found = _json(answer)
        if answer.status != HTTPStatus.ACCEPTED:
            error = found.get("error", {}) if isinstance(found, dict) else {}
            raise ServerGone(f"the server answers: {error.get('message', answer.status)}")
        return str(found["job"])

    def events(self, job: str, search: bool = False) -> Iterator[Event]:
        """Yields the events of a job, from its beginning to its end; with `search` also the tactics that it runs.

        Raises:
            ServerGone: The server is gone, or does not know the job.
        """
        place = f"/v1/jobs/{quote(job, safe='')}/events?search={int(search)}"
        with self._answer("GET", place, seconds=SILENCE_SECONDS) as answer:
            if answer.status != HTTPStatus.OK:
                raise ServerGone(f"The server knows no job {job}: `prover watch` alone takes the newest.")
            kind = ""
            for line in _lines(answer):
                name, _, rest = line.rstrip(b"\n").partition(b": ")
                if name == b"event":
                    kind = rest.decode()
                elif name == b"data":
                    yield Event(kind, msgspec.json.decode(rest))
                    if kind == "end":
                        return
        raise ServerGone("the server is gone")

    def jobs(self) -> list[dict[str, Any]]:
        """Returns the jobs that the server knows, the newest last, each with `job`, `tool` and `state`.

        Raises:
            ServerGone: Nothing answers there.
        """
        with self._answer("GET", "/v1/jobs") as answer:
            return list(_json(answer)["items"])

    def cancel(self, job: str) -> None:
        """Cancels a job, if the server still knows it."""
        with suppress(ServerGone), self._answer("DELETE", f"/v1/jobs/{quote(job, safe='')}") as answer:
            answer.read()

    def _answer(
        self, method: str, path: str, body: bytes | None = None, seconds: float = SILENCE_SECONDS
    ) -> "closing[http.client.HTTPResponse]":
        connection = _LocalConnection(self.path, seconds)
        try:
            connection.request(method, path, body, {"Connection": "close", CLIENT_HEADER: f"prover {os.getpid()}"})
            return closing(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ServerGone(f"no server answers at {self.path}: {error}") from None


def _lines(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        yield from answer
    except (OSError, http.client.HTTPException) as error:
        raise ServerGone(f"the server is gone: {error}") from None


def _json(answer: http.client.HTTPResponse) -> Any:
    try:
        return msgspec.json.decode(answer.read())
    except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
        raise ServerGone(f"what the server answers cannot be read: {error}") from None


def running_server(home: Path) -> Client | None:
    """Returns a client of the server of a home directory, if one answers whose results are those of this program."""
    path = home / SOCKET_NAME
    if not path.is_socket():
        return None
    client = Client(path)
    try:
        return client if msgspec.convert(dict(client.health()), Identity, strict=False) == own_identity() else None
    except (ServerGone, msgspec.ValidationError):
        return None
