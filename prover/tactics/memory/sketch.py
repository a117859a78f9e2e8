"""Goals as bags of features that do not depend on the names of hypotheses.

Read from goals as Lean prints them, since that is all that is kept of most; so a feature is a matter of
likeness only, and nothing here decides what a goal is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from prover.lean.protocol import Goal

WORD = re.compile(r"\d+|[^\W\d][\w'!?✝]*(?:\.[^\W\d][\w'!?✝]*)*|[()\[\]{}⟨⟩,]|[^\w\s()\[\]{}⟨⟩,]+")
HYPOTHESIS = re.compile(r"([^\s:(\[{⟨]+(?: [^\s:(\[{⟨]+)*) : ")
BINDERS = {"∀", "∃", "fun", "λ", "∃!", "Σ", "∑"}
BINDER_ENDS = {",", "=>", "↦"}
TYPING = {":", "∈", "<", "≤", ">", "≥", "⊆"}
"""after a bound name: what follows is about it, until a bracket closes"""
CONNECTIVES = (
    ("∀", "∃"),
    ("↔",),
    ("→",),
    ("∨",),
    ("∧",),
    ("¬",),
    ("=", "≠", "<", "≤", ">", ">=", "≥", "∈", "∉", "⊆", "∣"),
)
"""from what binds the loosest; the first that stands outside all brackets says what a proposition is"""
OPENING, CLOSING = "([{⟨", ")]}⟩"
VARIABLE, BOUND = "$", "#"


@dataclass(frozen=True)
class Local:
    """A hypothesis or variable, as something that a tactic may name."""

    name: str
    shape: str
    """its type without names of variables"""
    symbols: frozenset[str]
    place: int | None
    """how many other variables come before it in the target; None when it is not there"""


@dataclass(frozen=True)
class Sketch:
    """A goal without what is particular to it."""

    locals: tuple[Local, ...]
    bag: dict[int, float]
    """features, as numbers, and how much each counts"""


def sketch_of(goal: Goal) -> Sketch:
    """The sketch of a goal that is being proved."""
    return sketch([(h.name, h.type) for h in goal.hypotheses], goal.target)


def sketch_of_text(printed: str) -> Sketch:
    """The sketch of the first goal of a state as Lean prints it."""
    hypotheses: list[tuple[str, str]] = []
    target: list[str] = []
    for entry in _entries(printed.split("\n\n", 1)[0]):
        if entry.startswith("⊢"):
            target.append(entry[1:].strip())
        elif found := HYPOTHESIS.match(entry):
            hypotheses += [(name, entry[found.end() :]) for name in found[1].split()]
    return sketch(hypotheses, "\n".join(target))


def sketch(hypotheses: Sequence[tuple[str, str]], target: str) -> Sketch:
    """The sketch of a goal with these hypotheses, name and printed type each."""
    names = frozenset(name for name, _ in hypotheses)
    words = WORD.findall(target)
    places: dict[str, int] = {}
    for word in words:
        if (name := word.split(".", 1)[0]) in names:
            places.setdefault(name, len(places))
    made = []
    for name, type_ in hypotheses:
        shape = tuple(_without_names(WORD.findall(type_.split(" := ", 1)[0]), names))
        made.append(Local(name, " ".join(shape), _symbols(shape), places.get(name)))
    return Sketch(tuple(made), _bag(made, tuple(_without_names(words, names))))


def words_of(text: str) -> Iterator[re.Match[str]]:
    """The words of Lean source, with their places."""
    return WORD.finditer(text)


def _entries(printed: str) -> Iterator[str]:
    """The hypotheses and the target, each with the lines that it goes on in; the tag is passed over."""
    entry: list[str] = []
    for line in printed.splitlines():
        if line.startswith((" ", "\t")) and entry:
            entry.append(line)
            continue
        if entry:
            yield "\n".join(entry)
        entry = [] if line.startswith("case ") else [line]
    if entry:
        yield "\n".join(entry)


def _without_names(words: Iterable[str], names: frozenset[str]) -> Iterator[str]:
    """The words with variables and bound names replaced; qualified names shortened to their last part."""
    bound: set[str] = set()
    binding = typing = False
    for word in words:
        first, *rest = word.split(".")
        if word in BINDERS:
            binding, typing = True, False
        elif word in BINDER_ENDS:
            binding = False
        elif word in TYPING or word in CLOSING:
            typing = word in TYPING
        elif binding and not typing and (first[0].isalpha() or first[0] == "_"):
            bound.add(word)
        if first in bound:
            yield ".".join([BOUND, *rest])
        elif first in names or first.endswith("✝"):
            yield ".".join([VARIABLE, *rest])
        else:
            yield rest[-1] if rest else word


def _symbols(words: Iterable[str]) -> frozenset[str]:
    """What words speak of: constants and operators, not variables and brackets."""
    parts = (word.split(".")[-1] for word in words)
    return frozenset(
        part for part in parts if part not in (VARIABLE, BOUND, ",", ":", ".") and part not in OPENING + CLOSING
    )


def _bag(locals_: Iterable[Local], target: Sequence[str]) -> dict[int, float]:
    found: dict[int, float] = {}
    for kind, text, weight in _features(locals_, target):
        number = crc32(f"{kind}:{text}".encode())
        found[number] = max(weight, found.get(number, 0.0))
    return found


def _features(locals_: Iterable[Local], target: Sequence[str]) -> Iterator[tuple[str, str, float]]:
    for symbol in _symbols(target):
        yield "symbol", symbol, 1.0
    for pair in pairwise(target):
        yield "pair", " ".join(pair), 0.6
    relation, sides = _outermost(target)
    yield "relation", relation, 1.0
    for side, words in sides.items():
        yield side, next((w for w in words if w not in OPENING), ""), 0.8
        yield side + " whole", " ".join(words), 0.8
    yield "target", " ".join(target), 1.5
    for local in locals_:
        yield "hypothesis", local.shape, 0.5
        for symbol in local.symbols:
            yield "about", symbol, 0.4


def _outermost(words: Sequence[str]) -> tuple[str, dict[str, Sequence[str]]]:
    """The connective or relation that a proposition is made by, and its sides."""
    if words and words[0] in CONNECTIVES[0]:
        return words[0], {}
    depth, outside = 0, []
    for index, word in enumerate(words):
        depth += (word in OPENING) - (word in CLOSING)
        if depth == 0:
            outside.append(index)
    for kind in CONNECTIVES[1:]:
        for index in outside:
            if words[index] in kind:
                return words[index], {"left": words[:index], "right": words[index + 1 :]}
    return words[0] if words else "", {}
