"""Tactics for goals about numbers: residues, cycles of powers, searches among finitely many values, products.

Core Lean's `omega` is linear, its `grind` knows rings and linear order; these tactics bring a goal about numbers
within their reach. Each is made from what Lean prints of the goal, and Lean tries it: a guess that is wrong only fails.
Products of hypotheses and squares are the hints of Positivstellensatz provers (Polyrith, `nlinarith`).
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, combinations_with_replacement, islice, product

from prover.lean.protocol import Goal, Hypothesis

Weighted = Iterator[tuple[str, float]]

NUMBER = re.compile(r"(?<![\w.^₀-₉])\d+(?![\w.])")
WORD = re.compile(r"[^\W\d][\w.'!?₀-₉]*")
MODULUS = re.compile(r"% (\d+)|(?<![\w.])(\d+) ∣")
POWER = re.compile(r"(?<![\w.])(\d+) \^ (?:\((.*?)\)|([^\W\d][\w'₀-₉]*))")
PRODUCT = re.compile(r"([^\W\d][\w'₀-₉]*) \* ([^\W\d][\w'₀-₉]*) = (\d+)")
LESS = re.compile(r"([^=≤<≥>∧∨→↔¬∀∃]+) (≤|<|≥|>) ([^=≤<≥>∧∨→↔¬∀∃]+)")

LARGEST_MODULUS = 16
MAX_CASES = 27
"""the maximum number of cases into which a goal is split by residues or values"""
LONGEST_CYCLE = 12
MAX_EVALUATIONS = 1_200
"""the maximum number of instances of a statement that the kernel evaluates, in about a second"""
LARGEST_PRODUCT = 3_000
DECIDE = "set_option synthInstance.maxSize 4096 in decide +kernel"

NAT_RULES = "Nat.dvd_iff_mod_eq_zero, Nat.pow_succ, Nat.mul_mod, Nat.add_mod"
INT_RULES = "Int.dvd_iff_emod_eq_zero, Int.pow_succ, Int.mul_emod, Int.add_emod, Int.sub_emod"


def by_numbers(goal: Goal) -> Weighted:
    """Yields closing tactics for a goal about numbers; none for other goals."""
    numbers = [h for h in goal.hypotheses if h.head in ("Nat", "Int", "Rat") and not h.prop]
    if not numbers:
        if NUMBER.search(goal.target):
            yield "decide +kernel", -2.4
        return
    facts = goal.facts
    for source in (_residues, _cycles, _bounded, _divisors, _subtraction, _casts, _products):
        yield from source(goal, numbers, facts)


def _texts(goal: Goal, facts: Sequence[Hypothesis]) -> list[str]:
    return [goal.target, *(fact.type for fact in facts)]


def _words(text: str) -> set[str]:
    return {part for word in WORD.findall(text) for part in (word, word.split(".")[0])}


def _mentioned(numbers: Iterable[Hypothesis], texts: Iterable[str], *types: str) -> list[str]:
    """Returns the variables of some numeric types that occur in some texts."""
    words = set().union(*map(_words, texts))
    return [h.name for h in numbers if h.head in types and h.name in words]


def _fresh(goal: Goal, base: str, count: int = 1) -> list[str]:
    taken = set(goal.names)
    names = (f"{base}{number}" for number in range(1, count + len(taken) + 1))
    return list(islice((name for name in names if name not in taken), count))


def _either(name: str, values: Iterable[int], term: str = "{} = {}") -> str:
    return " ∨ ".join(term.format(name, value) for value in values)


def _moduli(texts: Iterable[str]) -> list[int]:
    found = {int(one or other) for text in texts for one, other in MODULUS.findall(text)}
    return sorted(modulus for modulus in found if modulus >= 2)


def _residues(goal: Goal, numbers: Sequence[Hypothesis], facts: Sequence[Hypothesis]) -> Weighted:
    """Yields tactics that compute remainders, and that split on the remainders of one variable or two."""
    texts = _texts(goal, facts)
    moduli = _moduli(texts)
    if not moduli:
        return
    integers = _mentioned(numbers, texts, "Int")
    rules = INT_RULES if integers else NAT_RULES
    yield f"simp_all [{rules}]", -1.7
    yield f"simp_all [{rules}] <;> omega", -2.0
    variables = integers or _mentioned(numbers, texts, "Nat")
    for modulus in (modulus for modulus in moduli if modulus <= LARGEST_MODULUS):
        for count in (1, 2):
            for chosen in combinations(variables[:3], count):
                if modulus**count <= MAX_CASES:
                    yield _split_by_residue(goal, chosen, modulus, rules), -1.7 - 0.2 * count


def _split_by_residue(goal: Goal, variables: Sequence[str], modulus: int, rules: str) -> str:
    names = _fresh(goal, "h", len(variables))
    lines, splits = [], []
    for variable, name in zip(variables, names, strict=True):
        lines.append(f"have {name} : {_either(variable, range(modulus), f'{{}} % {modulus} = {{}}')} := by omega")
        splits.append(f"rcases {name} with {' | '.join([name] * modulus)}")
    return "\n".join([*lines, " <;> ".join([*splits, f"simp_all [{rules}]", "omega"])])


def _cycles(goal: Goal, numbers: Sequence[Hypothesis], facts: Sequence[Hypothesis]) -> Weighted:
    """Yields tactics for powers modulo a number: powers are periodic, so the remainder of the exponent decides."""
    texts = _texts(goal, facts)
    powers = {(int(base), grouped or name) for text in texts for base, grouped, name in POWER.findall(text)}
    naturals = _mentioned(numbers, texts, "Nat")
    for modulus in _moduli(texts):
        known = {(base, exponent): _order(base, modulus) for base, exponent in powers}
        ones = [f"{base} ^ ({exponent})" for (base, exponent), order in sorted(known.items()) if order == 1]
        if ones:
            named = zip(_fresh(goal, "h", len(ones)), ones, strict=True)
            lines = [f"have {name} : {power} % {modulus} = 1 := by simp [Nat.pow_mod]" for name, power in named]
            yield "\n".join([*lines, "omega"]), -1.8
        for variable in naturals:
            orders = {base: order for (base, exponent), order in known.items() if variable in _words(exponent)}
            cycle = math.lcm(*(order for order in orders.values() if order)) if orders else 0
            if 1 < cycle <= LONGEST_CYCLE and all(orders.values()):
                yield _split_by_cycle(goal, variable, cycle, sorted(orders), modulus), -1.9


def _order(base: int, modulus: int) -> int:
    """Returns the least positive exponent with which the base leaves the remainder 1; 0 if none is short."""
    return next((k for k in range(1, LONGEST_CYCLE + 1) if pow(base, k, modulus) == 1 % modulus), 0)


def _split_by_cycle(goal: Goal, variable: str, cycle: int, bases: Sequence[int], modulus: int) -> str:
    q, r = _fresh(goal, "q")[0], _fresh(goal, "r")[0]
    bound, cases, *known = _fresh(goal, "h", 2 + len(bases))
    parts = f"⟨{variable} / {cycle}, {variable} % {cycle}, Nat.mod_lt _ (by decide), (Nat.div_add_mod _ _).symm⟩"
    whole = (
        f"obtain ⟨{q}, {r}, {bound}, rfl⟩ : ∃ {q} {r}, {r} < {cycle} ∧ {variable} = {cycle} * {q} + {r} :=\n  {parts}"
    )
    powers = [
        f"have {name} : ({base} ^ {cycle}) ^ {q} % {modulus} = 1 := by simp [Nat.pow_mod]"
        for name, base in zip(known, bases, strict=True)
    ]
    split = f"rcases {cases} with {' | '.join(['rfl'] * cycle)}"
    worked_out = "simp only [Nat.pow_add, Nat.pow_mul, Nat.mul_add] at *"
    return "\n".join(
        [
            whole,
            *powers,
            f"have {cases} : {_either(r, range(cycle))} := by omega",
            f"{split} <;> (try {worked_out}) <;> omega",
        ]
    )


def _bounded(goal: Goal, numbers: Sequence[Hypothesis], facts: Sequence[Hypothesis]) -> Weighted:
    """Yields tactics that try every value of bounded variables: all at once in the kernel, or one by one."""
    texts = _texts(goal, facts)
    named = _mentioned(numbers, texts, "Nat", "Int")
    defined = dict(_definitions(facts, named))
    variables = [name for name in named if name not in defined]
    integers = set(_mentioned(numbers, texts, "Int"))
    others = set(goal.names) - set(named) - {fact.name for fact in facts}
    about = [fact for fact in facts if _words(fact.type) & set(named) and not others & _words(fact.type)]
    literals = {int(found) for text in texts for found in NUMBER.findall(text)}
    if not variables or not literals or not about or others & _words(goal.target):
        return
    if bound := _bound(literals, math.floor(MAX_EVALUATIONS ** (1 / len(variables)))):
        known = [fact.name for fact in about if fact.name not in defined.values()]
        substituted = [f"subst {fact}" for fact in dict.fromkeys(defined.values())]
        yield "\n".join([*substituted, *_decided(goal, variables, integers, bound, known)]), -2.2
    if bound := _bound(literals, MAX_CASES):
        for variable in (name for name in variables[:3] if name not in integers):
            name, cases = _fresh(goal, "h", 2)
            lines = (
                f"have {name} : {variable} < {bound} := by omega",
                f"have {cases} : {_either(variable, range(bound))} := by omega",
                f"rcases {cases} with {' | '.join(['rfl'] * bound)} <;> (try simp at *) <;> omega",
            )
            yield "\n".join(lines), -2.4


def _bound(literals: Iterable[int], most: int) -> int:
    """Returns one more than the largest literal that is small enough, as a bound for the variables."""
    return max((literal + 1 for literal in literals if literal < most), default=0)


def _definitions(facts: Iterable[Hypothesis], variables: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Returns the variables that a hypothesis defines by others, with that hypothesis."""
    for fact in facts:
        one, equal, other = fact.type.partition(" = ")
        if equal and one in variables and one not in _words(other):
            yield one, fact.name


