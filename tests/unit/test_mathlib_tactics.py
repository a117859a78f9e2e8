"""Mathlib's tactics: offered only where a file has them, for the goals that they are made for, with computed hints."""

import pytest
from hypothesis import given

from prover.lean.protocol import LEAN_ALONE, Goal, Hypothesis, Toolbox
from prover.lean.session import TacticLimits
from prover.search.best_first import limits_on
from prover.tactics.automation import FIXED_LIST, Automation, FixedList
from prover.tactics.mathlib.availability import MATHLIB_TACTICS, available, has_mathlib
from prover.tactics.mathlib.equations import by_combination
from prover.tactics.mathlib.inequalities import hint_sets
from prover.tactics.mathlib.numerals import small_witnesses
from prover.tactics.structure import Structure
from tests.unit.test_generators import fact, goal, goals, tactics

MATHLIB = Toolbox(tactics=MATHLIB_TACTICS)


def number(name: str, type: str = "Real") -> Hypothesis:
    return Hypothesis(name, type, type)


def about(target: str, *hypotheses: Hypothesis, head: str = "Eq", **more: object) -> Goal:
    return goal(head, *hypotheses, target=target, toolbox=MATHLIB, **more)


def best(goal: Goal, count: int) -> list[str]:
    ranked = sorted(Automation().suggest(goal), key=lambda suggestion: -suggestion.log_probability)
    return [suggestion.tactic for suggestion in ranked[:count]]


@given(plain=goals())
def test_where_no_tactic_of_mathlib_is_there_none_is_offered(plain: Goal) -> None:
    """Tools of a project's own change nothing either."""
    others = Goal(**{**{f: getattr(plain, f) for f in plain.__struct_fields__}, "toolbox": Toolbox(frozenset(["own"]))})
    for generator in (Automation(), Structure(), FixedList()):
        assert list(generator.suggest(plain)) == list(generator.suggest(others))
        assert all(available(LEAN_ALONE, suggestion.tactic) for suggestion in generator.suggest(plain))


@given(plain=goals())
def test_a_file_is_offered_the_tactics_that_it_has_and_no_others(plain: Goal) -> None:
    some = Toolbox(frozenset(["norm_num", "ring"]))
    equipped = Goal(**{**{f: getattr(plain, f) for f in plain.__struct_fields__}, "toolbox": some})
    for generator in (Automation(), Structure(), FixedList()):
        texts = [suggestion.tactic for suggestion in generator.suggest(equipped)]
        assert all(available(some, text) for text in texts)
        assert len(texts) == len(set(texts))
        assert set(texts) >= {suggestion.tactic for suggestion in generator.suggest(plain)} - set(FIXED_LIST)


def test_a_tactic_is_available_if_all_of_its_words_are() -> None:
    box = Toolbox(frozenset(["ring", "by_contra!"]))
    assert has_mathlib(box)
    assert available(box, "simp only [h]\nring")
    assert available(box, "by_contra! h")
    assert not available(box, "field_simp\nring")
    assert not available(Toolbox(frozenset(["by_contra"])), "by_contra! h")
    assert not has_mathlib(Toolbox(frozenset(["my_tactic"])))
    assert available(LEAN_ALONE, "simp [Nat.choose]")


def test_identities_are_tried_with_ring_first() -> None:
    square = about("(a + b) ^ 2 = a ^ 2 + 2 * a * b + b ^ 2", number("a"), number("b"), equality="Real")
    assert "ring" in best(square, 3)
    assert "norm_num" in best(square, 4)


def test_signs_are_tried_with_positivity_first() -> None:
    assert "positivity" in best(about("0 < a ^ 2 + 1", number("a"), head="LT.lt"), 2)
    assert "positivity" not in tactics(Automation(), about("a < b", number("a"), number("b"), head="LT.lt"))


def test_continuity_is_tried_with_fun_prop_first() -> None:
    assert "fun_prop" in best(about("Continuous f", head="Continuous"), 2)


@pytest.mark.parametrize(
    ("target", "facts", "combination"),
    [
        ("x = 3", {"h1": "x + y = 5", "h2": "y = 2"}, "linear_combination h1 + (0 - 1) * h2"),
        ("a * b = 6", {"h": "b * a = 6"}, "linear_combination h"),
        ("x = 2", {"h": "3 * x = 6"}, "linear_combination (1 / 3) * h"),
        ("x = y", {"h": "(x - y) ^ 2 = 0"}, "linear_combination (exp := 2) h"),
        ("a ^ 2 + b ^ 2 = 13", {"h1": "a + b = 5", "h2": "a * b = 6"}, None),
    ],
)
def test_linear_combinations_are_solved_for(target: str, facts: dict[str, str], combination: str | None) -> None:
    hypotheses = [fact(name, "Eq", text) for name, text in facts.items()]
    found = [text for text, _ in by_combination(about(target, *hypotheses, equality="Real"))]
    assert len(found) == 1
    if combination is not None:
        assert found[0].replace("((1 / 3))", "(1 / 3)") == combination


def test_no_combination_is_made_up() -> None:
    assert not list(by_combination(about("x = 3", fact("h", "Eq", "y = 2"), equality="Real")))
    third = about("x = 2", fact("h", "Eq", "3 * x = 6"), equality="Int")
    assert not list(by_combination(third)), "over the integers there is no third"


