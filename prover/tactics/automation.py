"""Closing tactics, weighted by how often they are worth their cost: core Lean's, and Mathlib's where a file has them.

The list follows the baselines of SorryDB and miniF2F. Simplification and `grind` also get the definitions that the goal
mentions, its hypotheses, and lemmas in scope. Goals about numbers get additional tactics.
"""

from collections.abc import Iterator, Sequence

from prover.lean.protocol import Goal
from prover.tactics.arithmetic import by_numbers
from prover.tactics.generator import StatelessGenerator, Suggestion
from prover.tactics.mathlib.availability import has_mathlib
from prover.tactics.mathlib.closing import case_closers, closing_tactics
from prover.tactics.mathlib.fixed_list import mathlib_list

ARITHMETIC_HEADS = {"Eq", "LE.le", "LT.lt", "GE.ge", "GT.gt", "Ne", "Not", "False", "And", "Or", "Iff", "Dvd.dvd"}
FIXED_LIST = ("rfl", "trivial", "assumption", "contradiction", "omega", "decide", "simp", "simp_all", "grind", "exact?")
"""the tactics of the fixed-list baseline"""


class Automation(StatelessGenerator):
    """Tactics that are meant to close a goal at once."""

    name = "automation"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns closing tactics for the goal, cheap ones first."""
        return [Suggestion(tactic, weight) for tactic, weight in _unique(_closing(goal))]


class FixedList(StatelessGenerator):
    """The fixed list of closing tactics, a baseline."""

    name = "fixed list"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the same tactics for every goal of a file; in files with Mathlib, those of Mathlib's list."""
        return [Suggestion(tactic, -0.1 * rank) for rank, tactic in enumerate(mathlib_list(goal) or FIXED_LIST)]


def unfoldable(goal: Goal) -> list[str]:
    """Returns the project's definitions in the goal that rewriting may unfold."""
    return [d.name for d in goal.definitions if d.kind == "definition" and not d.projection and not d.library]


def predicates(goal: Goal) -> list[str]:
    """Returns the project's inductive predicates that head the target or a hypothesis; `grind` takes their rules."""
    heads = {goal.head, *(h.head for h in goal.hypotheses if h.prop)}
    return [
        d.name
        for d in goal.definitions
        if d.kind == "inductive" and any(head == d.name or head.endswith(f".{d.name}") for head in heads)
    ]


def lemma_sets(goal: Goal) -> list[list[str]]:
    """Returns sets of lemmas for a goal, those of few lemmas first: the nearest one, two and four, and all."""
    sizes = sorted({size for size in (1, 2, 4, len(goal.lemmas)) if 0 < size <= len(goal.lemmas)})
    return [list(goal.lemmas[:size]) for size in sizes]


def given(tactic: str, *names: Sequence[str]) -> str:
    """Returns `tactic [names]`, or the tactic alone if there are no names."""
    listed = ", ".join(dict.fromkeys(name for group in names for name in group))
    return f"{tactic} [{listed}]" if listed else tactic


def closers(goal: Goal) -> list[str]:
    """Returns closing tactics for every case of a split: with definitions, and with the nearest lemmas too."""
    own, rules = unfoldable(goal), predicates(goal)
    found = [given("simp_all", own), given("grind", own, rules)]
    if goal.lemmas:
        found += [given("grind", own, rules, goal.lemmas[:5]), given("simp_all", own, goal.lemmas[:4])]
    if goal.deeper:
        found += [given("simp_all", own, goal.deeper), given("grind", own, goal.deeper)]
    if goal.laws:
        found.append(given("grind", own, goal.laws))
    return [*found, f"{given('simp_all', own)} <;> omega", f"{given('simp_all', own)} <;> grind", *case_closers(goal)]


def _closing(goal: Goal) -> Iterator[tuple[str, float]]:
    definitions = unfoldable(goal)
    facts = [h.name for h in goal.facts]
    yield "rfl", -0.3
    if facts:
        yield "assumption", -0.3
        yield "contradiction", -0.5
    if goal.head in ARITHMETIC_HEADS:
        yield "omega", -0.6
    yield "simp", -0.8
    if facts:
        yield "simp_all", -0.9
    if definitions:
        names = ", ".join(definitions)
        yield f"simp [{names}]", -0.8
        if facts:
            yield f"simp_all [{names}]", -0.9
            yield f"simp_all [{names}] <;> omega", -1.5
            yield f"simp_all [{names}] <;> grind", -1.9
        yield f"grind [{names}]", -1.2
        yield f"simp [{names}] <;> omega", -1.5
    yield from _with_lemmas(goal, definitions)
    yield "grind", -1.3
    if facts:
        yield "solve_by_elim", -1.5
    yield "decide", -1.6
    yield from by_numbers(goal)
    yield from closing_tactics(goal)
    if has_mathlib(goal.toolbox):  # the embedded Lean needs 13 s for its index of Mathlib
        yield "exact?", -7.0
    else:
        yield "exact?", -4.0 if goal.tag else -3.0


def _with_lemmas(goal: Goal, own: list[str]) -> Iterator[tuple[str, float]]:
    """Yields simplification and `grind` with sets of the nearest lemmas, with and without definitions."""
    rules = predicates(goal)
    for rank, lemmas in enumerate(lemma_sets(goal)):
        weight = -1.0 - 0.1 * rank
        yield given("simp", lemmas), weight
        yield given("simp_all", own, lemmas), weight - 0.1
        yield given("grind", lemmas), weight - 0.3
        yield given("grind", own, lemmas), weight - 0.3
    if rules:
        yield given("grind", own, rules), -1.1
        yield given("grind", own, rules, goal.lemmas[:4]), -1.4
    if goal.laws:
        yield given("grind", own, goal.laws), -1.2
        yield given("grind", own, goal.laws, goal.lemmas[:4]), -1.3
        yield given("simp_all", own, goal.laws, goal.lemmas[:4]), -1.3
    if goal.deeper:
        yield given("simp_all", own, goal.deeper), -1.5
        yield given("grind", own, goal.deeper, goal.lemmas[:4]), -1.6


def _unique(pairs: Iterator[tuple[str, float]]) -> list[tuple[str, float]]:
    seen: dict[str, float] = {}
    for tactic, weight in pairs:
        seen.setdefault(tactic, weight)
    return list(seen.items())
