"""Databases that are newer, older, damaged or of somebody else: one sentence, and nothing is changed."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from traced_modules import LEAN, keyed, module, read, theorem

from curriculum.database.checking import faults
from curriculum.database.database import Database
from curriculum.database.describing import description
from curriculum.database.engine import parse_url
from curriculum.database.listing import row_counts
from curriculum.database.schema import HEAD, MIGRATIONS, Schema
from curriculum.database.tables import Base
from prover.errors import DatabaseCorrupt, DatabaseUnavailable, WrongDatabase

ROOT = Path(__file__).parents[2]
NEXT = f"{int(HEAD) + 1:04}"
OLD_ROWS = (
    "INSERT INTO repositories VALUES (1, 'here', NULL, 0.0)",
    "INSERT INTO configurations VALUES (1, 'd', '{}')",
    "INSERT INTO runs VALUES (1, 'u', 'prove', '[]', NULL, 'running', 0.0, NULL)",
    "INSERT INTO attempts VALUES (1, 'u', 1, NULL, 't', 'M', 's', 1, 60.0, NULL, 5, 0, 'Lean', 0.0, 1.0, 2, 3, 'open',"
    " 'out of time', NULL)",
    "INSERT INTO attempted_sorries VALUES ('k', 1)",
    "INSERT INTO measurements VALUES (1, 'loss', 0, 0.5)",
)
"""rows of tables and columns that are there since 0002, and of some that are there no more"""
ROWS_OF_0006 = (
    *OLD_ROWS[:3],
    "INSERT INTO attempts VALUES (1, 'u', 1, NULL, 't', 'M', 's', 1, 0, 'Lean', 0.0, 1.0, 2, 3, 'open', 'late', NULL)",
)
"""rows of tables that are there since 0002, with the columns that they have since 0006"""
BROKEN = f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "{NEXT}", "{HEAD}"

def upgrade():
    op.create_table("half_done", sa.Column("id", sa.Integer, primary_key=True))
    op.drop_table("leases")
    1 / 0
"""


def test_the_migrations_make_the_tables_that_are_described(db: Database) -> None:
    db.upgrade()
    with db.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_migrations_make_every_constraint(tmp_path: Path) -> None:
    """What Alembic does not compare: checks, strictness, conditions of indices."""

    def rules(connection: sqlite3.Connection) -> dict[str, list[str]]:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        lines = {name: sorted(line.strip(' ,"').replace('"', "") for line in sql.splitlines()) for name, sql in found}
        return {name: lines[name] for name in sorted(lines) if name != "alembic_version"}

    Database(tmp_path / "migrated.db").upgrade()
    Base.metadata.create_all(create_engine(f"sqlite:///{tmp_path}/described.db"))
    with sqlite3.connect(tmp_path / "migrated.db") as migrated, sqlite3.connect(tmp_path / "described.db") as described:
        assert rules(migrated) == rules(described)
        assert len(rules(migrated)) > 40


def test_the_head_is_that_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_document_says_what_the_tables_are() -> None:
    written = (ROOT / "docs" / "database.md").read_text(encoding="utf-8")
    assert written == description(), "write it again: prover db describe > docs/database.md"


def test_every_table_is_described() -> None:
    text = description()
    for table in Base.metadata.tables.values():
        assert f"### {table.name}\n" in text
    assert all(mapper.class_.__doc__ for mapper in Base.registry.mappers)


def test_the_first_use_makes_the_tables(url: str) -> None:
    with Database(url) as db:
        assert db.version() is None
        with db.reading() as connection:
            assert set(row_counts(connection).values()) == {0}
        assert db.version() == HEAD


def test_asking_for_the_version_makes_nothing(tmp_path: Path) -> None:
    assert Database(tmp_path / "no" / "prover.db").version() is None
    assert not (tmp_path / "no").exists()


def test_an_older_database_is_upgraded_when_it_is_asked_for_and_keeps_its_rows(url: str) -> None:
    older = Schema(head="0001")
    with Database(url, schema=older) as db:
        db.upgrade()
        assert db.version() == "0001"
        with db.unit_of_work() as work:
            work.traces.record_snapshot(read("1"))
            work.traces.store_module("k", LEAN, module("A", theorem("a")))
    with Database(url) as db:
        with pytest.raises(WrongDatabase, match=rf"older tables \(0001, not {HEAD}\): run `prover db upgrade`"):
            db.perform(lambda work: work.traces.record_snapshot(read("2")))
        assert db.version() == "0001"
        db.upgrade()
        db.upgrade()
        with db.reading() as connection:
            assert list(faults(connection)) == []
            after = row_counts(connection)
        assert (after["snapshots"], after["tactic_steps"], after["theorems"]) == (1, 2, 0)


