"""The gate accepts honest proofs and refuses lies. Each lie has an honest twin."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from prover.check.gate import Accepted, Gate, Judgement, Refused, Submission
from prover.check.levels import DEFAULT_LEVEL
from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import EmbeddedToolchain

pytestmark = pytest.mark.lean

TEXT = """\
def double (n : Nat) : Nat := n + n
theorem double_eq (n : Nat) : double n = 2 * n := by sorry
theorem finished (n : Nat) : n + 0 = n := rfl
theorem target (n : Nat) : double (n + 0) = 2 * n := by
  sorry
theorem after (n : Nat) : n = n := rfl
"""
HONEST = "simp [double]; omega"


class Borrowed(LeanSession):
    """A session that the gate may close as often as it likes: the tests share its process."""

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Bench:
    """A gate over one shared process, which is fresh to every candidate: each is another text."""

    gate: Gate

    def judge(
        self, proof: str, original: str = TEXT, candidate: str | None = None, level: int = DEFAULT_LEVEL
    ) -> Judgement:
        """The judgement on `proof` in place of the target's `sorry`, or on a candidate text."""
        before = original.encode()
        start = before.rindex(b"sorry")
        changed = candidate or (before[:start] + proof.encode() + before[start + 5 :]).decode()
        selection = changed.encode().index(b"target")
        command = (before.index(b"theorem target"), before.index(b"\ntheorem after"))
        source = SourceText(original, "Gate.lean", "Gate")
        submission = Submission(source, replace(source, text=changed), "target", selection, command)
        return self.gate.judge(submission, level)


@pytest.fixture(scope="module")
def bench(toolchain: EmbeddedToolchain) -> Iterator[Bench]:
    session = Borrowed(toolchain)
    yield Bench(Gate(lambda: session))
    session.end()


def reason(judgement: Judgement) -> str:
    assert isinstance(judgement, Refused), judgement
    return judgement.reason


def test_an_honest_proof_is_accepted_with_its_axioms(bench: Bench) -> None:
    judgement = bench.judge(HONEST)
    assert isinstance(judgement, Accepted)
    assert set(judgement.axioms) <= {"propext", "Quot.sound", "Classical.choice"}


def test_an_honest_proof_is_replayed_from_the_compiled_file(bench: Bench) -> None:
    judgement = bench.judge(HONEST, level=4)
    assert isinstance(judgement, Accepted)
    assert (judgement.level, judgement.kernels) == (4, ("Lean's kernel",))


OTHERS = {
    "it rests on the axiom `lie`": "axiom lie : 1 = 2\ntheorem target : 1 = 2 := lie\n",
    "uses `sorryAx`": "theorem helper : 1 = 2 := by sorry\ntheorem target : 1 = 2 := helper\n",
    "its elaborated statement changed": "theorem target : 2 = 2 := rfl\n",
    "does not declare target": "theorem other : 1 = 1 := rfl\n",
    "has another value": "def two := 3\ntheorem target : two = two := rfl\n",
}


@pytest.mark.parametrize("expected", OTHERS)
def test_a_compiled_file_that_is_not_what_it_should_be_is_refused(
    lean_session: LeanSession, tmp_path: Path, expected: str
) -> None:
    original = "def two := 2\ntheorem target : two = two := rfl\n" if "def two" in OTHERS[expected] else (
        "theorem target : 1 = 2 := by sorry\n"
    )  # fmt: skip
    for name, text in (("Challenge", original), ("Candidate", OTHERS[expected])):
        lean_session.write(SourceText(text, "A.lean", "A"), tmp_path / f"{name}.olean")
    reply = lean_session.replay(tmp_path / "Candidate.olean", tmp_path / "Challenge.olean", "target", ["target"])
    assert expected in (reply.refused or "")


def test_a_wrong_proof_is_refused_with_leans_messages(bench: Bench) -> None:
    judgement = bench.judge("rfl")
    assert "does not compile" in reason(judgement)
    assert isinstance(judgement, Refused)
    assert judgement.messages[0].severity == "error"


def test_sorry_is_refused(bench: Bench) -> None:
    assert "rests on `sorry`" in reason(bench.judge("sorry"))


def test_a_hidden_sorry_is_refused(bench: Bench) -> None:
    assert "rests on `sorry`" in reason(bench.judge("have h : double n = 2 * n := sorry\n  simpa using h"))


def test_a_lemma_that_rests_on_sorry_is_refused_and_a_finished_one_is_not(bench: Bench) -> None:
    assert "rests on `sorry`" in reason(bench.judge("rw [finished]; exact double_eq n"))
    assert isinstance(bench.judge(f"rw [finished]; {HONEST}"), Accepted)


