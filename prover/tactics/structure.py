"""Tactics that follow from the shape of a goal: introduction, case splits, induction, rewriting, congruence.

Every tactic is derived from the form of the target or of a hypothesis, none from the name of a theorem.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.automation import closers, given, unfoldable
from prover.tactics.generator import StatelessGenerator, Suggestion
from prover.tactics.instances import instances
from prover.tactics.mathlib.steps import steps
from prover.tactics.witness import solved

Weighted = Iterator[tuple[str, float]]

CHOICE = re.compile(r"∀ [^,]+, ∃ ")
APPLIED = re.compile(r"[^\W\d][\w.'!?₀-₉]*(?: (?:[^\W\d][\w.'!?₀-₉]*|\d+|\[\]|\([^()]*\)))+")
"""an application as Lean prints it, whose arguments are names, numbers, `[]` or in parentheses"""

BUILT_IN_DATA = {"Nat", "Int", "List", "Bool", "Option", "Prod", "String", "Char", "Array", "Fin"}
NUMBERS = {"Nat", "Int"}
SAFE_LOG_PROBABILITY = -0.1
"""the log-probability of steps that lose no information, such as introductions; aesop also applies these first"""
MAX_LEMMAS = 5
MAX_REWRITTEN = 3
"""the maximum number of lemmas with which each hypothesis is rewritten"""
MAX_WITNESSES = 30
SOLUTION_CLOSERS = ("grind", "simp_all <;> grind", "omega")
"""tactics that prove an equation for which a witness was computed"""
UNIFIED_WITNESSES = ("⟨_, ‹_›⟩", "⟨_, rfl⟩", "⟨_, _, ‹_›⟩", "⟨_, _, rfl⟩", "⟨_, ‹_›, ‹_›⟩", "⟨_, _, ‹_›, ‹_›⟩")
"""proofs of existence whose witnesses follow from a hypothesis or from computation"""
MAX_INSTANCES = 4


class Structure(StatelessGenerator):
    """Suggests tactics that split a goal, or turn it into goals that automation closes."""

    name = "structure"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the tactics that the goal's shape allows."""
        found: dict[str, float] = {}
        for source in SOURCES:
            for tactic, weight in source(goal):
                found[tactic] = max(weight, found.get(tactic, weight))
        return [Suggestion(tactic, weight) for tactic, weight in found.items()]


def _values(goal: Goal) -> list[Hypothesis]:
    return [h for h in goal.hypotheses if not h.prop and not h.instance and h.constructors is not None]


def fresh(goal: Goal, base: str) -> str:
    """Returns the base, with a number if it is the name of a hypothesis."""
    name, number = base, 0
    while name in goal.names:
        number += 1
        name = f"{base}{number}"
    return name


def _introduce(goal: Goal) -> Weighted:
    if goal.head in ("forall", "arrow"):
        yield "intros", -0.4
        yield f"intro {fresh(goal, 'h' if goal.head == 'arrow' else 'x')}", SAFE_LOG_PROBABILITY
        yield f"rintro ⟨{fresh(goal, 'a')}, {fresh(goal, 'b')}⟩", -1.6
    if goal.head == "Not":
        yield f"intro {fresh(goal, 'h')}", 2 * SAFE_LOG_PROBABILITY
    if goal.head not in ("forall", "arrow", "Not", "Eq", "And", "Or", "Iff", "Exists", "False", ""):
        yield f"intro {fresh(goal, 'x')}", -1.6  # a definition may hide the binder


def _take_apart(goal: Goal) -> Weighted:
    if goal.head != "False":
        for h in goal.hypotheses:
            if h.head == "Nonempty":
                yield f"obtain ⟨{fresh(goal, 'x')}⟩ := ‹{h.type}›", -0.8
    for h in goal.facts:
        match h.head:
            case "And" | "Iff":
                left, right = fresh(goal, h.name + "_left"), fresh(goal, h.name + "_right")
                yield f"obtain ⟨{left}, {right}⟩ := {h.name}", SAFE_LOG_PROBABILITY
            case "Exists":
                witness = fresh(goal, "w")
                yield f"obtain ⟨{witness}, {h.name}⟩ := {h.name}", SAFE_LOG_PROBABILITY
            case "Or":
                yield f"cases {h.name}", -0.6
            case "False":
                yield f"exact {h.name}.elim", -0.1
            case "Not":
                yield f"exact absurd ‹_› {h.name}", -1.0
                if goal.head == "False":
                    yield f"apply {h.name}", -0.5
            case "Eq":
                yield f"subst {h.name}", -1.0
                yield f"injection {h.name}", -2.4
                yield f"cases {h.name}", -1.8
            case _ if _is_defined(goal, h.head):
                yield f"obtain ⟨{fresh(goal, 'w')}, {h.name}⟩ := {h.name}", -1.6
                yield f"unfold {h.head} at {h.name}", -1.4
            case _ if h.constructors is not None:
                yield from _by_derivation(goal, h)


