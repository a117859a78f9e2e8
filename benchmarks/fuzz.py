"""Mutates proofs and statements and hands them to the gate: no mutant that it accepts may state anything else.

The seeds are the cheats of `tests/cheats` and their honest twins. A mutant is one of them with a few tokens dropped,
doubled, exchanged or put in, those that cheats are made of among them; the place is mostly the theorem's own command,
since the gate refuses a change elsewhere without asking Lean. What is accepted is told to a second process, which
knows nothing of the gate: it prints the theorem's statement with everything that Lean usually hides, the definitions
that the statement uses, and its axioms, for the original and for the mutant, and all of that must be the same.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from prover.check.gate import Accepted, Gate, Submission, byte_objection
from prover.check.proof_text import ProofText, submission_of
from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import Toolchain
from tests.cheat_files import Attempt, all_attempts, target_of

TOKEN = re.compile(r"[\w.'!?]+|[^\w\s]")
SNIPPETS = (
    "sorry", "admit", "by", ":=", "rfl", "trivial", "decide", "native_decide", "simp_all", "exact?", "end", "#exit",
    "namespace Elsewhere", "section", "open Nat in", "local notation \"x\" => y", "@[simp]", "@[local instance]",
    "private", "protected", "noncomputable", "unsafe", "theorem other : True := trivial", "axiom lie : False",
    "instance : Inhabited Nat := ⟨7⟩", "variable (h : False)", "(h : False)", "{α : Sort u}", "∀ x, ", "∃ x, ", "¬",
    "→ ", "set_option autoImplicit true in", "set_option debug.skipKernelTC true in", "attribute [simp] ", "where",
    "termination_by",
    "/-", "-/", "--", "\"", "«", "»", "import Lean", "macro \"m\" : tactic => `(tactic| sorry)", "first | rfl | sorry",
    "all_goals", "<;>", "<;> sorry", "stop", "run_tac", "show True from", "have : False := ", "fun h => h.elim",
    "\u200b", "\u202e", "ℕ", "Nat", "Int", "0", "1", "2",
)  # fmt: skip
AUXILIARY = re.compile(r"[\w.«»]+\.(?:match|_?proof)_\d+(?:_\d+)?")
"""Names of auxiliary declarations that Lean shares within a file, and that belong to the first one that needs them."""
PLACED = re.compile(r"\bsorryAx\b|mkPanicMessage|panicWithPos")
"""Terms that contain the line of their position."""
PARTNERS = {
    "=": "≠", "≠": "=", "≤": "<", "<": "≤", "∧": "∨", "∨": "∧", "+": "*", "*": "+", "∀": "∃", "∃": "∀", "→": "↔",
    "↔": "→", "(": "{", "{": "(", ")": "}", "}": ")", "true": "false", "True": "False", "False": "True", "Nat": "Int",
    "theorem": "def", "lemma": "theorem",
}  # fmt: skip
ALMOST_ALWAYS = 9
"""The number of ten mutations that are made in the theorem's own command."""
PATIENCE_S = 30.0
"""The time limit for one file, in seconds; a mutant can make Lean loop."""
CROWDED = 1_450_000_000
"""The resident bytes above which a process is replaced."""


@dataclass(frozen=True)
class Seed:
    """An original and a candidate for it, accepted or not."""

    attempt: Attempt
    submission: Submission


@dataclass(frozen=True)
class Mutant:
    """A candidate that was changed."""

    seed: Seed
    text: str

    def submission(self) -> Submission:
        """It, as the gate is given it."""
        made = self.seed.submission
        return replace(made, candidate=replace(made.candidate, text=self.text))


@dataclass
class FuzzCounts:
    """The numbers of mutants by result."""

    tried: int = 0
    asked: int = 0
    """The number of mutants that Lean checked."""
    accepted: int = 0
    unchanged: int = 0
    """The number of accepted mutants whose text is the seed's."""
    levels: Counter[int] = field(default_factory=Counter)
    """The numbers of refused mutants, by level."""
    died: int = 0
    """The number of mutants on which Lean died or timed out."""
    wrong: list[str] = field(default_factory=list)


class Kept(LeanSession):
    """A session whose process goes on after it was closed, until it is crowded."""

    def close(self) -> None:
        if self._process is None or not self._process.alive() or self._process.memory() > CROWDED:
            super().close()


