"""Statements in words, by rules, from their signatures as Lean prints them.

Quantifiers, hypotheses, connectives and relations become words; what the rules do not know stays Lean's text, as code.
So a description never says anything else than the statement.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TYPES = {
    "Nat": ("natural number", "natural numbers"),
    "ℕ": ("natural number", "natural numbers"),
    "Int": ("integer", "integers"),
    "ℤ": ("integer", "integers"),
    "Bool": ("Boolean", "Booleans"),
    "Prop": ("proposition", "propositions"),
    "Type": ("type", "types"),
    "String": ("string", "strings"),
}
"""Words for types, in the singular and in the plural."""
CONNECTIVES = ((" ↔ ", " if and only if "), (" → ", "→"), (" ∨ ", " or "), (" ∧ ", " and "))
"""Lean's binary connectives, those that bind least first; all group to the right."""
RELATIONS = (
    (" ≠ ", "is not equal to"),
    (" = ", "equals"),
    (" ≤ ", "is at most"),
    (" ≥ ", "is at least"),
    (" < ", "is less than"),
    (" > ", "is greater than"),
    (" ∣ ", "divides"),
    (" ∈ ", "is in"),
    (" ∉ ", "is not in"),
    (" ⊆ ", "is contained in"),
)
OPEN, CLOSE = "([{⟨⦃", ")]}⟩⦄"
SIMPLE = re.compile(r"-?[\w'₀-₉]+\Z")
ARITHMETIC = re.compile(r"[\w'₀-₉ +*/^%-]*\Z")
HYPOTHESIS = re.compile(r"h[\w₀-₉']{0,2}\Z")
APPLIED = re.compile(r"(?P<function>[A-Za-z_][\w'.]*)(?P<arguments>(?: [\w('][^ ]*)+)\Z")
FUNCTIONS = {"length": "the length of", "reverse": "the reverse of", "succ": "the successor of", "sum": "the sum of"}


@dataclass(frozen=True)
class Binder:
    """Variables of one type, or a hypothesis."""

    names: tuple[str, ...]
    type: str
    kind: str = "("


def informal(signature: str) -> str:
    """Returns a statement in words.

    Args:
        signature: the signature of a theorem as Lean prints it, from its name on.
    """
    name, binders, conclusion = taken_apart(signature)
    return _sentence(binders, conclusion) if conclusion else f"`{name or signature}`."


def taken_apart(signature: str) -> tuple[str, tuple[Binder, ...], str]:
    """Returns the name of a signature, its binders and its conclusion."""
    text = " ".join(signature.split())
    place = _outside(text, " : ")
    if place is None:
        return text, (), ""
    head, conclusion = text[:place], text[place + 3 :]
    name, _, rest = head.partition(" ")
    return name, tuple(_binders(rest)), conclusion


def _binders(text: str) -> Iterator[Binder]:
    while text := text.strip():
        if text[0] not in OPEN:
            word, _, text = text.partition(" ")
            yield Binder((word,), "")
            continue
        stop = _closing(text)
        inside, kind, text = text[1:stop], text[0], text[stop + 1 :]
        names, colon, type_ = inside.partition(" : ")
        yield Binder(tuple(names.split()), type_, kind) if colon else Binder((), inside, kind)


def _sentence(binders: Sequence[Binder], conclusion: str) -> str:
    """Returns a statement as one sentence."""
    variables: list[str] = []
    conditions: list[str] = []
    single = True
    for binder in binders:
        if binder.kind == "[":
            conditions.append(f"there is an instance of `{binder.type}`")
        elif _is_proposition(binder):
            conditions.append(_words(binder.type))
        else:
            variables.append(_typed(binder))
            single &= len(binder.names) == 1
    single &= len(variables) == 1
    return _capital(_stated(variables, conditions, _words(conclusion), "every" if single else "all")) + "."


def _stated(variables: Sequence[str], conditions: Sequence[str], claim: str, every: str) -> str:
    quantified = f"for {every} {_listed(variables)}, " if variables else ""
    if not conditions:
        return quantified + claim
    return f"{quantified}if {' and '.join(conditions)}, then {claim}"


