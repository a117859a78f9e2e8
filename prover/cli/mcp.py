"""`prover mcp`: the prover's tools for agents, over the Model Context Protocol."""

import asyncio
from pathlib import Path

import click

from prover.app.service import Service, ServiceLimits
from prover.cli.output import notifier
from prover.cli.serve import (
    allow_write_option,
    max_timeout_option,
    permitted,
    processes_option,
    served_option,
    workers_option,
)
from prover.errors import UsageError


@click.command("mcp")
@served_option
@allow_write_option
@click.option("--http", "http", is_flag=True, help="Serve HTTP on a local port instead of standard input and output.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="With --http: the port; by default a free one.")
@click.option("--token-file", type=click.Path(path_type=Path), help="With --http: has the token; made if missing.")
@click.option("--disable", "disabled", multiple=True, metavar="TOOL", help="A tool not to offer; several times.")
@workers_option
@processes_option
@max_timeout_option
def command(
    directories: tuple[str, ...],
    writable: tuple[str, ...],
    http: bool,
    port: int,
    token_file: Path | None,
    disabled: tuple[str, ...],
    workers: int,
    processes: int,
    max_timeout: float,
) -> int:
    """Offer the prover to agents: prove, suggest, check, premises, refute, sorries.

    Speaks the Model Context Protocol over standard input and output, or with --http at /mcp of a local port, where
    requests need the token. docs/editors.md says how to register it.
    """
    from prover.server.identity import own_identity
    from prover.server.mcp import run_stdio, server
    from prover.server.serving import local_port, serve, token_in

    if http != (token_file is not None):
        raise UsageError("HTTP needs a token, and a token HTTP: give both --http and --token-file.")
    limits = ServiceLimits(workers, seconds=max_timeout, processes=processes)
    token = token_in(token_file) if token_file is not None else None
    with Service(permitted(directories, writable), limits, notify=notifier()) as service:
        made = server(service, own_identity().version, disabled)
        if token is None:
            asyncio.run(run_stdio(made))
            return 0
        from prover.server.http import guarded

        with local_port(port) as opened:
            number = opened.getsockname()[1]
            app = guarded(made.streamable_http_app(), token)
            serve(app, opened, lambda: click.echo(f"listening on http://127.0.0.1:{number}/mcp"), lifespan=True)
    return 0
