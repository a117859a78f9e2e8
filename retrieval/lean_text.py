"""Lean as Lean prints it, taken apart into words: for likeness only, nothing here decides what a goal is."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\d+|[^\W\d][\w'!?✝]*(?:\.[^\W\d][\w'!?✝]*)*|[()\[\]{}⟨⟩⦃⦄,]|[^\w\s()\[\]{}⟨⟩⦃⦄,]+")
HYPOTHESIS = re.compile(r"([^\s:(\[{⟨]+(?: [^\s:(\[{⟨]+)*) : ")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
BINDERS = {"∀", "∃", "fun", "λ", "∃!", "Σ", "∑"}
BINDER_ENDS = {",", "=>", "↦"}
TYPING = {":", "∈", "<", "≤", ">", "≥", "⊆"}
"""Tokens after which the text belongs to a bound name, until a bracket closes."""
OPENING, CLOSING = "([{⟨⦃", ")]}⟩⦄"
VARIABLE, BOUND = PLACEHOLDERS = "$#"
SILENT = {VARIABLE, BOUND, ",", ":", ".", ":=", "✝", *OPENING, *CLOSING}
NOTATION = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "^": "pow", "•": "smul", "⁻¹": "inv", "∣": "dvd",
    "=": "eq", "≠": "ne", "==": "beq", "!=": "bne", "≤": "le", "<": "lt", "≥": "le", ">": "lt", "≈": "equiv",
    "++": "append", "::": "cons", "[]": "nil", "∈": "mem", "∉": "mem", "∪": "union", "∩": "inter", "⊆": "subset",
    "∅": "empty", "\\": "sdiff", "⊔": "sup", "⊓": "inf", "⊤": "top", "⊥": "bot", "×": "prod",
    "∧": "and", "∨": "or", "¬": "not", "↔": "iff", "∃": "exists", "&&": "and", "||": "or", "!": "not",
    "&&&": "and", "|||": "or", "^^^": "xor", "<<<": "shift", ">>>": "shift", "∘": "comp", "<$>": "map",
    ">>=": "bind", "<*>": "seq", "<|>": "orelse",
}  # fmt: skip
"""The names of notations in Lean's library: `xs ++ ys` is called `append`."""

CONNECTIVES = (
    ("∀", "∃"),
    ("↔",),
    ("→",),
    ("∨",),
    ("∧",),
    ("¬",),
    ("=", "≠", "<", "≤", ">", ">=", "≥", "∈", "∉", "⊆", "∣"),
)
"""Relations and connectives, the loosest first; the first outside all brackets gives the kind of a proposition."""


@dataclass(frozen=True)
class GoalText:
    """A goal as Lean prints it."""

    hypotheses: tuple[tuple[str, str], ...]
    """The name and type of each hypothesis."""
    target: str


@dataclass(frozen=True)
class Signature:
    """A statement as Lean prints it, without the name: `(n m : Nat) : n + m = m + n`."""

    binders: tuple[tuple[str, str], ...]
    """The name and type of each hypothesis."""
    conclusion: str


def goal_text(printed: str) -> GoalText:
    """The first goal of a printed state."""
    hypotheses: list[tuple[str, str]] = []
    target: list[str] = []
    for entry in _entries(printed.split("\n\n", 1)[0]):
        if entry.startswith("⊢"):
            target.append(entry[1:].strip())
        elif found := HYPOTHESIS.match(entry):
            hypotheses += [(name, entry[found.end() :]) for name in found[1].split()]
    return GoalText(tuple(hypotheses), "\n".join(target))


def signature(statement: str) -> Signature:
    """Splits a printed statement into the binders in brackets and the conclusion."""
    binders: list[tuple[str, str]] = []
    depth, start = 0, 0
    for place, character in enumerate(statement):
        if character in OPENING:
            if depth == 0:
                start = place + 1
            depth += 1
        elif character in CLOSING:
            depth -= 1
            if depth == 0:
                names, colon, type_ = statement[start:place].partition(" : ")
                binders += [(name, type_) for name in names.split()] if colon else [("", statement[start:place])]
        elif character == ":" and depth == 0:
            return Signature(tuple(binders), statement[place + 1 :].strip())
    return Signature((), statement.strip())


def words_in(text: str) -> list[str]:
    """The words of Lean source: names, numbers, operators and brackets."""
    return WORD.findall(text)


def is_name(word: str) -> bool:
    """Returns whether a word is a name, not an operator or a number."""
    return word[0].isalpha() or word[0] == "_"


def without_names(words: Iterable[str], names: frozenset[str]) -> Iterator[str]:
    """The words with variables and bound names replaced; qualified names shortened to their last part."""
    bound: set[str] = set()
    binding = typing = field = False
    for word in words:
        first, *rest = word.split(".") if is_name(word) else (word,)
        if field and is_name(word):  # `(xs ++ ys).reverse.length`
            yield from (first, *rest)
            field = False
            continue
        field = word == "."
        if word in BINDERS:
            binding, typing = True, False
        elif word in BINDER_ENDS:
            binding = False
        elif word in TYPING or word in CLOSING:
            typing = word in TYPING
        elif binding and not typing and is_name(word):
            bound.add(word)
        if first in bound:
            yield ".".join([BOUND, *rest])
        elif first in names or first.endswith("✝"):
            yield ".".join([VARIABLE, *rest])
        else:
            yield rest[-1] if rest else word


def symbols(words: Iterable[str]) -> frozenset[str]:
    """Returns the constants and operators among words, without variables and brackets."""
    return frozenset(part for word in words for part in _spoken_of(word) if part not in SILENT)


def _spoken_of(word: str) -> Sequence[str]:
    """The last part of a constant's name; of a variable's fields, one of another, all."""
    if word[0] in PLACEHOLDERS:
        return word.split(".")[1:] if "." in word else (word,)
    return (word.rsplit(".", 1)[-1],) if is_name(word) else (word,)


def name_words(name: str) -> list[str]:
    """The words that a name or an English phrase is made of, in small letters: `List.reverse_append`."""
    return [part.lower() for part in PART.findall(name)]


def spoken(words: Iterable[str]) -> Iterator[str]:
    """Returns words of a statement as they occur in names: operators by their names, constants by their parts."""
    for word in words:
        if (name := NOTATION.get(word)) is not None:
            yield name
        elif word not in SILENT:
            yield from name_words(word)


def outermost(words: Sequence[str]) -> tuple[str, dict[str, Sequence[str]]]:
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
