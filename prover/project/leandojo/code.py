"""Lean text as the benchmark shows it: without comments, moved left, with marks around premises.

Says nothing about what the text means: where declarations, tactics and premises stand is known from Lean.
"""

import re
from collections.abc import Iterator, Sequence

from prover.lean.traced import PremiseUse, TracedDeclaration, TracedStep
from prover.project.leandojo.records import END_MARK, START_MARK

TOKEN = re.compile(
    r"""
    (?P<raw> (?<![\w'!?.]) r (?P<hashes> \#*) " .*? " (?P=hashes) )
  | (?P<string> " (?: \\. | [^"\\] )* " )
  | (?P<name> [^\W\d] [\w'!?]* | « [^»]* » )
  | (?P<character> ' (?: \\ [^']+ | \\' | [^'\\] ) ' )
  | (?P<line> -- [^\n]* )
  | (?P<block> /- )
    """,
    re.VERBOSE | re.DOTALL,
)
BLOCK = re.compile(r"/-|-/")
GAP = "\0"
"""stands where a comment was, until its line is judged"""


def without_comments(text: str) -> str:
    """The text without its comments and without the lines and space that only they took up."""
    kept = "".join(_outside_comments(text))
    lines = []
    for line in kept.split("\n"):
        rest = line.replace(GAP, "").rstrip() if GAP in line else line
        if rest or GAP not in line:
            lines.append(rest)
    return "\n".join(lines).strip()


def _outside_comments(text: str) -> Iterator[str]:
    """The pieces between comments, a gap for each comment."""
    position = kept = 0
    while token := TOKEN.search(text, position):
        position = token.end()
        if token["line"] is None and token["block"] is None:
            continue
        yield text[kept : token.start()].replace(GAP, "")
        yield GAP
        if token["block"]:
            position = _end_of_block(text, token.end())
        kept = position
    yield text[kept:].replace(GAP, "")


def _end_of_block(text: str, position: int) -> int:
    """Where a block comment ends, those nested in it included."""
    depth = 1
    while depth and (mark := BLOCK.search(text, position)):
        depth += 1 if mark[0] == "/-" else -1
        position = mark.end()
    return len(text) if depth else position


def moved_left(text: str, margin: int) -> str:
    """The text with up to `margin` spaces taken from the start of each line but the first."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(line[min(margin, len(line) - len(line.lstrip(" "))) :] for line in rest)])


def premise_code(declaration: TracedDeclaration, first_step: int | None) -> str:
    """What a declaration adds to what can be used: a definition as written, a theorem's statement.

    A theorem's statement is as written where Lean says where its tactics begin, else as Lean prints it.

    Args:
        first_step: where the first tactic of its own proof starts, if there is one.
    """
    if declaration.kind != "theorem":
        return without_comments(declaration.text)
    if declaration.proof == "tactic" and first_step is not None:
        head = declaration.text.encode()[: first_step - declaration.start].decode(errors="replace")
        statement = without_comments(head).removesuffix("by").rstrip()
        if statement.endswith(":="):
            return statement.removesuffix(":=").rstrip()
    return f"theorem {declaration.statement}" if declaration.statement else without_comments(declaration.text)


def is_told(step: TracedStep) -> bool:
    """Whether the format tells of a step; LeanDojo's rules, and that its marks must not stand in it already."""
    clean = not any(mark in text for mark in (START_MARK, END_MARK) for text in (step.text, step.before, step.after))
    return clean and "⊢" in step.before and step.before != step.after and "·" not in step.text


def annotated(step: TracedStep, uses: Sequence[PremiseUse]) -> str:
    """The tactic as written, with marks around `uses`, which are in order and do not overlap."""
    text, pieces, position = step.text.encode(), [], 0
    for use in uses:
        start, stop = use.start - step.start, use.stop - step.start
        pieces += [text[position:start], START_MARK.encode(), text[start:stop], END_MARK.encode()]
        position = stop
    return b"".join([*pieces, text[position:]]).decode()


def unmarked(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """An annotated tactic as written, and the bytes that stood between each pair of marks."""
    text, places = b"", []
    first, *rest = marked.split(START_MARK)
    text = first.encode()
    for piece in rest:
        inside, _, after = piece.partition(END_MARK)
        places.append((len(text), len(text) + len(inside.encode())))
        text += (inside + after).encode()
    return text.decode(), tuple(places)
