"""`prover serve`: a warm prover for other programs, over HTTP on a socket."""

from pathlib import Path

import click

from prover.app.environment import home
from prover.app.service import Directories, Service, ServiceLimits
from prover.cli.main import existing_path
from prover.cli.output import notifier
from prover.errors import UsageError

served_option = click.option(
    "--repo",
    "directories",
    multiple=True,
    default=(".",),
    show_default=True,
    metavar="DIR",
    help="A directory whose repositories may be read; may be given several times.",
)
allow_write_option = click.option(
    "--allow-write",
    "writable",
    multiple=True,
    metavar="DIR",
    help="A directory in which proofs may be written into files, if a request asks for it; may be given several times.",
)
workers_option = click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="The number of jobs that run at once."
)
processes_option = click.option(
    "--jobs",
    "processes",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="The number of Lean processes that search for one proof.",
)
max_timeout_option = click.option(
    "--max-timeout",
    type=click.FloatRange(min=1.0),
    default=600.0,
    show_default=True,
    help="The longest time limit that a request may ask for, in seconds.",
)


@click.command("serve")
@served_option
@allow_write_option
@click.option("--socket", "socket_path", type=click.Path(path_type=Path), help="A Unix socket, by default in the home.")
@click.option("--port", type=click.IntRange(0, 65535), help="A port of this computer instead; 0 for any free one.")
@click.option("--token-file", type=click.Path(path_type=Path), help="With --port: has the token; made if missing.")
@workers_option
@click.option(
    "--queue", type=click.IntRange(1), default=64, show_default=True, help="The number of jobs that may wait."
)
@click.option(
    "--per-client",
    type=click.IntRange(1),
    default=32,
    show_default=True,
    help="The number of unfinished jobs that one client may have.",
)
@processes_option
@max_timeout_option
@click.option(
    "--idle",
    type=click.FloatRange(min=1.0),
    default=600.0,
    show_default=True,
    help="Seconds after which a Lean process that nobody uses is ended.",
)
def command(
    directories: tuple[str, ...],
    writable: tuple[str, ...],
    socket_path: Path | None,
    port: int | None,
    token_file: Path | None,
    workers: int,
    queue: int,
    per_client: int,
    processes: int,
    max_timeout: float,
    idle: float,
) -> int:
    """Keep Lean warm, and answer other programs over HTTP: docs/server.md describes the requests.

    Listens on a Unix socket that only you may use, or on a port that only this computer reaches and that needs a token.
    SIGINT or SIGTERM ends it within five seconds.
    """
    from prover.app.served_run import RUN
    from prover.app.tools import TOOLS
    from prover.server.client import SOCKET_NAME
    from prover.server.http import application
    from prover.server.identity import own_identity
    from prover.server.serving import local_port, serve, token_in, unix_socket

    if (port is None) != (token_file is None):
        raise UsageError("A port needs a token, and a token a port: give both --port and --token-file.")
    if port is not None and socket_path is not None:
        raise UsageError("Give either --socket or --port.")
    allowed = permitted(directories, writable)
    limits = ServiceLimits(workers, queue, max_timeout, processes, idle, per_client)
    where = socket_path or home().root / SOCKET_NAME
    token = token_in(token_file) if token_file is not None else None
    bound = unix_socket(where) if port is None else local_port(port)
    with bound as opened, Service(allowed, limits, tools={**TOOLS, RUN.name: RUN}, notify=notifier()) as service:
        name = f"http://{':'.join(map(str, opened.getsockname()))}" if port is not None else str(where)
        app = application(service, own_identity(), token)
        serve(app, opened, lambda: click.echo(f"listening on {name}"))
    return 0


def permitted(directories: tuple[str, ...], writable: tuple[str, ...]) -> Directories:
    """Returns the directories that the options name.

    Raises:
        UsageError: one of them does not exist, or would be writable but not readable.
    """
    found = Directories(
        [existing_path(path) for path in (*directories, *writable)], [existing_path(path) for path in writable]
    )
    if files := [path for path in found.readable if not path.is_dir()]:
        raise UsageError(f"{files[0]} is a file: name a directory.")
    return found
