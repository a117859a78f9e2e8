"""Prompt formats: templates for goals and theorems, and how answers are read.

`read_format` reads a user's own format from a TOML file with the same fields.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import msgspec

from prover.errors import UsageError
from prover.extensions import PROMPT_FORMATS_GROUP, Registry
from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.language.model import ModelKind, Prompt
from retrieval.premise import keyword

SLOT = re.compile(r"\{(state|declaration|premises|header|statement)\}")
SHORTENED_FIELDS = ("state", "header", "premises")
"""the fields that are cut if a prompt is too long; the first one keeps the most"""
REPROVER_BYTES = 2300
"""the input length with which ReProver's generators were trained (Yang et al. 2023)"""


@dataclass(frozen=True)
class PromptFields:
    """The values that a template may contain."""

    state: str = ""
    """the goal as Lean prints it"""
    declaration: str = ""
    """the full name of the theorem"""
    premises: tuple[str, ...] = ()
    """serialised premises, the most relevant first"""
    header: str = ""
    """the text of the file above the theorem"""
    statement: str = ""
    """the theorem, up to and with its `:= by`"""

    def shortened(self, name: str, room: int) -> str:
        """Returns the field of this name, cut to at most `room` bytes."""
        match name:
            case "premises":
                return nearest_last(self.premises, room)
            case "header":
                return _ending(self.header, room)
            case _:
                return _ending(self.state, room)


@dataclass(frozen=True)
class PromptFormat:
    """A prompt format. {state}, {declaration}, {premises}, {header} and {statement} are replaced in the template."""

    name: str
    template: str
    asks_for: Literal["tactic", "proof"] = "tactic"
    kinds: tuple[ModelKind, ...] = ("causal",)
    """the kinds of models that it is for"""
    system: str | None = None
    stops: tuple[str, ...] = ()
    answer_prefix: str = ""
    """a prefix of answers that is not part of the tactic"""
    prompt_bytes: int = 8000
    """the maximum size in bytes of UTF-8; premises are cut first, then the start of the header, then of the state"""
    answer_tokens: int = 256

    @property
    def wants_premises(self) -> bool:
        """Returns whether retrieved premises are part of the prompt."""
        return "{premises}" in self.template

    def prompt(self, fields: PromptFields) -> Prompt:
        """Returns the prompt, cut to `prompt_bytes`."""
        values = {"declaration": fields.declaration, "statement": fields.statement}
        room = self.prompt_bytes - len(self._filled(values).encode())
        for name in SHORTENED_FIELDS:
            if "{" + name + "}" in self.template:
                values[name] = fields.shortened(name, max(0, room))
                room -= len(values[name].encode())
        return Prompt(self._filled(values), self.system)

    def answer(self, text: str) -> str:
        """Returns the tactic, or the proof, in an answer."""
        text = text.strip()
        return text.removeprefix(self.answer_prefix).strip() if self.answer_prefix else text

    def _filled(self, values: Mapping[str, str]) -> str:
        return SLOT.sub(lambda slot: values.get(slot[1], ""), self.template)


def nearest_last(premises: Sequence[str], room: int) -> str:
    """Returns as many premises as fit into `room` bytes, the most relevant last, next to the state (ReProver)."""
    text = ""
    for premise in premises:
        longer = f"{premise}\n\n{text}"
        if len(longer.encode()) <= room:
            text = longer
    return text


def premise_text(name: str, statement: str, kind: str = "theorem") -> str:
    """Returns a premise as ReProver's models read it: its code with the full name marked."""
    return f"{keyword(kind)} <a>{name}</a> {statement}".rstrip()


def state_text(goal: Goal) -> str:
    """Returns a goal as Lean prints it, with hypotheses of one type on one line."""
    lines = [f"case {goal.tag}"] if goal.tag else []
    numbered = enumerate(goal.hypotheses)
    for (type_, _), group in groupby(numbered, lambda pair: (pair[1].type, pair[0] if _alone(pair[1]) else -1)):
        lines.append(f"{' '.join(hypothesis.name for _, hypothesis in group)} : {type_}")
    return "\n".join([*lines, f"⊢ {goal.target}"])


def _alone(hypothesis: Hypothesis) -> bool:
    return hypothesis.let or hypothesis.instance


