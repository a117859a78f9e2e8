"""Export of a whole database as JSON Lines, and import into another one, which may be of another kind and have rows.

The first line names the format and the revision of the tables, each further line is a row, and the last line is the
number of rows. Ids are valid within the file only: rows are identified by their natural keys (`rows.natural_key`).
Existing rows of the database stay as they are. Exports of older revisions can be imported.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from sqlalchemy import Column, Connection, Table, select
from sqlalchemy.exc import DataError, IntegrityError

from curriculum.database.rows import identities, insert_new, intern
from curriculum.database.tables import Base, RepositoryRow
from curriculum.database.tables.base import Flag, Json
from curriculum.database.theorems import link_proofs, relist_theorems
from prover.errors import ImportRefused
from retrieval.files import atomic_path

BATCH = 2_000
KIND = "a prover's database"
OLDEST_EXPORT = "0001"
REMOVED_TABLES = ("attempted_sorries", "measurements")
"""Tables of older exports whose rows are not imported."""
REMOVED_COLUMNS = {"attempts": ("budget_seconds", "budget_expansions", "budget_tactics")}
"""Columns of older exports whose values are not imported, by table."""
TABLES = {f"{table.name}": table for table in Base.metadata.sorted_tables}


class ExportHeader(msgspec.Struct, forbid_unknown_fields=True):
    """The first line of an export."""

    export: str
    version: str


class ExportTrailer(msgspec.Struct, forbid_unknown_fields=True):
    """The last line of an export."""

    rows: int


class ExportLine(msgspec.Struct, forbid_unknown_fields=True):
    """A row of an export."""

    table: str
    row: msgspec.Raw


def export_to(connection: Connection, version: str, file: Path) -> int:
    """Writes all rows to a file, atomically, and returns their number."""
    with atomic_path(file, durable=True) as scratch, scratch.open("wb") as out:
        encoder = msgspec.json.Encoder()
        rows = 0
        out.write(encoder.encode(ExportHeader(KIND, version)) + b"\n")
        for name, table in TABLES.items():
            for row in _rows(connection, table):
                out.write(encoder.encode({"table": name, "row": row}) + b"\n")
                rows += 1
        out.write(encoder.encode(ExportTrailer(rows)) + b"\n")
    return rows


def import_from(connection: Connection, version: str, file: Path) -> int:
    """Inserts all rows of an export that do not exist, in the caller's unit of work; returns the number of rows read.

    Raises:
        ImportRefused: The file is not an export, is of a newer revision or incomplete, or a row is invalid. The unit of
            work must then be rolled back, which happens when the exception leaves its block.
    """
    with file.open("rb") as lines:
        reading = _ExportReader(file, version, lines)
        importing = _RowImporter(connection)
        for name, some in groupby(reading.rows(), key=lambda row: row[0]):
            batch: list[dict[str, Any]] = []
            for _, row in some:
                batch.append(row)
                if len(batch) == BATCH:
                    _insert(importing, reading, TABLES[name], batch)
                    batch = []
            _insert(importing, reading, TABLES[name], batch)
    link_proofs(connection)
    for repository in connection.scalars(select(RepositoryRow.id)).all():
        relist_theorems(connection, repository)
    return reading.read


def _insert(importing: "_RowImporter", reading: "_ExportReader", table: Table, batch: list[dict[str, Any]]) -> None:
    try:
        importing.insert(table, batch)
    except KeyError as error:
        raise reading.refused(f"a row of {table.name} refers to {error.args[0]}, which is missing above") from None
    except (IntegrityError, DataError) as error:
        said = str(error.orig).splitlines()[0]
        raise reading.refused(
            f"here or up to {BATCH} lines above, a row of {table.name} breaks a rule ({said})"
        ) from None


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """Yields the rows in the order of their primary key, so that referenced rows come first."""
    asked = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
    names = [f"{column.name}" for column in table.columns]  # a plain text, which SQLAlchemy's names are not
    return (dict(zip(names, row, strict=True)) for row in connection.execute(asked))


class _ExportReader:
    """Reads and validates the lines of an export one by one."""

    def __init__(self, file: Path, version: str, lines: BinaryIO) -> None:
        self.read = 0
        self._file = file
        self._lines = lines
        self._number = 1
        try:
            head = msgspec.json.decode(lines.readline(), type=ExportHeader)
        except (msgspec.DecodeError, UnicodeDecodeError):
            head = None
        if head is None or head.export != KIND:
            raise ImportRefused(f"{file} is not an export of a database: give a file that `prover db export` wrote.")
        if not (head.version.isdecimal() and OLDEST_EXPORT <= head.version <= version):
            raise ImportRefused(
                f"{file} has tables of version {head.version}, not {version}: "
                "import it with the version of this program that wrote it, or a newer one."
            )
        self._is_older = head.version < version
        self._decoders = {
            name: msgspec.json.Decoder(_row_type(table, REMOVED_COLUMNS.get(name, ()) if self._is_older else ()))
            for name, table in TABLES.items()
        }

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields each row with its table.

        Raises:
            ImportRefused: A line is invalid, or the last line is missing.
        """
        line_decoder = msgspec.json.Decoder(ExportLine)
        ended = False
        for line in self._lines:
            self._number += 1
            if ended:
                raise self.refused("there is more after its end")
            try:
                if line.startswith(b'{"rows":'):
                    ended = msgspec.json.decode(line, type=ExportTrailer).rows == self.read
                    if not ended:
                        raise self.refused("lines are missing before it")
                    continue
                decoded = line_decoder.decode(line)
                if self._is_older and decoded.table in REMOVED_TABLES:
                    self.read += 1
                    continue
                row = self._decoders[decoded.table].decode(decoded.row)
            except (msgspec.DecodeError, UnicodeDecodeError, KeyError, ValueError) as error:
                raise self.refused(f"it is not a row of this program's tables: {error}") from None
            self.read += 1
            values = msgspec.structs.asdict(row)
            yield decoded.table, {column.name: values[column.name] for column in TABLES[decoded.table].columns}
        if not ended:
            raise self.refused("the file ends there, before its end")

    def refused(self, why: str) -> ImportRefused:
        """Returns the exception for an error in the line that was read last."""
        return ImportRefused(f"{self._file}, line {self._number}: {why}; nothing was imported; export it again.")


