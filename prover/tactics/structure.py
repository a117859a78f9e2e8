"""Tactics that follow from the shape of a goal: introduction, case splits, induction, rewriting, congruence.

Every tactic is derived from the form of the target or of a hypothesis, none from the name of a theorem.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.automation import unfoldable
from prover.tactics.generator import StatelessGenerator, Suggestion

Weighted = Iterator[tuple[str, float]]

BUILT_IN_DATA = {"Nat", "Int", "List", "Bool", "Option", "Prod", "String", "Char", "Array", "Fin"}
NUMBERS = {"Nat", "Int"}
SAFE_LOG_PROBABILITY = -0.1
"""the log-probability of steps that lose no information, such as introductions; aesop also applies these first"""
MAX_LEMMAS = 5
MAX_INSTANCES = 4


class Structure(StatelessGenerator):
    """Suggests tactics that split a goal, or turn it into goals that automation closes."""

    name = "structure"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the tactics that the goal's shape allows."""
        found: dict[str, float] = {}
        for source in (_introduce, _take_apart, _target, _induct, _unfold, _rewrite, _apply, _congruence):
            for tactic, weight in source(goal):
                found[tactic] = max(weight, found.get(tactic, weight))
        return [Suggestion(tactic, weight) for tactic, weight in found.items()]


def _facts(goal: Goal) -> list[Hypothesis]:
    return [h for h in goal.hypotheses if h.prop and not h.instance]


def _values(goal: Goal) -> list[Hypothesis]:
    return [h for h in goal.hypotheses if not h.prop and not h.instance and h.constructors is not None]


def _fresh(goal: Goal, base: str) -> str:
    name, number = base, 0
    while name in goal.names:
        number += 1
        name = f"{base}{number}"
    return name


def _introduce(goal: Goal) -> Weighted:
    if goal.head in ("forall", "arrow"):
        yield "intros", -0.4
        yield f"intro {_fresh(goal, 'h' if goal.head == 'arrow' else 'x')}", SAFE_LOG_PROBABILITY
        yield f"rintro ⟨{_fresh(goal, 'a')}, {_fresh(goal, 'b')}⟩", -1.6
    if goal.head == "Not":
        yield f"intro {_fresh(goal, 'h')}", 2 * SAFE_LOG_PROBABILITY
    if goal.head not in ("forall", "arrow", "Not", "Eq", "And", "Or", "Iff", "Exists", "False", ""):
        yield f"intro {_fresh(goal, 'x')}", -1.6  # a definition may hide the binder


def _take_apart(goal: Goal) -> Weighted:
    for h in _facts(goal):
        match h.head:
            case "And" | "Iff":
                left, right = _fresh(goal, h.name + "_left"), _fresh(goal, h.name + "_right")
                yield f"obtain ⟨{left}, {right}⟩ := {h.name}", SAFE_LOG_PROBABILITY
            case "Exists":
                witness = _fresh(goal, "w")
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
                yield f"obtain ⟨{_fresh(goal, 'w')}, {h.name}⟩ := {h.name}", -1.6
                yield f"unfold {h.head} at {h.name}", -1.4
            case _ if h.constructors is not None:
                yield f"cases {h.name}", -0.9
                if h.recursive:
                    yield f"induction {h.name}", -1.2


def _target(goal: Goal) -> Weighted:
    match goal.head:
        case "And" | "Iff":
            yield "constructor", 2 * SAFE_LOG_PROBABILITY
            yield "constructor <;> simp_all", -0.9
        case "Or":
            yield "left", -0.9
            yield "right", -0.9
            yield "by_cases " + _fresh(goal, "h") + " : " + goal.target.split(" ∨ ")[0], -2.0
        case "Exists":
            for value in islice(_witnesses(goal), 14):
                yield f"exists {value}", -1.2
                yield f"refine ⟨{value}, ?_⟩", -1.1
            yield "constructor", -2.6
        case "Eq":
            if goal.equality in ("forall", "arrow"):
                yield f"funext {_fresh(goal, 'x')}", -0.4
            elif goal.equality == "Sort":
                yield "apply propext", -0.8
            else:
                yield "ext", -2.2
                if goal.equality not in BUILT_IN_DATA:
                    yield f"funext {_fresh(goal, 'x')}", -1.6
            yield "symm", -3.0
        case "forall" | "arrow" | "False":
            pass
        case "Not" | "Ne":
            yield f"intro {_fresh(goal, 'h')}", -0.7
        case "":
            pass
        case _:
            yield "constructor", -1.0
            yield "constructor <;> simp_all", -1.4
            if _is_defined(goal, goal.head):
                yield f"unfold {goal.head}", -1.0
    if goal.head not in ("False", "Eq", "forall", "arrow"):
        yield "exfalso", -3.2
    if "if " in goal.target or "match " in goal.target or any("match " in h.type for h in _facts(goal)):
        yield "split", -0.9
        yield "split <;> simp_all", -1.2
        yield "split <;> omega", -1.6
        yield "repeat' split", -2.4


