"""Plans from what was traced and tried; lists of repositories; the command."""

import json
from pathlib import Path

import pytest

from curriculum.database.database import Database
from curriculum.database.provable import AttemptTotals, attempt_totals
from curriculum.database.records import AttemptCost, AttemptRecord, FoundProof
from curriculum.difficulty import Category, RatedTheorem
from curriculum.ordering import EasyFirst, RepositoryProfile
from curriculum.plan import plan
from curriculum.profiles import closure_sizes, profile_of
from curriculum.repository_list import read_list
from prover.app.environment import database
from prover.cli.main import run
from prover.errors import UsageError
from tests.traced_modules import LEAN, keyed, module, read, theorem

HERE = "https://example.org/r"

pytestmark = pytest.mark.usefixtures("created_database")


def trace(db: Database) -> None:
    first = module("A", theorem("A.one", key="s1"), theorem("A.open", key="s2", incomplete=True))
    second = module("B", theorem("B.open", key="s3", incomplete=True), imports=("A", "Init"))
    db.perform(lambda work: work.traces.record_trace(read("1"), keyed(first, second), {}))


def attempt(db: Database, name: str, key: str, proved: bool) -> None:
    proof = FoundProof(("intro h\nsimp\nomega",), (), 3, "automation", whole=True)
    tried = AttemptRecord(
        name, "A", key, LEAN, {}, proof if proved else ("open", "no tactic is left"), cost=AttemptCost(seconds=4.0)
    )

    def act(work: object) -> None:
        repository = work.traces.record_repository(HERE)  # type: ignore[attr-defined]
        work.results.record_attempt(tried, repository)  # type: ignore[attr-defined]

    db.perform(act)


def test_a_repository_as_the_curriculum_sees_it(db: Database) -> None:
    trace(db)
    attempt(db, "A.open", "s2", proved=True)
    attempt(db, "A.one", "s1", proved=False)
    with db.reading() as connection:
        subject = profile_of(connection, HERE)
        assert subject is not None
        assert subject.theorems == (
            RatedTheorem("A.one", steps=2),
            RatedTheorem("A.open", incomplete=True, steps=2, found=3),
            RatedTheorem("B.open", incomplete=True, steps=2),
        )
        assert sorted(subject.closures) == [1, 2]
        assert attempt_totals(connection, HERE) == AttemptTotals(2, 1, 8.0)
        assert profile_of(connection, "elsewhere") is None


def test_imports_in_a_circle_have_closures_too() -> None:
    assert closure_sizes({"A": ["B"], "B": ["A", "Init"], "C": []}) == {"A": 2, "B": 2, "C": 1}


def test_costs_go_from_the_budget_towards_what_attempts_took() -> None:
    def seconds(made: AttemptTotals) -> float:
        subject = RepositoryProfile("r", (RatedTheorem("s", incomplete=True), RatedTheorem("t", steps=3)), ("p", "q"))
        return plan([(subject, made)], EasyFirst(), budget=60.0).seconds

    assert seconds(AttemptTotals()) == 60.0
    assert seconds(AttemptTotals(10, 5, 100.0)) == 10.0
    assert seconds(AttemptTotals(10, 0, 10_000.0)) == 60.0, "an attempt takes no longer than it may"


def test_lists_skip_comments_and_what_is_there_twice(tmp_path: Path) -> None:
    file = tmp_path / "repos.txt"
    file.write_text(f"# ours\n\n{tmp_path}\n  {tmp_path}  \nhttps://example.org/r@main\n")
    assert [str(location) for location in read_list(file)] == [str(tmp_path), "https://example.org/r@main"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"https://example.org/r\nwhat is this\n", "line 2: 'what is this' is not a repository"),
        (b"\n\nsftp://example.org/r\n", "line 3: sftp:// is not fetched"),
        (b"# nothing\n", "lists no repository"),
        (b"\xff\xfe\x00", "is not a text file"),
    ],
)
def test_nonsense_in_a_list_is_named_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "repos.txt"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_list(file)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_list(tmp_path / "no list")


@pytest.mark.parametrize("order", ["easy", "closure", "similar", "predicted", "random"])
def test_the_command_prints_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str], order: str) -> None:
    with database() as db:
        trace(db)
    file = tmp_path / "repos.txt"
    file.write_text(f"{HERE}\nhttps://example.org/other\n")
    assert run(["curriculum", "plan", "--repos", str(file), "--order", order, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (entry,) = printed["repositories"]
    assert (entry["location"], entry[Category.UNPROVED.value], entry["theorems"]) == (HERE, 2, 3)
    assert printed["not_traced"] == ["https://example.org/other"]
    assert printed["estimated_seconds"] == 120.0
    assert run(["curriculum", "plan", "--repos", str(file), "--order", order, "--reverse"]) == 0
    assert HERE in capsys.readouterr().out


def test_a_course_waits_for_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list").write_text(str(tmp_path))
    with database() as db:
        db.perform(lambda work: work.leases.acquire("courses", "another computer", 60))
    assert run(["learn", "--repos", str(tmp_path / "list")]) != 0
    assert "Another `prover learn` is using this database" in capsys.readouterr().err


def test_a_course_learns_a_repository_at_one_revision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list").write_text(f"{HERE}@v1\n{HERE}@v2\n")
    assert run(["learn", "--repos", str(tmp_path / "list")]) == 2
    assert "at two revisions" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--generators", "automation,magic"], "There is no generator 'magic'"),
        (["--generators", ","], "Name at least one generator"),
        (["--generators", "memory"], "name it among the learners"),
        (["--learners", "magic"], "There is no learner 'magic'"),
    ],
)
def test_a_course_with_unknown_parts_is_refused_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], fault: str
) -> None:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "home"))
    (tmp_path / "list").write_text("https://example.org/r\n")
    assert run(["learn", "--repos", str(tmp_path / "list"), *words]) == 2
    assert fault in capsys.readouterr().err
