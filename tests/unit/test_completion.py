"""Completion derives equations, and each chain of steps proves what it says."""

import itertools
from collections.abc import Sequence

import pytest

from prover.tactics.completion import (
    Derived,
    EquationalCompletion,
    RewriteStep,
    Symbols,
    Term,
    at,
    put,
    substituted,
    variables,
)

UNIT, INVERSE, TIMES, JOIN, MEET = range(5)
"""symbols: a constant, a unary function and three binary ones"""
a, b, c, d = ((symbol,) for symbol in range(5, 9))
RANK = [0, 9, 8, 5, 6, 1, 2, 3, 4]
unit: Term = (UNIT,)


def m(x: Term, y: Term) -> Term:
    return (TIMES, x, y)


def u(x: Term, y: Term) -> Term:
    return (JOIN, x, y)


def n(x: Term, y: Term) -> Term:
    return (MEET, x, y)


def inv(x: Term) -> Term:
    return (INVERSE, x)


def law(left: Term, right: Term) -> Derived:
    return Derived(left, right, (0,) * len(variables(right, variables(left))))


GROUP = (law(m(m(0, 1), 2), m(0, m(1, 2))), law(m(unit, 0), 0), law(m(inv(0), 0), unit))
LATTICE = (
    *(law(f(0, 1), f(1, 0)) for f in (u, n)),
    *(law(f(f(0, 1), 2), f(0, f(1, 2))) for f in (u, n)),
    law(u(0, n(0, 1)), 0),
    law(n(0, u(0, 1)), 0),
)
DISTRIBUTIVE = (*LATTICE, law(n(0, u(1, 2)), u(n(0, 1), n(0, 2))))


def completion(goal: tuple[Term, Term], laws: Sequence[Derived]) -> EquationalCompletion:
    return EquationalCompletion(Symbols([0] * len(RANK), RANK), goal, list(laws), {0: unit})


def proved(goal: tuple[Term, Term], laws: Sequence[Derived], turns: int = 400) -> bool:
    """Returns whether completion proves a goal in so many looks at the clock; follows every chain of steps."""
    run = completion(goal, laws)
    ticks = itertools.count()
    chain = run.run(turns, lambda: next(ticks))
    for equation in run.equations:
        if equation.chain:
            follow(run.equations, equation.left, equation.chain, equation.right)
    if chain is not None:
        follow(run.equations, goal[0], chain, goal[1])
    return chain is not None


def follow(equations: Sequence[Derived], start: Term, chain: Sequence[RewriteStep], stop: Term) -> None:
    """Asserts that each step replaces what is there, and that they lead from one term to the other."""
    term = start
    for step in chain:
        equation = equations[step.equation]
        sides = (equation.left, equation.right) if step.forward else (equation.right, equation.left)
        assert len(step.arguments) == len(equation.types)
        old, new = (substituted(side, dict(enumerate(step.arguments))) for side in sides)
        assert at(term, step.path) == old
        term = put(term, step.path, new)
    assert term == stop


@pytest.mark.parametrize(
    "goal",
    [
        (m(a, inv(a)), unit),
        (m(a, unit), a),
        (inv(inv(a)), a),
        (inv(m(a, b)), m(inv(b), inv(a))),
        (m(a, m(inv(a), b)), b),
    ],
)
def test_left_units_and_inverses_make_a_group(goal: tuple[Term, Term]) -> None:
    assert proved(goal, GROUP)


def test_what_does_not_follow_is_not_proved() -> None:
    assert not proved((m(a, b), m(b, a)), GROUP)


def test_squares_that_are_the_unit_make_a_group_commutative() -> None:
    squares = (GROUP[0], law(m(unit, 0), 0), law(m(0, unit), 0), law(m(0, 0), unit))
    assert proved((m(a, b), m(b, a)), squares)


def test_a_hypothesis_without_variables_is_used() -> None:
    assert proved((b, c), (*GROUP, law(m(a, b), m(a, c))))


def test_absorption_makes_idempotent() -> None:
    assert proved((u(a, a), a), (law(u(0, n(0, 1)), 0), law(n(0, u(0, 1)), 0)))


def test_the_dual_law_of_distribution_follows() -> None:
    assert proved((u(a, n(b, c)), n(u(a, b), u(a, c))), DISTRIBUTIVE)


def test_commutativity_and_associativity_are_rewritten_with_though_they_have_no_direction() -> None:
    laws = (law(m(0, 1), m(1, 0)), law(m(m(0, 1), 2), m(0, m(1, 2))))
    assert proved((m(m(a, b), m(c, d)), m(m(a, c), m(b, d))), laws)


def test_an_equation_of_two_variables_proves_everything_of_their_type() -> None:
    laws = (law(m(m(0, 1), 2), m(0, 2)), law(m(0, 0), 0), law(m(0, 1), m(1, 0)))
    assert proved((a, b), laws)


def test_time_is_kept() -> None:
    run = completion((m(a, b), m(b, a)), GROUP)
    assert run.run(0, lambda: 1) is None