def _decided(goal: Goal, variables: Sequence[str], integers: set[str], bound: int, facts: Sequence[str]) -> list[str]:
    names = _fresh(goal, "h", len(variables))
    lines = [
        f"obtain ⟨{variable}, rfl⟩ := Int.eq_ofNat_of_zero_le (a := {variable}) (by omega)"
        for variable in variables
        if variable in integers
    ]
    if integers:
        lines.append("norm_cast at *")
    named = list(zip(variables, names, strict=True))
    lines += [f"have {name} : {variable} < {bound} := by omega" for variable, name in named]
    if facts:
        lines.append(f"revert {' '.join(facts)}")
    lines += [f"revert {name}; revert {variable}" for variable, name in named]
    return [*lines, DECIDE]


def _divisors(goal: Goal, numbers: Sequence[Hypothesis], facts: Sequence[Hypothesis]) -> Weighted:
    """Yields tactics for a known product, which has finitely many factors."""
    for fact in facts:
        found = PRODUCT.fullmatch(fact.type)
        if found is None or len(_mentioned(numbers, found.groups()[:2], "Nat")) < 2:
            continue
        value = int(found[3])
        divisors = [d for d in range(1, value + 1) if value % d == 0] if value <= LARGEST_PRODUCT else []
        if not 0 < len(divisors) <= MAX_CASES:
            continue
        divides, bound, cases = _fresh(goal, "h", 3)
        one = found[1]
        values = _either("d", divisors)
        lines = (
            f"have {divides} : {one} ∣ {value} := ⟨_, {fact.name}.symm⟩",
            f"have {bound} : {one} < {value + 1} := Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) {divides})",
            f"have {cases} : ∀ d, d < {value + 1} → d ∣ {value} → {values} := by\n  {DECIDE}",
            f"rcases {cases} _ {bound} {divides} with {' | '.join(['rfl'] * len(divisors))} <;> omega",
        )
        yield "\n".join(lines), -2.2


