"""Witnesses that are computed from the equations of an existential."""

import pytest

from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.witness import solved


def goal(target: str, *facts: str) -> Goal:
    hypotheses = tuple(Hypothesis(f"h{place}", fact, "Eq", prop=True) for place, fact in enumerate(facts))
    return Goal("key", target=target, head="Exists", hypotheses=hypotheses)


@pytest.mark.parametrize(
    ("target", "facts", "witness"),
    [
        ("∃ k, m * n = 2 * k + 1", ("m = 2 * w + 1", "n = 2 * w1 + 1"), "(2 * w * w1 + w + w1)"),
        ("∃ c_1, c = a * c_1", ("b = a * w", "c = b * w1"), "(w * w1)"),
        ("∃ d, b + c = a * d", ("b = a * w", "a * w1 = c"), "(w + w1)"),
        ("∃ x, x + a = b", (), "(b - a)"),
        ("∃ x : Int, x + a = 0", (), "(0 - a)"),
        ("∃ x, (a + 1) ^ 2 = x + 1", (), "(a * a + 2 * a)"),
        ("∃ x, f (n + 1) * 2 = 2 * x", (), "((f ( n + 1 )))"),
        ("∃ x, P x ∧ x = a + 1", (), "(a + 1)"),
    ],
)
def test_a_linear_equation_is_solved(target: str, facts: tuple[str, ...], witness: str) -> None:
    assert list(solved(goal(target, *facts))) == [witness]


@pytest.mark.parametrize(
    "target",
    [
        "∃ x, 2 * x = a",  # would leave a remainder
        "∃ x, x * x = a",
        "∃ x, f x = a",
        "∃ zs, xs ++ zs = ys",
        "∃ x, x < a",
        "a = b",
        "∃ x, (x = a",
    ],
)
def test_what_is_no_linear_equation_has_no_computed_witness(target: str) -> None:
    assert list(solved(goal(target))) == []
