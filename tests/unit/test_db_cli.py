"""`prover db` as people call it: what it prints, and one sentence with status 2 when something is wrong."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from traced_modules import LEAN, keyed, module, read, theorem

from curriculum.database.database import Database
from curriculum.database.records import AttemptCost, AttemptRecord, FoundProof
from curriculum.database.schema import Schema
from prover.cli.main import run

HEAD = Schema().head
"""the version of the tables that this program has"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the database is made."""
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PROVER_DATABASE", raising=False)
    return tmp_path / "home" / "prover.db"


@pytest.fixture
def traced(file: Path, empty_database: Path) -> Path:
    """The database, in which one module was traced."""
    file.parent.mkdir()
    shutil.copy(empty_database, file)
    with Database(file) as db:
        db.perform(lambda work: work.traces.record_trace(read("1"), keyed(module("A", theorem("a"))), {}))
    return file


def test_status_makes_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "status"]) == 0
    assert "not there yet" in capsys.readouterr().out
    assert not file.exists()


def test_upgrade_says_what_it_did(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [run(["db", "upgrade"]), run(["db", "upgrade"])] == [0, 0]
    first, second = capsys.readouterr().out.splitlines()
    assert (first, second) == (
        f"{file}: tables of version {HEAD}, made",
        f"{file}: tables of version {HEAD}, already there",
    )


def test_status_counts(traced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "status", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["database"], said["version"], said["rows"]["tactic_steps"]) == (str(traced), HEAD, 2)
    assert run(["db", "status"]) == 0
    assert "tactic_steps" in capsys.readouterr().out


def test_the_variable_names_another_database(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path}/other.db")
    assert run(["db", "upgrade"]) == 0
    assert (tmp_path / "other.db").exists()
    assert not file.exists()
    monkeypatch.setenv("PROVER_DATABASE", "oracle://x/y")
    assert run(["db", "status"]) == 2
    assert "not supported" in capsys.readouterr().err


def test_check_is_content_with_a_whole_database(traced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "check"]) == 0
    assert "nothing is wrong" in capsys.readouterr().out


def test_check_names_what_is_wrong(traced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(traced) as connection:
        connection.execute("UPDATE states SET text = 'False' WHERE id = 1")
    assert run(["db", "check"]) == 2
    assert "1 states do not match their digests" in capsys.readouterr().out


def test_a_newer_database_is_one_sentence(traced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(traced) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    for command in (["check"], ["upgrade"], ["export", "x"]):
        assert run(["db", *command]) == 2
        said = capsys.readouterr().err
        assert "made by a newer version of this program" in said
        assert len(said.splitlines()) == 1
    assert run(["db", "status"]) == 0
    assert f"tables of version 0999, this program has {HEAD}" in capsys.readouterr().out


def test_a_file_that_is_no_database_is_one_sentence(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.parent.mkdir()
    file.write_text("notes\n" * 300)
    for command in ("status", "check", "upgrade"):
        assert run(["db", command]) == 2
        said = capsys.readouterr().err
        assert "is damaged, or not a database" in said
        assert len(said.splitlines()) == 1


def test_what_is_exported_can_be_imported(
    traced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["db", "export", str(tmp_path / "all.jsonl")]) == 0
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path}/other.db")
    assert run(["db", "import", str(tmp_path / "all.jsonl")]) == 0
    assert run(["db", "check"]) == 0
    with Database(tmp_path / "other.db") as other, other.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tactic_steps").scalar() == 2
    assert "rows read" in capsys.readouterr().out


def test_places_that_are_wrong_are_named(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "export", str(tmp_path / "no" / "where.jsonl")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert run(["db", "import", str(tmp_path / "nothing.jsonl")]) == 2
    assert "There is no file" in capsys.readouterr().err
    (tmp_path / "half.jsonl").write_text('{"export":"a prover')
    assert run(["db", "import", str(tmp_path / "half.jsonl")]) == 2
    assert "is not an export of a database" in capsys.readouterr().err


def test_the_history_of_a_theorem_is_shown(traced: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = "https://example.org/r"
    with Database(traced) as db:
        proof = FoundProof(("simp",), ("propext",), 3, "automation", whole=False)
        for result in (("open", "out of time"), proof):
            tried = AttemptRecord(
                "a", "A", "key of a", LEAN, {"generators": []}, result, AttemptCost(1.5, 2, 3), started_at=0.0
            )  # type: ignore[arg-type]
            db.perform(lambda work, t=tried: work.results.record_attempt(t, repository=1))  # type: ignore[misc]
    assert run(["db", "history", here, "a"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("a (A)\n")
    assert f"proof 1 by automation, checked at level 3 by {LEAN}" in said
    assert "attempt: open (out of time), 1.5 s, 3 tactics, seed 0" in said
    assert "found at 1" in said
    assert run(["db", "history", here, "a", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert {a["outcome"] for a in found["attempts"]} == {"proved", "open"}
    assert found["proofs"][0]["scripts"] == ["simp"]
    assert found["theorem"]["module"] == "A"
    assert run(["db", "history", here, "b"]) == 2
    assert "has a theorem b: check the name" in capsys.readouterr().err


def test_the_tables_are_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "describe"]) == 0
    assert "### tactic_steps" in capsys.readouterr().out
