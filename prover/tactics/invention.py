"""Tactics for goals that lack something: equations to prove first, and consequences of the hypotheses.

Each equation is tested before it is proved: the tactic that states it succeeds only if the goal closes with it, and
leaves the equation as the only goal (as in lfind and CCLemma; blind enumeration is known to close nothing).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prover.lean.protocol import Equation, Goal
from prover.lean.session import Inventions
from prover.tactics.arithmetic import WORD
from prover.tactics.automation import given, unfoldable
from prover.tactics.equations import derived
from prover.tactics.generator import Suggestion
from prover.tactics.structure import fresh

Weighted = Iterator[tuple[str, float]]

MAX_EQUATIONS = 24
"""the maximum number of equations that are tested on a goal"""
MAX_CONSEQUENCES = 6


def invented(goal: Goal, inventions: Inventions, kinds: Sequence[str]) -> list[Suggestion]:
    """Returns tactics that state what a goal may lack, of some kinds among `INVENTIONS`."""
    found: dict[str, float] = {}
    for kind in kinds:
        for tactic, weight in KINDS[kind](goal, inventions):
            found.setdefault(tactic, weight)
    return [Suggestion(tactic, weight) for tactic, weight in found.items()]


def _lemmas(goal: Goal, inventions: Inventions) -> Weighted:
    own = unfoldable(goal)
    aux = fresh(goal, "aux")
    closing = f"by first | ({given('simp_all', own)}; done) | {given('grind', own)}"
    for place, equation in enumerate(inventions.equations[:MAX_EQUATIONS]):
        weight = -0.5 - 0.03 * place
        stated = _stated(goal, equation)
        yield "\n".join([f"suffices {aux} : {equation.statement} {closing}", *stated]), weight
        if equation.rank == 0:
            lines = [f"have {aux} : {equation.statement} := ?_", f"rw [{aux}]", "rotate_right"]
            yield "\n".join([*lines, *stated]), weight - 0.5


def _stated(goal: Goal, equation: Equation) -> list[str]:
    """Returns the tactics that leave the equation with its own variables and nothing else that may be cleared."""
    words = set(WORD.findall(equation.statement))
    kept = words | {
        word for h in goal.hypotheses if h.name in words or h.head == "Sort" for word in WORD.findall(h.type)
    }
    others = [
        h.name
        for h in reversed(goal.hypotheses)
        if not h.instance and h.head != "Sort" and h.name not in kept and (h.prop or h.head not in ("forall", "arrow"))
    ]
    binders = _binders(equation.statement)
    return [*([f"clear {' '.join(others)}"] if others else []), *([f"intro {' '.join(binders)}"] if binders else [])]


def _binders(statement: str) -> list[str]:
    """Returns the names that a statement `∀ (u v : T) (w : U), …` binds."""
    names: list[str] = []
    rest = statement
    while rest.startswith("∀ "):
        bound, _, rest = rest[2:].partition(", ")
        groups = bound.replace(")", "(").split("(") if "(" in bound else [bound]
        names += [name for group in groups if group.strip() for name in group.partition(":")[0].split()]
    return names


def _consequences(goal: Goal, inventions: Inventions) -> Weighted:
    implied = inventions.implied[:MAX_CONSEQUENCES]
    if not implied:
        return
    own = unfoldable(goal)
    for term in implied:
        yield f"have {fresh(goal, 'h')} := {term}", -1.2
    facts = [f"have {fresh(goal, f'h{place}')} := {term}" for place, term in enumerate(implied, start=1)]
    for closer in (given("simp_all", own), given("grind", own), "omega"):
        yield "\n".join([*facts, closer]), -0.9


def _equations(goal: Goal, inventions: Inventions) -> Weighted:
    if inventions.problem is not None and (script := derived(goal, inventions.problem)) is not None:
        yield script, -0.2


KINDS: Mapping[str, Callable[[Goal, Inventions], Weighted]] = {
    "equations": _equations,
    "lemmas": _lemmas,
    "consequences": _consequences,
}
INVENTIONS = tuple(KINDS)
"""the kinds of what a goal may lack"""
