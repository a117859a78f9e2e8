"""Splits a block of tactics by its layout, so that the parts that hold can be kept if the whole does not.

Layout only suggests how tactics are nested; Lean runs each part and decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SORRY = re.compile(r"(?<![\w.'])(?:by\s+)?(?:sorry|admit)(?![\w'])")
CONTINUATIONS = ("|", "<;>", ")", "⟩", "]", "}", "at ", "from ", "then ", "else ", "using ", "generalizing ", "with")
"""beginnings of lines that belong to the tactic above, though they are not indented"""
BULLET = re.compile(r"\A([·.])(\s+|\Z)")
CASE = re.compile(r"\Acase'?\s+(?P<tag>\S+)(?P<names>(?:\s+\S+)*?)\s*=>[ \t]*")
ALTERNATIVE = re.compile(r"^[ \t]*\|[^\n]*?=>[ \t]*", re.MULTILINE)
SPLITTING = re.compile(r"\A(cases|induction)\b[^\n]*\bwith\Z")
SCOPE = re.compile(r"\A(?:open|set_option)\s[^\n]*\sin\Z")
ASSERTING = re.compile(r"\A(?P<head>(?:have|suffices|obtain)\b.*?)(?P<by>:=\s*by|from\s+by|\bby)\b", re.DOTALL)


@dataclass(frozen=True)
class Branches:
    """A tactic that leaves goals, and the blocks for these goals in order."""

    head: str
    bodies: tuple[str, ...]


@dataclass(frozen=True)
class Alternative:
    """The block for one case."""

    names: tuple[str, ...]
    """the names of the new hypotheses of the case, in order"""
    body: str


def tactics(block: str) -> list[str]:
    """Returns the tactics of a block, each with the lines that belong to it, without common indentation."""
    found: list[list[str]] = []
    lines = [line.rstrip() for line in _dedented(block).splitlines() if line.strip()]
    for line in lines:
        if found and (line[0].isspace() or line.startswith(CONTINUATIONS) or _is_open_scope(found[-1])):
            found[-1].append(line)
        else:
            found.append([line])
    return ["\n".join(lines) for lines in found if not lines[0].startswith("--")]


def _is_open_scope(lines: list[str]) -> bool:
    """Returns whether the lines are an `open … in`, or like it, of which what follows in the same column is part."""
    return SCOPE.match(lines[0]) is not None and (len(lines) == 1 or not lines[1][0].isspace())


def is_scope(line: str) -> bool:
    """Returns whether a line is an `open … in` or `set_option … in`."""
    return SCOPE.match(line.strip()) is not None


def scoped(tactic: str) -> tuple[str, list[str]] | None:
    """Splits `open … in` or `set_option … in` with a block below it into its line and the tactics of the block."""
    first, _, rest = tactic.partition("\n")
    return (first, tactics(rest)) if rest and SCOPE.match(first) else None


def with_scope(scope: str, tactic: str) -> str:
    """Returns a tactic inside an `open … in` or `set_option … in`; the bullet or `case` of a block stays outside."""
    if (body := bullet(tactic)) is not None:
        return f"· {scope}\n" + _indented(body)
    if (found := CASE.match(tactic)) is not None:
        return f"{found[0].rstrip()}\n" + _indented(f"{scope}\n{_block_from(tactic, found.end())}")
    return tactic if is_sorry(tactic) else f"{scope}\n{_indented(tactic)}"


def _indented(block: str) -> str:
    return "\n".join("  " + line for line in block.splitlines())


def is_sorry(tactic: str) -> bool:
    """Returns whether a tactic is a `sorry` and nothing else."""
    return SORRY.fullmatch(tactic.strip()) is not None


def has_sorry(tactic: str) -> bool:
    """Returns whether a tactic contains a `sorry`."""
    return SORRY.search(tactic) is not None


def bullet(tactic: str) -> str | None:
    """Returns the block behind a bullet, or None if the tactic has no bullet."""
    found = BULLET.match(tactic)
    return None if found is None else _block_from(tactic, found.end())


def case(tactic: str) -> tuple[str, tuple[str, ...], str] | None:
    """Splits `case tag x y => …` into the tag, the names and the block; returns None for other tactics."""
    found = CASE.match(tactic)
    return None if found is None else (found["tag"], tuple(found["names"].split()), _block_from(tactic, found.end()))


def branches(tactic: str) -> Iterator[Branches]:
    """Yields the ways to split a tactic that does not run as a whole, the most likely first."""
    if (inside := scoped(tactic)) is not None and len(inside[1]) == 1:
        yield from _scoped_branches(inside[0], inside[1][0])
        return
    alternatives = list(ALTERNATIVE.finditer(tactic))
    if alternatives and alternatives[0].start() > 0:
        head = [tactic[: alternatives[0].start()].rstrip()]
        ends = [found.start() for found in alternatives[1:]] + [len(tactic)]
        bodies = []
        for found, end in zip(alternatives, ends, strict=True):
            head.append(found[0].rstrip() + " ?_")
            bodies.append(_block_from(tactic[found.start() : end], found.end() - found.start()).removeprefix("by "))
        yield Branches("\n".join(head), tuple(bodies))
    if asserting := ASSERTING.match(tactic):
        way = "from ?_" if asserting["by"].startswith("from") else ":= ?_"
        yield Branches(f"{asserting['head'].rstrip()} {way}", (_block_from(tactic, asserting.end()),))
    if "\n" not in tactic and "<;>" in tactic:
        yield Branches(tactic.rsplit("<;>", 1)[0].rstrip(), ())
    if has_sorry(tactic) and not is_sorry(tactic):
        left, holes = SORRY.subn("?_", tactic)
        yield Branches(left, ("sorry",) * holes)


def _scoped_branches(scope: str, tactic: str) -> Iterator[Branches]:
    """Yields the ways to split a tactic inside `open … in` or `set_option … in`, with all parts inside it."""
    for split in branches(tactic):
        yield Branches(with_scope(scope, split.head), tuple(f"{scope}\n{body}" for body in split.bodies))


def alternatives(tactic: str) -> tuple[str, dict[str, Alternative]] | None:
    """Splits `cases h with | tag x y => …` into the text before `with` and the alternatives by tag."""
    found = list(ALTERNATIVE.finditer(tactic))
    if not found or SPLITTING.match(head := tactic[: found[0].start()].rstrip()) is None:
        return None
    ends = [each.start() for each in found[1:]] + [len(tactic)]
    by_tag = {}
    for each, end in zip(found, ends, strict=True):
        tag, *names = each[0].strip(" \t|=>").lstrip("@").split() or [""]
        by_tag[tag] = Alternative(tuple(names), _block_from(tactic[each.start() : end], each.end() - each.start()))
    return head.removesuffix("with").rstrip(), by_tag


def _block_from(tactic: str, place: int) -> str:
    """Returns the text from an offset on as a block: the rest of the line, and the lines below it."""
    first, _, rest = tactic[place:].partition("\n")
    column = place - (tactic.rfind("\n", 0, place) + 1)
    if not first.strip():
        return _dedented(rest)
    return _dedented(" " * column + first + "\n" + rest) if rest else first.strip()


def _dedented(block: str) -> str:
    lines = block.expandtabs(2).splitlines()
    by = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[by:] for line in lines)
