"""The gateway on everything that a Lean file can hold. One Lean process for the whole file."""

import os
import signal
import time
from pathlib import Path

import pytest

from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration
from prover.lean.session import Advanced, Failed, SorryGoal, SourceText, State, TacticLimits, TacticOutcome

pytestmark = pytest.mark.lean

TEXT = """\
universe u v

/-- A macro of the user's. -/
macro "finish_it" : tactic => `(tactic| first | rfl | omega)
syntax "twice! " term:max : term
macro_rules | `(twice! $t) => `($t + $t)
def box (a b : Nat) : Nat := a + b + 1
infixl:65 " ⊞ " => box
notation "⟪" x "⟫" => List.length x

theorem macros (n : Nat) : twice! n = 2 * n := by sorry
theorem notations (xs : List Nat) (h : ⟪xs⟫ = 0) : 1 ⊞ ⟪xs⟫ = 2 := by sorry

namespace Deep.Er
def double (n : Nat) : Nat := n + n
theorem in_namespace (n : Nat) : double n = 2 * n := by sorry
private theorem hidden (n : Nat) : double n = n + n := by sorry
end Deep.Er

open Deep.Er in
theorem opened (n : Nat) : double n = 2 * n := by sorry

section
variable {α : Type u} (β : Type v) [Inhabited α] (xs : List α)
theorem with_variables : (xs ++ []).length = xs.length := by sorry
end

mutual
inductive Tree | node : Forest → Tree
inductive Forest | nil | cons : Tree → Forest → Forest
end
mutual
def Tree.size : Tree → Nat | .node f => f.size + 1
def Forest.size : Forest → Nat | .nil => 0 | .cons t f => t.size + f.size
end
mutual
theorem even_twice (n : Nat) : (n + n) % 2 = 0 := by sorry
theorem odd_twice (n : Nat) : (n + n + 1) % 2 = 1 := by sorry
end
theorem tree_pos (t : Tree) : 0 < t.size := by sorry

theorem with_where (n : Nat) : n + 0 = n := go n
where go (n : Nat) : n + 0 = n := by sorry

structure Point where
  x : Nat
  y : Nat
instance : Add Point := ⟨fun p q => ⟨p.x + q.x, p.y + q.y⟩⟩
theorem instances (p q : Point) : (p + q).x = p.x + q.x := by sorry
instance lawful : Std.Commutative (α := Nat) (· + ·) where
  comm a b := sorry

set_option maxRecDepth 600 in
theorem with_option (n : Nat) : n ≤ n + 1 := by sorry

theorem universes {α : Type u} {β : Type v} (p : α × β) : (p.1, p.2) = p := sorry
theorem term_mode (p q : Prop) (hp : p) (hq : q) : p ∧ q := ⟨hp, sorry⟩

theorem several (p q : Prop) (hp : p) (hq : q) : p ∧ (q ∨ False) := by
  constructor
  · sorry
  · have : q := by sorry
    exact Or.inl sorry

theorem «Ünïcödé 𝔸» (ℓ₁ αβγ : Nat) (h₀ : ℓ₁ = αβγ) : αβγ = ℓ₁ := by /- ∀∃ 🙂 -/ sorry

theorem unproved (n : Nat) : n * 1 = n := sorry
theorem rests (n : Nat) : n * 1 = n := unproved n

theorem arrow (p q : Prop) : p → q → p := by sorry
theorem binder : ∀ n m : Nat, n + m = m + n := by sorry
theorem introduced (p q : Prop) (hp : p) : q → p := by sorry
theorem same_one (a b : Nat) (h : a = b) : b = a := by sorry
theorem broken (n : Nat) : n = n + 0 := by nonsense
theorem finished (n : Nat) : n = n := rfl
theorem victim (n : Nat) : 2 ∣ n * (n + 1) := by sorry
theorem later (n : Nat) : 2 ∣ n * (n + 1) := by sorry
"""
SOURCE = SourceText(TEXT, "Zoo.lean", "Zoo")
LIMITS = TacticLimits()
LONG = "have : ∀ a b c d e f g : Fin 9, a + b + c + d + e + f + g = g + f + e + d + c + b + a := by decide"
"""takes far longer than any limit here"""


@pytest.fixture(scope="module")
def declared(lean_session: LeanSession) -> dict[str, Declaration]:
    return {declaration.name: declaration for declaration in lean_session.declarations(SOURCE)}


