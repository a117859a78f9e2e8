"""Predicted beside actual success: forecasts that know nothing of their own outcome, and what generators promised."""

from pathlib import Path

import pytest

from prover.evaluate.calibration import Forecast, appearance, bins, calibration_section, forecasts, quality
from prover.evaluate.journal import CalibrationBin, Outcome, ProblemLine, RunLog, SurveyLine
from prover.evaluate.observe import Observation
from prover.evaluate.plots import plots
from prover.evaluate.results import Run, read_run
from tests.unit.evaluated_runs import make_run, manifest, trial

EASY, HARD = "1 + 1 = 2", "∀ (a b c : Int), a ^ 2 + b ^ 2 = c ^ 2 → ∃ d, a * b * c = 60 * d"


def long_run(root: Path, outcomes: list[tuple[str, Outcome]]) -> Run:
    """A run of as many problems, each with its statement and what came of it."""
    names = [f"p{number}" for number in range(len(outcomes))]
    lines = [ProblemLine(name, f"digest of {name}", name) for name in names]
    with RunLog(root, manifest(problems=len(names)), lines) as journal:
        for name, (statement, outcome) in zip(names, outcomes, strict=True):
            journal.surveyed(SurveyLine(name, "runnable", key=name, printed=statement))
            journal.tried(trial(name, outcome), [], f"theorem {name} := by omega" if outcome == "proved" else "")
    return read_run(root)


def test_what_a_statement_looks_like_foretells_its_outcome(tmp_path: Path) -> None:
    run = long_run(tmp_path / "run", [(EASY, "proved"), (HARD, "open")] * 15)
    found = forecasts(run, "prover")
    assert len(found) == 30
    assert all(each.chance < 0.3 for each in found if not each.proved)
    assert all(each.chance > 0.7 for each in found if each.proved)
    assert quality(found).brier < 0.1 < quality(found).base_rate
    assert "| 30 |" not in calibration_section(run)
    assert calibration_section(run).startswith("## Calibration\n\nThe chance that prover proves a problem")
    assert [caption for caption, _ in plots(run) if "foretold" in caption]


def test_a_problem_has_no_part_in_its_own_forecast(tmp_path: Path) -> None:
    outcomes: list[tuple[str, Outcome]] = [(EASY, "proved"), (HARD, "open")] * 15
    turned: list[tuple[str, Outcome]] = [(EASY, "open"), *outcomes[1:]]
    chances = [
        {each.problem: each.chance for each in forecasts(long_run(tmp_path / name, given), "prover")}
        for name, given in (("as it was", outcomes), ("one turned", turned))
    ]
    assert chances[0]["p0"] == chances[1]["p0"]
    assert chances[0] != chances[1]


def test_nothing_is_foretold_of_few_problems_or_of_one_outcome(tmp_path: Path) -> None:
    assert forecasts(read_run(make_run(tmp_path / "few", {"prover": ["proved", "open"]})), "prover") == []
    assert forecasts(long_run(tmp_path / "all", [(EASY, "proved")] * 30), "prover") == []
    assert calibration_section(long_run(tmp_path / "again", [(EASY, "proved")] * 30)) == ""


def test_the_scores_are_what_they_are_defined_as() -> None:
    found = [Forecast("a", 0.0, proved=False), Forecast("b", 0.5, proved=True)]
    assert quality(found).brier == pytest.approx(0.125)
    assert quality(found).base_rate == pytest.approx(1.0)  # each is given what the other came to
    assert quality(found).error == pytest.approx((0.0 + 0.5) / 2)
    assert [part.count for part in bins([Forecast("", 0.1, proved=False)] * 12)] == [2, 3, 2, 3, 2]


def test_a_numeral_is_not_part_of_a_name() -> None:
    assert appearance("x1 = h₂")[-1] == 0.0
    assert appearance("x = 12")[-1] > appearance("x = 3")[-1]


def test_promises_are_kept_by_bins() -> None:
    seen = Observation()
    seen.promised = {("g", "omega"): 0.5, ("g", "simp"): 0.35, ("g", "rfl"): 0.02, ("g", "never run"): 0.9}
    seen.run = {("g", "omega"): True, ("g", "simp"): True, ("g", "rfl"): False}
    assert seen.promises([["omega"]]) == (CalibrationBin(0.01, 1, 0.02, 0, 0), CalibrationBin(0.3, 2, 0.85, 2, 1))
    assert seen.promises([]) == (CalibrationBin(0.01, 1, 0.02, 0, 0), CalibrationBin(0.3, 2, 0.85, 2, 0))
