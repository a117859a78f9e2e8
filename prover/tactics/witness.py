"""Witnesses of existentials over numbers, computed: an equation that is linear in the witness is solved for it.

Terms are read as polynomials from what Lean prints, with every term that is no sum, product or small power as an
unknown. A division must leave no remainder. Lean proves what comes out; a wrong witness only fails.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from prover.lean.protocol import Goal
from prover.tactics.arithmetic import WORD

Monomial = tuple[str, ...]
"""the factors in order, each as often as its exponent says"""
Polynomial = Mapping[Monomial, int]
"""coefficients by monomial"""

EXISTS = re.compile(r"∃ (\S+?)(?: : [^,]+)?, (.*)", re.DOTALL)
TOKEN = re.compile(r"\s*(?:(\d+)|([^\W\d][\w.'!?₀-₉✝]*)|(.))", re.DOTALL)
DEFINED = re.compile(r"([^\W\d][\w'₀-₉]*) = (.+)|(.+) = ([^\W\d][\w'₀-₉]*)", re.DOTALL)
MAX_MONOMIALS = 40
MAX_EXPONENT = 4
MAX_SUBSTITUTIONS = 4


class NotPolynomial(ValueError):
    """A term is not read as a polynomial."""


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
                left, right = (_substituted(_parsed(side), known) for side in sides)
                if (value := _solution(_sum(left, right, -1), variable)) is not None:
                    yield _printed(value)
            except NotPolynomial:
                continue


def _definitions(goal: Goal) -> Iterator[tuple[str, Polynomial]]:
    """Yields what hypotheses say that a variable is equal to."""
    for h in goal.hypotheses:
        found = DEFINED.fullmatch(h.type) if h.prop else None
        if found is None:
            continue
        name, term = (found[1], found[2]) if found[1] else (found[4], found[3])
        if name not in WORD.findall(term):
            try:
                yield name, _parsed(term)
            except NotPolynomial:
                continue


def _solution(equation: Polynomial, variable: str) -> Polynomial | None:
    """Returns the polynomial for which the equation `equation = 0`, linear in the variable, holds."""
    factor: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
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
    quotient: dict[Monomial, int] = {}
    for monomial, coefficient in rest.items():
        left = Counter(monomial)
        left.subtract(divisor)
        if coefficient % number or min(left.values(), default=0) < 0:
            return None
        quotient[tuple(sorted(left.elements()))] = -coefficient // number
    return quotient


def _printed(value: Polynomial) -> str:
    """Returns a polynomial as a term; terms with negative coefficients come last."""
    terms = sorted(value.items(), key=lambda term: (term[1] < 0, -len(term[0]), term[0]))
    text = ""
    for monomial, coefficient in terms:
        size = abs(coefficient)
        factors = [*([str(size)] if size != 1 or not monomial else []), *monomial]
        sign = "-" if coefficient < 0 else "+"
        text += (f" {sign} " if text else "0 - " if coefficient < 0 else "") + " * ".join(factors)
    return f"({text or '0'})"


def _substituted(term: Polynomial, known: Mapping[str, Polynomial]) -> Polynomial:
    for _ in range(MAX_SUBSTITUTIONS):
        name = next((each for monomial in term for each in monomial if each in known), None)
        if name is None:
            return term
        result: Polynomial = {}
        for monomial, coefficient in term.items():
            product: Polynomial = {(): coefficient}
            for factor in monomial:
                product = _product(product, known[name] if factor == name else {(factor,): 1})
            result = _sum(result, product)
        term = result
    return term


def _sum(one: Polynomial, other: Polynomial, factor: int = 1) -> Polynomial:
    total = Counter(dict(one))
    for monomial, coefficient in other.items():
        total[monomial] += factor * coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def _product(one: Polynomial, other: Polynomial) -> Polynomial:
    if len(one) * len(other) > MAX_MONOMIALS:
        raise NotPolynomial
    total: Counter[Monomial] = Counter()
    for left, a in one.items():
        for right, b in other.items():
            total[tuple(sorted(left + right))] += a * b
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def _parsed(text: str) -> Polynomial:
    """Reads a printed term.

    Raises:
        NotPolynomial: It has other operators.
    """
    tokens = [number or word or other for number, word, other in TOKEN.findall(text.strip())]
    term, rest = _sums(tokens)
    if rest:
        raise NotPolynomial
    return term


def _sums(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    term, tokens = _products(tokens)
    while tokens and tokens[0] in "+-":
        sign, (other, tokens) = tokens[0], _products(tokens[1:])
        term = _sum(term, other, 1 if sign == "+" else -1)
    return term, tokens


def _products(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    term, tokens = _powers(tokens)
    while tokens and tokens[0] == "*":
        other, tokens = _powers(tokens[1:])
        term = _product(term, other)
    return term, tokens


def _powers(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    base, tokens = _atoms(tokens)
    if tokens and tokens[0] == "^":
        exponent = tokens[1] if len(tokens) > 1 else ""
        if not exponent.isdigit() or int(exponent) > MAX_EXPONENT:
            raise NotPolynomial
        term: Polynomial = {(): 1}
        for _ in range(int(exponent)):
            term = _product(term, base)
        return term, tokens[2:]
    return base, tokens


def _atoms(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    if not tokens:
        raise NotPolynomial
    first, *rest = tokens
    if first.isdigit():
        return ({(): int(first)} if int(first) else {}), rest
    if first == "(":
        term, rest = _sums(rest)
        if not rest or rest[0] != ")":
            raise NotPolynomial
        return term, rest[1:]
    if not (first[0].isalpha() or first[0] == "_"):
        raise NotPolynomial
    return _application(first, rest)


def _application(head: str, tokens: list[str]) -> tuple[Polynomial, list[str]]:
    """Reads a name with its arguments as one unknown."""
    words = [head]
    while tokens and (tokens[0] == "(" or tokens[0].isdigit() or tokens[0][0].isalpha()):
        length = _closing(tokens) if tokens[0] == "(" else 1
        words.append(" ".join(tokens[:length]))
        tokens = tokens[length:]
    text = " ".join(words)
    return {(f"({text})" if len(words) > 1 else text,): 1}, tokens


def _closing(tokens: list[str]) -> int:
    """Returns the number of tokens up to the parenthesis that closes the first one.

    Raises:
        NotPolynomial: None does.
    """
    depth = 0
    for length, token in enumerate(tokens, start=1):
        depth += (token == "(") - (token == ")")
        if depth == 0:
            return length
    raise NotPolynomial
