"""Edits that shorten a block of tactics, or bring it into the form in which people write it.

An edit yields candidates and need not be right: `polish.py` keeps what Lean accepts.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from prover.polish.block import BULLET, Block, Branch, Tactic
from prover.tactics.renaming import renamed

COMBINED = " <;> "
LEMMAS = re.compile(r" \[([^\[\]]*)\]")
SPLITTERS = re.compile(r"(?:induction|cases|fun_induction|fun_cases)\b[^\n]*\Z")
CASE = re.compile(r"case (?P<tag>\S+)(?P<names>(?: \S+)*) =>\Z")
RENAME = re.compile(r"rename_i (?P<names>[^\n]+)\Z")
HYPOTHESIS_SUFFIX = "_ih"


def without_tactic(block: Block, index: int) -> Iterator[Block]:
    """Leaves a tactic out."""
    if isinstance(block[index], Tactic) and len(block) > 1:
        yield (*block[:index], *block[index + 1 :])


def without_two_tactics(block: Block, index: int) -> Iterator[Block]:
    """Leaves out a tactic and the next one, which may undo it, as `intro h` undoes `revert h`."""
    if all(isinstance(node, Tactic) for node in block[index : index + 2]) and len(block) > index + 2:
        yield (*block[:index], *block[index + 2 :])


def without_part(block: Block, index: int) -> Iterator[Block]:
    """Leaves out one of the tactics that `<;>` combines."""
    match block[index]:
        case Tactic(text) if COMBINED in text and "\n" not in text:
            parts = text.split(COMBINED)
            for place in reversed(range(len(parts))):
                kept = COMBINED.join(parts[:place] + parts[place + 1 :])
                yield _replaced(block, index, Tactic(kept))


def without_lemmas(block: Block, index: int) -> Iterator[Block]:
    """Leaves out the lemmas that are given to a tactic, all or one at a time."""
    match block[index]:
        case Tactic(text):
            for found in LEMMAS.finditer(text):
                before, after = text[: found.start()], text[found.end() :]
                lemmas = [lemma.strip() for lemma in found[1].split(",")]
                if not before.endswith(" only"):
                    yield _replaced(block, index, Tactic(before + after))
                for place in range(len(lemmas) if len(lemmas) > 1 else 0):
                    kept = ", ".join(lemmas[:place] + lemmas[place + 1 :])
                    yield _replaced(block, index, Tactic(f"{before} [{kept}]{after}"))


def at_one_place(block: Block, index: int) -> Iterator[Block]:
    """Leaves out `at *`, or limits it to the goal."""
    match block[index]:
        case Tactic(text) if text.endswith(" at *"):
            yield _replaced(block, index, Tactic(text.removesuffix(" at *")))


def same_for_all(block: Block, index: int) -> Iterator[Block]:
    """Writes branches that have the same tactic behind the tactic that makes them, with `<;>`."""
    branches = block[index + 1 :]
    match block[index]:
        case Tactic(text) if len(branches) > 1 and "\n" not in text:
            bodies = [branch.body for branch in branches if isinstance(branch, Branch)]
            if len(bodies) == len(branches) and len(set(bodies)) == 1 and len(bodies[0]) == 1:
                (only,) = bodies[0]
                if isinstance(only, Tactic) and "\n" not in only.text and COMBINED not in only.text:
                    yield (*block[:index], Tactic(text + COMBINED + only.text))


SHORTENING = (without_tactic, without_two_tactics, without_part, without_lemmas, at_one_place, same_for_all)


def structured(block: Block, index: int) -> Iterator[Block]:
    """Writes `induction x` and a `case` for each of its goals as `induction x with` and alternatives.

    `case` may also name hypotheses of the context that were introduced again; alternatives name only the last ones.
    """
    branches = block[index + 1 :]
    match block[index]:
        case Tactic(text) if branches and SPLITTERS.match(text) and COMBINED not in text and " with" not in text:
            cases = [(branch, CASE.match(branch.header)) for branch in branches if isinstance(branch, Branch)]
            if len(cases) < len(branches) or not all(found for _, found in cases):
                return
            named = [(branch, found["tag"], found["names"].split()) for branch, found in cases if found]
            for dropped in range(max(len(names) for _, _, names in named) + 1):
                alternatives = (_alternative(branch, tag, names[dropped:]) for branch, tag, names in named)
                yield (*block[:index], Tactic(f"{text} with"), *alternatives)


def _alternative(branch: Branch, tag: str, names: list[str]) -> Branch:
    """Returns a case as an alternative. A single induction hypothesis is called `ih`, as people call it."""
    hypotheses = [name for name in names if name.endswith(HYPOTHESIS_SUFFIX)]
    body = branch.body
    if len(hypotheses) == 1 and "ih" not in names:
        new = {hypotheses[0]: "ih"}
        names = [new.get(name, name) for name in names]
        body = _renamed(body, new)
    return Branch(" ".join(["|", tag, *names, "=>"]), body)


def _renamed(block: Block, names: dict[str, str]) -> Block:
    return tuple(
        Tactic(renamed(node.text, names))
        if isinstance(node, Tactic)
        else Branch(renamed(node.header, names), _renamed(node.body, names))
        for node in block
    )


def without_rename(block: Block, index: int) -> Iterator[Block]:
    """Writes `rename_i x` and what follows as `next x => …`."""
    rest = block[index + 1 :]
    match block[index]:
        case Tactic(text) if rest and (found := RENAME.match(text)):
            yield (*block[:index], Branch(f"next {found['names']} =>", rest))
        case Branch(header, (Branch(inner, body),)) if header == BULLET and inner.startswith("next "):
            yield _replaced(block, index, Branch(inner, body))


def introduced(block: Block, index: int, names: tuple[str, ...]) -> Iterator[Block]:
    """Writes `intros` as `intro` with names; a `rename_i` that follows says what the last of them are called."""
    if block[index] != Tactic("intros") or not names:
        return
    rest = block[index + 1 :]
    if rest and isinstance(rest[0], Tactic) and (found := RENAME.match(rest[0].text)):
        own = found["names"].split()
        names, rest = (*names[: max(0, len(names) - len(own))], *own), rest[1:]
    yield (*block[:index], Tactic(f"intro {' '.join(names)}"), *rest)


def _replaced(block: Block, index: int, node: Tactic | Branch) -> Block:
    return (*block[:index], node, *block[index + 1 :])


def with_body(block: Block, index: int, body: Block) -> Block:
    """Returns the block with another body of the branch at an index."""
    node = block[index]
    assert isinstance(node, Branch)
    return _replaced(block, index, replace(node, body=body))
