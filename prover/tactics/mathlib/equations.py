"""`linear_combination` with coefficients that are solved for.

The difference of the goal's sides is written as a combination of those of the hypotheses. Coefficients are
polynomials of small degree: each hypothesis is multiplied by each small monomial, and a linear system over the
rational numbers says how often each product is needed (Polyrith asks a Gröbner basis; elimination needs no service).
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.polynomial import (
    Monomial,
    NotPolynomial,
    Polynomial,
    combination,
    degree,
    monomials,
    parsed,
    plus,
    printed,
    times,
    unknowns,
)

Weighted = Iterator[tuple[str, float]]

MAX_PRODUCTS = 40
"""The maximum number of products of hypotheses and monomials, that is of unknown coefficients."""
MAX_POWER = 2
"""The maximum exponent to which the goal's equation is raised."""


def by_combination(goal: Goal) -> Weighted:
    """Yields `linear_combination` for an equation that follows from equations by ring arithmetic."""
    if goal.head != "Eq" or goal.equality == "Nat":
        return
    wanted = difference(goal.target)
    if not wanted:
        return
    known = [(h, found) for h in goal.hypotheses if h.prop and (found := difference(h.type))]
    for power in range(1, MAX_POWER + 1):
        try:
            target = _power(wanted, power)
        except NotPolynomial:
            return
        if (found_terms := _terms(target, known, goal.equality == "Int")) is not None:
            raised = "" if power == 1 else f"(exp := {power}) "
            yield f"linear_combination {raised}{found_terms}", -0.4
            return


def difference(text: str) -> Polynomial | None:
    """Returns the difference of the sides of a printed equation; None if it is none between polynomials."""
    sides = text.split(" = ")
    if len(sides) != 2:
        return None
    try:
        return plus(parsed(sides[0]), parsed(sides[1]), -1)
    except NotPolynomial:
        return None


def _power(value: Polynomial, exponent: int) -> Polynomial:
    result: Polynomial = {(): Fraction(1)}
    for _ in range(exponent):
        result = times(result, value)
    return result


def _terms(wanted: Polynomial, known: Sequence[tuple[Hypothesis, Polynomial]], whole: bool) -> str | None:
    """Returns the combination of hypotheses that is `wanted`, as a term; of small coefficients if there is one."""
    most = max([degree(wanted), *(degree(value) for _, value in known)], default=0)
    names = sorted(set().union(unknowns(wanted), *(unknowns(value) for _, value in known)))
    for size in range(most + 1):
        products: list[tuple[Hypothesis, Monomial, Polynomial]] = []
        for h, value in known:
            for factor in monomials(names, min(size, max(most - degree(value), size - 1, 0))):
                products.append((h, factor, {tuple(sorted(m + factor)): c for m, c in value.items()}))
                if len(products) > MAX_PRODUCTS:
                    return None
        found = combination(wanted, [product for _, _, product in products])
        if found is not None:
            if whole and any(value.denominator != 1 for value in found):
                return None
            return _sum(known, [(h, factor) for h, factor, _ in products], found)
    return None


def _sum(
    known: Sequence[tuple[Hypothesis, Polynomial]],
    factors: Sequence[tuple[Hypothesis, Monomial]],
    coefficients: Sequence[Fraction],
) -> str:
    parts = []
    for h, _ in known:
        factor = {m: c for (of, m), c in zip(factors, coefficients, strict=True) if of is h and c}
        if factor:
            text = printed(factor)
            parts.append(h.name if text == "(1)" else f"{text} * {h.name}")
    return " + ".join(parts) or "0"