def _by_derivation(goal: Goal, h: Hypothesis) -> Weighted:
    """Yields case splits and inductions on how an inductive predicate was derived."""
    yield f"cases {h.name}", -0.9
    for closer in closers(goal)[:2]:
        yield f"cases {h.name} <;> {closer}", -1.2
    if not h.recursive:
        return
    indices = _compound_arguments(h.type)
    names = [fresh(goal, base) for base in ("i", "j", "k")[: len(indices)]]
    equations = [fresh(goal, f"e{name}") for name in names]
    fixed = [
        f"generalize {equation} : {index} = {name} at {h.name}"
        for equation, index, name in zip(equations, indices, names, strict=False)
    ]
    for rank, closer in enumerate(("", *closers(goal)[:4])):
        split = f"induction {h.name}" + (f" <;> {closer}" if closer else "")
        yield "\n".join([*fixed, split]), -1.2 - 0.1 * rank


def _compound_arguments(type_: str) -> list[str]:
    """Returns the arguments of a printed application that are no names, at most three."""
    if APPLIED.fullmatch(type_) is None:
        return []
    return re.findall(r" (\([^()]*\)|\[\]|\d+)", type_)[:3]


def _target(goal: Goal) -> Weighted:
    match goal.head:
        case "And" | "Iff":
            yield "constructor", 2 * SAFE_LOG_PROBABILITY
            yield "constructor <;> simp_all", -0.9
        case "Or":
            yield "left", -0.9
            yield "right", -0.9
            yield "by_cases " + fresh(goal, "h") + " : " + goal.target.split(" ∨ ")[0], -2.0
        case "Exists":
            for rank, value in enumerate(islice(_witnesses(goal), MAX_WITNESSES)):
                yield f"exists {value}", -1.1 - 0.04 * rank
                yield f"refine ⟨{value}, ?_⟩", -1.0 - 0.04 * rank
            for value in dict.fromkeys(solved(goal)):
                for closer in SOLUTION_CLOSERS:
                    yield f"exact ⟨{value}, by {closer}⟩", -0.5
                yield f"refine ⟨{value}, ?_⟩", -0.5
            for found in UNIFIED_WITNESSES:
                yield f"exact {found}", -0.9
            yield "apply Exists.intro", -2.6
        case "Eq":
            if goal.equality in ("forall", "arrow"):
                yield f"funext {fresh(goal, 'x')}", -0.4
            elif goal.equality == "Sort":
                yield "apply propext", -0.8
            else:
                yield "ext", -2.2
                if goal.equality not in BUILT_IN_DATA:
                    yield f"funext {fresh(goal, 'x')}", -1.6
            yield "symm", -3.0
        case "forall" | "arrow" | "False":
            pass
        case "Not" | "Ne":
            yield f"intro {fresh(goal, 'h')}", -0.7
        case "":
            pass
        case _:
            yield "constructor", -1.0
            yield "constructor <;> simp_all", -1.4
            if _is_defined(goal, goal.head):
                yield f"unfold {goal.head}", -1.0
    if goal.head not in ("False", "Eq", "forall", "arrow"):
        yield "exfalso", -3.2
    if goal.head in ("Exists", "Or", ""):
        yield f"refine Classical.byContradiction fun {fresh(goal, 'h')} => ?_", -2.6
    for h in goal.hypotheses:
        if h.head == "Sort" and h.type == "Prop":
            yield f"by_cases {fresh(goal, 'h')} : {h.name}", -2.2
    if "if " in goal.target or "match " in goal.target or any("match " in h.type for h in goal.facts):
        yield "split", -0.9
        yield "split <;> simp_all", -1.2
        yield "split <;> omega", -1.6
        yield "repeat' split", -2.4


def _witnesses(goal: Goal) -> Iterator[str]:
    """Yields terms for an existential: values in the context, what they add up to, and applications of functions."""
    values = [h for h in reversed(goal.hypotheses) if not h.prop and not h.instance and h.head != "Sort"]
    numbers = [h.name for h in values if h.head in NUMBERS]
    mentioned = [name for name in numbers if _mentions(goal.target, name)] or numbers
    yield from (h.name for h in values[:8])
    yield from ("_", "0", "1", "[]")
    if any(h.head == "Inhabited" for h in goal.hypotheses):
        yield "default"
    for left, right in islice(combinations(numbers, 2), 6):
        yield f"({left} + {right})"
        yield f"({left} * {right})"
    yield from (f"({name} + 1)" for name in mentioned[:3])
    functions = [h.name for h in values if h.head == "arrow"]
    for function in functions[:3]:
        yield from (f"({function} {h.name})" for h in values[:4] if h.name != function)
    yield from (f"(2 * {name})" for name in mentioned[:2])
    yield from (f"({name} - 1)" for name in mentioned[:2])
    yield from (f"({name} / 2)" for name in mentioned[:2])
    yield from ("2", "id")


