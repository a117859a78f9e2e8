"""Instances of universally quantified hypotheses: which are found, in which order."""

import pytest

from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.instances import instances, rules
from prover.tactics.structure import Structure


def goal(target: str, **types: str) -> Goal:
    """A goal with facts of some types; those with quantifiers or arrows have the heads that Lean reports for them."""

    def head(type_: str) -> str:
        return "forall" if type_.startswith("∀") else "arrow" if "→" in type_ else "H"

    facts = tuple(Hypothesis(name, type_, head(type_), prop=True) for name, type_ in types.items())
    return Goal(key="k", names=tuple(types), target=target, head="H", hypotheses=facts)


def terms(goal: Goal) -> list[str]:
    return [instance.term for instance in instances(goal)]


@pytest.mark.parametrize(
    ("type_", "arguments", "conclusion"),
    [
        ("∀ (a b : α), H a → H b → H (a * b)", (None, None, "H a", "H b"), "H (a * b)"),
        ("∀ {x : α} [i : C x] (y : β), P x y → ∃ z, Q z → R z", (None, "P x y"), "∃ z, Q z → R z"),
        ("∀ x ∈ s, P x", (None, "x ∈ s"), "P x"),
        ("∀ n < m, n ∣ k → P n", (None, "n < m", "n ∣ k"), "P n"),
        ("∀ (f : (α → β) → α) (x : α), f (fun y => x) = x → P f", (None, None, "f (fun y => x) = x"), "P f"),
        ("(∀ x, p x) → q", ("(∀ x, p x)",), "q"),
    ],
)
def test_a_rule_is_read(type_: str, arguments: tuple[str | None, ...], conclusion: str) -> None:
    [rule] = rules(goal("q", h=type_))
    assert (rule.arguments, rule.conclusion) == (arguments, conclusion)


@pytest.mark.parametrize("type_", ["a → b ↔ c", "∀ x, p x", "∀ x y, p x → q y", "∃ x, p x → q x"])
def test_what_facts_do_not_determine_is_no_rule(type_: str) -> None:
    assert rules(goal("q", h=type_)) == []


def test_facts_that_mention_the_target_come_first() -> None:
    found = terms(goal("H b⁻¹", he="H 1", hb="H b", h="∀ (x y : α), H x → H y → H (x * y⁻¹)"))
    assert found == ["h _ _ hb he", "h _ _ he hb", "h _ _ hb hb", "h _ _ he he"]


def test_a_variable_has_one_value() -> None:
    order = goal("a ≤ c", h1="a ≤ b", h2="b ≤ c", trans="∀ (x y z : α), x ≤ y → y ≤ z → x ≤ z")
    assert terms(order) == ["trans _ _ _ h1 h2"]
    assert terms(goal("q", h="∀ x, P x x → q", h1="P a b")) == []


def test_premises_follow_by_other_rules() -> None:
    found = terms(goal("H (b * c)", h="∀ x y, H x → H y → H (x * y⁻¹)", hi="∀ x, H x → H x⁻¹", hb="H b", hc="H c"))
    assert "h _ _ hb (hi _ hc)" in found


def test_instances_close_a_goal_and_add_facts() -> None:
    found = Structure().suggest(goal("H b", ha="P a", h="∀ x, P x → H b", e="∀ x, P x → ∃ y, Q y"))
    suggested = {each.tactic for each in found}
    assert {"simpa using h _ ha", "have h1 := h _ ha", "obtain ⟨w, h1⟩ := e _ ha"} <= suggested
    assert "simpa using e _ ha" not in suggested