def _subtraction(goal: Goal, numbers: Sequence[Hypothesis], facts: Sequence[Hypothesis]) -> Weighted:
    """Yields an induction that also proves that no natural subtraction is truncated."""
    parts = re.fullmatch(r".* (?:=|∣) (.+) - ([^\s()]+|\([^()]*\))", goal.target)
    if parts is None:
        return
    for variable in _mentioned(numbers, [goal.target], "Nat"):
        name = _fresh(goal, "h")[0]
        induction = f"induction {variable} <;> grind"
        yield f"have {name} : {parts[2]} ≤ {parts[1]} ∧ {goal.target} := by\n  {induction}\nexact {name}.2", -2.2


def _casts(goal: Goal, numbers: Sequence[Hypothesis], facts: Sequence[Hypothesis]) -> Weighted:
    """Yields tactics that cast hypotheses about larger domains to whole numbers."""
    sides = re.fullmatch(r"(.+) (=|≤|<|≥|>) (.+)", goal.target)
    if sides is None or "↑" in goal.target or not any("↑" in fact.type for fact in facts):
        return
    types = {h.head for h in numbers if h.name in _words(goal.target)}
    for own, larger in (("Nat", "Rat"), ("Int", "Rat"), ("Nat", "Int")):
        if types == {own}:
            name = _fresh(goal, "h")[0]
            cast = f"(({sides[1]} : {own}) : {larger}) {sides[2]} (({sides[3]} : {own}) : {larger})"
            yield f"suffices {name} : {cast} by exact_mod_cast {name}\ngrind", -2.1


