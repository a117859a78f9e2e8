"""Reports: the fields that programs rely on, and the exit status of a run."""

import io
import json
from dataclasses import asdict
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
from prover.project.layout import Repository
from prover.project.patch import Replacement

CONTRACT = {
    "theorem", "file", "status", "proof", "patch", "axioms", "toolchain", "seconds", "expansions", "tactics_run",
}  # fmt: skip
TEXT = "-- é\ntheorem t : True := sorry\n"
SPENT = Spent(seconds=1.23456, expansions=2, tactics=9)
TOOLCHAIN = EmbeddedToolchain("lean-x", NodeRuntime(Path("/n"), (24, 0, 0), ()), Path("/t"), Path("/l"), gateway=None)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path, {}, None)


def reported(repository: Repository, outcome: AttemptOutcome) -> TheoremReport:
    at = TEXT.encode().index(b"theorem")
    declaration = Declaration("t", "theorem", "t : True", False, at, len(TEXT.encode()) - 1, at + 8, True)
    return report_of(repository, Task(SourceText(TEXT, "A/B.lean", "A.B"), declaration), outcome, TOOLCHAIN)


def proved() -> TheoremProved:
    start = TEXT.encode().index(b":= sorry")
    replacement = Replacement(start, start + 8, ":= by trivial")
    return TheoremProved("trivial", (replacement,), Accepted(("propext",), 0), SPENT)


def run_of(*theorems: TheoremReport, interrupted: bool = False) -> Report:
    return Report("/repo", "Lean", list(theorems), interrupted)


def theorem(status: str, refused: str | None = None) -> TheoremReport:
    return TheoremReport("t", "A.lean", status, refused=refused)  # type: ignore[arg-type]  # one of the three


def test_a_proved_theorem_is_reported_with_proof_and_patch(repository: Repository) -> None:
    report = reported(repository, proved())
    assert (report.theorem, report.file, report.line, report.status) == ("t", "A/B.lean", 2, "proved")
    assert report.proof == "trivial"
    assert report.patch is not None
    assert "-theorem t : True := sorry\n+theorem t : True := by trivial\n" in report.patch
    assert report.patch.startswith("--- a/A/B.lean\n+++ b/A/B.lean\n")
    assert report.axioms == ("propext",)
    assert report.verified
    assert report.toolchain == TOOLCHAIN.describe()
    assert (report.seconds, report.expansions, report.tactics_run) == (1.235, 2, 9)


def test_an_open_theorem_is_reported_with_the_reason(repository: Repository) -> None:
    report = reported(repository, TheoremOpen("the budget is spent", SPENT, "it lied"))
    assert (report.status, report.reason, report.refused) == ("open", "the budget is spent", "it lied")
    assert report.proof is report.patch is None


def test_a_theorem_that_could_not_be_attempted_is_an_error(repository: Repository) -> None:
    report = reported(repository, TheoremFailed("Lean ended", SPENT))
    assert (report.status, report.reason) == ("error", "Lean ended")


def test_a_broken_file_is_reported_with_leans_messages() -> None:
    report = TheoremReport.of_broken_file("A.lean", BrokenFile("A.lean does not compile", ("A.lean:1:0: error: no",)))
    assert (report.theorem, report.status) == ("", "error")
    assert report.messages == ("A.lean:1:0: error: no",)


def test_the_json_has_the_fields_of_the_contract(repository: Repository, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_json(asdict(run_of(reported(repository, proved()))), file)
    written = json.loads(file.read_text(encoding="utf-8"))
    (row,) = written["theorems"]
    assert set(row) >= CONTRACT
    assert (row["status"], row["axioms"], row["tactics_run"]) == ("proved", ["propext"], 9)
    assert isinstance(row["seconds"], float)
    assert written["interrupted"] is False


def test_open_theorems_have_the_same_fields(repository: Repository, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_json(asdict(run_of(reported(repository, TheoremOpen("no tactic is left to try", SPENT)))), file)
    (row,) = json.loads(file.read_text(encoding="utf-8"))["theorems"]
    assert set(row) >= CONTRACT
    assert row["proof"] is None


def test_json_goes_to_standard_output_for_a_dash(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(asdict(run_of(reported(repository, proved()))), Path("-"))
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
        (run_of(theorem("open"), theorem("error")), 2),
        (run_of(theorem("open", refused="it lied"), theorem("error")), 3),
        (run_of(theorem("proved"), interrupted=True), 130),
        (run_of(theorem("open", refused="it lied"), interrupted=True), 130),
    ],
    ids=["nothing", "proved", "refused, then proved", "open", "error", "refused", "interrupted", "interrupted first"],
)
def test_the_status_says_what_became_of_the_run(report: Report, status: int) -> None:
    assert status_of(report) == status


def test_people_are_shown_proof_place_cost_and_patch(repository: Repository) -> None:
    written = io.StringIO()
    printer = ReportPrinter(Console(width=200, file=written), patches=True)
    printer.theorem(reported(repository, proved()))
    printer.summary(run_of(reported(repository, proved()), theorem("open")))
    text = written.getvalue()
    assert "t  A/B.lean:2" in text
    assert "2 expansions, 9 tactics" in text
    assert "+theorem t : True := by trivial" in text
    assert "1 of 2 proved" in text


def test_brackets_in_goals_are_not_taken_for_markup(repository: Repository) -> None:
    console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115  # recorded, not written
    ReportPrinter(console, patches=True).theorem(reported(repository, TheoremOpen("stuck on [red] xs[i]", SPENT)))
    assert "stuck on [red] xs[i]" in console.export_text()
