"""A language model of known skill: it answers from people's proofs, degraded by a seed.

It measures what is built around models without a model. It sees nothing but messages: it looks the theorem up by its
statement, which any model reads there too, and a goal by its text. Skill is the probability that a line of a proof is
right, in steps: at skill s each line is spoilt with probability (1 - s) / 2, and each answer with less.
"""

import difflib
import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prover.tactics.language.answers import stated_in

SPOILT_LINE = 0.5
"""the probability with which a model without any skill spoils a line"""
UNSURE = 0.5
"""the share of spoilt lines that are left to `sorry`, where the question allows it"""
REPAIRED = 0.5
"""the share of its skill by which a model spoils fewer lines when it is shown an error"""
REFUSAL, NONSENSE, CUT_OFF, THOUGHTS, WORDS = 0.05, 0.1, 0.15, 0.3, 0.5
"""the probabilities of answers without a proof and of unfinished ones, without skill; those of what surrounds proofs"""
IDENTIFIER = re.compile(r"[A-Za-z][\w'!?]*(?:[._][\w'!?]+)+")
OUTDATED: Mapping[str, str] = {
    "rfl": "refl",
    "omega": "linarith",
    "simp_all": "finish",
    "constructor": "split",
    "exists": "existsi",
    "obtain": "rcases'",
    "exact Nat.": "exact nat.",
    "rw [": "rewrite [← ",
}
FOOLISH = ("nlinarith [sq_nonneg (a - b)]", "aesop", "norm_num at *", "exact?", "simp_arith [*] at *", "tauto")
ABOUT_A_GOAL = "prove this goal"
SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class HumanProof:
    """A theorem with the proof that people wrote."""

    name: str
    statement: str
    """the theorem as written, from its keyword to its body"""
    proof: str
    """a block of tactics"""


