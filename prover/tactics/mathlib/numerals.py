"""Witnesses that are numbers: small ones for which equations and inequalities between polynomials hold.

`exists` and `use` take one term after another, so that two numbers with a sum and a product are not found by trying
each alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from operator import eq, ge, gt, le, lt, ne

from prover.tactics.polynomial import NotPolynomial, Polynomial, parsed, plus, unknowns

EXISTS = re.compile(r"((?:∃ [^,∃∀]+, )+)(.*)", re.DOTALL)
BINDER = re.compile(r"∃ ([^,]+), ")
RELATION = re.compile(r"([^=≤<≥>≠∧∨→↔¬∀∃∣%/]+) (=|≤|<|≥|>|≠) ([^=≤<≥>≠∧∨→↔¬∀∃∣%/]+)")
HOLDS: Mapping[str, Callable[[Fraction, int], bool]] = {"=": eq, "≤": le, "<": lt, "≥": ge, ">": gt, "≠": ne}
MAX_TRIED = 20_000
"""The maximum number of tuples of numbers that are tried."""
LARGEST = {1: 200, 2: 60, 3: 20}
"""The largest number that is tried, by the number of unknowns."""
MAX_SOLUTIONS = 2

Condition = tuple[Polynomial, str]
"""A polynomial, and how it compares with 0."""


def small_witnesses(target: str) -> Iterator[str]:
    """Yields numbers, separated by commas, that an existential asks for; none if it is about anything else."""
    found = EXISTS.fullmatch(target)
    if found is None or "-" in target:  # subtraction of natural numbers is not that of polynomials
        return
    names = [name for binder in BINDER.findall(found[1]) for name in _names(binder)]
    largest = LARGEST.get(len(names))
    conditions = _conditions(found[2])
    if largest is None or not conditions or any(not unknowns(value) <= set(names) for value, _ in conditions):
        return
    numbers = islice(product(range(largest + 1), repeat=len(names)), MAX_TRIED)
    solutions = (values for values in numbers if _all_hold(conditions, dict(zip(names, values, strict=True))))
    for values in islice(solutions, MAX_SOLUTIONS):
        yield ", ".join(map(str, values))


def _names(binder: str) -> Sequence[str]:
    """Returns the variables of a binder, such as `a b` and `(a : ℕ)`."""
    return binder.strip("()").partition(":")[0].split()


def _conditions(body: str) -> list[Condition]:
    """Returns the conditions that a conjunction consists of; none if some part is no comparison of polynomials."""
    conditions: list[Condition] = []
    for part in body.split(" ∧ "):
        relation = RELATION.fullmatch(part)
        if relation is None:
            return []
        try:
            conditions.append((plus(parsed(relation[1]), parsed(relation[3]), -1), relation[2]))
        except NotPolynomial:
            return []
    return conditions


def _all_hold(conditions: Sequence[Condition], values: Mapping[str, int]) -> bool:
    return all(HOLDS[relation](_value(polynomial, values), 0) for polynomial, relation in conditions)


def _value(polynomial: Polynomial, values: Mapping[str, int]) -> Fraction:
    total = Fraction(0)
    for monomial, coefficient in polynomial.items():
        term = coefficient
        for factor in monomial:
            term *= values[factor]
        total += term
    return total
