"""SorryDB's files, the text for the five letters, and the gate for one `sorry` of several; without Lean."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from prover.app.sorrydb import OneSorryGate, SorryResult, earlier_results, in_place, write_results
from prover.check.gate import Accepted, Gate, Judgement, Refused, Submission
from prover.cli.main import run
from prover.errors import DatasetError, LeanDied
from prover.evaluate.located import read_sorrydb, sorry_record, sorry_records
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Goal, Place
from prover.lean.session import Origin, SorryGoal, SourceText, State
from prover.project.patch import Replacement


def record(number: int = 0, **place: Any) -> dict[str, Any]:
    """A record as SorryDB writes it."""
    location = {"path": "R/A.lean", "start_line": 4, "start_column": 2, "end_line": 4, "end_column": 7}
    return {
        "repo": {"remote": "https://example.org/r", "branch": "main", "commit": "abc", "lean_version": "v4.28.0"},
        "location": location | place,
        "debug_info": {"goal": "⊢ 1 + 1 = 2", "url": ""},
        "metadata": {"blame_email_hash": "", "blame_date": "", "inclusion_date": ""},
        "id": f"id{number}",
    }


@pytest.mark.parametrize(
    "whole",
    [
        lambda records: {"repos": [{"remote_url": "x"}, {"remote_url": "y"}], "sorries": records},
        lambda records: {"documentation": "a split", "sorries": records},
        lambda records: records,
    ],
    ids=["database", "split", "list"],
)
def test_the_files_are_read_as_they_are(tmp_path: Path, whole: Callable[[Any], Any]) -> None:
    file = tmp_path / "sorries.json"
    file.write_text(json.dumps(whole([record(0), record(1, start_column=9)])))
    found = sorry_records(file)
    assert [(each.id, each.location, each.line, each.column) for each in found] == [
        ("id0", "https://example.org/r@abc", 4, 2),
        ("id1", "https://example.org/r@abc", 4, 9),
    ]
    assert found[0].record == record(0)
    assert [problem.name for problem in read_sorrydb(file)] == ["id0", "id1"]


def test_records_of_another_format_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "sorries.json"
    file.write_text(json.dumps({"sorries": [{"id": "x"}]}))
    with pytest.raises(DatasetError, match=r"entry 1, is not in SorryDB's format"):
        sorry_records(file)


@pytest.mark.parametrize(
    ("replacement", "text"),
    [
        (Replacement(6, 11, "rfl"), "rfl"),
        (Replacement(5, 11, "\n  rfl"), "\n  rfl"),
        (Replacement(3, 11, "rfl"), None),
        (Replacement(7, 11, "rfl"), None),
        (Replacement(6, 13, "rfl"), None),
    ],
)
def test_a_proof_stands_for_the_five_letters_alone(replacement: Replacement, text: str | None) -> None:
    assert in_place("x := \nsorry y", replacement, 6, 11) == text


def test_results_are_kept_for_the_next_run(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert earlier_results(file) == {}
    done = SorryResult(sorry_record(record(3)), "rfl", "verified", True)
    missed = SorryResult(sorry_record(record(4)), message="it is open")
    write_results(file, [done.json(), missed.json()])
    assert list(earlier_results(file)) == ["id3", "id4"]
    written = json.loads(file.read_text())
    assert (written[0]["sorry"], written[0]["proof"], written[0]["success"]) == (record(3), "rfl", True)
    assert (written[1]["proof"], written[1]["feedback"]) == (None, "it is open")
    file.write_text('[{"a": 1}]')
    with pytest.raises(DatasetError, match="no result for SorryDB"):
        earlier_results(file)


def test_an_unknown_id_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sorries.json"
    file.write_text(json.dumps([record(0)]))
    words = ["sorrydb", "prove", "--data", str(file), "--out", str(tmp_path / "out.json"), "--id", "nothing"]
    assert run(words) == 2
    assert "no record nothing" in capsys.readouterr().err


# --- one of several ---

ORIGINAL = SourceText("theorem t : p ∧ q := ⟨sorry, sorry⟩\n", "A.lean", "A")
SUBMISSION = Submission(
    ORIGINAL, dataclasses.replace(ORIGINAL, text="theorem t : p ∧ q := ⟨h, sorry⟩\n"), "t", 8, (0, 40)
)
FILLED = 25


def goal(start: int, printed: str) -> SorryGoal:
    state = State((Goal("k"),), Origin(ORIGINAL, start, statement=False))
    return SorryGoal(state, start, start + 5, Place("term"), (0, 40), "t", printed)


class Verdict:
    """A gate that gives one judgement."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement

    def judge(self, submission: Submission, level: int = 3) -> Judgement:
        return self.judgement


class Comparing:
    """A fresh session that knows the `sorry`s of both files."""

    def __init__(self, before: list[SorryGoal], after: list[SorryGoal], dies: bool = False) -> None:
        self.goals = {ORIGINAL.text: before, SUBMISSION.candidate.text: after}
        self.dies = dies
        self.closed = False

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]:
        if self.dies:
            raise LeanDied("it died")
        return tuple(self.goals[source.text])

    def close(self) -> None:
        self.closed = True


P, Q = goal(FILLED, "⊢ p"), goal(32, "⊢ q")
AT_3 = Refused("it rests on `sorry`", level=3)


def judged(judgement: Judgement, session: Comparing) -> Judgement:
    gate = OneSorryGate(cast(Gate, Verdict(judgement)), lambda: cast(LeanSession, session), FILLED)
    return gate.judge(SUBMISSION)


def test_one_of_several_is_accepted_if_the_others_are_as_before() -> None:
    session = Comparing([P, Q], [Q])
    accepted = judged(AT_3, session)
    assert isinstance(accepted, Accepted)
    assert (accepted.level, session.closed) == (2, True)


@pytest.mark.parametrize(
    ("judgement", "session"),
    [
        (AT_3, Comparing([P, Q], [P])),
        (AT_3, Comparing([P, Q], [])),
        (AT_3, Comparing([P, Q], [Q, Q])),
        (AT_3, Comparing([P], [])),
        (AT_3, Comparing([P, Q], [Q], dies=True)),
        (Refused("it does not compile", level=1), Comparing([P, Q], [Q])),
        (Refused("it changes the statement", level=2), Comparing([P, Q], [Q])),
    ],
    ids=["other goal", "both gone", "one more", "the only one", "death", "level 1", "level 2"],
)
def test_anything_else_is_refused(judgement: Judgement, session: Comparing) -> None:
    assert isinstance(judged(judgement, session), Refused)


def test_what_the_gate_accepts_is_accepted() -> None:
    assert judged(Accepted((), 0), Comparing([], [])) == Accepted((), 0)
