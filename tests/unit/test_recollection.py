"""What the database teaches the memory: traced proofs, found proofs, and a directory of files that may be deleted."""

from pathlib import Path

import pytest

from curriculum.database.database import Database
from curriculum.database.records import AttemptRecord, FoundProof, GoalStep
from curriculum.recollection import module_precedents, recollect
from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.generator import TheoremRef
from prover.tactics.memory.memory import Memory
from tests.traced_modules import LEAN, keyed, module, read, theorem

STEPS = (GoalStep("t : Tree\n⊢ mirror t = t", "g", "induction t"),)


@pytest.fixture
def db(sqlite_database: Database) -> Database:
    return sqlite_database


def trace(db: Database, revision: str = "1") -> None:
    first = module("A", theorem("A.one", key="s1"), imports=("Init",))
    second = module("B", theorem("B.two", key="s2"), imports=("A",))
    db.perform(lambda work: work.traces.record_trace(read(revision), keyed(first, second), {}))


def find(db: Database, theorem: str, module: str, key: str) -> None:
    proof = FoundProof(("induction t",), (), 3, "automation", whole=True, steps=STEPS)
    tried = AttemptRecord(theorem, module, key, LEAN, {}, proof)
    db.perform(lambda work: work.results.record_attempt(tried))


def goal(target: str, *hypotheses: tuple[str, str]) -> Goal:
    made = tuple(Hypothesis(name, type_, "") for name, type_ in hypotheses)
    return Goal("k", tuple(name for name, _ in hypotheses), target=target, hypotheses=made)


def recalled(memory: Memory, place: TheoremRef, asked: Goal) -> set[str]:
    return {suggestion.tactic for suggestion in memory.for_theorem(place).suggest(asked)}


ELSEWHERE = TheoremRef("Z", "Z.z", 0, "sz")


def test_traced_proofs_are_remembered_but_not_by_what_comes_before_them(db: Database, tmp_path: Path) -> None:
    trace(db)
    memory = recollect(db, tmp_path / "kept")
    assert len(memory) == 4
    assert memory._sources[1].imports == ("A",)
    assert not any(memory._allowed(TheoremRef("A", "A.one", 10, "s1")))
    assert sum(memory._allowed(TheoremRef("B", "B.later", 90, "sb"))) == 2
    assert sum(memory._allowed(ELSEWHERE)) == 4


def test_found_proofs_are_remembered_in_the_next_run(db: Database, tmp_path: Path) -> None:
    trace(db)
    find(db, "A.one", "A", "s1")
    memory = recollect(db, tmp_path / "kept")
    asked = goal("mirror s = s", ("s", "Tree"))
    assert "induction s" in recalled(memory, ELSEWHERE, asked)
    assert "induction s" not in recalled(memory, TheoremRef("A", "A.one", 10, "s1"), asked)


def test_a_found_proof_of_a_theorem_that_was_not_traced_teaches_other_modules_only(
    db: Database, tmp_path: Path
) -> None:
    find(db, "N.new", "N", "sn")
    memory = recollect(db, tmp_path / "kept")
    asked = goal("mirror s = s", ("s", "Tree"))
    assert recalled(memory, ELSEWHERE, asked) == {"induction s"}
    assert recalled(memory, TheoremRef("N", "N.newer", 900, "s9"), asked) == set()


def test_the_same_content_is_learnt_once(db: Database, tmp_path: Path) -> None:
    trace(db)
    trace(db, revision="2")
    assert len(recollect(db, tmp_path / "kept")) == 4


@pytest.mark.parametrize("harm", [b"", b"\x00garbage", None])
def test_files_that_are_broken_or_gone_are_made_again(db: Database, tmp_path: Path, harm: bytes | None) -> None:
    trace(db)
    kept = tmp_path / "kept"
    before = recollect(db, kept)
    files = sorted(kept.iterdir())
    assert len(files) == 2
    contents = [file.read_bytes() for file in files]
    if harm is None:
        files[0].unlink()
    else:
        files[0].write_bytes(harm)
    assert recollect(db, kept)._neighbours == before._neighbours
    assert [file.read_bytes() for file in files] == contents


def test_a_directory_that_cannot_be_written_costs_time_only(db: Database, tmp_path: Path) -> None:
    trace(db)
    (tmp_path / "file").write_text("")
    assert len(recollect(db, tmp_path / "file" / "kept")) == 4


def test_an_empty_database_teaches_nothing(db: Database, tmp_path: Path) -> None:
    assert len(recollect(db, tmp_path / "kept")) == 0


def test_a_lesson_knows_where_its_theorems_start() -> None:
    lesson = module_precedents(module("A", theorem("A.one", key="s1"), theorem("f", kind="definition")))
    assert lesson.source.declarations == {"A.one": 10.0, "f": 10.0}
    assert lesson.source.statements == {"A.one": "s1"}