@pytest.fixture(scope="module")
def sorry_goals(lean_session: LeanSession) -> dict[str, list[SorryGoal]]:
    found: dict[str, list[SorryGoal]] = {}
    for sorry_goal in lean_session.sorries(SOURCE, 0, len(TEXT.encode())):
        found.setdefault(sorry_goal.declaration, []).append(sorry_goal)
    return found


def run(session: LeanSession, state: State, *tactics: str, limits: TacticLimits = LIMITS) -> list[TacticOutcome]:
    return list(session.run(state, tactics, limits))


def only(session: LeanSession, state: State, tactic: str, limits: TacticLimits = LIMITS) -> TacticOutcome:
    (outcome,) = run(session, state, tactic, limits=limits)
    return outcome


def kind(outcome: TacticOutcome) -> str:
    assert isinstance(outcome, Failed), outcome
    return outcome.kind


def left(outcome: TacticOutcome) -> tuple[State, ...]:
    assert isinstance(outcome, Advanced), outcome
    return outcome.states


def test_a_process_continues_one_that_had_imported_the_base_library(lean_session: LeanSession) -> None:
    assert lean_session.start().greet().prepared


@pytest.mark.parametrize(("name", "left_over"), [("arrow", "q → p"), ("binder", "∀ (m : Nat), h + m = m + h")])
def test_introducing_a_hypothesis_is_progress(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]], name: str, left_over: str
) -> None:
    state = sorry_goals[name][0].state
    (after,) = left(only(lean_session, state, "intro h"))
    assert after.goals[0].target == left_over
    assert after.goals[0].key != state.goals[0].key
    assert after.goals[0].statement == state.goals[0].statement
    (back,) = left(only(lean_session, after, "revert h"))
    assert back.goals[0].key == state.goals[0].key
    assert kind(only(lean_session, state, "skip")) == "no_progress"


def test_what_is_introduced_and_what_stands_there_are_the_same(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    (after,) = left(only(lean_session, sorry_goals["arrow"][0].state, "intro hp"))
    assert after.goals[0].key == sorry_goals["introduced"][0].state.goals[0].key


@pytest.mark.parametrize(
    ("name", "target", "tactic"),
    [
        ("macros", "n + n = 2 * n", "finish_it"),
        ("notations", "1 ⊞ ⟪xs⟫ = 2", "simp [h, box]"),
        ("Deep.Er.in_namespace", "double n = 2 * n", "simp [double]; finish_it"),
        ("Deep.Er.hidden", "double n = n + n", "rfl"),
        ("opened", "double n = 2 * n", "simp only [double]; finish_it"),
        ("with_variables", "⟪xs ++ []⟫ = ⟪xs⟫", "simp"),
        ("even_twice", "(n + n) % 2 = 0", "omega"),
        ("odd_twice", "(n + n + 1) % 2 = 1", "omega"),
        ("tree_pos", "0 < t.size", "cases t; simp [Tree.size]"),
        ("with_where.go", "n + 0 = n", "rfl"),
        ("instances", "(p + q).x = p.x + q.x", "rfl"),
        ("lawful", "a + b = b + a", "exact Nat.add_comm a b"),
        ("with_option", "n ≤ n + 1", "exact Nat.le_succ n"),
        ("universes", "(p.fst, p.snd) = p", "rfl"),
        ("term_mode", "q", "exact hq"),
        ("«Ünïcödé 𝔸»", "αβγ = ℓ₁", "exact h₀.symm"),
    ],
)
def test_a_sorry_is_opened_and_proved(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]], name: str, target: str, tactic: str
) -> None:
    (sorry_goal,) = sorry_goals[name]
    assert sorry_goal.state.goals[0].target == target
    assert TEXT.encode()[sorry_goal.start : sorry_goal.stop] == b"sorry"
    assert left(only(lean_session, sorry_goal.state, tactic)) == ()
    assert lean_session.close_proof(sorry_goal.state, tactic) is None


def test_term_and_tactic_sorries_are_told_apart(sorry_goals: dict[str, list[SorryGoal]]) -> None:
    assert sorry_goals["universes"][0].term
    assert sorry_goals["term_mode"][0].term
    assert not sorry_goals["macros"][0].term


