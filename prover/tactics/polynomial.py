"""Polynomials with rational coefficients, read from what Lean prints, and linear combinations of them.

Every term that is no sum, product, small power or quotient by a number is an unknown. What comes out is a guess that
Lean tests: the reader knows neither types nor notations.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

Monomial = tuple[str, ...]
"""The factors in order, each as often as its exponent says."""
Polynomial = Mapping[Monomial, Fraction]
"""Coefficients by monomial; none of them is 0."""

TOKEN = re.compile(r"\s*(?:(\d+)|([^\W\d][\w.'!?₀-₉✝]*)|(.))", re.DOTALL)
PREFIXES = "↑√"
"""Operators in front of a term, with which it is one unknown."""
MAX_MONOMIALS = 40
MAX_EXPONENT = 4


class NotPolynomial(ValueError):
    """A term is not read as a polynomial."""


@lru_cache(maxsize=10_000)
def parsed(text: str) -> Polynomial:
    """Reads a printed term.

    Raises:
        NotPolynomial: It has other operators.
    """
    tokens = [number or word or other for number, word, other in TOKEN.findall(text.strip())]
    term, rest = _sums(tokens)
    if rest:
        raise NotPolynomial
    return term


def printed(value: Polynomial) -> str:
    """Returns a polynomial as a term; terms with negative coefficients come last."""
    terms = sorted(value.items(), key=lambda term: (term[1] < 0, -len(term[0]), term[0]))
    text = ""
    for monomial, coefficient in terms:
        size = abs(coefficient)
        number = str(size) if size.denominator == 1 else f"({size.numerator} / {size.denominator})"
        factors = [*([number] if size != 1 or not monomial else []), *monomial]
        sign = "-" if coefficient < 0 else "+"
        text += (f" {sign} " if text else "0 - " if coefficient < 0 else "") + " * ".join(factors)
    return f"({text or '0'})"


def plus(one: Polynomial, other: Polynomial, factor: Fraction | int = 1) -> Polynomial:
    """Returns the sum of a polynomial and a multiple of another."""
    total = dict(one)
    for monomial, coefficient in other.items():
        total[monomial] = total.get(monomial, Fraction(0)) + factor * coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def times(one: Polynomial, other: Polynomial) -> Polynomial:
    """Returns the product of two polynomials.

    Raises:
        NotPolynomial: It has too many monomials.
    """
    if len(one) * len(other) > MAX_MONOMIALS**2:
        raise NotPolynomial
    total: dict[Monomial, Fraction] = {}
    for left, a in one.items():
        for right, b in other.items():
            monomial = tuple(sorted(left + right))
            total[monomial] = total.get(monomial, Fraction(0)) + a * b
    if len(total) > MAX_MONOMIALS:
        raise NotPolynomial
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def degree(value: Polynomial) -> int:
    """Returns the degree; 0 for the polynomial 0."""
    return max(map(len, value), default=0)


def unknowns(value: Polynomial) -> set[str]:
    """Returns the unknowns of a polynomial."""
    return {factor for monomial in value for factor in monomial}


def combination(wanted: Polynomial, parts: Sequence[Polynomial]) -> list[Fraction] | None:
    """Returns coefficients with which the parts add up to a polynomial, by elimination; None if there are none."""
    rows: dict[Monomial, Counter[int]] = {}
    last = len(parts)
    for column, part in enumerate((*parts, wanted)):
        for monomial, coefficient in part.items():
            rows.setdefault(monomial, Counter())[column] = coefficient  # type: ignore[assignment]  # a count of any kind
    solved: dict[int, dict[int, Fraction]] = {}
    for row in rows.values():
        left: dict[int, Fraction] = dict(row)  # type: ignore[arg-type]  # as above
        for column, known in solved.items():
            _cancel(left, column, known)
        pivot = min((column for column in left if column != last), default=None)
        if pivot is None:
            if left:
                return None
            continue
        scaled = {column: value / left[pivot] for column, value in left.items()}
        for known in solved.values():
            _cancel(known, pivot, scaled)
        solved[pivot] = scaled
    return [solved.get(column, {}).get(last, Fraction(0)) for column in range(last)]


def _cancel(row: dict[int, Fraction], column: int, by: Mapping[int, Fraction]) -> None:
    """Subtracts the multiple of another row from a row with which a column becomes 0."""
    factor = row.get(column)
    if not factor:
        return
    for place, value in by.items():
        left = row.get(place, Fraction(0)) - factor * value
        if left:
            row[place] = left
        else:
            row.pop(place, None)


def _sums(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    term, tokens = _products(tokens)
    while tokens and tokens[0] in "+-":
        sign, (other, tokens) = tokens[0], _products(tokens[1:])
        term = plus(term, other, 1 if sign == "+" else -1)
    return term, tokens


def _products(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    term, tokens = _powers(tokens)
    while tokens and tokens[0] in "*/":
        sign, (other, tokens) = tokens[0], _powers(tokens[1:])
        if sign == "*":
            term = times(term, other)
        elif set(other) == {()}:
            term = {monomial: coefficient / other[()] for monomial, coefficient in term.items()}
        else:
            raise NotPolynomial
    return term, tokens


def _powers(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    if tokens and tokens[0] == "-":
        term, tokens = _powers(tokens[1:])
        return plus({}, term, -1), tokens
    base, tokens = _atoms(tokens)
    if tokens and tokens[0] == "^":
        exponent = tokens[1] if len(tokens) > 1 else ""
        if not exponent.isdigit() or int(exponent) > MAX_EXPONENT:
            raise NotPolynomial
        term = {(): Fraction(1)}
        for _ in range(int(exponent)):
            term = dict(times(term, base))
        return term, tokens[2:]
    return base, tokens


def _atoms(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    if not tokens:
        raise NotPolynomial
    first, *rest = tokens
    if first.isdigit():
        return ({(): Fraction(int(first))} if int(first) else {}), rest
    if first == "(":
        term, rest = _sums(rest)
        if not rest or rest[0] != ")":
            raise NotPolynomial
        return term, rest[1:]
    if first in PREFIXES and rest:
        length = closing(rest) if rest[0] == "(" else 1
        return {(first + " ".join(rest[:length]),): Fraction(1)}, rest[length:]
    if not (first[0].isalpha() or first[0] == "_"):
        raise NotPolynomial
    return _application(first, rest)


def _application(head: str, tokens: list[str]) -> tuple[Polynomial, list[str]]:
    """Reads a name with its arguments as one unknown."""
    words = [head]
    while tokens and (tokens[0] == "(" or tokens[0].isdigit() or tokens[0][0].isalpha()):
        length = closing(tokens) if tokens[0] == "(" else 1
        words.append(" ".join(tokens[:length]))
        tokens = tokens[length:]
    text = " ".join(words)
    return {(f"({text})" if len(words) > 1 else text,): Fraction(1)}, tokens


def closing(tokens: Sequence[str]) -> int:
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


def monomials(names: Sequence[str], most: int) -> Iterator[Monomial]:
    """Yields the monomials in some unknowns up to a degree, those of small degree first."""
    level: list[Monomial] = [()]
    for _ in range(most + 1):
        yield from level
        level = [(*monomial, name) for monomial in level for name in names if not monomial or name >= monomial[-1]]
