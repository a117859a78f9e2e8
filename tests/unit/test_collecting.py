"""Searches for training: proofs that people wrote are replayed case by case, and other tactics tried on their goals."""

from collections.abc import Sequence

import pytest

from prover.app.collecting import written_proof
from prover.attempt import Task
from prover.lean.protocol import Declaration, Goal
from prover.lean.scripted import Fails, ScriptedSession, Table, leaves, opened
from prover.lean.session import SourceText, TacticLimits
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Strategy
from prover.search.proof_replay import ProofReplay
from prover.tactics.generator import StatelessGenerator, Suggestion
from prover.tactics.policy.log import HUMAN, Logged, LogWriter

LIMITS = TacticLimits()
PROOF = "induction n with\n| zero => rfl\n| succ n ih => simp"


class Same(StatelessGenerator):
    """Suggests the same tactics for each goal."""

    name = "same"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        return [Suggestion("omega", -1.0, ("same",)), Suggestion("grind", -2.0, ("same",))]


def task(text: str, proof: str | None = "tactic", incomplete: bool = False) -> Task:
    start = text.index("t :")
    declared = Declaration("t", "theorem", "", False, 0, len(text.encode()), start, incomplete, proof=proof)  # type: ignore[arg-type]
    return Task(SourceText(text, "F.lean", "F"), declared)


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        ("theorem t : 1 = 1 := by rfl", "rfl"),
        ("theorem t : ∀ α, p α := by\n  intro α\n  exact h α", "intro α\nexact h α"),
        (f"theorem t : p := by\n  {PROOF.replace(chr(10), chr(10) + '  ')}", PROOF),
    ],
)
def test_the_tactics_of_a_proof(text: str, proof: str) -> None:
    assert written_proof(task(text)) == proof


def test_what_has_no_tactics() -> None:
    assert written_proof(task("theorem t : p := h", proof="term")) is None
    assert written_proof(task("theorem t : p := by sorry", incomplete=True)) is None
    assert written_proof(task("theorem t : p\n| 0 => by simp")) is None


def test_goals_inside_a_written_proof_are_tried_with_other_tactics() -> None:
    zero, succ = Goal("zero", tag="zero"), Goal("succ", ("n", "ih"), tag="succ")
    table: Table = {
        "root": {"induction n": leaves(zero, succ), "omega": Fails(), "grind": leaves()},
        "zero": {"rfl": leaves(), "omega": leaves(), "grind": Fails()},
        "succ": {"simp": leaves(), "omega": Fails(), "grind": leaves()},
    }
    writer = LogWriter()
    with ScriptedSession(table) as session:
        search = BestFirstSearch(session, opened("root"), Logged(Same(), writer), Strategy(invent=()), Budget())
        replay = ProofReplay(session, search.tree, search.meter, (HUMAN,), LIMITS, 0.0, by_cases=True)
        assert replay.replay(PROOF).proved
        search.explore(LIMITS, seconds=60)
        search.tree.check()
    log = writer.finished()
    tried = {(log.goals[each.goal].key, each.tactic, each.outcome) for each in log.trials}
    assert tried == {
        ("root", "omega", "elaboration"), ("root", "grind", "advanced"),
        ("zero", "omega", "advanced"), ("zero", "grind", "elaboration"),
        ("succ", "omega", "elaboration"), ("succ", "grind", "advanced"),
    }  # fmt: skip
