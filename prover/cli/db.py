"""`prover db`: the database in which everything is stored."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from prover.app.environment import database
from prover.cli.main import EXIT_USAGE
from prover.errors import NotWritable, UsageError
from prover.project.location import parse_location

if TYPE_CHECKING:
    from curriculum.database.history import TheoremHistory


@click.group("db")
def command() -> None:
    """Upgrade, examine, export and import the database.

    It is an SQLite file in the user's directory, or what PROVER_DATABASE names: sqlite:///FILE or postgresql://…
    """


@command.command()
def upgrade() -> None:
    """Bring the tables to this program's version; makes them when there are none."""
    with database() as db:
        before = db.version()
        db.upgrade()
        done = "made" if before is None else "already there" if before == db.head else f"upgraded from {before}"
        click.echo(f"{db.name}: tables of version {db.head}, {done}")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Say where the database is, its version, and how much it holds."""
    from curriculum.database.listing import row_counts

    with database() as db:
        version = db.version()
        counts: dict[str, int] = {}
        if version == db.head:
            with db.reading() as connection:
                counts = row_counts(connection)
        if as_json:
            said = {"database": db.name, "version": version, "known": db.head, "rows": counts}
            click.echo(json.dumps(said, ensure_ascii=False))
            return
        match version:
            case None:
                click.echo(f"{db.name}: not there yet, it is made when it is first used")
            case db.head:
                click.echo(f"{db.name}: tables of version {version}")
            case other:
                click.echo(f"{db.name}: tables of version {other}, this program has {db.head}")
        for table, rows in counts.items():
            click.echo(f"  {table:22}{rows:>12,}")


@command.command()
def check() -> int:
    """Examine the file, the tables, and all that they promise. Exit status 2 when something is wrong."""
    from curriculum.database.checking import faults

    with database() as db, db.reading() as connection:
        found = list(faults(connection))
        for fault in found:
            click.echo(f"BAD  {fault}")
        if found:
            click.echo("     → export what can be read, and import it into a new database or restore a copy", err=True)
            return EXIT_USAGE
        click.echo(f"{db.name}: nothing is wrong")
        return 0


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export(file: Path) -> None:
    """Write everything to FILE, as JSON Lines. FILE is there whole at the end, or as it was."""
    from curriculum.database.transfer import export_to

    with database() as db, db.reading() as connection:
        try:
            rows = export_to(connection, db.head, file)
        except OSError as error:
            raise NotWritable(f"{file} cannot be written ({error.strerror}): choose another place.") from None
        click.echo(f"{file}: {rows:,} rows")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(file: Path) -> None:
    """Add what FILE holds, an export, and the database has not. Doing it twice adds nothing."""
    from curriculum.database.transfer import import_from

    if not file.is_file():
        raise UsageError(f"There is no file {file}: check the path.")
    with database() as db:
        rows = db.perform(lambda work: import_from(work.connection, db.head, file))
        click.echo(f"{file}: {rows:,} rows read")


@command.command()
@click.argument("repository")
@click.argument("theorem")
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects, one for each theorem of the name.")
def history(repository: str, theorem: str, as_json: bool) -> None:
    """Show the proofs of a THEOREM, the attempts at it, and what each commit did to its proof.

    REPOSITORY is the path or address that was traced; THEOREM is the full name.
    """
    from curriculum.database.history import histories

    location = parse_location(repository).canonical
    with database() as db, db.reading() as connection:
        found = histories(connection, location, theorem)
    if not found:
        raise UsageError(f"No trace of {location} has a theorem {theorem}: check the name, or run `prover trace`.")
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
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