def _is_defined(goal: Goal, head: str) -> bool:
    """Returns whether a head is a definition of the project, which `unfold` can unfold."""
    return any(
        d.kind == "definition" and not d.projection and (head == d.name or head.endswith("." + d.name))
        for d in goal.definitions
    )


def _induct(goal: Goal) -> Weighted:
    in_calls = {name for call in goal.calls for name in call.arguments}
    inside = goal.tag and any("ih" in h.name for h in goal.facts)
    again = 1.0 if inside else 0.0  # already inside an induction: another one is less likely to be right
    for h in (value for value in _values(goal) if value.recursive):
        weight = (-0.9 if h.name in in_calls else -1.4) - again
        others = _generalisable(goal, h)
        plain = f"induction {h.name}"
        general = f"{plain} generalizing {' '.join(others)}" if others else plain
        yield from _closed_by(goal, plain, weight)
        if others:
            yield from _closed_by(goal, general, weight - 0.1)
        for other in _second_variables(goal, h):
            for closer in closers(goal)[:4]:
                yield f"{general} <;> cases {other} <;> {closer}", weight - 0.3
    for h in _values(goal):
        weight = -1.6 if h.recursive else -1.0
        yield from _closed_by(goal, f"cases {h.name}", weight)
        if not h.recursive:
            yield f"cases {h.name} <;> rfl", -1.4
    yield from _truth_tables(goal)
    for call in goal.calls:
        if call.arguments:
            yield from _closed_by(goal, f"fun_induction {call.call}", -1.3 - again)
            others = [name for name in _data_names(goal) if name not in call.arguments and _mentions(goal.target, name)]
            if others:
                yield from _closed_by(goal, f"fun_induction {call.call} generalizing {' '.join(others)}", -1.7 - again)
    for h in _values(goal):
        if h.head == "Nat" and _mentions(goal.target, h.name):
            split = f"induction {h.name} using Nat.strongRecOn"
            others = _generalisable(goal, h)
            yield from _closed_by(goal, f"{split} generalizing {' '.join(others)}" if others else split, -2.2 - again)


def _truth_tables(goal: Goal) -> Weighted:
    """Yields case splits on the values of Boolean functions and variables."""
    functions = [h.name for h in goal.hypotheses if h.type == "Bool → Bool"]
    if functions:
        values = [f"{function} {value}" for function in functions[:2] for value in ("true", "false")]
        splits = [f"cases {h.name}" for h in _values(goal) if h.head == "Bool"][:3]
        splits += [f"cases {fresh(goal, f'e{place}')} : {value}" for place, value in enumerate(values)]
        yield " <;> ".join([*splits, "simp_all"]), -1.3


def _data_names(goal: Goal) -> list[str]:
    return [h.name for h in _values(goal)]


def _closed_by(goal: Goal, split: str, weight: float) -> Weighted:
    """Yields a case split alone, and with each closing tactic on all of its cases."""
    yield split, weight
    for rank, closer in enumerate(closers(goal)):
        yield f"{split} <;> {closer}", weight - 0.2 - 0.2 * rank


def _second_variables(goal: Goal, variable: Hypothesis) -> list[str]:
    """Returns the variables that a definition matches on together with `variable`."""
    together = {name for call in goal.calls if variable.name in call.arguments for name in call.arguments}
    return [h.name for h in _values(goal) if h is not variable and h.name in together]


def _generalisable(goal: Goal, variable: Hypothesis) -> list[str]:
    """Returns the variables over which an induction hypothesis should be generalised."""
    fixed = " ".join([variable.type, *(h.type for h in goal.hypotheses if h.head == "Sort" or h.instance)])
    return [
        h.name
        for h in goal.hypotheses
        if h is not variable
        and not h.instance
        and not h.prop
        and h.head not in ("Sort", "arrow", "forall")
        and h.name not in fixed.split()
        and _mentions(goal.target, h.name)
    ]


def _mentions(text: str, name: str) -> bool:
    spaced = "".join(c if c.isalnum() or c in "_'₀₁₂₃₄₅₆₇₈₉" or ord(c) > 0x370 else " " for c in text)
    return name in spaced.split()