def _products(goal: Goal, numbers: Sequence[Hypothesis], facts: Sequence[Hypothesis]) -> Weighted:
    """Yields `grind` with the facts that squares, and products of nonnegative terms, are nonnegative."""
    texts = _texts(goal, facts)
    if goal.head not in ("LE.le", "LT.lt", "GE.ge", "GT.gt", "Eq", "False", "Ne", "Or", "And"):
        return
    for ring in ("Int", "Rat"):
        variables = _mentioned(numbers, texts, ring)
        if not variables or not any(" * " in text or " ^ " in text for text in texts):
            continue
        at = f"Lean.Grind.OrderedRing.{{}} (R := {ring})"
        squares = [*(f"{a} - {b}" for a, b in combinations(variables[:3], 2)), *variables[:3]]
        known = [at.format("sq_nonneg") + f" (a := {square})" for square in squares]
        yield _with_hints(goal, known), -2.0
        differences = list(islice(_differences(facts, variables), 4))
        pairs = [
            at.format("mul_nonneg") + f" (a := {one}) (b := {other}) (by grind) (by grind)"
            for one, other in combinations_with_replacement(differences, 2)
        ]
        if pairs:
            yield _with_hints(goal, pairs[:6]), -2.1
            for some in islice(product(pairs[:4], known[:2]), 4):
                yield _with_hints(goal, some), -2.6


def _with_hints(goal: Goal, terms: Sequence[str]) -> str:
    names = _fresh(goal, "h", len(terms))
    return "\n".join([*(f"have {name} := {term}" for name, term in zip(names, terms, strict=True)), "grind"])


def _differences(facts: Iterable[Hypothesis], variables: Sequence[str]) -> Iterator[str]:
    """Returns the terms that are nonnegative by hypotheses."""
    for fact in facts:
        for left, order, right in LESS.findall(fact.type):
            if set(variables) & (_words(left) | _words(right)) and _whole(left) and _whole(right):
                small, large = (left, right) if order in "≤<" else (right, left)
                yield f"({large.strip()}) - ({small.strip()})"


def _whole(text: str) -> bool:
    return text.count("(") == text.count(")")