def test_several_sorries_of_one_theorem_are_opened_in_the_order_of_the_text(
    sorry_goals: dict[str, list[SorryGoal]],
) -> None:
    found = sorry_goals["several"]
    assert [sorry_goal.state.goals[0].target for sorry_goal in found] == ["p", "q", "q"]
    assert [sorry_goal.term for sorry_goal in found] == [False, False, True]
    assert sorted(sorry_goal.start for sorry_goal in found) == [sorry_goal.start for sorry_goal in found]
    assert "this" in found[2].state.goals[0].names


def test_an_error_elsewhere_is_a_message_and_does_not_stop_the_rest(
    lean_session: LeanSession, declared: dict[str, Declaration]
) -> None:
    errors = [m for m in lean_session.elaborate(SOURCE) if m.severity == "error"]
    assert {TEXT.splitlines()[m.line - 1].split()[1] for m in errors} == {"broken"}
    assert errors[0].printed.startswith(f"Zoo.lean:{errors[0].line}:")
    assert "later" in declared


def test_declarations_say_what_is_private_and_what_is_missing(declared: dict[str, Declaration]) -> None:
    assert declared["Deep.Er.hidden"].private
    assert not declared["Deep.Er.in_namespace"].private
    assert declared["macros"].incomplete
    assert not declared["finished"].incomplete
    assert not declared["rests"].incomplete
    assert declared["finished"].kind == "theorem"
    assert declared["Deep.Er.double"].kind == "definition"


def test_declarations_stand_where_the_text_says(declared: dict[str, Declaration]) -> None:
    for name in ("macros", "Deep.Er.hidden", "«Ünïcödé 𝔸»", "later"):
        short = name if name.startswith("«") else name.rsplit(".", 1)[-1]
        assert TEXT.encode()[declared[name].selection :].startswith(short.encode())


def test_a_finished_theorem_is_opened_at_its_statement(
    lean_session: LeanSession, declared: dict[str, Declaration]
) -> None:
    sorry_goal = lean_session.statement(SOURCE, declared["finished"].selection)
    assert sorry_goal.state.goals[0].target == "n = n"
    assert TEXT.encode()[sorry_goal.start : sorry_goal.stop] == b":= rfl"
    assert left(only(lean_session, sorry_goal.state, "rfl")) == ()


@pytest.mark.parametrize("tactic", ["exact victim n", "apply later", "simpa using victim n", "exact later n"])
def test_a_goal_sees_neither_its_theorem_nor_what_comes_after(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]], tactic: str
) -> None:
    assert kind(only(lean_session, sorry_goals["victim"][0].state, tactic)) == "unknown_name"


def test_a_goal_sees_what_comes_before(lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]) -> None:
    outcome = only(lean_session, sorry_goals["victim"][0].state, "have := finished n")
    assert len(left(outcome)) == 1


def test_keys_are_equal_for_goals_that_differ_in_names_only(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    start = sorry_goals["same_one"][0].state
    (changed,) = left(only(lean_session, start, "have x := h"))
    assert changed.goals[0].key != start.goals[0].key
    twins = [left(only(lean_session, start, f"have {name} := h.symm"))[0].goals[0] for name in ("x", "y")]
    assert twins[0].key == twins[1].key
    assert twins[0].names != twins[1].names


@pytest.mark.parametrize(
    "tactic",
    ["sorry", "admit", "exact sorry", "exact (sorry : _)", "have : False := sorry\nexact this.elim",
     "exact (fun _ => sorry) n"],
)  # fmt: skip
def test_sorry_is_a_cheat_however_it_is_written(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]], tactic: str
) -> None:
    assert kind(only(lean_session, sorry_goals["victim"][0].state, tactic)) == "cheat"


def test_a_lemma_that_rests_on_sorry_is_a_cheat(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    state = sorry_goals["later"][0].state
    assert kind(only(lean_session, state, "exact victim n")) == "cheat"
    assert kind(only(lean_session, state, "have := rests n")) == "cheat"
    assert len(left(only(lean_session, state, "have := finished n"))) == 1


@pytest.mark.parametrize(
    ("tactic", "expected"),
    [
        ("simp [", "parse"),
        ("exact )", "parse"),
        ("rfl extra tokens here", "parse"),
        ("exact no_such_lemma", "unknown_name"),
        pytest.param("have : n = n := by skip", "unsolved"),
        pytest.param("done", "unsolved"),
        ("constructor <;> nonsense_tactic", "parse"),
        ("exact True.intro", "elaboration"),
        ("skip", "no_progress"),
    ],
)
def test_failures_say_of_what_kind_they_are(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]], tactic: str, expected: str
) -> None:
    assert kind(only(lean_session, sorry_goals["victim"][0].state, tactic)) == expected


