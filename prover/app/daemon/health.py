"""The daemon's state for others: /health and /metrics over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import psutil

from prover.errors import RunError, UsageError

if TYPE_CHECKING:
    from curriculum.daemon.daemon import Daemon

MAX_TURN_S = 6 * 3600.0
"""A daemon whose last turn ended longer ago, in seconds, is unhealthy; a turn may be a long trace."""
COUNTED = ("looked", "traced", "attempts", "proved", "broken", "learnt", "faults")


class HealthServer:
    """Serves /health and /metrics on a thread; does nothing at port 0."""

    def __init__(self, host: str, port: int, daemon: "Daemon") -> None:
        """
        Raises:
            RunError: the port cannot be used.
        """
        self.port = port
        self._server: ThreadingHTTPServer | None = None
        if port:
            try:
                self._server = ThreadingHTTPServer((host, port), _handler(daemon))
            except OSError as error:
                raise RunError(f"Port {port} of {host} cannot be used ({error.strerror}): choose another.") from None

    def start(self) -> None:
        """Begins to answer."""
        if self._server is not None:
            threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Ends answering."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def counts(daemon: "Daemon") -> dict[str, int]:
    """Returns what the daemon has done since it began."""
    return {name: getattr(daemon.counters, name) for name in COUNTED}


def health(daemon: "Daemon") -> tuple[int, dict[str, Any]]:
    """Returns an HTTP status, 503 where something is wrong, and the daemon's state as a JSON object."""
    counters = daemon.counters
    since = daemon.environment.steady() - counters.turned_at if counters.turned_at else 0.0
    healthy = counters.state != "degraded" and since < MAX_TURN_S
    return (200 if healthy else 503), {"state": counters.state, "fault": counters.fault, **counts(daemon)}


def metrics(daemon: "Daemon") -> bytes:
    """Returns the daemon's metrics in Prometheus's format.

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
            for name, value in counts(daemon).items():
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
                    status, state = health(daemon)
                    self._answer(status, "application/json", json.dumps(state).encode())
                case "/metrics":
                    try:
                        self._answer(200, "text/plain; version=0.0.4", metrics(daemon))
                    except UsageError as error:
                        self._answer(501, "text/plain", str(error).encode())
                case _:
                    self._answer(404, "text/plain", b"there are /health and /metrics")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Logs nothing: a request every few seconds would fill the log."""

    return Handler
