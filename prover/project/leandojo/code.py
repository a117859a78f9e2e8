"""Formats Lean text for the benchmark: without comments, moved left, with marks around premises.

It does not interpret the text: the positions of declarations, tactics and premises come from Lean.
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
NOT_A_LINE_FEED = re.compile(r"[^\n]")
GAP = "\0"
"""Replaces a comment until its line has been processed."""


def without_comments(text: str) -> str:
    """Returns the text without comments, and without lines and spaces that only comments occupied."""
    with_gaps = "".join(_outside_comments(text))
    lines = []
    for line in with_gaps.split("\n"):
        rest = line.replace(GAP, "").rstrip() if GAP in line else line
        if rest or GAP not in line:
            lines.append(rest)
    return "\n".join(lines).strip()


def blanked(text: str) -> str:
    """Returns the text with spaces in place of comments and of what is inside strings; lines and offsets stay."""
    pieces: list[str] = []
    position = 0
    while token := TOKEN.search(text, position):
        stop = _end_of_block(text, token.end()) if token["block"] else token.end()
        code = text[token.start() : stop]
        kept = code if token["name"] else NOT_A_LINE_FEED.sub(" ", code)
        pieces += [text[position : token.start()], f'"{kept[1:-1]}"' if token["string"] else kept]
        position = stop
    return "".join([*pieces, text[position:]])


def _outside_comments(text: str) -> Iterator[str]:
    """Yields the pieces between comments, and a gap for each comment."""
    position = start = 0
    while token := TOKEN.search(text, position):
        position = token.end()
        if token["line"] is None and token["block"] is None:
            continue
        yield text[start : token.start()].replace(GAP, "")
        yield GAP
        if token["block"]:
            position = _end_of_block(text, token.end())
        start = position
    yield text[start:].replace(GAP, "")


def _end_of_block(text: str, position: int) -> int:
    """Returns where a block comment ends, nested comments included."""
    depth = 1
    while depth and (mark := BLOCK.search(text, position)):
        depth += 1 if mark[0] == "/-" else -1
        position = mark.end()
    return len(text) if depth else position


def moved_left(text: str, margin: int) -> str:
    """Returns the text with up to `margin` spaces removed from the start of each line but the first."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(line[min(margin, len(line) - len(line.lstrip(" "))) :] for line in rest)])


def premise_code(declaration: TracedDeclaration, first_step: int | None) -> str:
    """Returns the code of a premise: a definition as written, or the statement of a theorem.

    The statement is as written if the start of the proof is known, else as Lean prints it.

    Args:
        first_step: where the first tactic of the proof starts, if there is one.
    """
    if declaration.kind != "theorem":
        return without_comments(declaration.text)
    if declaration.proof == "tactic" and first_step is not None:
        head = declaration.text.encode()[: first_step - declaration.start].decode(errors="replace")
        statement = without_comments(head).removesuffix("by").rstrip()
        if statement.endswith(":="):
            return statement.removesuffix(":=").rstrip()
    return f"theorem {declaration.statement}" if declaration.statement else without_comments(declaration.text)


def is_exported(step: TracedStep) -> bool:
    """Returns whether a step is exported, by LeanDojo's rules; its text must not contain the marks already."""
    clean = not any(mark in text for mark in (START_MARK, END_MARK) for text in (step.text, step.before, step.after))
    return clean and "⊢" in step.before and step.before != step.after and "·" not in step.text


def annotated(step: TracedStep, uses: Sequence[PremiseUse]) -> str:
    """Returns the tactic as written, with marks around `uses`, which are in order and do not overlap."""
    text, pieces, position = step.text.encode(), [], 0
    for use in uses:
        start, stop = use.start - step.start, use.stop - step.start
        pieces += [text[position:start], START_MARK.encode(), text[start:stop], END_MARK.encode()]
        position = stop
    return b"".join([*pieces, text[position:]]).decode()


def unmarked(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Returns an annotated tactic without marks, and start and end in bytes of the text between each pair of marks."""
    text, places = b"", []
    first, *rest = marked.split(START_MARK)
    text = first.encode()
    for piece in rest:
        inside, _, after = piece.partition(END_MARK)
        places.append((len(text), len(text) + len(inside.encode())))
        text += (inside + after).encode()
    return text.decode(), tuple(places)