def test_squares_are_completed() -> None:
    x, y = number("x"), number("y")
    sets = list(hint_sets(about("2 * x - 1 ≤ x ^ 2", x, head="LE.le")))
    assert sets[0] == ["sq_nonneg (x - 1)"]
    proposed = tactics(Automation(), about("10 * x ≤ 28 * x ^ 2 + 1", x, head="LE.le"))
    assert {"linarith [sq_nonneg (28 * x - 5)]", "nlinarith [sq_nonneg (28 * x - 5)]"} <= proposed
    sets = list(hint_sets(about("x * y ≤ x ^ 2 + y ^ 2", x, y, head="LE.le")))
    assert sets[0] == ["sq_nonneg (2 * x - y)", "sq_nonneg (y)"]
    assert ["sq_nonneg (x - y)"] in sets


def test_products_of_signs_are_hints() -> None:
    signs = [fact("hx", "LT.lt", "0 < x"), fact("hy", "LE.le", "1 ≤ y")]
    sets = list(hint_sets(about("x ≤ x * y", number("x"), number("y"), *signs, head="LE.le")))
    assert ["(mul_nonneg (le_of_lt hx) (sub_nonneg.mpr hy))"] in sets
    assert any(t.startswith("nlinarith [") and "hy" in t for t in tactics(Automation(), about(
        "x ≤ x * y", number("x"), number("y"), *signs, head="LE.le")))  # fmt: skip


def test_functions_given_by_an_equation_are_used_where_they_are_applied() -> None:
    f = Hypothesis("f", "Real → Real", "arrow")
    given = fact("h", "forall", "∀ (x : Real), f x = 5 * x + 4")
    found = tactics(Automation(), about("f 1 = 9", f, given, equality="Real"))
    assert {"norm_num [h]", "simp only [h] <;> ring"} <= found
    assert any(text.startswith("linarith [h 1") for text in found)


def test_lemmas_that_a_file_may_lack_are_tried_one_by_one() -> None:
    found = tactics(Automation(), about("∑ i ∈ Finset.range 5, i = 10", equality="Nat"))
    assert {"norm_num [Finset.sum_range_succ]", "decide", "norm_num"} <= found


def test_simplification_sets_are_used_where_there_are_any() -> None:
    even = about("Even (2 * n)", number("n", "Nat"), head="Even")
    assert "simp [parity_simps] at *" not in tactics(Automation(), even)
    sets = Toolbox(MATHLIB_TACTICS, frozenset(), frozenset(["parity_simps"]))
    equipped = goal("Even", number("n", "Nat"), target="Even (2 * n)", toolbox=sets)
    assert "simp [parity_simps] at *" in tactics(Automation(), equipped)


def test_choice_is_made_for_all_at_once() -> None:
    found = tactics(Structure(), about("p", fact("h", "forall", "∀ (n : ℕ), ∃ m, n < m"), head="p"))
    assert "choose f hf using h" in found


def test_the_fixed_list_is_mathlibs_where_a_file_has_it() -> None:
    listed = [suggestion.tactic for suggestion in FixedList().suggest(about("a = b"))]
    assert {"norm_num", "linarith", "ring", "nlinarith", "omega"} <= set(listed)
    arrow = [suggestion.tactic for suggestion in FixedList().suggest(about("a → b", head="arrow"))]
    assert arrow == [f"intros\n{tactic}" for tactic in listed]


def test_existentials_are_given_witnesses_with_use() -> None:
    goal = about("∃ k, n + n = 2 * k", number("n", "Nat"), head="Exists")
    assert {"use n", "use 0"} <= tactics(Structure(), goal)


@pytest.mark.parametrize(
    ("target", "witnesses"),
    [
        ("∃ a b, a * b = 12 ∧ a + b = 7", ["3, 4", "4, 3"]),
        ("∃ (x : ℕ), x ^ 2 = 49", ["7"]),
        ("∃ x, ∃ y, x + y = 1 ∧ x > y", ["1, 0"]),
        ("∃ x, x ^ 2 = 50", []),
        ("∃ k, n = 2 * k", []),
        ("∃ k, k - 1 = 2", []),
        ("∃ k, p k ∧ k = 2", []),
        ("∃ a b c d, a + b + c + d = 2", []),
        ("a + b = 7", []),
    ],
)
def test_several_witnesses_are_found_together(target: str, witnesses: list[str]) -> None:
    assert list(small_witnesses(target)) == witnesses
    found = tactics(Structure(), about(target, head="Exists"))
    assert {f"exact ⟨{numbers}, by decide⟩" for numbers in witnesses} <= found


def test_negations_are_pushed_inward() -> None:
    found = tactics(Structure(), about("¬∀ x, p x", fact("h", "Not", "¬∃ x, q x"), head="Not"))
    assert {"push_neg", "push_neg at h", "by_contra! h1"} <= found


def test_tactics_have_more_time_and_the_index_of_exact_comes_last_with_mathlib() -> None:
    plain, equipped = goal("Eq", target="a + b = b + a"), about("a + b = b + a")
    usual = TacticLimits(heartbeats=10, milliseconds=500)
    assert limits_on(plain, usual) == usual
    assert limits_on(equipped, usual) == TacticLimits(heartbeats=40, milliseconds=2_000)
    weights = {suggestion.tactic: suggestion.log_probability for suggestion in Automation().suggest(equipped)}
    assert min(weights, key=weights.__getitem__) == "exact?"
