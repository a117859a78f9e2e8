"""The Lean code in the answer of a model: found among thoughts, words, Markdown and marks. Reads no Lean.

A server may answer anything: what this finds is text that other code reads as a proof or refuses.
"""

import html
import json
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_ANSWER_CHARACTERS = 200_000
"""the maximum length of an answer; longer ones are not read"""
THOUGHTS = re.compile(
    r"(?:<(?P<tag>think|thinking|thought|reasoning|reflection)>|◁think▷)(?:.*?)(?:</(?P=tag)>|◁/think▷)",
    re.DOTALL | re.IGNORECASE,
)
END_OF_THOUGHTS = re.compile(r"</(?:think|thinking|thought|reasoning)>|◁/think▷", re.IGNORECASE)
OPEN_THOUGHTS = re.compile(r"<(?:think|thinking|thought|reasoning)>|◁think▷", re.IGNORECASE)
SPECIAL_TOKEN = re.compile(r"<[|｜][\w▁]+[|｜]>|</?s>|\[/?INST\]")
"""marks that servers of chat models leave in answers"""
TAGGED = re.compile(r"<(?P<tag>answer|proof|lean4?|code|tactics?|output)>(?P<text>.*?)</(?P=tag)>", re.DOTALL)
FENCE = re.compile(r"^[ \t]*(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
ONE_LINE_FENCE = re.compile(r"```(?!`)([^`\n]+)```")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LEAN_LANGUAGES = frozenset(("", "lean", "lean4", "lean3", "tactics", "proof"))
# fmt: off
OTHER_LANGUAGES = frozenset((
    "bash", "console", "text", "txt", "plaintext", "plain", "output", "python", "py", "json", "markdown", "md",
    "latex", "tex", "math", "diff", "haskell", "coq", "isabelle", "error", "log", "shell", "sh", "mermaid",
))
# fmt: on
HTML = re.compile(r"\A\s*<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
JSON_FIELDS = ("proof", "lean", "lean4", "code", "lean_code", "answer", "tactics", "solution")
"""the fields under which answers in JSON have their proof"""
PROSE = re.compile(
    r"""\A(?:
      \#{1,6}\ | \*\*[^*]+\*\* | >\ | \d+[.)]\ [A-Z] | [-*]\ [A-Z][a-z]+\ [a-z]
    | [A-Z][a-z]*(?:['’][a-z]+)?(?:[,:!]?\ [A-Za-z'’`"(]|[.:!]\Z|,\Z)
    | [a-z]+(?:[ ,]+[a-zA-Z'’`-]+){3,}[.:!]\Z
    | (?:---+|\*\*\*+)\Z
    )""",
    re.VERBOSE,
)
"""the beginning of a line of words or of Markdown"""


@dataclass(frozen=True)
class CodeBlocks:
    """The pieces of code in an answer, in order."""

    blocks: tuple[str, ...] = ()
    reason: str = ""
    """why there are none"""


def code_blocks(answer: str) -> CodeBlocks:
    """Returns the code of an answer, without thoughts, words, and characters that nobody sees."""
    if len(answer) > MAX_ANSWER_CHARACTERS:
        return CodeBlocks(reason=f"it is longer than {MAX_ANSWER_CHARACTERS} characters")
    if HTML.match(answer):
        return CodeBlocks(reason="it is a web page")
    text = _without_thoughts(visible(answer))
    if text is None:
        return CodeBlocks(reason="it ends within its thoughts, before a proof")
    if not text.strip():
        return CodeBlocks(reason="it is empty")
    if fenced := _fenced(text):
        return CodeBlocks(fenced)
    if tagged := [found["text"] for found in TAGGED.finditer(text)]:
        return CodeBlocks(tuple(map(textwrap.dedent, tagged)))
    found = _in_json(text) or _without_words(text)
    return CodeBlocks((found,)) if found else CodeBlocks(reason="it has words only, and no Lean code")


def visible(text: str) -> str:
    """Returns a text without invisible characters and with ordinary spaces and line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(2)
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if character == "\n" or category not in ("Cf", "Cc"):
            kept.append(" " if category == "Zs" else "\n" if category in ("Zl", "Zp") else character)
    text = SPECIAL_TOKEN.sub("", "".join(kept))
    return html.unescape(text) if re.search(r"&(?:lt|gt|amp|quot|#\d+);", text) else text


def is_prose(line: str) -> bool:
    """Returns whether a line looks like words or Markdown rather than Lean."""
    return ":=" not in line and PROSE.match(line.strip()) is not None


def _without_thoughts(text: str) -> str | None:
    """Returns what follows the thoughts; None if they do not end."""
    text = THOUGHTS.sub("", text)
    if ends := list(END_OF_THOUGHTS.finditer(text)):
        text = text[ends[-1].end() :]  # the prompt began the thoughts
    unfinished = OPEN_THOUGHTS.search(text)
    if unfinished is None:
        return text
    before = text[: unfinished.start()]
    return before if before.strip() else None


def _fenced(text: str) -> tuple[str, ...]:
    """Returns the blocks of code of a Markdown text, without those of other languages; the last may be unfinished."""
    if all(line.startswith(">") for line in text.strip().splitlines() if line.strip()):
        text = re.sub(r"^> ?", "", text, flags=re.MULTILINE)
    found = [code for language, code in _fences(text) if language not in OTHER_LANGUAGES and code.strip()]
    found = found or [inner for code in ONE_LINE_FENCE.findall(text) if (inner := _after_language(code)).strip()]
    if not found:
        found = [inner for language, code in _fences(text) if language == "json" and (inner := _in_json(code))]
    return tuple(found)


def _fences(text: str) -> Iterator[tuple[str, str]]:
    """Yields the language and the code of each block."""
    ticks, language = "", ""
    lines: list[str] = []
    for line in text.split("\n"):
        found = FENCE.match(line)
        if ticks:
            if found and found["ticks"].startswith(ticks) and not found["info"].strip():
                yield language, textwrap.dedent("\n".join(lines))
                ticks, lines = "", []
            else:
                lines.append(line)
        elif found and "`" not in found["info"]:
            ticks = found["ticks"]
            language, first = _language(found["info"].strip())
            lines = [first] if first else []
    if ticks:
        yield language, textwrap.dedent("\n".join(lines))


def _language(info: str) -> tuple[str, str]:
    """Returns the language after the beginning of a block, and code that follows it on the same line."""
    first, _, rest = info.partition(" ")
    known = first.lower().strip("{}.")
    if known in LEAN_LANGUAGES or known in OTHER_LANGUAGES:
        return known, "" if is_prose(rest) or "=" in rest.split(" ")[0] else rest
    return "", info


def _after_language(code: str) -> str:
    language, _, rest = code.strip().partition(" ")
    return rest if language.lower() in LEAN_LANGUAGES and rest else code.strip()


def _in_json(text: str) -> str:
    """Returns the proof in a JSON object; empty if the text is none or has no proof."""
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    return next((found for field in JSON_FIELDS if isinstance(found := value.get(field), str)), "")


def _without_words(text: str) -> str:
    """Returns the lines of code between words; if there are none, the last piece of code within the words."""
    kept: list[str] = []
    for line in text.split("\n"):
        if FENCE.match(line):
            continue
        if is_prose(line):
            if any(kept_line.strip() for kept_line in kept):
                break
            kept = []
        else:
            kept.append(line)
    code = textwrap.dedent("\n".join(kept)).strip("\n")
    if code.strip():
        whole = INLINE.fullmatch(code.strip())
        return whole[1] if whole is not None else code
    pieces: list[str] = INLINE.findall(text)
    return next((piece for piece in reversed(pieces) if piece.startswith(("by ", ":="))), pieces[-1] if pieces else "")
