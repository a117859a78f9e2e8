"""Arithmetic tactics: what the text of a goal about numbers yields; that Lean takes them is an integration test."""

import pytest

from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.arithmetic import MAX_EVALUATIONS, by_numbers

HEADS = {"=": "Eq", "≤": "LE.le", "<": "LT.lt", "∣": "Dvd.dvd"}


def goal(target: str, head: str = "Eq", *, numbers: dict[str, str] | None = None, **facts: str) -> Goal:
    values = [Hypothesis(name, type, type, constructors=2) for name, type in (numbers or {}).items()]
    known = [Hypothesis(name, text, "Eq", prop=True) for name, text in facts.items()]
    hypotheses = (*values, *known)
    return Goal("k", tuple(h.name for h in hypotheses), target=target, head=head, hypotheses=hypotheses)


def tactics(goal: Goal) -> list[str]:
    return [tactic for tactic, _ in by_numbers(goal)]


def test_a_goal_without_numbers_has_none() -> None:
    assert tactics(goal("xs ++ [] = xs", numbers={"xs": "List"})) == []


def test_a_closed_statement_is_left_to_the_kernel() -> None:
    assert tactics(goal("f 3 = 4")) == ["decide +kernel"]


def test_residues_are_those_of_the_moduli_that_are_named() -> None:
    (split,) = [t for t in tactics(goal("a ^ 2 % 3 = 0", numbers={"a": "Int"})) if "rcases" in t]
    assert split.startswith("have h1 : a % 3 = 0 ∨ a % 3 = 1 ∨ a % 3 = 2 := by omega\nrcases h1 with h1 | h1 | h1 <;>")


@pytest.mark.parametrize("target", ["a % 1 = 0", "a % 0 = a", "a % 1000 = 0", "b % n = 0", "x.1 % 3.5 = 0"])
def test_moduli_that_make_no_cases_are_left_out(target: str) -> None:
    assert not [t for t in tactics(goal(target, numbers={"a": "Nat", "n": "Nat"})) if "∨" in t]


@pytest.mark.parametrize(("base", "modulus", "cycle"), [(2, 7, 3), (10, 9, 1), (3, 10, 4), (2, 4, None), (2, 29, None)])
def test_the_cycle_of_a_power_is_its_order(base: int, modulus: int, cycle: int | None) -> None:
    found = tactics(goal(f"{modulus} ∣ {base} ^ n + 1", "Dvd.dvd", numbers={"n": "Nat"}))
    cycles = {k for k in range(1, 13) for t in found if f"({base} ^ {k}) ^" in t or (k == 1 and f"{base} ^ (n) %" in t)}
    assert cycles == ({cycle} if cycle else set())


def test_new_names_are_new() -> None:
    for tactic in tactics(goal("a % 3 = 1", numbers={"a": "Nat"}, h1="a % 3 = 1", h2="a = a")):
        assert "have h1 " not in tactic
        assert "have h2 " not in tactic


def test_a_search_is_as_small_as_the_kernel_can_bear() -> None:
    for literal in (5, 30, 100, 5000):
        for count in (1, 2, 3):
            numbers = dict.fromkeys("abc"[:count], "Nat")
            sums = " + ".join(numbers)
            for tactic in tactics(goal("a = 1", numbers=numbers, h=f"{sums} = {literal}")):
                bounds = [int(part.split()[0]) for part in tactic.split(" < ")[1:]]
                assert "decide +kernel" not in tactic or max(bounds) ** count <= MAX_EVALUATIONS * 1.3


def test_a_variable_that_others_define_is_not_searched() -> None:
    found = tactics(goal("b = 9", numbers={"a": "Nat", "b": "Nat", "n": "Nat"}, e="n = 10 * a + b", h="a ≤ 9"))
    (decided,) = [t for t in found if t.endswith("decide +kernel")]
    assert decided.startswith("subst e\n")
    assert "revert n" not in decided
    assert "revert h\n" in decided


def test_what_a_search_would_leave_behind_forbids_it() -> None:
    numbers = {"a": "Nat", "f": "arrow"}
    assert not [t for t in tactics(goal("f a = 3", numbers=numbers, h="a ≤ 9")) if "decide" in t]


def test_the_divisors_of_a_product_are_tried() -> None:
    found = tactics(goal("p = 7", numbers={"p": "Nat", "q": "Nat"}, h="p * q = 91"))
    assert any("d = 1 ∨ d = 7 ∨ d = 13 ∨ d = 91" in tactic for tactic in found)
    assert not [t for t in tactics(goal("p = 7", numbers={"p": "Int", "q": "Int"}, h="p * q = 91")) if "d ∣" in t]


def test_a_cast_goes_to_the_type_that_hypotheses_speak_of() -> None:
    found = tactics(goal("a = 4", numbers={"a": "Nat"}, h="(↑a : Rat) / 2 = 2"))
    assert any(t.startswith("suffices h1 : ((a : Nat) : Rat) = ((4 : Nat) : Rat) by exact_mod_cast h1") for t in found)
    assert not [t for t in tactics(goal("a = 4", numbers={"a": "Nat"}, h="a / 2 = 2")) if "suffices" in t]


def test_products_are_of_what_is_not_negative() -> None:
    found = tactics(
        goal("a * d + b * c ≤ b * d + a * c", "LE.le", numbers=dict.fromkeys("abcd", "Rat"), h="a ≤ b", k="d ≥ c")
    )
    assert any("(a := (b) - (a)) (b := (d) - (c)) (by grind) (by grind)" in tactic for tactic in found)