def test_a_runaway_tactic_is_a_timeout_and_the_session_goes_on(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    limits = TacticLimits(heartbeats=0, milliseconds=300)
    pid = lean_session.pid()
    runaway, next_one = run(lean_session, sorry_goals["macros"][0].state, LONG, "finish_it", limits=limits)
    assert kind(runaway) == "timeout"
    assert left(next_one) == ()
    assert lean_session.pid() == pid


def test_a_tactic_that_ends_the_process_has_died_and_the_session_goes_on(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    pid = lean_session.pid()
    killer, next_one = run(lean_session, sorry_goals["macros"][0].state, "repeat skip", "finish_it")
    assert kind(killer) in ("died", "timeout")
    assert left(next_one) == ()
    assert (lean_session.pid() != pid) == (kind(killer) == "died")


def test_a_tactic_out_of_heartbeats_is_a_timeout(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    limits = TacticLimits(heartbeats=1)
    assert kind(only(lean_session, sorry_goals["victim"][0].state, "grind", limits=limits)) == "timeout"


def test_the_kernel_refuses_an_unfinished_script(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    state = sorry_goals["several"][0].state
    result = lean_session.close_proof(state, "have again := hp")
    assert result is not None
    assert result.kind == "unsolved"
    assert lean_session.close_proof(state, "exact hp") is None


def test_goals_that_share_nothing_are_states_of_their_own(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    states = left(only(lean_session, sorry_goals["same_one"][0].state, "cases a"))
    assert [state.goals[0].tag for state in states] == ["zero", "succ"]


def test_goals_that_share_a_metavariable_stay_together(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    (state,) = left(only(lean_session, sorry_goals["same_one"][0].state, "apply Eq.trans"))
    assert len(state.goals) >= 2


def test_exact_question_mark_says_what_it_found(lean_session: LeanSession) -> None:
    source = SourceText("theorem swap (a b : Nat) : a + b = b + a := by sorry\n", "Swap.lean", "Swap")
    (sorry_goal,) = lean_session.sorries(source, 0, 100)
    outcome = only(lean_session, sorry_goal.state, "exact?", TacticLimits(milliseconds=20_000))
    assert left(outcome) == ()
    assert isinstance(outcome, Advanced)
    assert outcome.replacement == "exact Nat.add_comm a b"


def test_a_state_comes_back_after_the_process_was_killed(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    start = sorry_goals["same_one"][0].state
    (middle,) = left(only(lean_session, start, "have k := h.symm"))
    before = left(only(lean_session, middle, "cases a"))
    pid, restarts = lean_session.pid(), lean_session.restarts
    kill(lean_session)
    after = left(only(lean_session, middle, "cases a"))
    assert [state.goals[0].key for state in after] == [state.goals[0].key for state in before]
    assert lean_session.pid() not in (None, pid)
    assert lean_session.restarts == restarts


def test_a_process_killed_under_a_batch_costs_one_tactic(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    start = sorry_goals["same_one"][0].state
    outcomes = lean_session.run(start, ["have k := h.symm", LONG, "exact h.symm"], TacticLimits(0, 60_000))
    (first,) = left(next(outcomes))
    kill(lean_session)
    died, next_one = outcomes
    assert kind(died) == "died"
    assert left(next_one) == ()
    assert left(only(lean_session, first, "exact k")) == ()


def kill(session: LeanSession) -> None:
    """Kills the session's process behind its back, and waits until it is gone."""
    pid = session.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while session.pid() is not None:
        time.sleep(0.01)


def test_a_module_with_a_wide_constructor_is_written(lean_session: LeanSession, tmp_path: Path) -> None:
    fields = "".join(f"  f{i} : Bool := true\n" for i in range(24))
    source = SourceText(f"structure Wide where\n{fields}", "Wide.lean", "Wide")
    assert lean_session.elaborate(source) == ()
    lean_session.write(source, tmp_path / "Wide.olean")
    assert (tmp_path / "Wide.olean").stat().st_size > 0


def test_endless_recursion_does_not_end_the_process(
    lean_session: LeanSession, sorry_goals: dict[str, list[SorryGoal]]
) -> None:
    pid = lean_session.pid()
    assert kind(only(lean_session, sorry_goals["victim"][0].state, "repeat skip")) == "timeout"
    assert lean_session.pid() == pid
