"""Tactics for what a goal lacks."""

from prover.lean.protocol import Equation, Goal, Hypothesis
from prover.lean.session import Inventions
from prover.tactics.invention import INVENTIONS, invented

STUCK = Goal(
    "key",
    target="rev (cat (rev tail) [head]) = head :: tail",
    head="Eq",
    names=("α", "head", "tail", "ih"),
    hypotheses=(
        Hypothesis("α", "Type", "Sort"),
        Hypothesis("head", "α", ""),
        Hypothesis("tail", "List α", "List", constructors=2, recursive=True),
        Hypothesis("ih", "rev (rev tail) = tail", "Eq", prop=True),
    ),
)
LAW = Equation(1, "∀ (u v : List α), rev (cat u v) = cat (rev v) (rev u)")


def tactics(inventions: Inventions, kinds: tuple[str, ...] = INVENTIONS) -> list[str]:
    return [suggestion.tactic for suggestion in invented(STUCK, inventions, kinds)]


def test_an_equation_is_tested_before_it_is_left_to_be_proved() -> None:
    (tactic,) = tactics(Inventions((LAW,)))
    stated, cleared, introduced = tactic.split("\n")
    assert stated.startswith(f"suffices aux : {LAW.statement} by first | (simp_all; done)")
    assert cleared == "clear ih tail head"
    assert introduced == "intro u v"


def test_a_generalisation_may_also_be_used_to_rewrite() -> None:
    found = tactics(Inventions((Equation(0, "∀ (u : List α), rev (rev u) = u"),)))
    assert any("rw [aux]" in tactic for tactic in found)


def test_a_name_in_use_is_not_taken() -> None:
    goal = Goal("key", target="p", names=("aux",))
    (found,) = invented(goal, Inventions((LAW,)), INVENTIONS)
    assert "suffices aux1 : " in found.tactic


def test_what_an_equation_mentions_is_not_cleared() -> None:
    (tactic,) = tactics(Inventions((Equation(1, "∀ (u : List α), cat u tail = u"),)))
    assert "clear ih head" in tactic


def test_consequences_are_given_to_closing_tactics_together() -> None:
    found = tactics(Inventions(implied=("lemma_one _ ih", "lemma_two ih")))
    assert "have h := lemma_one _ ih" in found
    assert any(t.startswith("have h1 := lemma_one _ ih\nhave h2 := lemma_two ih\nsimp_all") for t in found)


def test_kinds_can_be_switched_off() -> None:
    inventions = Inventions((LAW,), ("lemma_one _ ih",))
    assert not any("suffices" in tactic for tactic in tactics(inventions, ("consequences",)))
    assert not any("have h" in tactic for tactic in tactics(inventions, ("lemmas",)))
    assert tactics(inventions, ()) == []
