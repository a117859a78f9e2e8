"""A real Lean tells what a file offers beyond Lean itself, with tactics declared as Mathlib declares its own."""

from contextlib import closing
from pathlib import Path

import pytest

from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import LEAN_ALONE, Toolbox
from prover.lean.session import Advanced, Failed, SourceText
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.automation import Automation, FixedList
from prover.tactics.generator import Generator, TheoremRef

pytestmark = pytest.mark.lean

TEXT = """\
import Lean
open Lean Elab Tactic

axiom Hidden : Nat → Prop
axiom hidden (n : Nat) : Hidden n

namespace Mathlib.Tactic
syntax (name := normNum) "norm_num" (" [" term,* "]")? : tactic
macro_rules | `(tactic| norm_num $[[$hs,*]]?) => `(tactic| apply hidden)
elab (name := linear) "linarith" : tactic => do (← getMainGoal).assign (← Meta.mkFreshExprMVar (← getMainTarget))
syntax (name := noImplementation) "gcongr" : tactic
macro "positivity" : tactic => `(tactic| omega)
macro "tauto" : tactic => `(tactic| sorry)
macro "aesop" : tactic => `(tactic| skip)
end Mathlib.Tactic

theorem found (n : Nat) : Hidden (n + 1) := by sorry
theorem parts (n : Nat) : Hidden n ∧ Hidden 2 := by sorry
"""
SOURCE = SourceText(TEXT, "Tools.lean", "Tools")
PLAIN = SourceText("theorem plain (n : Nat) : n = n := by sorry\n", "Plain.lean", "Plain")


def proof(session: LeanSession, source: SourceText, name: str, generator: Generator) -> tuple[str, ...]:
    (at,) = [goal for goal in session.sorries(source, 0, len(source.text.encode())) if goal.declaration == name]
    bound = generator.for_theorem(TheoremRef(source.module, name, 0, ""))
    search = BestFirstSearch(session, at.state, bound, Strategy(), Budget(expansions=20))
    found = search.run()
    return found.scripts[0] if isinstance(found, Proved) else ()


def test_tactics_with_a_parser_and_an_implementation_are_reported(lean_session: LeanSession) -> None:
    assert lean_session.toolbox(SOURCE) == Toolbox(
        tactics=frozenset(["norm_num", "linarith", "positivity", "tauto", "aesop"])
    )


def test_a_file_without_tactics_of_its_own_has_lean_alone(lean_session: LeanSession) -> None:
    assert lean_session.toolbox(PLAIN) == LEAN_ALONE
    (opened,) = lean_session.sorries(PLAIN, 0, 50)
    assert opened.state.goals[0].toolbox == LEAN_ALONE


def test_goals_know_what_their_file_offers(lean_session: LeanSession) -> None:
    opened = lean_session.sorries(SOURCE, 0, len(TEXT.encode()))
    assert all(goal.state.goals[0].toolbox.offers("norm_num") for goal in opened)
    (after,) = lean_session.run(opened[1].state, ["constructor"], Strategy().limits)
    assert isinstance(after, Advanced)
    assert all(state.goals[0].toolbox.offers("norm_num") for state in after.states)


@pytest.mark.parametrize("generator", [Automation(), FixedList()], ids=lambda generator: generator.name)
def test_a_theorem_is_proved_with_a_tactic_that_only_its_file_has(
    lean_session: LeanSession, generator: Generator
) -> None:
    (line,) = proof(lean_session, SOURCE, "found", generator)
    assert line == "norm_num"


def test_a_tactic_of_another_meaning_does_no_harm(lean_session: LeanSession) -> None:
    """Here `tauto` is `sorry`, `linarith` leaves its proof without a value, and `gcongr` has no implementation."""
    (at, *_) = lean_session.sorries(SOURCE, 0, len(TEXT.encode()))
    tried = ("positivity", "gcongr", "linarith", "aesop", "tauto", "norm_num")
    outcomes = dict(zip(tried, lean_session.run(at.state, tried, Strategy().limits), strict=True))
    assert [name for name, outcome in outcomes.items() if isinstance(outcome, Advanced)] == ["linarith", "norm_num"]
    assert lean_session.close_proof(at.state, "linarith") is not None
    assert lean_session.close_proof(at.state, "norm_num") is None
    cheat = outcomes["tauto"]
    assert isinstance(cheat, Failed)
    assert cheat.kind == "cheat"


LIBRARY = 150
"""The number of modules from which on a package counts as library."""
LAST = """\
import Lean.Meta.Tactic.Simp.RegisterCommand
register_simp_attr big_simps
namespace Big
def twice (n : Nat) : Nat := n + n
def Even (n : Nat) : Prop := ∃ k, n = twice k
theorem twice_eq (n : Nat) : twice n = 2 * n := by unfold twice; omega
theorem twice_open (n : Nat) : twice n = n + n + 0 := sorry
end Big
"""


@pytest.fixture(scope="module")
def large(toolchain: EmbeddedToolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the compiled modules of a package that is large enough to count as library."""
    place = tmp_path_factory.mktemp("large")
    (place / "Big").mkdir()
    with closing(LeanSession(toolchain)) as session:
        for number in range(LIBRARY):
            text = LAST if number == 0 else f"def Big.number{number} : Nat := {number}\n"
            session.write(SourceText(text, f"M{number}.lean", f"Big.M{number}"), place / "Big" / f"M{number}.olean")
    return place


def use(count: int) -> SourceText:
    imports = "".join(f"import Big.M{number}\n" for number in range(count))
    own = "def thrice (n : Nat) : Nat := n + n + n\n"
    theorem = "theorem used (n : Nat) (h : Big.Even n) : Big.twice n + thrice n = 5 * n := by sorry\n"
    return SourceText(f"{imports}{own}{theorem}", "Use.lean", "Use")


def test_of_a_large_package_only_propositions_are_unfolded(toolchain: EmbeddedToolchain, large: Path) -> None:
    with closing(LeanSession(toolchain, (large,))) as session:
        (few,) = session.sorries(use(LIBRARY - 1), 0, 10_000)
        (many,) = session.sorries(use(LIBRARY), 0, 10_000)
        names = [[(d.name, d.library) for d in at.state.goals[0].definitions] for at in (few, many)]
        assert sorted(names[0]) == [("Big.Even", False), ("Big.twice", False), ("thrice", False)]
        assert sorted(names[1]) == [("Big.Even", True), ("thrice", False)]
        assert few.state.goals[0].lemmas == many.state.goals[0].lemmas == ("Big.twice_eq",)


def test_attributes_and_simplification_sets_of_imports_are_reported(toolchain: EmbeddedToolchain, large: Path) -> None:
    with closing(LeanSession(toolchain, (large,))) as session:
        box = session.toolbox(use(1))
        assert box.simp_sets == frozenset(["big_simps"])
        assert box.attributes >= box.simp_sets
        assert box.tactics == frozenset()