def _ending(text: str, size: int) -> str:
    """Returns the last bytes of a text, whole characters only."""
    encoded = text.encode()
    return text if len(encoded) <= size else encoded[len(encoded) - size :].decode(errors="ignore")


TACTIC_STEP = (
    PromptFormat("reprover", "{state}", kinds=("seq2seq",), prompt_bytes=REPROVER_BYTES, answer_tokens=512),
    PromptFormat(
        "reprover-premises", "{premises}{state}", kinds=("seq2seq",), prompt_bytes=REPROVER_BYTES, answer_tokens=512
    ),
    PromptFormat("bfs-prover", "{state}:::", stops=(":::",)),
    PromptFormat("llmstep", "[GOAL]{state}[PROOFSTEP]", stops=("[GOAL]", "[PROOFSTEP]")),
    PromptFormat(
        "internlm",
        "DECL {declaration}\nGOAL {state}\n",
        stops=("\nDECL ", "\nGOAL "),
        answer_prefix="PROOFSTEP ",
    ),
    PromptFormat(
        "internlm-2.5",
        "---\nNAME: {declaration}\n---\nPROOF_BEFORE: \n---\nSTATE_BEFORE: {state}\n---\nTACTIC: ",
        stops=("\n---",),
    ),
    PromptFormat(
        "chat-tactic",
        "The goal:\n```\n{state}\n```\nAnswer with the next tactic alone, in a block of Lean code.",
        kinds=("chat",),
        system="You prove theorems in Lean 4. You answer with one tactic that makes progress on the goal.",
    ),
)
WHOLE_PROOF = (
    PromptFormat(
        "deepseek-prover",
        "Complete the following Lean 4 code:\n\n```lean4\n{header}{statement}\n",
        asks_for="proof",
        stops=("```",),
        answer_tokens=1024,
    ),
    PromptFormat(
        "kimina",
        "Think about and solve the following problem step by step in Lean 4.\n"
        "# Formal statement:\n```lean4\n{header}{statement}\n```\n",
        asks_for="proof",
        kinds=("chat",),
        system="You are an expert in mathematics and proving theorems in Lean 4.",
        answer_tokens=4096,
    ),
    PromptFormat(
        "goedel",
        "Complete the following Lean 4 code:\n\n```lean4\n{header}{statement}\n  sorry\n```\n"
        "Plan the proof first, then give the complete code in one block.",
        asks_for="proof",
        kinds=("chat",),
        answer_tokens=4096,
    ),
    PromptFormat("translated-proof", "{statement}", asks_for="proof", kinds=("seq2seq",), prompt_bytes=REPROVER_BYTES),
)
BUILT_IN = {format.name: format for format in (*TACTIC_STEP, *WHOLE_PROOF)}
FORMATS: Registry[PromptFormat] = Registry("prompt format", PROMPT_FORMATS_GROUP, BUILT_IN, PromptFormat)
DEFAULT_FORMATS: dict[tuple[ModelKind, str], str] = {
    ("seq2seq", "tactic"): "reprover",
    ("causal", "tactic"): "bfs-prover",
    ("chat", "tactic"): "chat-tactic",
    ("seq2seq", "proof"): "translated-proof",
    ("causal", "proof"): "deepseek-prover",
    ("chat", "proof"): "kimina",
}


def format_named(name: str) -> PromptFormat:
    """Returns the format of a name: one that is built in, or one of an installed package.

    Raises:
        UsageError: there is none of that name.
    """
    found = FORMATS.find(name)
    if found is None:
        names = ", ".join(FORMATS.names())
        raise UsageError(f"There is no prompt format {name!r}: choose from {names}, or give a .toml file.")
    return found


def read_format(toml: str, origin: str) -> PromptFormat:
    """A user's format, from the text of a TOML file with the fields of `PromptFormat`.

    Raises:
        UsageError: it is not one.
    """
    try:
        found = msgspec.convert(tomllib.loads(toml), PromptFormat, strict=True)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{origin} is no prompt format ({error}): it has the fields of docs/models.md.") from None
    if not any(word in found.template for word in ("{state}", "{statement}")):
        raise UsageError(f"{origin} is no prompt format: its template has neither {{state}} nor {{statement}}.")
    return found
