"""Tactics of Mathlib that turn a goal into others: witnesses, negations, extensionality, normal forms, congruence."""

import re
from collections.abc import Callable, Iterator, Sequence

from prover.lean.protocol import Goal
from prover.tactics.mathlib.availability import those_available
from prover.tactics.mathlib.closing import ORDERS
from prover.tactics.mathlib.numerals import small_witnesses

Weighted = Iterator[tuple[str, float]]

MAX_WITNESSES = 12
MAX_FACTS = 6
INTERVALS = "Finset.mem_Icc, Finset.mem_Ico, Finset.mem_range, Set.mem_Icc, Set.mem_setOf_eq"
"""The lemmas that say what it is to be in an interval."""


def steps(goal: Goal, fresh: Callable[[Goal, str], str], witnesses: Sequence[str]) -> Weighted:
    """Yields the steps that the goal's shape allows; none where a file has no tactics of Mathlib.

    Args:
        fresh: returns a name that no hypothesis has.
        witnesses: terms for an existential.
    """
    yield from those_available(goal.toolbox, _all(goal, fresh, witnesses))


def _all(goal: Goal, fresh: Callable[[Goal, str], str], witnesses: Sequence[str]) -> Weighted:
    yield from _target(goal, fresh, witnesses)
    yield from _negations(goal, fresh)
    yield from _normal_forms(goal)
    yield from _patterns(goal, fresh)
    yield from _rewrites(goal)


def _target(goal: Goal, fresh: Callable[[Goal, str], str], witnesses: Sequence[str]) -> Weighted:
    match goal.head:
        case "Exists":
            for rank, value in enumerate(witnesses[:MAX_WITNESSES]):
                yield f"use {value}", -1.0 - 0.05 * rank
            for numbers in small_witnesses(goal.target):
                for rank, closer in enumerate(("decide", "norm_num")):
                    yield f"exact ⟨{numbers}, by {closer}⟩", -0.4 - 0.1 * rank
        case "And":
            parts = goal.target.count(" ∧ ") + 1
            if parts > 2:
                yield f"refine ⟨{', '.join(['?_'] * parts)}⟩", -0.5
            yield "refine ⟨?_, ?_⟩", -1.0
        case "Eq":
            yield f"ext {fresh(goal, 'x')}", -1.2 if goal.equality in ("Set", "Finset") else -2.4
            if re.search(r"[-+*/^]", goal.target):
                yield "ring_nf", -1.8
                yield "apply le_antisymm", -2.6
        case head if head in ORDERS:
            yield "gcongr", -1.5
            yield "rw [← sub_nonneg]", -2.6
            yield "apply le_of_sub_nonneg", -2.6
        case "forall" | "arrow":
            yield "rintro ⟨⟩", -2.2
            yield f"rintro ({fresh(goal, 'h')} | {fresh(goal, 'h')})", -1.8
            yield "rintro rfl", -1.4


def _negations(goal: Goal, fresh: Callable[[Goal, str], str]) -> Weighted:
    name = fresh(goal, "h")
    if goal.head not in ("False", "forall", "arrow"):
        yield f"by_contra! {name}", -2.0 if goal.head not in ("Exists", "Or") else -1.5
    if goal.head == "arrow":
        yield "contrapose!", -1.8
    if goal.head != "False":
        for h in goal.facts[:MAX_FACTS]:
            if h.head in ("Not", "Ne", "forall", "LE.le", "LT.lt"):
                yield f"contrapose! {h.name}", -2.2
    if goal.head == "Not" or "¬" in goal.target:
        yield "push_neg", -0.8
    for h in goal.facts[:MAX_FACTS]:
        if "¬" in h.type:
            yield f"push_neg at {h.name}", -0.8


def _normal_forms(goal: Goal) -> Weighted:
    """Yields rewriting of the goal, or of a hypothesis, into a normal form of arithmetic."""
    yield "norm_num", -1.6
    for h in goal.facts[-MAX_FACTS:]:
        if h.head in ("forall", "arrow"):
            continue
        yield f"norm_num at {h.name}", -1.5
        if re.search(r"[-+*^]", h.type):
            yield f"ring_nf at {h.name}", -2.2
        if "/" in h.type or "⁻¹" in h.type:
            yield f"field_simp at {h.name}", -1.3
        if "↑" in h.type:
            yield f"push_cast at {h.name}", -1.6
            yield f"norm_cast at {h.name}", -1.5
        if h.head == "Membership.mem":
            yield f"simp only [{INTERVALS}] at {h.name}", -1.4
    if "/" in goal.target or "⁻¹" in goal.target:
        yield "field_simp", -1.2
    if "↑" in goal.target:
        yield "push_cast", -1.5
        yield "norm_cast", -1.5
    if any(h.head == "Nat" and not h.prop for h in goal.hypotheses) and " - " in goal.target:
        yield "zify", -2.4


def _patterns(goal: Goal, fresh: Callable[[Goal, str], str]) -> Weighted:
    """Yields patterns that take a hypothesis apart all at once, and equations of products apart."""
    for h in goal.facts:
        if h.head == "And" and h.type.count(" ∧ ") > 1 and "(" not in h.type:
            names = [f"{h.name}_{place}" for place in range(1, h.type.count(" ∧ ") + 2)]
            yield f"obtain ⟨{', '.join(names)}⟩ := {h.name}", -0.3
        if h.head == "Exists":
            yield f"obtain ⟨{fresh(goal, 'w')}, rfl⟩ := {h.name}", -0.6
        if h.head == "forall" and re.match(r"∀ [^,]+, ∃ ", h.type):
            yield f"choose {fresh(goal, 'f')} {fresh(goal, 'hf')} using {h.name}", -1.5
        if h.head == "Or":
            yield f"rcases {h.name} with rfl | rfl", -0.7
            yield f"rcases {h.name} with {h.name} | {h.name}", -0.5
        if h.head == "Eq" and h.type.endswith(" = 0") and "*" in h.type:
            name = fresh(goal, "hz")
            yield f"rcases mul_eq_zero.mp {h.name} with {name} | {name}", -1.2
        if h.head == "Eq" and re.search(r"\^ \d+ = 0$", h.type):
            yield f"have {fresh(goal, 'hz')} := pow_eq_zero_iff (by norm_num) |>.mp {h.name}", -1.2


def _rewrites(goal: Goal) -> Weighted:
    for h in goal.facts[:MAX_FACTS]:
        if h.head == "Eq":
            yield f"nth_rewrite 1 [{h.name}]", -2.4
            yield f"nth_rewrite 2 [{h.name}]", -3.0
