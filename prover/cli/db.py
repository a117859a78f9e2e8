"""`prover db upgrade | status | check | export | import | describe`: the database that everything is kept in."""

import json
from pathlib import Path

import click

from prover.app.environment import database
from prover.cli.main import EXIT_USAGE
from prover.errors import NotWritable, UsageError


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
    from curriculum.database.queries import row_counts

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
def describe() -> None:
    """Print what each table and column means, as Markdown."""
    from curriculum.database.describing import description

    click.echo(description(), nl=False)
