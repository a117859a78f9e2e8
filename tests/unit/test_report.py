"""Reports: the fields that programs rely on, and the exit status of a run."""

import json
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from prover.app.report import Report, TheoremReport, report_of
from prover.attempt import AttemptOutcome, Spent, Task, TheoremFailed, TheoremOpen, TheoremProved
from prover.check.gate import Accepted
from prover.cli.output import write_json
from prover.cli.prove import status_of
from prover.cli.report import ReportPrinter
from prover.errors import BrokenFile, NotWritable
from prover.lean.protocol import Declaration
from prover.lean.session import SourceText
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from prover.project.patch import Replacement

CONTRACT = {
    "theorem", "file", "status", "proof", "patch", "axioms", "toolchain", "seconds", "expansions", "tactics_run",
}  # fmt: skip
TEXT = "-- é\ntheorem t : True := sorry\n"
SPENT = Spent(seconds=1.23456, expansions=2, tactics=9)
TOOLCHAIN = EmbeddedToolchain("lean-x", NodeRuntime(Path("/n"), (24, 0, 0), ()), Path("/t"), Path("/l"), gateway=None)


def reported(outcome: AttemptOutcome) -> TheoremReport:
    at = TEXT.encode().index(b"theorem")
    declaration = Declaration("t", "theorem", "t : True", False, at, len(TEXT.encode()) - 1, at + 8, True)
    return report_of(Task(SourceText(TEXT, "A/B.lean", "A.B"), declaration), outcome, TOOLCHAIN.describe())


def proved() -> TheoremProved:
    start = TEXT.encode().index(b":= sorry")
    replacement = Replacement(start, start + 8, ":= by trivial")
    return TheoremProved("trivial", (replacement,), Accepted(("propext",), 0), SPENT)


def run_of(*theorems: TheoremReport, interrupted: bool = False) -> Report:
    return Report("/repo", "Lean", list(theorems), interrupted)


def theorem(status: str, refused: str | None = None) -> TheoremReport:
    return TheoremReport("t", "A.lean", status, refused=refused)  # type: ignore[arg-type]  # one of the three


def test_a_proved_theorem_is_reported_with_proof_and_patch() -> None:
    report = reported(proved())
    assert (report.theorem, report.file, report.line, report.status) == ("t", "A/B.lean", 2, "proved")
    assert report.proof == "trivial"
    assert report.patch is not None
    assert "-theorem t : True := sorry\n+theorem t : True := by trivial\n" in report.patch
    assert report.patch.startswith("--- a/A/B.lean\n+++ b/A/B.lean\n")
    assert report.axioms == ("propext",)
    assert report.verified
    assert report.toolchain == TOOLCHAIN.describe()
    assert (report.seconds, report.expansions, report.tactics_run) == (1.235, 2, 9)


def test_an_open_theorem_is_reported_with_the_reason() -> None:
    report = reported(TheoremOpen("the budget is spent", SPENT, "it lied"))
    assert (report.status, report.reason, report.refused) == ("open", "the budget is spent", "it lied")
    assert report.proof is report.patch is None


def test_a_theorem_that_could_not_be_attempted_is_an_error() -> None:
    report = reported(TheoremFailed("Lean ended", SPENT))
    assert (report.status, report.reason) == ("error", "Lean ended")


def test_a_broken_file_is_reported_with_leans_messages() -> None:
    report = TheoremReport.of_broken_file("A.lean", BrokenFile("A.lean does not compile", ("A.lean:1:0: error: no",)))
    assert (report.theorem, report.status) == ("", "error")
    assert report.messages == ("A.lean:1:0: error: no",)


