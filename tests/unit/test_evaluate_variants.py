"""The same theorem said in other ways, and what is counted of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.evaluate.journal import ProblemLine, RunLog, SurveyLine
from prover.evaluate.problem import Benchmark, Provenance, WrittenProblem
from prover.evaluate.results import read_run
from prover.evaluate.variants import complete, robustness_section, variants, with_variants
from tests.unit.evaluated_runs import manifest, trial

STATEMENT = "theorem t (x y : ℚ) (h₀ : x + y = 7) {n : ℕ} (h₁ : x.den = n) : ∃ x', x' = y.num ∧ (x + 1).den = n"


def test_every_way_is_taken() -> None:
    assert dict(variants(STATEMENT)) == {
        "renamed": "theorem t (w1 w2 : ℚ) (w3 : w1 + w2 = 7) {w4 : ℕ} (w5 : w1.den = w4) "
        ": ∃ x', x' = w2.num ∧ (w1 + 1).den = w4",
        "permuted": "theorem t (x y : ℚ) {n : ℕ} (h₁ : x.den = n) (h₀ : x + y = 7) "
        ": ∃ x', x' = y.num ∧ (x + 1).den = n",
        "irrelevant": "theorem t (x y : ℚ) (h₀ : x + y = 7) {n : ℕ} (h₁ : x.den = n) (spare : Nat) (aside : 3 < spare) "
        ": ∃ x', x' = y.num ∧ (x + 1).den = n",
    }


def test_what_others_refer_to_stays_where_it_is() -> None:
    found = dict(variants("theorem t (n : ℕ) (h : 0 < n) (k : f n h = 2) [Fact True] : g n = 3"))
    assert "permuted" not in found
    assert "[Fact True]" in found["renamed"]


@pytest.mark.parametrize("statement", ["theorem t : 1 = 1", "theorem t n : n = n", "theorem t (n : ℕ", "nonsense", ""])
def test_what_has_no_binders_in_brackets_is_left_as_it_is(statement: str) -> None:
    assert list(variants(statement)) == []


@given(st.text("theorm (){}[]:=n hx₀.∀∃,", max_size=60))
def test_any_text_is_answered(text: str) -> None:
    assert len(list(variants(text))) <= 3


def test_variants_stand_behind_their_problem() -> None:
    one, other = WrittenProblem("a", STATEMENT), WrittenProblem("b", "theorem b : 1 = 1")
    made = with_variants(Benchmark("x", "", (one, other), Provenance("x")))
    assert [problem.name for problem in made.problems] == ["a", "a~renamed", "a~permuted", "a~irrelevant", "b"]


def test_the_gap_is_what_some_version_costs(tmp_path: Path) -> None:
    names = [f"{base}{way}" for base in "abc" for way in ("", "~renamed", "~irrelevant")]
    with RunLog(tmp_path, manifest(problems=len(names)), [ProblemLine(n, n, "", "valid") for n in names]) as journal:
        for name in names:
            runs = name != "c~irrelevant"
            journal.surveyed(SurveyLine(name, "runnable" if runs else "not runnable", key=name[0] if runs else ""))
            if runs:
                proved = name[0] == "a" or name == "b"
                journal.tried(trial(name, "proved" if proved else "open"), [], "")
    run = read_run(tmp_path)
    assert [problem.name for problem in run.problems] == ["a", "b", "c"]
    assert run.varied is not None
    assert [family[0] for family in complete(run.varied)] == ["a", "b"]
    assert "| prover | 100.0% | 50.0% |  | 50.0% | 66.7% | 50.0% [" in robustness_section(run)
    assert "| 16.7% |" in robustness_section(run)


def test_a_renaming_that_says_something_else_is_not_counted(tmp_path: Path) -> None:
    names = ["a", "a~renamed"]
    with RunLog(tmp_path, manifest(problems=2), [ProblemLine(n, n, "", "valid") for n in names]) as journal:
        for number, name in enumerate(names):
            journal.surveyed(SurveyLine(name, "runnable", key=f"key {number}"))
    run = read_run(tmp_path)
    assert run.varied is not None
    assert complete(run.varied) == []
    assert robustness_section(run).startswith("## Robustness")