@pytest.mark.slow
@pytest.mark.parametrize("version", [f"{number:04}" for number in range(1, int(HEAD))])
def test_every_older_version_becomes_what_is_described_and_keeps_its_rows(url: str, version: str) -> None:
    with Database(url, schema=Schema(head=version)) as db:
        db.upgrade()
        with db.unit_of_work() as work:
            rows = OLD_ROWS if version < "0006" else ROWS_OF_0006
            for statement in rows if version >= "0002" else rows[:1]:
                work.connection.exec_driver_sql(statement)
    with Database(url) as db:
        db.upgrade()
        with db.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
            assert list(faults(connection)) == []
            after = row_counts(connection)
    kept = (
        {"repositories": 1} if version < "0002" else {"repositories": 1, "configurations": 1, "runs": 1, "attempts": 1}
    )
    assert {name: rows for name, rows in after.items() if rows} == kept


def test_an_upgrade_that_fails_changes_nothing(url: str, tmp_path: Path) -> None:
    broken = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, broken)
    (broken / "versions" / f"r{NEXT}_broken.py").write_text(BROKEN)
    Database(url).upgrade()
    with Database(url, schema=Schema(NEXT, broken)) as db, pytest.raises(ZeroDivisionError):
        db.upgrade()
    with Database(url) as db:
        assert db.version() == HEAD
        with db.reading() as connection:
            assert list(faults(connection)) == []


def test_a_newer_database_is_refused_and_left_alone(url: str) -> None:
    with Database(url) as db:
        db.upgrade()
        with db.unit_of_work() as work:
            work.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    with Database(url) as db:
        for use in (db.upgrade, lambda: db.perform(lambda _: None)):
            with pytest.raises(WrongDatabase, match="made by a newer version of this program"):
                use()
        assert db.version() == "0999"


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "photos.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE photos (taken)")
    before = file.read_bytes()
    with Database(file) as db, pytest.raises(WrongDatabase, match="another program"):
        db.perform(lambda work: None)
    with Database(file) as db, pytest.raises(WrongDatabase, match="another program"):
        db.upgrade()
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["photos.db"]


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "prover.db"
    file.write_text("# Notes\n" * 500)
    for use in (lambda db: db.perform(lambda work: None), lambda db: db.upgrade(), lambda db: db.version()):
        with Database(file) as db, pytest.raises(DatabaseCorrupt, match=r"prover\.db is damaged, or not a database"):
            use(db)
    assert file.read_text() == "# Notes\n" * 500


def test_damage_is_found_by_use_or_by_check(tmp_path: Path) -> None:
    file = tmp_path / "prover.db"
    with Database(file) as db:
        traced = keyed(*(module(f"M{n}", *(theorem(f"t{n}_{m}") for m in range(20))) for n in range(20)))
        db.perform(lambda work: work.traces.record_trace(read("1"), traced, {}))
    whole = file.read_bytes()
    pages = range(2, len(whole) // 4096, 7)
    assert len(pages) > 5
    for page in pages:
        file.write_bytes(whole[: page * 4096] + b"\xff" * 4096 + whole[(page + 1) * 4096 :])
        with Database(file) as db:
            assert damaged(db), f"page {page}"


def damaged(db: Database) -> bool:
    try:
        with db.reading() as connection:
            return bool(list(faults(connection)))
    except DatabaseCorrupt as error:
        return "restore a copy" in str(error)


def test_half_a_database_is_found(tmp_path: Path) -> None:
    file = tmp_path / "prover.db"
    with Database(file) as db:
        db.upgrade()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with Database(file) as db, pytest.raises(DatabaseCorrupt, match="malformed"):
        db.perform(lambda work: row_counts(work.connection))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is not a database URL: write sqlite:///FILE or postgresql://"),
        ("mysql://root@localhost/x", "kind mysql are not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_url_that_is_none_is_refused(url: str, said: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=said):
        Database(url)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with Database(f"postgresql://me:secret@/x?host={tmp_path}") as db, pytest.raises(DatabaseUnavailable) as caught:
        db.version()
    assert "postgresql://me:***@/x" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "prover.db", tmp_path):
        with Database(place) as db, pytest.raises(DatabaseUnavailable, match=str(tmp_path)):
            db.upgrade()


def test_postgres_is_taken_as_people_write_it() -> None:
    assert (
        parse_url("postgresql://h/d").drivername
        == parse_url("postgresql+psycopg://h/d").drivername
        == "postgresql+psycopg"
    )
    assert make_url("postgresql://h/d").database == "d"