def test_the_json_has_the_fields_of_the_contract(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_json(asdict(run_of(reported(proved()))), file)
    written = json.loads(file.read_text(encoding="utf-8"))
    (row,) = written["theorems"]
    assert set(row) >= CONTRACT
    assert (row["status"], row["axioms"], row["tactics_run"]) == ("proved", ["propext"], 9)
    assert isinstance(row["seconds"], float)
    assert written["interrupted"] is False


def test_open_theorems_have_the_same_fields(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_json(asdict(run_of(reported(TheoremOpen("no tactic is left to try", SPENT)))), file)
    (row,) = json.loads(file.read_text(encoding="utf-8"))["theorems"]
    assert set(row) >= CONTRACT
    assert row["proof"] is None


def test_json_goes_to_standard_output_for_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    write_json(asdict(run_of(reported(proved()))), Path("-"))
    assert json.loads(capsys.readouterr().out)["theorems"][0]["theorem"] == "t"


def test_a_report_replaces_an_older_one(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("something much longer than nothing" * 1000)
    write_json(asdict(run_of()), file)
    assert json.loads(file.read_text())["theorems"] == []


def test_a_report_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotWritable, match="choose another place for --json"):
        write_json(asdict(run_of()), tmp_path / "gone" / "report.json")


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (run_of(), 0),
        (run_of(theorem("proved")), 0),
        (run_of(theorem("proved", refused="at first")), 0),
        (run_of(theorem("proved"), theorem("open")), 1),
        (run_of(theorem("open"), theorem("error")), 1),
        (run_of(theorem("proved"), theorem("error")), 1),
        (run_of(TheoremReport("t", "A.lean", "open", undecided="no time")), 1),
        (run_of(theorem("open", refused="it lied"), theorem("error")), 3),
        (run_of(theorem("proved"), interrupted=True), 130),
        (run_of(theorem("open", refused="it lied"), interrupted=True), 130),
    ],
    ids=[
        "nothing",
        "proved",
        "refused, then proved",
        "open",
        "error",
        "only errors",
        "unchecked",
        "refused",
        "interrupted",
        "interrupted first",
    ],
)
def test_the_status_says_what_became_of_the_run(report: Report, status: int) -> None:
    assert status_of(report) == status


def test_people_are_shown_proof_place_cost_and_patch() -> None:
    written = StringIO()
    printer = ReportPrinter(Console(width=200, file=written), patches=True)
    printer.theorem(reported(proved()))
    printer.summary(run_of(reported(proved()), theorem("open")))
    text = written.getvalue()
    assert "t  A/B.lean:2" in text
    assert "(1.2 s, 2 expansions, 9 tactics)" in text
    assert "+theorem t : True := by trivial" in text
    assert "1 of 2 proved" in text


def test_brackets_in_goals_are_not_taken_for_markup() -> None:
    console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115  # recorded, not written
    ReportPrinter(console, patches=True).theorem(reported(TheoremOpen("stuck on [red] xs[i]", SPENT)))
    assert "stuck on [red] xs[i]" in console.export_text()


def test_people_are_told_the_time_of_the_gate_and_what_it_could_not_check() -> None:
    console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115  # recorded, not written
    spent = Spent(seconds=5.0, gate_seconds=3.5, expansions=1, tactics=1)
    open_ = TheoremOpen("the budget is spent", spent, undecided="it took longer than 2 s")
    ReportPrinter(console, patches=True).theorem(reported(open_))
    text = console.export_text()
    assert "(1.5 s, 1 expansion, 1 tactic; gate 3.5 s)" in text
    assert "    a proof was found but could not be checked: it took longer than 2 s\n" in text


def test_messages_of_several_lines_are_indented_and_files_with_errors_counted() -> None:
    console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115  # recorded, not written
    broken = TheoremReport.of_broken_file(
        "A.lean", BrokenFile("A.lean has 7 errors", ("A.lean:1:0: error: no\n  p\n⊢ q", *(["A.lean:2:0: error"] * 6)))
    )
    printer = ReportPrinter(console, patches=True)
    printer.theorem(broken)
    printer.summary(run_of(theorem("proved"), broken))
    text = console.export_text()
    assert "✗ A.lean has 7 errors\n    A.lean:1:0: error: no\n      p\n    ⊢ q\n" in text
    assert text.count("A.lean:2:0: error") == 4
    assert "    and 2 more errors: `prover lean` prints all of a file\n" in text
    assert "1 of 1 proved; 1 file with errors\n" in text


def test_each_patch_applies_after_those_before_it() -> None:
    text = "theorem a : True := sorry\ntheorem b : True := sorry\n"
    second = text.index("theorem b")
    made = [Replacement(at + 17, at + 25, ":= by trivial") for at in (0, second)]
    reports = []
    for place, (at, replacement) in enumerate(zip((0, second), made, strict=True)):
        declaration = Declaration("ab"[place], "theorem", "", False, at, at + 25, at + 8, True)
        outcome = TheoremProved("trivial", (replacement,), Accepted((), 0), SPENT)
        task = Task(SourceText(text, "A.lean", "A"), declaration)
        reports.append(report_of(task, outcome, TOOLCHAIN.describe(), made[:place]))
    assert " theorem a : True := by trivial\n-theorem b : True := sorry\n" in (reports[1].patch or "")
