"""Statements in words, by rules: what they do not know stays Lean's text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.tactics.language.informal import informal

SENTENCES = {
    "t (n m : Nat) : n + m = m + n": "For all natural numbers n and m, n + m equals m + n.",
    "t (n m : Nat) (h : n < m) : n + 1 ≤ m": (
        "For all natural numbers n and m, if n is less than m, then n + 1 is at most m."
    ),
    "t (xs ys : List Nat) : (xs ++ ys).length = xs.length + ys.length": (
        "For all lists xs and ys of natural numbers, the length of (xs followed by ys) equals `xs.length + ys.length`."
    ),
    "t {α : Type} (xs : List α) : xs.reverse.reverse = xs": (
        "For all type α and list xs of `α`, `xs.reverse.reverse` equals xs."
    ),
    "t (p q : Prop) : p ∧ q → q ∧ p": "For all propositions p and q, if p and q, then q and p.",
    "t (p q : Prop) : ¬(p ∨ q) ↔ ¬p ∧ ¬q": (
        "For all propositions p and q, it is not the case that p or q if and only if it is not the case that p and "
        "it is not the case that q."
    ),
    "t : ∀ (n : Nat), ∃ m, n < m": ("For every natural number n, there is m such that n is less than m."),
    "t (a b : Int) (h : a ∣ b) (k : b ∣ a) : a.natAbs = b.natAbs": (
        "For all integers a and b, if a divides b and b divides a, then `a.natAbs` equals `b.natAbs`."
    ),
    "M.Tree.mirror_mirror (t : Tree α) : mirror (mirror t) = t": (
        "For every t of type `Tree α`, `mirror (mirror t)` equals t."
    ),
    "t [Monoid M] (x : M) : IsUnit x": (
        "For every x of type `M`, if there is an instance of `Monoid M`, then `IsUnit x` holds."
    ),
    "t {n : Nat} (hn : Even n) : n ≠ 1": "For every natural number n, if `Even n` holds, then n is not equal to 1.",
    "t (h : False) : p": "If a contradiction follows, then p.",
    "t": "`t`.",
}


@pytest.mark.parametrize("signature", SENTENCES)
def test_a_statement_in_words(signature: str) -> None:
    assert informal(signature) == SENTENCES[signature]


@given(st.text(alphabet="()[]{}∀∃→∧∨¬=<, :xyfun+.", max_size=60))
def test_any_signature_is_described(signature: str) -> None:
    assert informal(signature).endswith(".")
