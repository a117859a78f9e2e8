"""Instances of universally quantified hypotheses, with other hypotheses as arguments.

A hypothesis `h : ∀ a b, H a → H b → H (a * b)` is a rule. What Lean prints of its premises is a pattern in which the
variables stand for any text, so that the facts that fit, here `ha : H x`, are found without asking Lean: `h _ _ ha ha`.
A premise may also be met by another rule whose own premises are met by facts, as backward chaining would.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from prover.lean.protocol import Goal, Hypothesis

IDENTIFIER = re.compile(r"[^\W\d][\w'!?₀-₉]*")
RESTRICTED = re.compile(r"([^\W\d][\w'!?₀-₉]*) [^\w\s(){}\[\]]+ .*")
"""a variable with a condition, as in `∀ x ∈ s`"""
OPENING, CLOSING = "([{⟨⦃", ")]}⟩⦄"
BOUND_TO_THE_END = ("∃ ", "∃! ", "fun ", "λ ", "let ", "if ", "match ", "¬∀", "¬∃")
"""beginnings of texts that no arrow outside of parentheses belongs to"""
MAX_PREMISES = 4
MAX_FACT_LENGTH = 160
"""the length in characters up to which a fact is held against premises: patterns with many variables take long"""
MAX_PER_RULE = 40
"""the maximum number of instances of a rule that are ranked"""
MAX_INSTANCES = 6


@dataclass(frozen=True)
class HypothesisRule:
    """A hypothesis that is a universal statement with premises."""

    name: str
    arguments: tuple[str | None, ...]
    """Its explicit arguments in order: the text of a premise, or None for a value."""
    variables: frozenset[str]
    """The names of its bound variables."""
    conclusion: str

    @property
    def premises(self) -> tuple[str, ...]:
        """The texts of its premises."""
        return tuple(argument for argument in self.arguments if argument is not None)

    def fits(self, premise: str, fact: str, values: Mapping[str, str]) -> Mapping[str, str] | None:
        """Returns the values of variables for which a premise is a fact, or None if there are none.

        Args:
            values: the values that some variables have already.
        """
        found = self._pattern(premise).fullmatch(fact)
        if found is None:
            return None
        new = {name: found[f"v{index}"] for index, name in enumerate(self._occurring(premise))}
        return {**values, **new} if all(values.get(name, value) == value for name, value in new.items()) else None

    def _occurring(self, text: str) -> list[str]:
        return list(dict.fromkeys(word for word in IDENTIFIER.findall(text) if word in self.variables))

    def _pattern(self, text: str) -> re.Pattern[str]:
        groups = {name: f"v{index}" for index, name in enumerate(self._occurring(text))}
        seen: set[str] = set()
        parts: list[str] = []
        at = 0
        for word in IDENTIFIER.finditer(text):
            if (name := word[0]) in groups:
                group = groups[name]
                parts += [re.escape(text[at : word.start()]), f"(?P={group})" if name in seen else f"(?P<{group}>.+)"]
                seen.add(name)
                at = word.end()
        return re.compile("".join([*parts, re.escape(text[at:])]), re.DOTALL)


Argument = tuple[str, tuple[Hypothesis, ...]]
"""a proof of a premise, with the facts in it"""


@dataclass(frozen=True)
class Instance:
    """A rule with arguments, as a term."""

    term: str
    conclusion: str
    """The rule's conclusion, in which its variables may still stand."""
    facts: tuple[Hypothesis, ...] = field(compare=False)
    """The hypotheses among its arguments."""

    def resembles(self, target: str) -> bool:
        """Returns whether the conclusion is about the same predicate or relation as a target."""
        relations = {word for word in self.conclusion.split() if not IDENTIFIER.search(word)}
        return _same_head(self.conclusion, target) or any(word in relations for word in target.split())


def rules(goal: Goal) -> list[HypothesisRule]:
    """Returns the hypotheses of a goal that are rules with at least one premise and values that premises determine."""
    found = (_rule(h) for h in goal.facts if h.head in ("forall", "arrow"))
    return [rule for rule in found if rule.premises and len(rule.premises) <= MAX_PREMISES and _determined(rule)]