@dataclass
class _RowImporter:
    """Inserts rows, and translates ids of the file into ids of the database."""

    connection: Connection
    ids: dict[str, dict[int, int]] = field(default_factory=lambda: {name: {} for name in TABLES})
    """The ids in the database by table and id in the file."""

    def insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        """Inserts rows that do not exist.

        Raises:
            KeyError: A row refers to one that has not been read.
        """
        for row in rows:
            for column in table.columns:
                self._translate(table, column, row)
        if "id" not in table.columns:
            insert_new(self.connection, table, rows)
        elif any(column.references(table.c.id) for column in table.columns):
            for row in rows:  # one by one: a row may refer to the one before it
                self._translate_own(table, row)
                self._intern(table, [row])
        elif rows:
            self._intern(table, rows)

    def _intern(self, table: Table, rows: list[dict[str, Any]]) -> None:
        own = [row.pop("id") for row in rows]
        found = intern(self.connection, table, rows)
        for old, identity in zip(own, identities(table, rows), strict=True):
            self.ids[table.name][old] = found[identity]

    def _translate(self, table: Table, column: Column[Any], row: dict[str, Any]) -> None:
        target = _owner(column)
        if target is not None and target is not table and row[column.name] is not None:
            row[column.name] = self._known(target, row[column.name])

    def _translate_own(self, table: Table, row: dict[str, Any]) -> None:
        for column in table.columns:
            if column.references(table.c.id) and row[column.name] is not None:
                row[column.name] = self._known(table, row[column.name])

    def _known(self, table: Table, number: int) -> int:
        try:
            return self.ids[table.name][number]
        except KeyError:
            raise KeyError(f"row {number} of {table.name}") from None


def _owner(column: Column[Any]) -> Table | None:
    """Returns the table whose id a column holds, directly or through other tables."""
    for key in column.foreign_keys:
        target = key.column
        if target.name == "id":
            return target.table
        if (owner := _owner(target)) is not None:
            return owner
    return None


def _row_type(table: Table, removed: Sequence[str]) -> type[msgspec.Struct]:
    """Returns the type of a table's rows in an export, with the columns that the table had in older versions."""
    fields: list[Any] = [(column.name, _field_type(column)) for column in table.columns]
    fields += [(name, Any, None) for name in removed]
    return msgspec.defstruct(table.name, fields, forbid_unknown_fields=True)


def _field_type(column: Column[Any]) -> Any:
    match column.type:
        case Json():
            return Any
        case Flag():
            return bool
        case other:
            return other.python_type | None if column.nullable else other.python_type