@dataclass
class SimulatedModel:
    """Answers questions about theorems whose proofs it knows, as well as its skill allows."""

    proofs: Sequence[HumanProof]
    goals: Mapping[str, str]
    """the rest of a proof by the text of the goal on which it goes on"""
    skill: float
    seed: int = 0
    names: Sequence[str] = field(default=())
    """names of theorems, with which it confuses others"""

    def __post_init__(self) -> None:
        self._heads = [(_plain(each.statement), each) for each in self.proofs]
        self._goals = {_plain(goal): rest for goal, rest in self.goals.items()}
        self._names = list(self.names) or [each.name for each in self.proofs]

    def answer(self, system: str, question: str, number: int) -> str:
        """Returns an answer to a question; equal questions and numbers have equal answers."""
        key = f"{self.seed}\0{self.skill}\0{system}\0{question}\0{number}"
        chance = random.Random(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big"))
        lack = 1 - self.skill
        if chance.random() < REFUSAL * lack:
            return "I'm sorry, but I cannot find a proof of this statement."
        known, head = self._known(question)
        if known is None or chance.random() < NONSENSE * lack:
            return f"```lean4\n{head}{chance.choice(FOOLISH)}\n```"
        lines = self._spoilt(known.split("\n"), question, chance)
        text = self._around(head, lines, chance)
        return text[: chance.randint(len(text) // 2, len(text))] if chance.random() < CUT_OFF * lack else text

    def _known(self, question: str) -> tuple[str | None, str]:
        """Returns the proof of what a question is about, and the statement to repeat."""
        plain = _plain(question)
        if ABOUT_A_GOAL in plain:
            found = re.findall(r"```\n([^`]*⊢[^`]*)\n```", question)
            return (self._goals.get(_plain(found[-1])) if found else None), ""
        places = [(plain.rfind(head), each) for head, each in self._heads]
        place, proof = max(places, key=lambda pair: (pair[0], len(pair[1].statement)), default=(-1, None))
        return (None, "") if place < 0 or proof is None else (proof.proof, f"{proof.statement} := by\n")

    def _spoilt(self, lines: Sequence[str], question: str, chance: random.Random) -> list[str]:
        """Returns the lines of a proof, each spoilt with the probability that the skill leaves."""
        rate = SPOILT_LINE * (1 - self.skill)
        if "Lean does not accept" in question:
            rate *= 1 - REPAIRED * self.skill
        sketches = "sorry" in question
        written: list[str] = []
        number = 0
        while number < len(lines):
            line = lines[number]
            number += 1
            if not line.strip() or line.strip().startswith("--") or chance.random() >= rate:
                written.append(line)
            elif sketches and chance.random() < UNSURE:
                written.append(_left_open(line))
                number = _after_block(lines, number - 1, inside=_opens(line))
            else:
                written += self._wrong(line, chance)
        return written or ["sorry"]

    def _wrong(self, line: str, chance: random.Random) -> list[str]:
        """Returns a line with one fault; none if it is dropped."""
        indent = line[: len(line) - len(line.lstrip())]
        match chance.choice(("drop", "rename", "argument", "indent", "outdated", "foolish")):
            case "drop":
                return []
            case "rename":
                return [self._renamed(line, chance)]
            case "argument":
                head, space, last = line.rpartition(" ")
                return [head if space and head.strip() and not last.startswith(("=>", "by", "with")) else line + " _"]
            case "indent":
                return [" " * chance.choice((1, 3)) + line]
            case "outdated":
                old = next((old for old in OUTDATED if old in line), None)
                return [line.replace(old, OUTDATED[old]) if old else self._renamed(line, chance)]
            case _:
                return [f"{indent}{chance.choice(FOOLISH)}"]

    def _renamed(self, line: str, chance: random.Random) -> str:
        """Returns a line in which a lemma is another one with a similar name."""
        found = IDENTIFIER.findall(line)
        if not found:
            return f"{line} this"
        name = chance.choice(found)
        similar = [each for each in difflib.get_close_matches(name, self._names, 4, 0.5) if each != name]
        return line.replace(name, chance.choice(similar) if similar else f"{name}'", 1)

    def _around(self, head: str, lines: Sequence[str], chance: random.Random) -> str:
        """Returns an answer as models write it: thoughts, words, the statement again."""
        indent = "  " if head else ""
        code = f"{head}" + "\n".join(indent + line if line else line for line in lines)
        thoughts = "<think>\nLet me unfold the definitions first.\n</think>\n" if chance.random() < THOUGHTS else ""
        before, after = (
            ("Here is a proof.\n\n", "\n\nIt follows the structure of the goal.")
            if chance.random() < WORDS
            else ("", "")
        )
        return f"{thoughts}{before}```lean4\n{code}\n```{after}"


def human_proof(text: str, name: str) -> HumanProof | None:
    """Returns the statement and the proof of a theorem as written; None if it is no block of tactics or has a hole."""
    found = stated_in(text, name)
    if found is None or "sorry" in found.proof:
        return None
    return HumanProof(name, found.statement, found.proof)


def _left_open(line: str) -> str:
    """Returns a line whose proof is left to `sorry`."""
    indent = line[: len(line) - len(line.lstrip())]
    if stated := re.match(r"(\s*(?:·\s*)?(?:have|suffices|obtain|show)\b.*?(?::=\s*by|\bfrom by|\bby))\b", line):
        return f"{stated[1]} sorry"
    if case := re.match(r"(\s*(?:\||case\b).*?=>)", line):
        return f"{case[1]} sorry"
    return f"{indent}· sorry" if line.strip().startswith("·") else f"{indent}sorry"


def _opens(line: str) -> bool:
    """Returns whether a line has a block of its own, which alone is left out with it."""
    return re.match(r"\s*(?:·|\||case\b|(?:·\s*)?(?:have|suffices|obtain|show)\b.*\bby\b)", line) is not None


def _after_block(lines: Sequence[str], number: int, inside: bool) -> int:
    """Returns the index after the lines below one: those indented more, or all until the block around it ends."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    number += 1
    while number < len(lines):
        line = lines[number]
        own = len(line) - len(line.lstrip())
        if line.strip() and (own < indent or (inside and own == indent)):
            break
        number += 1
    return number


def _plain(text: str) -> str:
    return SPACE.sub(" ", text).strip()
