"""`prover db …`: upgrades, examines, exports and imports the database in which everything is stored."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from prover.app.store import (
    DatabaseStatus,
    database_faults,
    database_status,
    export_database,
    import_database,
    prune_logs,
    theorem_histories,
    upgrade_database,
)
from prover.cli.main import EXIT_USAGE
from prover.cli.options import JsonCommand, json_option
from prover.cli.output import print_result
from prover.errors import UsageError

if TYPE_CHECKING:
    from curriculum.database.history import TheoremHistory


@click.group("db")
def command() -> None:
    """Upgrade, examine, export and import the database.

    It is an SQLite file in the user's directory, or what PROVER_DATABASE names: sqlite:///FILE or postgresql://…
    """


@command.command()
def upgrade() -> None:
    """Bring the tables to this program's version; create them if there are none."""
    result = upgrade_database()
    match result.before:
        case None:
            change = "made"
        case result.after:
            change = "already there"
        case before:
            change = f"upgraded from {before}"
    click.echo(f"{result.name}: tables of version {result.after}, {change}")


@command.command(cls=JsonCommand)
@json_option
def status(json_file: Path | None) -> None:
    """Show where the database is, its version, and how many rows each table has."""
    found = database_status()
    value = {"database": found.name, "version": found.version, "known": found.head, "rows": dict(found.rows)}
    print_result(value, json_file, lambda: _print_status(found))


def _print_status(found: DatabaseStatus) -> None:
    match found.version:
        case None:
            click.echo(f"{found.name}: not there yet, it is made when it is first used")
        case found.head:
            click.echo(f"{found.name}: tables of version {found.version}")
        case other:
            click.echo(f"{found.name}: tables of version {other}, this program has {found.head}")
    for table, rows in found.rows.items():
        click.echo(f"  {table:22}{rows:>12,}")


@command.command()
def check() -> int:
    """Examine the file, the tables and the rules that they must satisfy. Exit status 2 when something is wrong."""
    name, faults = database_faults()
    for fault in faults:
        click.echo(f"BAD  {fault}")
    if faults:
        click.echo("     → export what can be read, and import it into a new database or restore a copy", err=True)
        return EXIT_USAGE
    click.echo(f"{name}: nothing is wrong")
    return 0


@command.command("prune")
@click.option(
    "--keep", type=click.FloatRange(min=0), metavar="MB", help="The size of the newest logs that stay, in megabytes."
)
@click.option(
    "--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Remove logs that are older than this."
)
@click.option("--run", "runs", type=int, multiple=True, help="Remove the logs of this run. Can be repeated.")
def prune(keep: float | None, older_than: float | None, runs: tuple[int, ...]) -> None:
    """Remove logs of searches. Proofs and attempts stay.

    Each run of `prover prove` keeps the logs together below 256 MB, removing the oldest ones.
    """
    if keep is None and older_than is None and not runs:
        raise UsageError("Say which logs to remove: --keep MB, --older-than DAYS or --run N.")
    name, done = prune_logs(keep, older_than, runs)
    click.echo(f"{name}: {done.removed:,} logs removed, {done.left:,} left, {done.left_bytes / 1e6:.1f} MB")


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export(file: Path) -> None:
    """Write everything to FILE, as JSON Lines. If the export fails, FILE stays as it was."""
    click.echo(f"{file}: {export_database(file):,} rows")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(file: Path) -> None:
    """Add the rows of FILE, an export, that the database does not have. Doing it twice adds nothing."""
    click.echo(f"{file}: {import_database(file):,} rows read")


@command.command(cls=JsonCommand)
@click.argument("repository")
@click.argument("theorem")
@json_option
def history(repository: str, theorem: str, json_file: Path | None) -> None:
    """Show the proofs of a THEOREM, the attempts at it, and what each commit did to its proof.

    REPOSITORY is the path or address that was traced; THEOREM is the full name. The JSON is a list with an object for
    each theorem of that name.
    """
    found = theorem_histories(repository, theorem)
    print_result(msgspec.to_builtins(found), json_file, lambda: _print_histories(found))


def _print_histories(found: "Sequence[TheoremHistory]") -> None:
    for each in found:
        _print_history(each)


def _print_history(history: "TheoremHistory") -> None:
    theorem = history.theorem
    click.echo(f"{theorem.name} ({theorem.module}{'' if theorem.present else '; not in the last trace'})")
    for proof in history.proofs:
        by = proof.generator if proof.model is None else f"{proof.generator} with {proof.model}"
        checked = f"checked at level {proof.verified} by {proof.toolchain}"
        click.echo(f"  {_date(proof.found_at)} proof {proof.proof} by {by}, {checked}")
    for attempt in history.attempts:
        cost = f"{attempt.seconds:.1f} s, {attempt.tactics} tactics, seed {attempt.seed}"
        reason = "" if attempt.reason is None else f" ({attempt.reason})"
        click.echo(f"  {_date(attempt.started_at)} {attempt.command or 'attempt'}: {attempt.outcome}{reason}, {cost}")
    for entry in history.lineage:
        click.echo(f"  {_date(entry.at)} {entry.event} at {entry.revision[:12]}")


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "minutes")


@command.command()
def describe() -> None:
    """Print what each table and column means, as Markdown."""
    from curriculum.database.describing import description

    click.echo(description(), nl=False)
