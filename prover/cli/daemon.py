"""`prover daemon start | run | stop | status | logs`: the work in the background, as a process of its own."""

import sys
import time
from pathlib import Path

import click
import msgspec

from prover.app.ending import EXIT_INTERRUPTED
from prover.cli.options import JsonCommand, json_option
from prover.cli.output import print_result

EXIT_NOT_RUNNING, EXIT_DEGRADED = 1, 3
RUN_COMMAND = (sys.executable, "-c", "from prover.cli.main import main; main()", "daemon", "run")

config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file; docs/prover.toml shows every setting. Without one, the defaults.",
)


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
    from prover.app.daemon import process

    pid = process.start(RUN_COMMAND, config_file)
    click.echo(f"started: process {pid}, logs in {process.directory() / process.LOG_FILE}")


@command.command()
@config_option
@click.option("--until-idle", is_flag=True, help="End when there is nothing to do.")
def run(config_file: Path | None, until_idle: bool) -> None:
    """Run it in the foreground, until SIGTERM or SIGINT: at most five seconds from then."""
    from prover.app.daemon import process

    process.run(process.configuration_in(config_file), until_idle)


@command.command()
def stop() -> int:
    """End it: cleanly within five seconds, or else at once. What is stored is whole either way."""
    from prover.app.daemon import process

    stopped = process.stop()
    if stopped is None:
        click.echo("no daemon is running", err=True)
        return EXIT_NOT_RUNNING
    click.echo("stopped" if stopped else "killed: it did not end in five seconds")
    return 0


@command.command(cls=JsonCommand)
@json_option
def status(json_file: Path | None) -> int:
    """Say what it is doing. Exit status 1 when none is running, 3 when something is wrong."""
    from prover.app.daemon import process

    running = process.running()

    def print_text() -> None:
        if running is None:
            click.echo("no daemon is running")
            return
        fault = f": {running.fault}" if running.fault else ""
        click.echo(f"process {running.pid}: {running.state}{fault} ({time.time() - running.at:.0f} s ago)")
        click.echo(", ".join(f"{name} {count}" for name, count in running.done.items()))
        if running.port:
            click.echo(f"port {running.port}: /health, /metrics")

    print_result(None if running is None else msgspec.to_builtins(running), json_file, print_text)
    return EXIT_NOT_RUNNING if running is None else EXIT_DEGRADED if running.state == "degraded" else 0


@command.command()
@click.option("-n", "lines", type=click.IntRange(min=1), default=40, show_default=True, help="Number of last lines.")
@click.option("--follow", is_flag=True, help="Continue with what is written from now on.")
def logs(lines: int, follow: bool) -> int:
    """Print its log: one JSON object a line."""
    from prover.app.daemon import process

    try:
        for line in process.log_lines(lines, follow):
            click.echo(line, nl=False)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0
