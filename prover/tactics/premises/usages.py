"""Tactics that use given theorems, in the ways that the form of the theorem and of the goal allow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from prover.tactics.premises.shape import EQUATIONS, SYMMETRIC, GoalShape, Proposition, Term, shape_of
from retrieval.premise import Premise

Form = Literal["exact", "apply", "rw", "rw ←", "rw at", "simp", "simpa", "simp_all", "grind"]
SET_SIZES = (1, 3, 6)
"""the numbers of theorems that are given to tactics that take several"""
MAX_USES_PER_FORM = 12
"""the maximum number of theorems used in one form"""
MAX_REWRITES_AT_HYPOTHESES = 4
"""the maximum number of rewrites at hypotheses"""


@dataclass(frozen=True)
class PremiseUsage:
    """A tactic that uses theorems, and the features from which its probability is estimated."""

    tactic: str
    form: Form
    rank: int
    """the rank of its best theorem, from 1, among those that the form can use"""
    count: int = 1
    """the number of its theorems"""
    share: float = 0.0
    """the share of the goal's symbols that the theorem mentions"""
    conditional: bool = False
    """whether the theorem has hypotheses"""
    names: tuple[str, ...] = ()
    """the names of its theorems"""


def usages(premises: Sequence[Premise], goal: GoalShape) -> Iterator[PremiseUsage]:
    """Yields tactics that use the theorems among premises, the best first; definitions are ignored."""
    theorems = [(p, shape_of(p.statement)) for p in premises if p.kind in ("theorem", "axiom")]
    yield from _alone(theorems, goal)
    yield from _together(theorems, goal)


def _alone(theorems: Sequence[tuple[Premise, Proposition]], goal: GoalShape) -> Iterator[PremiseUsage]:
    ranks: dict[str, int] = {}

    def use(form: Form, tactic: str) -> Iterator[PremiseUsage]:
        ranks[form] = rank = ranks.get(form, 0) + 1
        if rank <= (MAX_REWRITES_AT_HYPOTHESES if form == "rw at" else MAX_USES_PER_FORM):
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
    """Yields simplification and `grind` with the first few theorems whose symbols the goal mentions."""
    about = goal.target.whole.symbols.union(*(fact.whole.symbols for fact in goal.facts.values()))
    fit = [
        (premise, shape)
        for premise, shape in theorems
        if shape.whole.symbols - set(EQUATIONS) and (shape.left or shape.whole).covers(about)
    ]
    forms: tuple[Form, ...] = ("simp", "simp_all", "grind") if goal.facts else ("simp", "grind")
    for count in SET_SIZES:
        if len(fit) < min(count, 2) or (count > SET_SIZES[0] and len(fit) <= SET_SIZES[SET_SIZES.index(count) - 1]):
            break
        chosen = fit[:count]
        names = tuple(premise.name for premise, _ in chosen)
        share = max(_share(shape, goal.target) for _, shape in chosen)
        for form in forms:
            yield PremiseUsage(f"{form} [{', '.join(names)}]", form, 1, len(names), share, False, names)


def _rewrites(side: Term, known: Proposition) -> bool:
    """Returns whether an instance of a side may occur in a proposition."""
    return not side.anything and bool(side.symbols) and side.covers(known.whole.symbols)


def _turned(shape: Proposition) -> Proposition:
    return Proposition(shape.relation, shape.whole, shape.right, shape.left, shape.conditions)


def _share(shape: Proposition, goal: Proposition) -> float:
    symbols = goal.whole.symbols
    return len(symbols & shape.whole.symbols) / len(symbols) if symbols else 0.0
