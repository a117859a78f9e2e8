"""What counts as seen before, from the same text to none of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.evaluate.contamination import Overlap, contamination_section, corpus_of
from prover.evaluate.results import read_run
from tests.unit.evaluated_runs import make_run

KNOWN = "theorem known (x y : ℤ) (h₀ : x + y = 7) (h₁ : 3 * x - y = 1) : ∃ k : ℤ, x = 2 * k"


@pytest.mark.parametrize(
    ("statement", "degree"),
    [
        ("lemma other.name (x y : ℤ)\n    (h₀ : x + y = 7) (h₁ : 3 * x - y = 1) :\n  ∃ k : ℤ, x = 2 * k", "exact"),
        ("theorem a /- mine -/ (x y : ℤ) (h₀ : x + y = 7) (h₁ : 3 * x - y = 1) : ∃ k : ℤ, x = 2 * k", "exact"),
        ("theorem a (a b : ℤ) (h : a + b = 7) (h' : 3 * a - b = 1) : ∃ m : ℤ, a = 2 * m", "renamed"),
        ("theorem a (x y : ℤ) (h₀ : x + y = 7) (h₁ : 3 * x - y = 1) : ∃ k : ℤ, x = 2 * k + 0", "near"),
        ("theorem a (y x : ℤ) (h₀ : x + y = 7) (h₁ : 3 * x - y = 1) : ∃ k : ℤ, x = 2 * k", "none"),
        ("theorem a (x y : ℤ) (h₀ : x + y = 7) : x < 8", "none"),
        ("theorem a : 1 = 1", "none"),
    ],
    ids=["other name", "comment", "renamed", "near", "variables exchanged", "another", "short"],
)
def test_the_closest_degree_counts(statement: str, degree: str) -> None:
    assert corpus_of([("known", KNOWN)]).overlap(statement).degree == degree


@given(st.lists(st.sampled_from(["a", "b", "n", "m", "hx", "k'"]), min_size=3, max_size=3, unique=True))
def test_names_of_variables_do_not_matter(names: list[str]) -> None:
    one, other, hypothesis = names
    statement = f"theorem t ({one} {other} : ℕ) ({hypothesis} : {one} < {other}) : {one} + 1 ≤ {other}"
    found = corpus_of([("k", "theorem s (x y : ℕ) (h : x < y) : x + 1 ≤ y")]).overlap(statement)
    assert found == Overlap("renamed", "k", 1.0)


def test_results_are_split_by_overlap(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", {"prover": ["proved", "open", "proved", "open"]}))
    overlaps = {p.name: Overlap("exact", "k", 1.0) if p.name in "ab" else Overlap("none") for p in run.problems}
    text = contamination_section(run, overlaps, "two statements")
    assert "| exact | 2 | 2 | 50.0% [9.5%, 90.5%]" in text
    assert "| none | 3 | 2 |" in text
    assert "| a | exact | k |" in text
