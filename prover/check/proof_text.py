"""Puts a proof that is given as text in the place of a theorem's present proof."""

import textwrap
from dataclasses import dataclass

from prover.check.gate import Submission
from prover.errors import UsageError
from prover.lean.file_text import as_read
from prover.lean.protocol import Declaration
from prover.lean.session import SorryGoal, SourceText
from prover.project.patch import Replacement, patched


@dataclass(frozen=True)
class ProofText:
    """The text of a tactic block or of a term."""

    text: str
    term: bool = False

    def lines(self) -> list[str]:
        """Returns its lines without their common indentation.

        Raises:
            UsageError: There are no lines.
        """
        lines = textwrap.dedent(as_read(self.text)).rstrip().split("\n")
        while lines and not lines[0].strip():
            lines.pop(0)
        if not lines:
            raise UsageError("The proof is empty: give a tactic block, or a term with --term.")
        return lines


def submission_of(source: SourceText, declaration: Declaration, sorry_goal: SorryGoal, proof: ProofText) -> Submission:
    """Returns the submission of a file with `proof` as the declaration's body.

    Args:
        sorry_goal: the goal of the declaration's statement, with the place of its body.
    """
    made = Replacement(sorry_goal.start, sorry_goal.stop, _body(source.text, sorry_goal.start, proof))
    return Submission(
        source, patched(source, [made]), declaration.name, declaration.selection, sorry_goal.command, block=True
    )


def unchanged(source: SourceText, declaration: Declaration, sorry_goal: SorryGoal) -> Submission:
    """Returns the submission of a theorem with its present proof."""
    return Submission(source, source, declaration.name, declaration.selection, sorry_goal.command)


def _body(text: str, start: int, proof: ProofText) -> str:
    """Returns the body, indented below the declaration."""
    before = text.encode()[:start].decode()
    line = before.rpartition("\n")[2]
    margin = line[: len(line) - len(line.lstrip())] + "  "
    head = ":=" if proof.term else ":= by"
    lines = proof.lines()
    if len(lines) == 1:
        return f"{head} {lines[0]}"
    return "\n".join([head, *(margin + line if line else line for line in lines)])
