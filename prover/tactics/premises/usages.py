"""Tactics from theorems: for each that was found, the ways to use it that its shape and the goal's allow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from prover.tactics.premises.shape import EQUATIONS, SYMMETRIC, GoalShape, Proposition, Term, shape_of
from retrieval.premise import Premise

Form = Literal["exact", "apply", "rw", "rw ←", "rw at", "simp", "simpa", "simp_all", "grind"]
SETS = (1, 3, 6)
"""how many theorems are given to tactics that take several"""
ALONE = 12
"""theorems that are tried each by itself"""
AT = 4
"""theorems that are tried in hypotheses"""


@dataclass(frozen=True)
class PremiseUsage:
    """A tactic that uses theorems that were found, and what says how likely it is right."""

    tactic: str
    form: Form
    rank: int
    """of the best theorem in it, from 1, among those that the form can use"""
    count: int = 1
    """theorems in it"""
    share: float = 0.0
    """of the goal's symbols, those that the theorem speaks of"""
    conditional: bool = False
    """the theorem needs something first"""
    names: tuple[str, ...] = ()
    """of the theorems in it"""


def usages(premises: Sequence[Premise], goal: GoalShape) -> Iterator[PremiseUsage]:
    """The tactics for a goal from what was found for it, the best first; definitions are left to others."""
    theorems = [(p, shape_of(p.statement)) for p in premises if p.kind in ("theorem", "axiom")]
    yield from _alone(theorems, goal)
    yield from _together(theorems, goal)


def _alone(theorems: Sequence[tuple[Premise, Proposition]], goal: GoalShape) -> Iterator[PremiseUsage]:
    ranks: dict[str, int] = {}

    def use(form: Form, tactic: str) -> Iterator[PremiseUsage]:
        ranks[form] = rank = ranks.get(form, 0) + 1
        if rank <= (AT if form == "rw at" else ALONE):
            yield PremiseUsage(tactic, form, rank, 1, share, shape.conditions > 0, (premise.name,))

    for premise, shape in theorems:
        name, share = premise.name, _share(shape, goal.target)
        if shape.can_prove(goal.target):
            if shape.conditions:
                yield from use("apply", f"apply {name}")
            else:
                yield from use("exact", f"exact {name} ..")
        elif shape.relation in SYMMETRIC and _turned(shape).can_prove(goal.target):
            yield from use("exact", f"exact ({name} ..).symm")
        elif shape.relation == goal.target.relation and share > 0.5:
            yield from use("simpa", f"simpa using {name} ..")
        if not shape.equation or shape.left is None or shape.right is None:
            continue
        if _rewrites(shape.left, goal.target):
            yield from use("rw", f"rw [{name}]")
        if _rewrites(shape.right, goal.target):
            yield from use("rw ←", f"rw [← {name}]")
        for fact, known in goal.facts.items():
            if _rewrites(shape.left, known):
                yield from use("rw at", f"rw [{name}] at {fact}")


def _together(theorems: Sequence[tuple[Premise, Proposition]], goal: GoalShape) -> Iterator[PremiseUsage]:
    """Simplification and `grind` with the first few that speak of what the goal speaks of."""
    about = goal.target.whole.symbols.union(*(fact.whole.symbols for fact in goal.facts.values()))
    fit = [
        (premise, shape)
        for premise, shape in theorems
        if shape.whole.symbols - set(EQUATIONS) and (shape.left or shape.whole).covers(about)
    ]
    forms: tuple[Form, ...] = ("simp", "simp_all", "grind") if goal.facts else ("simp", "grind")
    for count in SETS:
        if len(fit) < min(count, 2) or (count > SETS[0] and len(fit) <= SETS[SETS.index(count) - 1]):
            break
        chosen = fit[:count]
        names = tuple(premise.name for premise, _ in chosen)
        share = max(_share(shape, goal.target) for _, shape in chosen)
        for form in forms:
            yield PremiseUsage(f"{form} [{', '.join(names)}]", form, 1, len(names), share, False, names)


def _rewrites(side: Term, known: Proposition) -> bool:
    """Whether an instance of a side may stand in a proposition."""
    return not side.anything and bool(side.symbols) and side.covers(known.whole.symbols)


def _turned(shape: Proposition) -> Proposition:
    return Proposition(shape.relation, shape.whole, shape.right, shape.left, shape.conditions)


def _share(shape: Proposition, goal: Proposition) -> float:
    symbols = goal.whole.symbols
    return len(symbols & shape.whole.symbols) / len(symbols) if symbols else 0.0