def instances(goal: Goal) -> list[Instance]:
    """Returns instances of the goal's rules whose premises are hypotheses, or follow from one by another rule.

    Those whose hypotheses mention most of what the target mentions come first.
    """
    known = rules(goal)
    ground = (h for h in reversed(goal.facts) if h.head not in ("forall", "arrow"))
    facts = [h for h in ground if len(h.type) <= MAX_FACT_LENGTH]
    wanted = set(IDENTIFIER.findall(goal.target))

    def rank(instance: Instance) -> tuple[int, int, int]:
        mentioned = {word for fact in instance.facts for word in IDENTIFIER.findall(fact.type)}
        repeated = len(instance.facts) - len({fact.name for fact in instance.facts})
        return -len(wanted & mentioned), repeated, len(instance.term)

    direct = [instance for rule in known for instance in _applied(rule, facts, ())]
    nested = [instance for rule in known for instance in _applied(rule, facts, known)]
    return sorted(dict.fromkeys([*direct, *nested]), key=rank)[:MAX_INSTANCES]


def _determined(rule: HypothesisRule) -> bool:
    """Returns whether each explicit value occurs in a premise, so that `_` can stand for it."""
    mentioned = {word for premise in rule.premises for word in IDENTIFIER.findall(premise)}
    return rule.variables <= mentioned


def _applied(rule: HypothesisRule, facts: Sequence[Hypothesis], others: Sequence[HypothesisRule]) -> Iterator[Instance]:
    """Yields instances of a rule; with other rules, those in which at least one premise follows by one of these."""

    def choices(left: Sequence[str], values: Mapping[str, str]) -> Iterator[tuple[Argument, ...]]:
        if not left:
            yield ()
            return
        premise, *rest = left
        for fact in facts:
            if (fitting := rule.fits(premise, fact.type, values)) is not None:
                yield from (((fact.name, (fact,)), *chosen) for chosen in choices(rest, fitting))
        for other in others:
            if other is not rule and _same_head(premise, other.conclusion):
                for inner in _applied(other, facts, ()):
                    argument = (f"({inner.term})", inner.facts)
                    yield from ((argument, *chosen) for chosen in choices(rest, values))

    found = (chosen for chosen in choices(rule.premises, {}) if not others or any(text[0] == "(" for text, _ in chosen))
    for chosen in islice(found, MAX_PER_RULE):
        proofs = iter(text for text, _ in chosen)
        arguments = ("_" if argument is None else next(proofs) for argument in rule.arguments)
        used = tuple(fact for _, facts in chosen for fact in facts)
        yield Instance(" ".join((rule.name, *arguments)), rule.conclusion, used)


def _same_head(premise: str, conclusion: str) -> bool:
    return premise.split(" ")[0] == conclusion.split(" ")[0]


def _rule(hypothesis: Hypothesis) -> HypothesisRule:
    text = " ".join(hypothesis.type.split())
    arguments: list[str | None] = []
    variables: set[str] = set()
    while True:
        if text.startswith("∀ "):
            binders, text = _split(text[len("∀ ") :], ", ")
            if restricted := RESTRICTED.fullmatch(binders):
                variables.add(restricted[1])
                arguments += [None, binders]
                continue
            while binders:
                group, binders = _split(binders, " ")
                names = group.strip(OPENING + CLOSING).partition(" : ")[0].split()
                variables.update(names if group[0] != "[" else ())
                arguments += [None] * len(names) if group[0] not in "{[⦃" else []
        elif not text.startswith(BOUND_TO_THE_END) and not _split(text, " ↔ ")[1] and _split(text, " → ")[1]:
            premise, text = _split(text, " → ")
            arguments.append(premise)
        else:
            return HypothesisRule(hypothesis.name, tuple(arguments), frozenset(variables), text)


def _split(text: str, separator: str) -> tuple[str, str]:
    """Returns what stands before and after the first separator outside of brackets, or all and nothing."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character in OPENING) - (character in CLOSING)
        if depth == 0 and text.startswith(separator, at):
            return text[:at], text[at + len(separator) :]
    return text, ""