def _witnesses(goal: Goal) -> Iterator[str]:
    yield from (h.name for h in reversed(goal.hypotheses) if not h.prop and not h.instance and h.head != "Sort")
    yield "_"
    numbers = [h.name for h in goal.hypotheses if h.head in NUMBERS]
    for left, right in islice(combinations(numbers, 2), 6):
        yield f"({left} * {right})"
        yield f"({left} + {right})"
    yield from ("0", "1", "[]", "id")


def _is_defined(goal: Goal, head: str) -> bool:
    """Returns whether a head is a definition of the project, which `unfold` can unfold."""
    return any(
        d.kind == "definition" and not d.projection and (head == d.name or head.endswith("." + d.name))
        for d in goal.definitions
    )


def _induct(goal: Goal) -> Weighted:
    in_calls = {name for call in goal.calls for name in call.arguments}
    again = 1.0 if goal.tag else 0.0  # already inside a case: another induction is less likely to be right
    for h in (value for value in _values(goal) if value.recursive):
        weight = (-0.9 if h.name in in_calls else -1.4) - again
        others = _generalisable(goal, h)
        plain = f"induction {h.name}"
        general = f"{plain} generalizing {' '.join(others)}" if others else plain
        yield from _closed_by(goal, plain, weight)
        if others:
            yield from _closed_by(goal, general, weight - 0.1)
        for other in _second_variables(goal, h):
            for closer in _closers(goal):
                yield f"{general} <;> cases {other} <;> {closer}", weight - 0.3
    for h in _values(goal):
        weight = -1.6 if h.recursive else -1.0
        yield from _closed_by(goal, f"cases {h.name}", weight)
        if not h.recursive:
            yield f"cases {h.name} <;> rfl", -1.4
    for call in goal.calls:
        if call.arguments:
            yield from _closed_by(goal, f"fun_induction {call.call}", -1.3 - again)


def _closed_by(goal: Goal, split: str, weight: float) -> Weighted:
    """Yields a case split alone, and with each closing tactic on all of its cases."""
    yield split, weight
    for rank, closer in enumerate(_closers(goal)):
        yield f"{split} <;> {closer}", weight - 0.2 - 0.2 * rank


def _closers(goal: Goal) -> tuple[str, ...]:
    names = ", ".join(unfoldable(goal))
    rules = f" [{names}]" if names else ""
    return (f"simp_all{rules}", f"grind{rules}", f"simp_all{rules} <;> omega", f"simp_all{rules} <;> grind")


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
    for name in definitions:
        yield f"unfold {name}", -2.0
        yield f"simp only [{name}]", -1.5
    if definitions:
        yield f"simp only [{', '.join(definitions)}]", -1.2
        yield f"simp [{', '.join(definitions)}]", -1.3
        yield f"unfold {' '.join(definitions)}", -2.2
        facts = _facts(goal)
        for h in facts:
            yield f"simp [{', '.join(definitions)}] at {h.name}", -2.0
        if facts:
            yield f"simp only [{', '.join(definitions)}] at *", -1.9
    if _facts(goal):
        yield "simp at *", -2.2


def _rewrite(goal: Goal) -> Weighted:
    for h in _facts(goal):
        if h.head in ("Eq", "Iff", "forall", "arrow") and (h.head in ("Eq", "Iff") or "=" in h.type or "↔" in h.type):
            yield f"rw [{h.name}]", -1.1
            yield f"rw [← {h.name}]", -2.0
            yield f"simp [{h.name}]", -1.6
    for lemma in goal.lemmas[:MAX_LEMMAS]:
        yield f"rw [{lemma}]", -1.7
        yield f"rw [← {lemma}]", -2.6


def _apply(goal: Goal) -> Weighted:
    for h in _facts(goal):
        if h.head in ("forall", "arrow") or goal.head == h.head:
            yield f"apply {h.name}", -1.0
            yield f"exact {h.name} _ ‹_›", -2.2
    for h in _facts(goal):
        if h.head in ("forall", "arrow"):
            for other in islice((o for o in goal.hypotheses if o is not h and not o.instance), MAX_INSTANCES):
                yield f"have {_fresh(goal, 'h')} := {h.name} {other.name}", -2.4
                yield f"specialize {h.name} {other.name}", -2.6
    for lemma in goal.lemmas[:MAX_LEMMAS]:
        yield f"apply {lemma}", -1.6
        yield f"exact {lemma} ..", -1.8


def _congruence(goal: Goal) -> Weighted:
    if goal.head == "Eq":
        yield "congr 1", -2.4
        yield "ac_rfl", -2.8
    if goal.head in ("Eq", "LE.le", "LT.lt") and _facts(goal):
        yield "simp_all <;> omega", -1.8
