"""Unfailing completion: derives equations from equations until both sides of a goal have the same normal form.

After Knuth and Bendix, and Bachmair, Dershowitz and Plaisted; systems such as Waldmeister and twee are the models. A
term is a variable, a number, or a tuple of a symbol and arguments. Each derived equation keeps the chain of rewriting
steps that proves it. Knows nothing of Lean.
"""

import heapq
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Term = int | tuple  # type: ignore[type-arg]  # recursive
Path = tuple[int, ...]
Substitution = dict[int, Term]

MAX_SIZE = 26
"""The size of both sides together above which an equation is not kept."""
AGE_SHARE = 6
"""Every so many equations, the oldest is chosen instead of the smallest."""


@dataclass(frozen=True)
class RewriteStep:
    """A part of a term is replaced by an instance of an equation."""

    path: Path
    equation: int
    """The number of the equation."""
    forward: bool
    arguments: tuple[Term, ...]
    """The values of its variables."""


@dataclass(frozen=True)
class Derived:
    """An equation, and the steps that lead from its left side to its right side; none if it is given."""

    left: Term
    right: Term
    types: tuple[int, ...]
    """The type of each of its variables, which are numbered from 0."""
    chain: tuple[RewriteStep, ...] = ()


@dataclass(frozen=True)
class Rule:
    """An equation used in one direction."""

    number: int
    forward: bool
    left: Term
    right: Term
    oriented: bool
    """Whether the left side is greater than the right side in every instance."""


@dataclass(frozen=True)
class Symbols:
    """The types of symbols, and their order of precedence."""

    result: Sequence[int]
    rank: Sequence[int]
    """The greater, the more a symbol wants to be rewritten."""


def size(term: Term) -> int:
    """Returns the number of symbols and variables."""
    return 1 if isinstance(term, int) else 1 + sum(map(size, term[1:]))


def variables(term: Term, found: dict[int, None] | None = None) -> dict[int, None]:
    """Returns the variables in the order in which they occur."""
    found = {} if found is None else found
    if isinstance(term, int):
        found.setdefault(term)
    else:
        for each in term[1:]:
            variables(each, found)
    return found


def substituted(term: Term, values: Mapping[int, Term]) -> Term:
    """Returns a term with values for variables, once."""
    if isinstance(term, int):
        return values.get(term, term)
    return (term[0], *(substituted(each, values) for each in term[1:]))


def shifted(term: Term, by: int) -> Term:
    """Returns a term with its variables renumbered."""
    if isinstance(term, int):
        return term + by
    return (term[0], *(shifted(each, by) for each in term[1:]))


def at(term: Term, path: Path) -> Term:
    """Returns the part of a term at a path."""
    for place in path:
        assert isinstance(term, tuple)
        term = term[place]
    return term


def put(term: Term, path: Path, part: Term) -> Term:
    """Returns a term with another part at a path."""
    if not path:
        return part
    assert isinstance(term, tuple)
    first, *rest = path
    return (*term[:first], put(term[first], tuple(rest), part), *term[first + 1 :])


def replaced(term: Term, old: Term, new: Term) -> Term:
    """Returns a term with every part that is `old` replaced."""
    if term == old:
        return new
    if isinstance(term, int):
        return term
    return (term[0], *(replaced(each, old, new) for each in term[1:]))


def matched(pattern: Term, term: Term, values: Substitution) -> bool:
    """Extends `values` so that the pattern becomes the term; returns whether that is possible."""
    if isinstance(pattern, int):
        if pattern in values:
            return values[pattern] == term
        values[pattern] = term
        return True
    if isinstance(term, int) or pattern[0] != term[0]:
        return False
    return all(matched(p, t, values) for p, t in zip(pattern[1:], term[1:], strict=True))


def resolved(term: Term, values: Substitution) -> Term:
    """Returns a term with the values of a unifier, as far as they go."""
    if isinstance(term, int):
        return resolved(values[term], values) if term in values else term
    return (term[0], *(resolved(each, values) for each in term[1:]))


def unified(one: Term, other: Term, values: Substitution) -> bool:
    """Extends `values` to a unifier; returns whether there is one."""
    while isinstance(one, int) and one in values:
        one = values[one]
    while isinstance(other, int) and other in values:
        other = values[other]
    if one == other:
        return True
    if isinstance(one, int) or isinstance(other, int):
        variable, value = (one, other) if isinstance(one, int) else (other, one)
        assert isinstance(variable, int)
        if variable in variables(resolved(value, values)):
            return False
        values[variable] = value
        return True
    if one[0] != other[0]:
        return False
    return all(unified(a, b, values) for a, b in zip(one[1:], other[1:], strict=True))


