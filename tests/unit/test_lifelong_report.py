"""Reports on courses: every figure in the Markdown, the JSON and the page; a course that was killed has its part."""

import json
from pathlib import Path
from typing import Any

import pytest

from curriculum.database.courses import StoredStep, store_step
from curriculum.database.database import UnitOfWork
from curriculum.lifelong.report import ReportedCourse, curves, markdown, values
from curriculum.lifelong.summary import summary_of
from prover.app.environment import database
from prover.cli.main import run

A, B = "https://example.org/a", "https://example.org/b"


def performance(a: list[float], b: list[float]) -> dict[str, Any]:
    return {"performance": {A: {"memory": a}, B: {"memory": b}}}


STEPS: list[tuple[str, int, str, dict[str, Any]]] = [
    ("trace", 0, A, {"revision": "1", "changes": []}),
    ("trace", 0, "https://example.org/gone", {"failed": "There is no such repository."}),
    ("order", 0, "", {"order": [A, B]}),
    ("recheck", 0, A, {"kept": [], "mended": [], "broken": ["a.old"]}),
    ("baseline", 1, A, {"proved": {"a.one": True, "a.two": False, "a.three": False}}),
    ("baseline", 1, B, {"proved": {"b.one": True}}),
    ("baseline", 2, A, {"proved": {"a.one": True, "a.two": True, "a.three": False}}),
    ("baseline", 2, B, {"proved": {"b.one": True}}),
    ("measure", 0, "", performance([0.0, 0.0], [0.0])),
    ("learn", 1, A, {}),
    ("measure", 1, A, performance([1.0, 0.0], [0.0])),
    ("prove", 1, A, {"tried": 3, "proved": ["a.one", "a.two"], "tactics": 9, "seconds": 3.0}),
    ("learn", 1, B, {}),
    ("measure", 1, B, performance([1.0, 1.0], [1.0])),
    ("prove", 1, B, {"tried": 1, "proved": [], "tactics": 9, "seconds": 3.0}),
    ("prove", 2, A, {"tried": 1, "proved": ["a.three"], "tactics": 9, "seconds": 3.0}),
]


def taken(count: int = len(STEPS), strategy: str = "progressive") -> ReportedCourse:
    steps = [StoredStep(n, *step, float(n)) for n, step in enumerate(STEPS[:count])]  # type: ignore[arg-type]
    return ReportedCourse(
        "learn-x-0", "finished", {"strategy": strategy, "order": "easy", "seed": 0}, summary_of(steps)
    )


def test_the_report_counts_theorems_gained_and_lost() -> None:
    text = markdown([taken()])
    assert f"| {A} | 3 | 1 | 2 | 2 | 3 |" in text
    assert f"| {B} | 1 | 1 | 0 | 1 | 0 |" in text
    assert "Up to round 1, against the prover without learning: 1 gained, 1 lost; McNemar's exact p = 1" in text
    assert "Up to round 2, against the prover without learning: 1 gained, 0 lost" in text
    assert f"No longer proved in {A}: a.old." in text
    assert "There is no such repository." in text


def test_the_metrics_have_intervals_and_the_matrix_is_whole() -> None:
    (shown,) = values([taken()])
    assert shown["matrix"]["memory"] == [[0.5, 0.0], [1.0, 1.0]]
    assert shown["metrics"]["memory"]["BWT"]["estimate"] == 0.5
    low, high = shown["metrics"]["memory"]["BWT"]["low"], shown["metrics"]["memory"]["BWT"]["high"]
    assert low <= 0.5 <= high
    assert "| nothing | 0.00 | 0.00 |" in markdown([taken()])
    assert curves([taken()], "memory") == {"progressive, easy, seed 0": [0.5, 1.0]}


@pytest.mark.parametrize("count", range(3, len(STEPS)))
def test_a_course_that_is_not_finished_is_reported_as_far_as_it_is(count: int) -> None:
    part = taken(count)
    assert markdown([part, taken(strategy="ewc")]).startswith("# Lifelong learning")
    assert json.dumps(values([part]))


def test_the_command_writes_all_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")

    def store(work: UnitOfWork) -> None:
        settings = {"strategy": "progressive", "order": "easy", "seed": 0}
        begun = work.results.begin_run("learn", [], settings, uid="learn-x-0")
        for number, (kind, round_, location, record) in enumerate(STEPS):
            store_step(work.connection, begun, number, (kind, round_, location), record, 1.0)

    assert run(["report", "lifelong", "--out", str(tmp_path / "none")]) == 2
    assert "no such course" in capsys.readouterr().err
    with database() as db:
        db.perform(store)
    assert run(["report", "lifelong", "--out", str(tmp_path / "report")]) == 0
    page = (tmp_path / "report" / "report.html").read_text()
    assert "<svg" in page
    assert "EBWT" in page
    assert json.loads((tmp_path / "report" / "report.json").read_text())[0]["course"] == "learn-x-0"
    assert run(["report", "lifelong", "--out", str(tmp_path / "report"), "--course", "other"]) == 2
