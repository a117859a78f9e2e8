"""The revision of a database's tables, and its upgrade to this program's. Alembic is imported when needed."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.sql import column, table

from prover.errors import WrongDatabase

HEAD = "0009"
"""The revision of this program's tables; revisions are numbers of four digits."""
VERSION_TABLE = "alembic_version"
MIGRATIONS = Path(__file__).with_name("migrations")
UPGRADE_LOCK = 0x70726F766572


@dataclass(frozen=True)
class Schema:
    """The migrations, and the revision to which they lead."""

    head: str = HEAD
    migrations: Path = MIGRATIONS

    def version(self, connection: Connection, name: str) -> str | None:
        """Returns the database's revision; None if the database is empty.

        Raises:
            WrongDatabase: The database contains tables of another program.
        """
        tables = inspect(connection).get_table_names()
        if VERSION_TABLE in tables:
            version = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
            if version is not None:
                return str(version)
        elif not tables:
            return None
        raise WrongDatabase(f"{name} is a database of another program: choose another with PROVER_DATABASE.")

    def demand(self, version: str, name: str) -> None:
        """Checks that a revision is the one that this program uses.

        Raises:
            WrongDatabase: The revision is newer or older.
        """
        if version > self.head:
            raise WrongDatabase(
                f"{name} was made by a newer version of this program (its tables are {version}, known are "
                f"{self.head}): upgrade the program, or choose another database with PROVER_DATABASE."
            )
        if version < self.head:
            raise WrongDatabase(f"{name} has older tables ({version}, not {self.head}): run `prover db upgrade`.")

    def upgrade(self, connection: Connection, name: str) -> None:
        """Upgrades the database to the head revision, within the caller's transaction.

        Raises:
            WrongDatabase: The database is newer, or belongs to another program.
        """
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        version = self.version(connection, name)
        if version is not None and version >= self.head:
            self.demand(version, name)
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(self.migrations).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, self.head)
