"""Witnesses of existentials over numbers, computed: an equation that is linear in the witness is solved for it.

Terms are read as polynomials from what Lean prints, with every term that is no sum, product or small power as an
unknown. A division must leave no remainder. Lean proves what comes out; a wrong witness only fails.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction

from prover.lean.protocol import Goal
from prover.tactics.arithmetic import WORD
from prover.tactics.polynomial import Monomial, NotPolynomial, Polynomial, parsed, plus, printed, times

EXISTS = re.compile(r"∃ (\S+?)(?: : [^,]+)?, (.*)", re.DOTALL)
DEFINED = re.compile(r"([^\W\d][\w'₀-₉]*) = (.+)|(.+) = ([^\W\d][\w'₀-₉]*)", re.DOTALL)
BEYOND_WHOLE_NUMBERS = re.compile(r"[/↑√]|(?:^|[(+*-]) ?-")
"""quotients, casts, roots and signs"""
MAX_SUBSTITUTIONS = 4


def solved(goal: Goal) -> Iterator[str]:
    """Yields witnesses of the goal, an existential, for which its equations hold."""
    found = EXISTS.fullmatch(goal.target)
    if found is None:
        return
    variable, body = found.groups()
    known = dict(_definitions(goal))
    for part in body.split(" ∧ "):
        sides = (part[1:-1] if part.startswith("(") and part.endswith(")") else part).split(" = ")
        if len(sides) == 2:
            try:
                left, right = (_substituted(_read(side), known) for side in sides)
                if (value := _solution(plus(left, right, -1), variable)) is not None:
                    yield printed(value)
            except NotPolynomial:
                continue


def _read(text: str) -> Polynomial:
    """Reads a sum of products of whole numbers and unknowns.

    Raises:
        NotPolynomial: It is none.
    """
    if BEYOND_WHOLE_NUMBERS.search(text):
        raise NotPolynomial
    return parsed(text)


def _definitions(goal: Goal) -> Iterator[tuple[str, Polynomial]]:
    """Yields what hypotheses say that a variable is equal to."""
    for h in goal.hypotheses:
        found = DEFINED.fullmatch(h.type) if h.prop else None
        if found is None:
            continue
        name, term = (found[1], found[2]) if found[1] else (found[4], found[3])
        if name not in WORD.findall(term):
            try:
                yield name, _read(term)
            except NotPolynomial:
                continue


def _solution(equation: Polynomial, variable: str) -> Polynomial | None:
    """Returns the polynomial for which the equation `equation = 0`, linear in the variable, holds."""
    factor: dict[Monomial, Fraction] = {}
    rest: dict[Monomial, Fraction] = {}
    for monomial, coefficient in equation.items():
        match monomial.count(variable):
            case 0:
                rest[monomial] = coefficient
            case 1:
                factor[tuple(each for each in monomial if each != variable)] = coefficient
            case _:
                return None
    if len(factor) != 1 or any(variable in word for monomial in rest for word in monomial if not word.isidentifier()):
        return None
    ((divisor, number),) = factor.items()
    quotient: dict[Monomial, Fraction] = {}
    for monomial, coefficient in rest.items():
        left = Counter(monomial)
        left.subtract(divisor)
        if coefficient % number or min(left.values(), default=0) < 0:
            return None
        quotient[tuple(sorted(left.elements()))] = -coefficient / number
    return quotient


def _substituted(term: Polynomial, known: Mapping[str, Polynomial]) -> Polynomial:
    for _ in range(MAX_SUBSTITUTIONS):
        name = next((each for monomial in term for each in monomial if each in known), None)
        if name is None:
            return term
        result: Polynomial = {}
        for monomial, coefficient in term.items():
            product: Polynomial = {(): coefficient}
            for factor in monomial:
                product = times(product, known[name] if factor == name else {(factor,): Fraction(1)})
            result = plus(result, product)
        term = result
    return term