def test_an_axiom_of_its_own_is_refused_and_a_theorem_in_its_place_is_not(bench: Bench) -> None:
    for keyword, accepted in (("axiom", False), ("theorem", True)):
        body = "" if keyword == "axiom" else " := by simp [double]; omega"
        text = TEXT.replace(
            "theorem double_eq (n : Nat) : double n = 2 * n := by sorry",
            f"{keyword} double_eq (n : Nat) : double n = 2 * n{body}",
        )
        judgement = bench.judge("rw [finished]; exact double_eq n", original=text)
        assert isinstance(judgement, Accepted) is accepted
        if not accepted:
            assert "double_eq" in reason(judgement)


def test_a_changed_statement_is_refused_and_a_reworded_one_is_not(bench: Bench) -> None:
    weaker = TEXT.replace("double (n + 0) = 2 * n := by\n  sorry", "n + 0 = n := by\n  rfl")
    assert "statement changed" in reason(bench.judge("", candidate=weaker))
    proved = TEXT.replace("2 * n := by\n  sorry", f"2 * n := by\n  {HONEST}")
    reworded = proved.replace("target (n : Nat) : double (n + 0)", "target (n : Nat) : (double (n + 0))")
    assert isinstance(bench.judge("", candidate=reworded), Accepted)


def test_an_extra_hypothesis_is_refused(bench: Bench) -> None:
    candidate = TEXT.replace("target (n : Nat) :", "target (n : Nat) (h : False) :").replace(
        "by\n  sorry", "by\n  exact h.elim"
    )
    assert "statement changed" in reason(bench.judge("", candidate=candidate))


def test_another_kind_of_declaration_is_refused(bench: Bench) -> None:
    candidate = TEXT.replace("theorem target", "axiom target").replace(
        " := by\n  sorry\ntheorem after", "\ntheorem after"
    )
    assert isinstance(bench.judge("", candidate=candidate), Refused)


def test_a_theorem_that_is_gone_is_refused(bench: Bench) -> None:
    candidate = TEXT.replace("theorem target (n : Nat) : double (n + 0) = 2 * n := by\n  sorry", "-- target")
    assert "no longer declares target" in reason(bench.judge("", candidate=candidate))


@pytest.mark.parametrize(
    "smuggled",
    [
        "theorem extra : True := trivial",
        "axiom cheap : False",
        "end_of_proof",
        "macro_rules | `(tactic| omega) => `(tactic| sorry)",
        "namespace Elsewhere\nend Elsewhere",
    ],
)
def test_a_proof_that_goes_on_after_its_command_is_refused(bench: Bench, smuggled: str) -> None:
    assert isinstance(bench.judge(f"{HONEST}\n{smuggled}"), Refused)
    assert isinstance(bench.judge(f"{HONEST}\n  done"), Accepted)


def test_native_evaluation_is_refused_and_kernel_evaluation_is_not(bench: Bench) -> None:
    proof = "have : double 3 = 6 := by {}\n  simp [double]; omega"
    assert isinstance(bench.judge(proof.format("native_decide")), Refused)
    assert isinstance(bench.judge(proof.format("decide")), Accepted)


def test_the_compiler_s_axiom_is_refused(bench: Bench) -> None:
    proof = "refine (fun (_ : True) => ?_) Lean.trustCompiler\n  simp [double]; omega"
    assert "axioms that are not allowed" in reason(bench.judge(proof))


def test_classical_axioms_are_allowed_and_named(bench: Bench) -> None:
    judgement = bench.judge(f"rcases Classical.em (n = 0) with h | h <;> ({HONEST})")
    assert isinstance(judgement, Accepted)
    assert "Classical.choice" in judgement.axioms or judgement.library > 0


def test_a_changed_definition_above_the_theorem_is_refused(bench: Bench) -> None:
    candidate = TEXT.replace("Nat := n + n", "Nat := 2 * n").replace("by\n  sorry", "by\n  simp [double]")
    assert isinstance(bench.judge("", candidate=candidate), Refused)


def test_a_lean_that_dies_refuses(toolchain: EmbeddedToolchain) -> None:
    dead = LeanSession(toolchain)
    dead.end()
    source = SourceText(TEXT, "Gate.lean", "Gate")
    judgement = Gate(lambda: dead).judge(Submission(source, source, "target", 0, (0, 0)))
    assert "fresh Lean could not check it" in reason(judgement)
