"""Hints for `nlinarith`: squares, and products of what is known to be positive.

`nlinarith` itself multiplies pairs of hypotheses and hints. What it lacks are squares that are not in the goal, and
products of more than two factors. Squares are found by completing them in the difference of the goal's sides.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, islice

from prover.lean.protocol import Goal
from prover.tactics.polynomial import Monomial, NotPolynomial, Polynomial, degree, parsed, plus, printed, times

Hints = Sequence[str]

ORDERED = {"Int", "Rat", "Real", "NNRat", "NNReal"}
RELATION = re.compile(r"([^=≤<≥>≠∧∨→↔¬∀∃]+) (≤|<|≥|>|=) ([^=≤<≥>≠∧∨→↔¬∀∃]+)")
WORD = re.compile(r"[^\W\d][\w.'!?₀-₉]*")
MAX_VARIABLES = 4
MAX_HINTS = 8


@dataclass(frozen=True)
class SignFact:
    """A hypothesis that says that a term is positive, or at least 0."""

    proof: str
    strict: bool


def hint_sets(goal: Goal) -> Iterator[Hints]:
    """Yields sets of hints for a goal that is an inequality, or that inequalities contradict; small sets first."""
    variables = ordered_variables(goal)
    if not variables:
        return
    completed = [f"sq_nonneg {printed(_of_integers(form))}" for form in completed_squares(goal)][:MAX_HINTS]
    differences = [f"sq_nonneg ({a} - {b})" for a, b in combinations(variables, 2)]
    signs = list(sign_facts(goal))
    products = _products(signs)
    squares = [f"sq_nonneg {a}" for a in variables] + [f"sq_nonneg ({a} + {b})" for a, b in combinations(variables, 2)]
    one = [f"sq_nonneg ({a} - 1)" for a in variables]
    high = _of_high_degree(goal, variables, signs)
    for hints in (
        completed,
        differences,
        products,
        [*differences, *products],
        squares,
        [*differences, *squares],
        [*one, *products],
        high,
        [*differences, *products, *high],
    ):
        if hints:
            yield list(dict.fromkeys(hints))[: 2 * MAX_HINTS]


def ordered_variables(goal: Goal) -> list[str]:
    """Returns the variables of ordered rings that the goal is about, those of its target first."""
    sorts = {h.name for h in goal.hypotheses if h.head == "Sort"}
    known = [h.name for h in goal.hypotheses if not h.prop and (h.head in ORDERED or h.type in sorts)]
    in_target = [name for name in known if name in WORD.findall(goal.target)]
    in_facts = {word for h in goal.hypotheses if h.prop for word in WORD.findall(h.type)}
    others = [name for name in known if name not in in_target and name in in_facts]
    return [*in_target, *others][:MAX_VARIABLES]


def sign_facts(goal: Goal) -> Iterator[SignFact]:
    """Yields what hypotheses say to be positive or at least 0: terms themselves, or differences of two sides."""
    for h in goal.facts:
        found = RELATION.fullmatch(h.type)
        if found is None or found[2] == "=":
            continue
        strict = found[2] in "<>"
        small = found[1] if found[2] in "≤<" else found[3]
        if small.strip() == "0":
            yield SignFact(h.name, strict)
        else:
            yield SignFact(f"({'sub_pos' if strict else 'sub_nonneg'}.mpr {h.name})", strict)


def completed_squares(goal: Goal) -> Iterator[Polynomial]:
    """Yields the linear forms whose squares add up to the difference of the goal's sides, as far as they do."""
    found = RELATION.fullmatch(goal.target)
    if found is None:
        return
    try:
        rest = plus(parsed(found[3]), parsed(found[1]), -1 if found[2] in "≤<" else 1)
        if found[2] in "≥>":
            rest = plus(parsed(found[1]), parsed(found[3]), -1)
        while (square := _square(rest)) is not None:
            variable, coefficient = square
            form = _form(rest, variable, coefficient)
            rest = plus(rest, times(form, form), -coefficient)
            yield form
    except NotPolynomial:
        return


def _square(value: Polynomial) -> tuple[str, Fraction] | None:
    """Returns an unknown whose square is in a quadratic polynomial, with its coefficient."""
    if degree(value) != 2:
        return None
    squares = ((m[0], c) for m, c in sorted(value.items()) if len(m) == 2 and m[0] == m[1])
    return next(squares, None)


def _form(value: Polynomial, variable: str, coefficient: Fraction) -> Polynomial:
    """Returns the linear form in whose square, times the coefficient, all monomials with a variable are."""
    form: dict[Monomial, Fraction] = {(variable,): Fraction(1)}
    for monomial, c in value.items():
        if monomial.count(variable) == 1:
            rest = tuple(factor for factor in monomial if factor != variable)
            form[rest] = form.get(rest, Fraction(0)) + c / (2 * coefficient)
    return form


def _of_integers(value: Polynomial) -> Polynomial:
    """Returns the smallest multiple of a polynomial that has integer coefficients: Lean computes faster with these."""
    factor = math.lcm(*(coefficient.denominator for coefficient in value.values()))
    return {monomial: factor * coefficient for monomial, coefficient in value.items()}


def _products(signs: Sequence[SignFact]) -> list[str]:
    chosen = signs[:MAX_VARIABLES]
    pairs = [_product(one, other).proof for one, other in combinations(chosen, 2)]
    triples = [_product(_product(a, b), c).proof for a, b, c in islice(combinations(chosen, 3), 2)]
    return [*pairs, *triples]


def _product(one: SignFact, other: SignFact) -> SignFact:
    if one.strict and other.strict:
        return SignFact(f"(mul_pos {one.proof} {other.proof})", strict=True)
    return SignFact(f"(mul_nonneg {_weak(one)} {_weak(other)})", strict=False)


def _weak(fact: SignFact) -> str:
    return f"(le_of_lt {fact.proof})" if fact.strict else fact.proof


def _of_high_degree(goal: Goal, variables: Sequence[str], signs: Sequence[SignFact]) -> list[str]:
    """Returns hints of degree three and four: signs times squares, and squares of differences of products."""
    pairs = list(combinations(variables, 2))
    weighted = [f"mul_nonneg {_weak(fact)} (sq_nonneg ({a} - {b}))" for fact in signs[:3] for a, b in pairs[:3]]
    products = [f"{a} * {b}" for a, b in pairs]
    quartic = [f"sq_nonneg ({one} - {other})" for one, other in combinations(products, 2)]
    quartic += [f"sq_nonneg ({a} ^ 2 - {b} ^ 2)" for a, b in pairs]
    return [*weighted, *quartic[:6]]
