"""Proofs of equations by completion: each derived equation that is needed becomes a `have`, proved by rewriting.

Lean says what the equations are, as terms; see `Gateway/Equations.lean`.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from prover.lean.protocol import EquationalProblem, Goal, Law, TermSymbol
from prover.tactics.arithmetic import WORD
from prover.tactics.completion import (
    Derived,
    EquationalCompletion,
    RewriteStep,
    Symbols,
    Term,
    put,
    replaced,
    size,
    substituted,
    variables,
)

COMPLETION_SECONDS = 2.4
"""The processor time for completion on one goal."""
SHARES = (0.4, 0.3, 0.15, 0.15)
"""The parts of it for the tries of one goal; the first of them succeeds most often."""
PATIENCE = 3.0
"""The time by the clock that a busy computer may take, as a multiple of the processor time."""
MAX_STEPS = 80
"""The number of steps above which a proof is not written."""
MAX_INLINED = 10
"""The number of steps up to which an equation that is used once is written in its place."""
NAMES = ("x", "y", "z", "w", "v", "u", "t", "s", "r", "q", "p")
HOLE = re.compile("\x00(\\d+)")


def derived(goal: Goal, problem: EquationalProblem, seconds: float = COMPLETION_SECONDS) -> str | None:
    """Returns a tactic block that proves a goal from the equations of its problem; None if none is found in time."""
    sides = term(problem.left), term(problem.right)
    constants = {
        symbol.type: (place,) for place, symbol in reversed(list(enumerate(problem.symbols))) if not symbol.arity
    }
    tries = [(laws, rank) for rank in orders(problem) for laws in _law_sets(problem)]
    for (laws, rank), share in zip(tries, SHARES, strict=False):
        symbols = Symbols([symbol.type for symbol in problem.symbols], rank)
        run = EquationalCompletion(symbols, sides, [_equation(law) for law in laws], constants)
        chain = run.run(share * seconds, _stopwatch())
        if chain is not None:
            equations, steps = larger_first(run.equations, len(laws), chain)
            script = _Writer(goal, problem, laws, equations).script(sides, steps)
            if script is not None:
                return script
    return None


def _stopwatch() -> Callable[[], float]:
    """Returns a clock of this thread's processor time, or of a fraction of the time that passes if that is more."""
    processor, wall = time.thread_time(), time.monotonic()
    return lambda: max(time.thread_time() - processor, (time.monotonic() - wall) / PATIENCE)


def _law_sets(problem: EquationalProblem) -> list[tuple[Law, ...]]:
    """Returns the laws that completion is tried with: all, and those that are no theorems."""
    basic = tuple(law for law in problem.laws if not law.theorem)
    return [problem.laws, basic] if basic and len(basic) < len(problem.laws) else [problem.laws]


def _equation(law: Law) -> Derived:
    return Derived(term(law.left), term(law.right), law.variables)


def term(value: object) -> Term:
    """Returns a term as Lean sends it: a number, or a list of a symbol and arguments."""
    if isinstance(value, int):
        return value
    assert isinstance(value, (list, tuple))
    return (value[0], *map(term, value[1:]))


def orders(problem: EquationalProblem) -> Iterator[list[int]]:
    """Yields precedences of the symbols: by arity, then by distribution; and the other way round among equal ones."""
    above = Counter[int]()
    for law in problem.laws:
        for one, other in ((term(law.left), term(law.right)), (term(law.right), term(law.left))):
            match one, other:
                case (f, *ones), (g, *_) if f != g and any(isinstance(each, tuple) and each[0] == g for each in ones):
                    if len(variables(one)) > 1:
                        above[f] += 1  # f (g x y) = g (f x) (f y)
    arity = [symbol.arity for symbol in problem.symbols]
    kind = [{0: 0, 1: 2}.get(each, 1) for each in arity]
    numbers = range(len(arity))
    for sign in (1, -1):
        order = sorted(numbers, key=lambda f: (kind[f], above[f], sign * f))
        yield [order.index(f) for f in numbers]