def _unfold(goal: Goal) -> Weighted:
    definitions = unfoldable(goal)
    logical = [d.name for d in goal.definitions if d.kind == "definition" and d.body and not d.projection]
    if logical:
        yield f"simp only [{', '.join(logical)}] at *", -0.7
        yield f"unfold {' '.join(logical)}", -0.9
    for name in definitions:
        yield f"unfold {name}", -2.0
        yield f"simp only [{name}]", -1.5
    if definitions:
        yield f"simp only [{', '.join(definitions)}]", -1.2
        yield f"simp [{', '.join(definitions)}]", -1.3
        yield f"unfold {' '.join(definitions)}", -2.2
        facts = goal.facts
        for h in facts:
            yield f"simp [{', '.join(definitions)}] at {h.name}", -2.0
        if facts:
            yield f"simp only [{', '.join(definitions)}] at *", -1.9
    if goal.facts:
        yield "simp at *", -2.2


def _rewrite(goal: Goal) -> Weighted:
    for h in goal.facts:
        if h.head in ("Eq", "Iff", "forall", "arrow") and (h.head in ("Eq", "Iff") or "=" in h.type or "↔" in h.type):
            yield f"rw [{h.name}]", -1.1
            yield f"rw [← {h.name}]", -2.0
            yield f"simp [{h.name}]", -1.6
    for lemma in goal.lemmas[:MAX_LEMMAS]:
        yield f"rw [{lemma}]", -1.7
        yield f"rw [← {lemma}]", -2.6
    for h in goal.facts:
        for rank, lemma in enumerate(goal.lemmas[:MAX_REWRITTEN]):
            yield f"rw [{lemma}] at {h.name}", -2.4 - 0.2 * rank
        if goal.lemmas:
            yield f"simp [{', '.join(goal.lemmas[:4])}] at {h.name}", -2.4


def _apply(goal: Goal) -> Weighted:
    for h in goal.facts:
        if h.head in ("forall", "arrow") or goal.head == h.head:
            yield f"apply {h.name}", -1.0
            yield f"exact {h.name} _ ‹_›", -2.2
    for h in goal.facts:
        if h.head == "forall" and CHOICE.match(h.type):
            function = fresh(goal, "f")
            yield f"obtain ⟨{function}, {h.name}⟩ := Classical.axiomOfChoice {h.name}", -1.6
            values = [v.name for v in goal.hypotheses if not v.prop and not v.instance and v.head != "Sort"]
            for name in sorted(values, key=lambda name: not _mentions(goal.target, name))[:MAX_INSTANCES]:
                yield f"obtain ⟨{fresh(goal, 'w')}, {fresh(goal, 'hw')}⟩ := {h.name} {name}", -1.1
        if h.head in ("forall", "arrow"):
            for other in islice((o for o in goal.hypotheses if o is not h and not o.instance), MAX_INSTANCES):
                yield f"have {fresh(goal, 'h')} := {h.name} {other.name}", -2.4
                yield f"specialize {h.name} {other.name}", -2.6
    for lemma in goal.lemmas[:MAX_LEMMAS]:
        yield f"apply {lemma}", -1.6
        yield f"exact {lemma} ..", -1.8


def _instantiate(goal: Goal) -> Weighted:
    """Yields instances of universally quantified hypotheses, and facts that simplify to the goal."""
    rules = [*unfoldable(goal), *goal.laws, *goal.lemmas[:MAX_LEMMAS]]
    name = fresh(goal, "h")
    for rank, instance in enumerate(instances(goal)):
        if instance.resembles(goal.target):
            yield f"{given('simpa', rules)} using {instance.term}", -1.1 - 0.1 * rank
        if instance.conclusion.startswith("∃ "):
            yield f"obtain ⟨{fresh(goal, 'w')}, {name}⟩ := {instance.term}", -1.0 - 0.1 * rank
        else:
            yield f"have {name} := {instance.term}", -1.8 - 0.1 * rank
    for h in goal.facts:
        if h.head == goal.head and h.head not in ("forall", "arrow"):
            yield f"{given('simpa', rules)} using {h.name}", -1.6


def _mathlib(goal: Goal) -> Weighted:
    yield from steps(goal, fresh, list(dict.fromkeys([*solved(goal), *islice(_witnesses(goal), MAX_WITNESSES)])))


def _congruence(goal: Goal) -> Weighted:
    if goal.head == "Eq":
        yield "congr 1", -2.4
        yield "ac_rfl", -2.8
    if goal.head in ("Eq", "LE.le", "LT.lt") and goal.facts:
        yield "simp_all <;> omega", -1.8


SOURCES = (
    _introduce, _take_apart, _target, _induct, _unfold, _rewrite, _apply, _instantiate, _congruence, _mathlib,
)  # fmt: skip
"""the kinds of tactics"""
