"""A block of tactics taken apart by its layout, so that what holds of it can be kept where all of it does not.

Layout is a guess at what stands in what; each piece is run by Lean, which decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

HOLE = re.compile(r"(?<![\w.'])(?:by\s+)?(?:sorry|admit)(?![\w'])")
GOING_ON = ("|", "<;>", ")", "⟩", "]", "}", "at ", "from ", "then ", "else ", "using ", "generalizing ", "with")
"""what a line begins with that belongs to the tactic above it, though it is not indented"""
BULLET = re.compile(r"\A([·.])(\s+|\Z)")
CASE = re.compile(r"\Acase'?\s+(?P<tag>\S+)(?P<names>(?:\s+\S+)*?)\s*=>[ \t]*")
ALTERNATIVE = re.compile(r"^[ \t]*\|[^\n]*?=>[ \t]*", re.MULTILINE)
SPLITTING = re.compile(r"\A(cases|induction)\b[^\n]*\bwith\Z")
ASSERTING = re.compile(r"\A(?P<head>(?:have|suffices|obtain)\b.*?)(?P<by>:=\s*by|from\s+by|\bby)\b", re.DOTALL)


@dataclass(frozen=True)
class Branches:
    """A tactic that leaves goals, and what was done on each of them in turn."""

    head: str
    bodies: tuple[str, ...]


@dataclass(frozen=True)
class Alternative:
    """What is done in one case."""

    names: tuple[str, ...]
    """that it gives to what is new there, in order"""
    body: str


def tactics(block: str) -> list[str]:
    """The tactics of a block, each with the lines that belong to it, moved to the left."""
    found: list[list[str]] = []
    lines = [line.rstrip() for line in _moved_left(block).splitlines() if line.strip()]
    for line in lines:
        if found and (line[0].isspace() or line.startswith(GOING_ON)):
            found[-1].append(line)
        else:
            found.append([line])
    return ["\n".join(lines) for lines in found if not lines[0].startswith("--")]


def is_hole(tactic: str) -> bool:
    """Whether a tactic says that the goal is left open."""
    return HOLE.fullmatch(tactic.strip()) is not None


def has_hole(tactic: str) -> bool:
    """Whether a goal is left open in it."""
    return HOLE.search(tactic) is not None


def bullet(tactic: str) -> str | None:
    """What stands behind a bullet; None where there is none."""
    found = BULLET.match(tactic)
    return None if found is None else _behind(tactic, found.end())


def case(tactic: str) -> tuple[str, tuple[str, ...], str] | None:
    """Of `case tag x y => …` the tag, the names and the rest."""
    found = CASE.match(tactic)
    return None if found is None else (found["tag"], tuple(found["names"].split()), _behind(tactic, found.end()))


def branches(tactic: str) -> Iterator[Branches]:
    """Ways to take a tactic apart that does not run whole, the most likely first."""
    alternatives = list(ALTERNATIVE.finditer(tactic))
    if alternatives and alternatives[0].start() > 0:
        head = [tactic[: alternatives[0].start()].rstrip()]
        ends = [found.start() for found in alternatives[1:]] + [len(tactic)]
        bodies = []
        for found, end in zip(alternatives, ends, strict=True):
            head.append(found[0].rstrip() + " ?_")
            bodies.append(_behind(tactic[found.start() : end], found.end() - found.start()).removeprefix("by "))
        yield Branches("\n".join(head), tuple(bodies))
    if asserting := ASSERTING.match(tactic):
        way = "from ?_" if asserting["by"].startswith("from") else ":= ?_"
        yield Branches(f"{asserting['head'].rstrip()} {way}", (_behind(tactic, asserting.end()),))
    if "\n" not in tactic and "<;>" in tactic:
        yield Branches(tactic.rsplit("<;>", 1)[0].rstrip(), ())
    if has_hole(tactic) and not is_hole(tactic):
        yield Branches(HOLE.sub("?_", tactic), ())


def alternatives(tactic: str) -> tuple[str, dict[str, Alternative]] | None:
    """Of `cases h with | tag x y => …` what stands before `with`, and the alternatives by their tags."""
    found = list(ALTERNATIVE.finditer(tactic))
    if not found or SPLITTING.match(head := tactic[: found[0].start()].rstrip()) is None:
        return None
    ends = [each.start() for each in found[1:]] + [len(tactic)]
    by_tag = {}
    for each, end in zip(found, ends, strict=True):
        tag, *names = each[0].strip(" \t|=>").lstrip("@").split() or [""]
        by_tag[tag] = Alternative(tuple(names), _behind(tactic[each.start() : end], each.end() - each.start()))
    return head.removesuffix("with").rstrip(), by_tag


def _behind(tactic: str, place: int) -> str:
    """What stands from a place on, as a block: the rest of the line, and the lines below it, moved to the left."""
    first, _, rest = tactic[place:].partition("\n")
    column = place - (tactic.rfind("\n", 0, place) + 1)
    if not first.strip():
        return _moved_left(rest)
    return _moved_left(" " * column + first + "\n" + rest) if rest else first.strip()


def _moved_left(block: str) -> str:
    lines = block.expandtabs(2).splitlines()
    by = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[by:] for line in lines)