class PathOrder:
    """The lexicographic path order, which is total on terms without variables."""

    def __init__(self, rank: Sequence[int]) -> None:
        self._rank = rank
        self._known: dict[tuple[Term, Term], bool] = {}

    def greater(self, one: Term, other: Term) -> bool:
        """Returns whether every instance of one term is greater than that of the other."""
        if isinstance(one, int) or one == other:
            return False
        if isinstance(other, int):
            return other in variables(one)
        if (known := self._known.get((one, other))) is None:
            known = self._known[one, other] = self._compared(one, other)
        return known

    def _compared(self, one: tuple, other: tuple) -> bool:  # type: ignore[type-arg]
        if any(each == other or self.greater(each, other) for each in one[1:]):
            return True
        if self._rank[one[0]] > self._rank[other[0]]:
            return all(self.greater(one, each) for each in other[1:])
        if one[0] != other[0] or not all(self.greater(one, each) for each in other[1:]):
            return False
        differing = next(((a, b) for a, b in zip(one[1:], other[1:], strict=True) if a != b), None)
        return differing is not None and self.greater(*differing)


@dataclass
class EquationalCompletion:
    """One run of completion for one goal."""

    symbols: Symbols
    goal: tuple[Term, Term]
    """Terms without variables."""
    equations: list[Derived]
    """The given equations; derived ones are added."""
    constants: Mapping[int, Term] = field(default_factory=dict)
    """A term without variables for each type that has one."""

    def __post_init__(self) -> None:
        self._order = PathOrder(self.symbols.rank)
        self._rules: dict[int, list[Rule]] = {}
        """The rules by the symbol at the root of their left sides."""
        self._active: dict[int, list[Rule]] = {}
        """The rules of each active equation."""
        self._waiting: list[tuple[int, int, int]] = []
        self._oldest: list[tuple[int, int]] = []
        self._seen: set[tuple[Term, Term]] = set()
        self._commutes: set[int] = set()
        self._associates: set[int] = set()
        self._sides: list[tuple[Term, list[RewriteStep]]] = [(side, []) for side in self.goal]

    def run(self, deadline: float, clock: Callable[[], float] = time.monotonic) -> tuple[RewriteStep, ...] | None:
        """Returns the steps that lead from the goal's left side to its right side; None if the time is over."""
        for given, equation in enumerate(self.equations):
            self._look_at(equation)
            self._wait(given)
        chosen: set[int] = set()
        for turn in itertools.count(1):
            if (number := self._next(turn, chosen)) is None or clock() > deadline:
                return None
            chosen.add(number)
            if (kept := self._simplified(number)) is None:
                continue
            if (chain := self._all_equal(kept)) is not None:
                return chain
            self._activate(kept)
            if (chain := self._joined()) is not None:
                return chain
            self._reduce_active(kept)
            for other in list(self._active):
                if clock() > deadline:
                    return None
                for equation in self._overlaps(kept, other):
                    self._add(equation)
        return None

    def _look_at(self, equation: Derived) -> None:
        """Notes that a symbol is commutative or associative."""
        match equation.left, equation.right:
            case (f, int(x), int(y)), (g, int(v), int(w)) if f == g and (x, y) == (w, v) and x != y:
                self._commutes.add(f)
            case ((f, (g, int(), int()), int()), (h, int(), (k, int(), int()))) | (
                (h, int(), (k, int(), int())),
                (f, (g, int(), int()), int()),
            ) if f == g == h == k:
                self._associates.add(f)

    def _wait(self, number: int) -> None:
        equation = self.equations[number]
        heapq.heappush(self._waiting, (size(equation.left) + size(equation.right), number, number))
        heapq.heappush(self._oldest, (number, number))

    def _next(self, turn: int, chosen: set[int]) -> int | None:
        queue: list[tuple[int, ...]] = self._oldest if turn % AGE_SHARE == 0 else self._waiting  # type: ignore[assignment]
        while queue:
            number = heapq.heappop(queue)[-1]
            if number not in chosen:
                return number
        return self._next(1, chosen) if queue is self._oldest and self._waiting else None

    def _add(self, equation: Derived) -> None:
        """Lets a derived equation wait, unless it is known, large or follows from commutativity and associativity."""
        if equation.left == equation.right or size(equation.left) + size(equation.right) > MAX_SIZE:
            return
        equation = self._numbered(equation)
        if self._is_known(equation):
            return
        self._seen.add((equation.left, equation.right))
        self.equations.append(equation)
        self._look_at(equation)
        self._wait(len(self.equations) - 1)

    def _is_known(self, equation: Derived) -> bool:
        if (equation.left, equation.right) in self._seen or (equation.right, equation.left) in self._seen:
            return True
        both = self._commutes & self._associates
        if not both or self._sorted(equation.left, both) != self._sorted(equation.right, both):
            return False
        return size(equation.left) > 5  # commutativity, associativity and x(yz) = y(xz) are needed themselves

    def _sorted(self, term: Term, both: set[int]) -> Term:
        """Returns a normal form of a term for commutativity and associativity."""
        if isinstance(term, int):
            return term
        arguments = [self._sorted(each, both) for each in term[1:]]
        if term[0] in both:
            flat: list[Term] = []
            for each in arguments:
                flat += each[1:] if isinstance(each, tuple) and each[0] == term[0] else [each]
            arguments = sorted(flat, key=repr)
        return (term[0], *arguments)

    def _numbered(self, equation: Derived) -> Derived:
        """Returns an equation with its variables numbered from 0; others of its proof get values."""
        order = list(variables(equation.right, variables(equation.left)))
        names: Substitution = {old: new for new, old in enumerate(order)}
        types = tuple(equation.types[old] for old in order)
        for old, type_ in enumerate(equation.types):
            if old not in names:
                same = next((place for place, each in enumerate(types) if each == type_), None)
                names[old] = same if same is not None else self.constants.get(type_, old)
        chain = tuple(
            RewriteStep(s.path, s.equation, s.forward, tuple(substituted(each, names) for each in s.arguments))
            for s in equation.chain
        )
        return Derived(substituted(equation.left, names), substituted(equation.right, names), types, chain)

    def normal(self, term: Term, deadline: int = 200) -> tuple[Term, list[RewriteStep]]:
        """Returns the normal form of a term, and the steps that lead to it."""
        steps: list[RewriteStep] = []
        for _ in range(deadline):
            found = self._rewritten(term, ())
            if found is None:
                break
            step, term = found[0], put(term, found[0].path, found[1])
            steps.append(step)
        return term, steps

    def _rewritten(self, term: Term, path: Path) -> tuple[RewriteStep, Term] | None:
        if isinstance(term, int):
            return None
        for place, each in enumerate(term[1:], start=1):
            if (found := self._rewritten(each, (*path, place))) is not None:
                return found
        for rule in self._rules.get(term[0], ()):
            values: Substitution = {}
            if matched(rule.left, term, values):
                result = substituted(rule.right, values)
                if rule.oriented or self._order.greater(term, result):
                    return self._step(rule, values, path), result
        return None

    def _step(self, rule: Rule, values: Mapping[int, Term], path: Path) -> RewriteStep:
        count = len(self.equations[rule.number].types)
        return RewriteStep(path, rule.number, rule.forward, tuple(values.get(v, v) for v in range(count)))

    def _simplified(self, number: int) -> int | None:
        """Returns the number of an equation with its sides in normal form; None if they are the same."""
        equation = self.equations[number]
        left, forth = self.normal(equation.left)
        right, back = self.normal(equation.right)
        if left == right:
            return None
        if not forth and not back:
            return number
        own = RewriteStep((), number, True, tuple(range(len(equation.types))))
        simpler = self._numbered(
            Derived(left, right, equation.types, (*self._reversed(forth), own, *back)),
        )
        if self._is_known(simpler):
            return None
        self._seen.add((simpler.left, simpler.right))
        self.equations.append(simpler)
        self._look_at(simpler)
        return len(self.equations) - 1

    @staticmethod
    def _reversed(steps: Sequence[RewriteStep]) -> Iterator[RewriteStep]:
        return (RewriteStep(s.path, s.equation, not s.forward, s.arguments) for s in reversed(steps))

    def _activate(self, number: int) -> None:
        equation = self.equations[number]
        rules = []
        for forward, left, right in ((True, equation.left, equation.right), (False, equation.right, equation.left)):
            oriented = self._order.greater(left, right)
            if isinstance(left, int) or self._order.greater(right, left):
                continue
            rules.append(Rule(number, forward, left, right, oriented))
            if set(variables(right)) <= set(variables(left)):
                self._rules.setdefault(left[0], []).append(rules[-1])
        self._active[number] = rules

    def _reduce_active(self, number: int) -> None:
        """Takes back active equations that the new one simplifies."""
        for old in [each for each in self._active if each != number]:
            equation = self.equations[old]
            others = self._active.pop(old)
            for rule in others:
                mine = self._rules.get(rule.left[0], [])  # type: ignore[index]
                self._rules[rule.left[0]] = [each for each in mine if each.number != old]  # type: ignore[index]
            changed = any(self._uses(number, side) for side in (equation.left, equation.right))
            if changed and (simpler := self._simplified(old)) is not None and simpler != old:
                self._wait(simpler)
            elif not changed:
                self._active[old] = others
                for rule in others:
                    if set(variables(rule.right)) <= set(variables(rule.left)):
                        self._rules.setdefault(rule.left[0], []).append(rule)  # type: ignore[index]

    def _uses(self, number: int, term: Term) -> bool:
        """Returns whether an equation rewrites a part of a term."""
        if isinstance(term, int):
            return False
        for rule in self._active[number]:
            values: Substitution = {}
            found = matched(rule.left, term, values) and set(variables(rule.right)) <= set(values)
            if found and (rule.oriented or self._order.greater(term, substituted(rule.right, values))):
                return True
        return any(self._uses(number, each) for each in term[1:])

    def _joined(self) -> tuple[RewriteStep, ...] | None:
        """Brings the goal's sides into normal form; returns the steps between them if these are the same."""
        for place, (side, steps) in enumerate(self._sides):
            term, more = self.normal(side)
            self._sides[place] = (term, steps + more)
        (left, forth), (right, back) = self._sides
        return (*forth, *self._reversed(back)) if left == right else None

    def _all_equal(self, number: int) -> tuple[RewriteStep, ...] | None:
        """Returns the steps between the goal's sides if an equation says that all values of their type are equal."""
        equation = self.equations[number]
        (left, forth), (right, back) = self._sides
        types = {self.symbols.result[side[0]] for side in (left, right)}  # type: ignore[index]
        if isinstance(equation.left, int) and isinstance(equation.right, int) and types == set(equation.types):
            return (*forth, RewriteStep((), number, True, (left, right)), *self._reversed(back))
        return None

    def _overlaps(self, number: int, other: int) -> Iterator[Derived]:
        for one in self._active.get(number, ()):
            for two in self._active.get(other, ()):
                yield from self._into(one, two)
                if number != other:
                    yield from self._into(two, one)

    def _into(self, inner: Rule, outer: Rule) -> Iterator[Derived]:
        """Yields the equations that follow from replacing a part of one rule's left side by another rule."""
        outer_types = self.equations[outer.number].types
        inner_types = self.equations[inner.number].types
        shift = len(outer_types)
        left, right = shifted(inner.left, shift), shifted(inner.right, shift)
        types = (*outer_types, *inner_types)
        for path, part in _parts(outer.left, ()):
            if not path and (inner.number, inner.forward) == (outer.number, outer.forward):
                continue
            values: Substitution = {}
            if part[0] != left[0] or not unified(part, left, values):  # type: ignore[index]
                continue
            top = resolved(outer.left, values)
            one, two = put(top, path, resolved(right, values)), resolved(outer.right, values)
            if (not inner.oriented and self._order.greater(resolved(right, values), resolved(left, values))) or (
                not outer.oriented and self._order.greater(two, top)
            ):
                continue
            inside = tuple(resolved(v + shift, values) for v in range(len(inner_types)))
            outside = tuple(resolved(v, values) for v in range(shift))
            steps = (
                RewriteStep(path, inner.number, not inner.forward, inside),
                RewriteStep((), outer.number, outer.forward, outside),
            )
            one, forth = self.normal(one)
            two, back = self.normal(two)
            yield Derived(one, two, types, (*self._reversed(forth), *steps, *back))


def _parts(term: Term, path: Path) -> Iterator[tuple[Path, tuple]]:  # type: ignore[type-arg]
    if isinstance(term, tuple):
        yield path, term
        for place, each in enumerate(term[1:], start=1):
            yield from _parts(each, (*path, place))