class Fuzzer:
    """A gate to be fooled, and a second process to see whether it was."""

    def __init__(self, toolchain: Toolchain) -> None:
        self._judge, self._witness = (
            Kept(toolchain, elaboration_seconds=PATIENCE_S),
            Kept(toolchain, elaboration_seconds=PATIENCE_S),
        )
        self._gate = Gate(lambda: self._judge)
        self._said: dict[SourceText, tuple[str, ...]] = {}
        self.tally = FuzzCounts()

    def seeds(self) -> list[Seed]:
        """Every cheat and twin that needs the core library only; the others are slow."""
        attempts = [a for a in all_attempts() if a.original is not None and "import Lean" not in a.original]
        return [Seed(attempt, self._submission(attempt)) for attempt in attempts]

    def end(self) -> None:
        """Ends both processes."""
        self._judge.end()
        self._witness.end()

    def judge(self, mutant: Mutant) -> None:
        """Hands a mutant to the gate and looks at what it accepts.

        Raises:
            AssertionError: it accepted what states something else.
        """
        tally, submission = self.tally, mutant.submission()
        tally.tried += 1
        if byte_objection(submission) is not None:
            tally.levels[2] += 1
            return
        tally.asked += 1
        judgement = self._gate.judge(submission)
        if not isinstance(judgement, Accepted):
            if "could not check it" in judgement.reason:
                tally.died += 1
            else:
                tally.levels[judgement.level] += 1
            return
        tally.accepted += 1
        tally.unchanged += mutant.text == mutant.seed.submission.candidate.text
        before, after = self._told(submission.original, submission), self._told(submission.candidate, submission)
        if before != after:
            tally.wrong.append(f"{mutant.seed.attempt.name}:\n{mutant.text}")
            raise AssertionError(f"accepted, and states something else:\n{mutant.text}\n{before}\n{after}")

    def _submission(self, attempt: Attempt) -> Submission:
        assert attempt.original is not None
        source = SourceText(attempt.original, f"{attempt.file}.lean", attempt.file)
        declared = self._witness.declarations(source)
        declaration = target_of(declared)
        sorry_goal = self._witness.statement(source, declaration.selection)
        if attempt.form == "file":
            candidate = replace(source, text=attempt.text)
            return Submission(source, candidate, declaration.name, declaration.selection, sorry_goal.command)
        return submission_of(source, declaration, sorry_goal, ProofText(attempt.text, term=attempt.form == "term"))

    def _told(self, source: SourceText, submission: Submission) -> tuple[str, ...]:
        """What Lean says of the theorem in a file, in words; its axioms only as far as they are not allowed."""
        if source in self._said:
            return self._said[source]
        name = submission.theorem
        questions = [
            "section",  # `set_option` and `open` would go on with a tactic block at the left margin
            "set_option pp.all true",
            "set_option pp.maxSteps 100000",
            f"#check @{name}",
            *(f"#print {definition}" for definition in self._definitions(submission.original)),
            f"#print axioms {name}",
        ]
        asked = replace(source, text="\n".join([source.text, "", *questions, ""]))
        try:
            messages = self._witness.elaborate(asked)
            answers = [without_chance(m.text) for m in messages if m.line > source.text.count("\n") + 2]
        except LeanError as error:
            return (str(error),)
        finally:
            self._witness.forget_files(CROWDED)
        if source is submission.original:
            said = self._said[source] = (*answers[:-1], "")
            return said
        return (*answers[:-1], lies_among(answers[-1] if answers else "no answer"))

    def _definitions(self, source: SourceText) -> list[str]:
        return [d.name for d in self._witness.declarations(source) if d.kind == "definition"]


def without_chance(text: str) -> str:
    """What Lean prints, without what may differ between files that say the same: see ``Bound.lean``."""
    return "" if PLACED.search(text) else AUXILIARY.sub("auxiliary", text)


def lies_among(axioms: str) -> str:
    """The axioms that `#print axioms` names and that cannot be the library's, as far as one can tell from here."""
    return " ".join(name for name in ("sorryAx", "lie", "ofReduceBool", "trustCompiler") if name in axioms)


@st.composite
def mutants(draw: st.DrawFn, seeds: Sequence[Seed]) -> Mutant:
    """A seed with one to three mutations; two of three seeds are honest, since few mutants of a cheat get far."""
    honest = [each for each in seeds if each.attempt.honest]
    chosen = draw(st.one_of(st.sampled_from(honest), st.sampled_from(honest), st.sampled_from(seeds)))
    submission = chosen.submission
    text = submission.candidate.text
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        encoded = text.encode()
        start = len(encoded[: submission.command[0]].decode(errors="ignore"))
        stop = len(text) - (
            len(submission.original.text) - len(submission.original.text.encode()[: submission.command[1]].decode())
        )
        inside = draw(st.integers(1, 10)) <= ALMOST_ALWAYS
        places = [m for m in TOKEN.finditer(text) if not inside or start <= m.start() < stop]
        if places:
            text = mutated(draw, text, places)
    return Mutant(chosen, text)


def mutated(draw: st.DrawFn, text: str, places: Sequence[re.Match[str]]) -> str:
    """The text with one mutation at one of the tokens."""
    place = draw(st.sampled_from(places))
    other = draw(st.sampled_from(places))
    snippet = draw(st.sampled_from(SNIPPETS))
    token = place[0]
    number = str(int(token) + 1) if token.isdecimal() else token
    changed = draw(
        st.sampled_from(
            (
                "",
                token + " " + token,
                other[0],
                PARTNERS.get(token, number),
                PARTNERS.get(token, snippet),
                f"{token} {snippet} ",
                f"{snippet} {token}",
                f"\n{snippet}\n{token}",
                f"({token})",
                f"{token} /- {snippet} -/ ",
                f"/- {snippet} -/ {token}",
            )
        )
    )
    return text[: place.start()] + changed + text[place.end() :]


def fuzz(toolchain: Toolchain, count: int, start: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Tries `count` mutants drawn from `start` on; the first that fools the gate is made small and told."""
    fuzzer = Fuzzer(toolchain)
    try:
        seeds = fuzzer.seeds()
        say(f"{len(seeds)} seeds; {count} mutants …")

        @seed(start)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(mutants(seeds))
        def no_accepted_mutant_states_anything_else(mutant: Mutant) -> None:
            fuzzer.judge(mutant)
            if fuzzer.tally.tried % 1000 == 0:
                say(f"{fuzzer.tally.tried} tried, {fuzzer.tally.accepted} accepted …")

        try:
            no_accepted_mutant_states_anything_else()
        except AssertionError as error:
            say(str(error))
    finally:
        fuzzer.end()
    tally = fuzzer.tally
    return {
        "seed": start,
        "seeds": len(seeds),
        "tried": tally.tried,
        "asked": tally.asked,
        "accepted": tally.accepted,
        "accepted unchanged": tally.unchanged,
        "refused by level": {str(level): n for level, n in sorted(tally.levels.items())},
        "Lean died": tally.died,
        "wrong": tally.wrong,
    }