def larger_first(
    equations: Sequence[Derived], given: int, chain: Sequence[RewriteStep]
) -> tuple[list[Derived], tuple[RewriteStep, ...]]:
    """Returns derived equations with their larger sides on the left, as people write them, and a chain of steps."""
    turned = {number for number, each in enumerate(equations) if number >= given and size(each.left) < size(each.right)}

    def renewed(steps: Iterable[RewriteStep]) -> tuple[RewriteStep, ...]:
        return tuple(replace(s, forward=s.forward != (s.equation in turned)) for s in steps)

    found = []
    for number, each in enumerate(equations):
        steps = renewed(each.chain)
        if number in turned:
            back = tuple(replace(s, forward=not s.forward) for s in reversed(steps))
            found.append(Derived(each.right, each.left, each.types, back))
        else:
            found.append(replace(each, chain=steps))
    return found, renewed(chain)


@dataclass
class _Writer:
    """Writes a chain of steps as tactics."""

    goal: Goal
    problem: EquationalProblem
    laws: Sequence[Law]
    """the laws among the equations, which come first"""
    equations: Sequence[Derived]

    def __post_init__(self) -> None:
        self._given = len(self.laws)
        words = {word for symbol in self.problem.symbols for word in WORD.findall(symbol.text)}
        words |= {word for type_ in self.problem.types for word in WORD.findall(type_)}
        words |= {h.name for h in self.goal.hypotheses}
        self._names = [name for name in (*NAMES, *(f"x{i}" for i in range(20))) if name not in words]
        self._have = next(name for name in ("e", "eq", "eqn", "equation") if f"{name}1" not in words)
        self._called: dict[int, str] = {}

    def script(self, sides: tuple[Term, Term], chain: Sequence[RewriteStep]) -> str | None:
        """Returns the tactic block of a proof; None if it is too long."""
        chains = self._inlined(chain)
        needed = [number for number in chains if number >= 0]
        if sum(map(len, chains.values())) > MAX_STEPS:
            return None
        lines: list[str] = []
        for number in sorted(needed):
            equation = self.equations[number]
            self._called[number] = f"{self._have}{len(self._called) + 1}"
            names = self._names[: len(equation.types)]
            statement = f"{self._text(equation.left, names)} = {self._text(equation.right, names)}"
            binders = " ".join(
                f"({name} : {self.problem.types[type_]})" for name, type_ in zip(names, equation.types, strict=True)
            )
            quantified = f"∀ {binders}, {statement}" if names else statement
            body = self._proof(equation.left, equation.right, chains[number], names)
            introduced = [f"  intro {' '.join(names)}"] if names else []
            lines += [f"have {self._called[number]} : {quantified} := by", *introduced, *(f"  {line}" for line in body)]
        left, right = sides
        shown = [] if self.goal.head == "Eq" else [f"show {self._text(left, ())} = {self._text(right, ())}"]
        return "\n".join([*lines, *shown, *self._proof(left, right, chains[-1], ())])

    def _inlined(self, chain: Sequence[RewriteStep]) -> dict[int, list[RewriteStep]]:
        """Returns the steps of the goal, as number -1, and of each equation that gets a name, parents last."""
        chains: dict[int, list[RewriteStep]] = {-1: list(chain)}
        waiting = [-1]
        while waiting:
            for step in chains[waiting.pop()]:
                if step.equation >= self._given and step.equation not in chains:
                    chains[step.equation] = list(self.equations[step.equation].chain)
                    waiting.append(step.equation)
        uses = Counter(step.equation for steps in chains.values() for step in steps)
        for number in sorted(each for each in chains if each >= 0):
            if uses[number] == 1 and len(chains[number]) <= MAX_INLINED:
                for steps in chains.values():
                    for place, step in enumerate(steps):
                        if step.equation == number:
                            steps[place : place + 1] = _expanded(step, chains[number])
                            break
                del chains[number]
        return chains

    def _proof(self, left: Term, right: Term, chain: Sequence[RewriteStep], names: Sequence[str]) -> list[str]:
        """Returns tactics that prove an equation by its chain: one `rw` if that does it, else a calculation."""
        if not chain:
            return ["rfl"]
        rules = self._rewriting(left, right, chain)
        if rules is not None:
            return [f"rw [{', '.join(self._rule(step, names) for step in rules)}]"]
        lines = []
        now = left
        for place, step in enumerate(chain):
            after = put(now, step.path, self._side(step, not step.forward))
            first = f"calc {self._text(now, names)}\n    _" if place == 0 else "  _"
            single = self._rewriting(now, after, [step])
            proof = f"by rw [{self._rule(single[0], names)}]" if single else self._congruence(now, step, names)
            lines += f"{first} = {self._text(after, names)} := {proof}".split("\n")
            now = after
        return [lines[0], *(f"  {line.strip()}" for line in lines[1:])]

    def _side(self, step: RewriteStep, forward: bool) -> Term:
        """Returns what a step replaces, or with `forward` reversed what it puts there."""
        equation = self.equations[step.equation]
        return substituted(equation.left if forward else equation.right, dict(enumerate(step.arguments)))

    def _rewriting(self, left: Term, right: Term, chain: Sequence[RewriteStep]) -> Sequence[RewriteStep] | None:
        """Returns the steps for which `rw` proves an equation; later ones may be taken from the right side back."""
        for kept in range(len(chain), -1, -1):
            back = [RewriteStep(s.path, s.equation, not s.forward, s.arguments) for s in reversed(chain[kept:])]
            for rules in ([*chain[:kept], *back], [*back, *chain[:kept]]):
                if (done := self._simulated(left, right, rules)) is not None:
                    return done
        return None

    def _simulated(self, left: Term, right: Term, rules: Sequence[RewriteStep]) -> Sequence[RewriteStep] | None:
        """Returns the first steps after which `rw` finds both sides the same; None if it fails."""
        for count, step in enumerate(rules, start=1):
            old, new = self._side(step, step.forward), self._side(step, not step.forward)
            one, two = replaced(left, old, new), replaced(right, old, new)
            if (one, two) == (left, right):
                return None
            left, right = one, two
            if left == right:
                return rules[:count]
        return None

    def _rule(self, step: RewriteStep, names: Sequence[str]) -> str:
        return f"{'' if step.forward else '← '}{self._reference(step, names)}"

    def _reference(self, step: RewriteStep, names: Sequence[str]) -> str:
        """Returns the instance of an equation that a step uses, as a term."""
        arguments = [self._text(each, names, argument=True) for each in step.arguments]
        if step.equation >= self._given:
            return " ".join([self._called[step.equation], *arguments])
        law = self.laws[step.equation]
        words: list[str] = [arguments[word] if isinstance(word, int) else word for word in law.proof]
        if words[0].startswith("@"):
            while words[-1] == "_" and len(words) > 1:
                words.pop()
        text = " ".join(words)
        text = f"({text}){law.suffix}" if law.suffix else text
        if not law.hidden:
            return text
        sides = (self._text(self._side(step, forward), names) for forward in (True, False))
        return f"(show {' = '.join(sides)} from {text})"

    def _congruence(self, now: Term, step: RewriteStep, names: Sequence[str]) -> str:
        hole = next(name for name in self._names if name not in names)
        reference = self._reference(step, names)
        equation = reference if step.forward else f"({reference}).symm"
        if not step.path:
            return equation
        marked = put(now, step.path, -1)
        return f"congrArg (fun {hole} => {self._text(marked, names, hole=hole)}) ({equation})"

    def _text(self, term: Term, names: Sequence[str], argument: bool = False, hole: str = "_") -> str:
        """Returns a term as Lean reads it."""
        if isinstance(term, int):
            return hole if term == -1 else names[term]
        symbol: TermSymbol = self.problem.symbols[term[0]]
        if not symbol.arity:
            return symbol.text
        arguments = [self._text(each, names, argument=True, hole=hole) for each in term[1:]]
        text: str = HOLE.sub(lambda found: arguments[int(found[1])], symbol.text)
        return f"({text})" if argument else text


def _expanded(step: RewriteStep, chain: Sequence[RewriteStep]) -> list[RewriteStep]:
    """Returns the steps that prove the equation of a step, in its place."""
    values: Mapping[int, Term] = dict(enumerate(step.arguments))
    steps = [
        RewriteStep(
            (*step.path, *s.path), s.equation, s.forward, tuple(substituted(each, values) for each in s.arguments)
        )
        for s in chain
    ]
    if step.forward:
        return steps
    return [RewriteStep(s.path, s.equation, not s.forward, s.arguments) for s in reversed(steps)]