def _typed(binder: Binder) -> str:
    names = _listed([*binder.names])
    head, _, argument = binder.type.partition(" ")
    many = len(binder.names) > 1
    if binder.type in TYPES or head == "Type":
        return f"{TYPES[head][many]} {names}"
    if head == "List" and argument:
        return f"{'lists' if many else 'list'} {names} of {_plural(argument)}"
    if " → " in binder.type:
        return f"{'functions' if many else 'function'} {names} from `{binder.type.replace(' → ', '` to `')}`"
    return f"{names} of type `{binder.type}`"


def _plural(type_: str) -> str:
    return TYPES[type_][1] if type_ in TYPES else f"`{type_}`"


def _is_proposition(binder: Binder) -> bool:
    """Returns whether a binder looks like a hypothesis: by its type, or by a name such as `h`, `hn` or `h₁`."""
    type_ = binder.type
    head = type_.split(" ")[0]
    if all(HYPOTHESIS.match(name) for name in binder.names) and head not in (*TYPES, "List") and " → " not in type_:
        return True
    marks = ("∀ ", "∃ ", "¬", "↔", " ∧ ", " ∨ ", *(mark for mark, _ in RELATIONS))
    return type_ in ("False", "True") or any(_outside(type_, mark) is not None for mark in marks)


def _words(text: str) -> str:
    """Returns a proposition in words."""
    text = _bare(text)
    for quantifier, words in (("∀ ", "for all {}, {}"), ("∃ ", "there is {} such that {}")):
        if text.startswith(quantifier) and (comma := _outside(text, ", ")) is not None:
            return _quantified(text[2:comma], text[comma + 2 :], words)
    for mark, word in CONNECTIVES:
        if (place := _outside(text, mark)) is not None:
            left, right = _words(text[:place]), _words(text[place + len(mark) :])
            return f"if {left}, then {right}" if word == "→" else f"{left}{word}{right}"
    if text.startswith("¬"):
        return f"it is not the case that {_words(text[1:])}"
    for mark, word in RELATIONS:
        if (place := _outside(text, mark)) is not None:
            return f"{_term(text[:place])} {word} {_term(text[place + len(mark) :])}"
    return {"False": "a contradiction follows", "True": "a truth holds"}.get(text, _predicate(text))


def _quantified(bound: str, body: str, words: str) -> str:
    binders = list(_binders(bound if bound.startswith(tuple(OPEN)) else f"({bound})" if " : " in bound else bound))
    named = [_typed(each) if each.type else ", ".join(each.names) for each in binders]
    every = "every" if len(binders) == 1 and len(binders[0].names) == 1 else "all"
    return words.format(_listed(named), _words(body)).replace("for all", f"for {every}", 1)


def _predicate(text: str) -> str:
    return text if SIMPLE.match(text) else f"`{text}` holds"


def _term(text: str) -> str:
    """Returns a term: notation of arithmetic as it is, a few functions in words, all else as code."""
    text = _bare(text)
    if SIMPLE.match(text):
        return text
    if (place := _outside(text, " ++ ")) is not None:
        return f"{_term(text[:place])} followed by {_term(text[place + 4 :])}"
    subject, dot, function = text.rpartition(".")
    if dot and function in FUNCTIONS and _closed(subject):
        return f"{FUNCTIONS[function]} {_grouped(subject)}"
    if ARITHMETIC.match(text) and not APPLIED.match(text):
        return text
    return f"`{text}`"


def _grouped(text: str) -> str:
    inside = _term(text)
    return f"({inside})" if " followed by " in inside else inside


def _closed(text: str) -> bool:
    """Returns whether a text is one word or one pair of brackets."""
    return SIMPLE.match(text) is not None or (text.startswith("(") and _closing(text) == len(text) - 1)


def _bare(text: str) -> str:
    text = text.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _outside(text: str, mark: str) -> int | None:
    """Returns the first place of a mark outside brackets, and not below a quantifier."""
    depth = 0
    for place, character in enumerate(text):
        if not depth and text.startswith(mark, place):
            return place
        if (not depth and place and character in "∀∃λ") or (not depth and text.startswith("fun ", place)):
            return None
        depth += (character in OPEN) - (character in CLOSE)
    return None


def _closing(text: str) -> int:
    """Returns the place of the bracket that closes the first one; the end if there is none."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in OPEN) - (character in CLOSE)
        if not depth:
            return place
    return len(text)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _capital(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first in ("for", "if", "there", "it") else text
