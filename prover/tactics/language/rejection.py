"""Rejects answers of models that are not worth running. Lean rejects wrong tactics; this rejects malformed ones."""

import re
import unicodedata

MAX_TACTIC_BYTES = 1_000
"""the maximum size in bytes of UTF-8; few tactics of Mathlib are longer"""
MAX_PROOF_BYTES = 20_000
WORD = re.compile(r"[^\W\d][\w'!?]*(?:\.[^\W\d][\w'!?]*)*")
FORBIDDEN = {"sorry", "admit", "sorryAx", "native_decide", "stop", "unsafe", "run_tac", "run_cmd", "run_meta"}
"""words that prove nothing, rely on trusted code, or run programs"""
COMMAND = re.compile(
    r"^\s*(?:#\w+|(?:@\[[^\]]*\]\s*)?(?:(?:private|protected|noncomputable|local|scoped)\s+)*"
    r"(?:theorem|lemma|example|def|abbrev|axiom|instance|inductive|structure|class|namespace|section|end|import|"
    r"macro|macro_rules|syntax|notation|infixl?|infixr|prefix|postfix|elab|elab_rules|attribute|universe|variable|"
    r"opaque|initialize|mutual|deriving)(?!\w))",
    re.MULTILINE,
)
COMMENT = re.compile(r"/-.*?-/|--[^\n]*", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\])*"')


def rejection_reason(tactic: str, longest: int = MAX_TACTIC_BYTES, holes: bool = False) -> str | None:
    """Returns why a tactic is not run, or None if it may be run.

    Args:
        longest: the maximum size in bytes of UTF-8.
        holes: allow `sorry`, which leaves a goal open.
    """
    if not tactic.strip():
        return "empty"
    if len(tactic) > longest or len(tactic.encode(errors="replace")) > longest:
        return f"longer than {longest} bytes"
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") and character != "\n" for character in tactic):
        return "control characters, or characters that Unicode does not have"
    code = STRING.sub('""', COMMENT.sub(" ", tactic))
    if not code.strip():
        return "nothing but a comment"
    if command := COMMAND.search(code):
        return f"a command: {command[0].split()[0]}"
    for word in WORD.findall(code):
        if word in FORBIDDEN and not (holes and word == "sorry"):
            return f"the word {word}"
    return None


def in_code_block(text: str) -> str:
    """Returns the last code block of an answer, finished or not, or the whole answer if it has none."""
    parts = text.split("```")
    if len(parts) < 2:
        return text
    block = parts[-2] if len(parts) % 2 else parts[-1]
    language, newline, code = block.partition("\n")
    return (
        code if newline and not language.strip().startswith(("-", "·", "{")) and " " not in language.strip() else block
    )
