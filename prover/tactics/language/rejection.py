"""What a model may say that is not worth showing to Lean. Lean refuses what is wrong; this refuses what is nonsense."""

import re
import unicodedata

LONGEST_TACTIC = 1_000
"""bytes; few tactics of Mathlib are longer"""
LONGEST_PROOF = 20_000
WORD = re.compile(r"[^\W\d][\w'!?]*(?:\.[^\W\d][\w'!?]*)*")
FORBIDDEN = {"sorry", "admit", "sorryAx", "native_decide", "stop", "unsafe", "run_tac", "run_cmd", "run_meta"}
"""what proves nothing, rests on trusted code, or runs programs"""
COMMAND = re.compile(
    r"^\s*(?:#\w+|(?:@\[[^\]]*\]\s*)?(?:(?:private|protected|noncomputable|local|scoped)\s+)*"
    r"(?:theorem|lemma|example|def|abbrev|axiom|instance|inductive|structure|class|namespace|section|end|import|"
    r"macro|macro_rules|syntax|notation|infixl?|infixr|prefix|postfix|elab|elab_rules|attribute|universe|variable|"
    r"opaque|initialize|mutual|deriving)(?!\w))",
    re.MULTILINE,
)
COMMENT = re.compile(r"/-.*?-/|--[^\n]*", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\])*"')


def rejection_reason(tactic: str, longest: int = LONGEST_TACTIC, holes: bool = False) -> str | None:
    """Why a tactic is not run; None when it may be.

    Args:
        longest: in bytes of UTF-8.
        holes: a `sorry` stands for a goal that is left open.
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
    """What stands in the last block of code of an answer; all of it when there is none. A block may be unfinished."""
    parts = text.split("```")
    if len(parts) < 2:
        return text
    block = parts[-2] if len(parts) % 2 else parts[-1]
    language, newline, code = block.partition("\n")
    return (
        code if newline and not language.strip().startswith(("-", "·", "{")) and " " not in language.strip() else block
    )
