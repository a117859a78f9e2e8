"""Whole proofs: taken apart by their layout, grafted onto a search as far as they hold, and written anew."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.protocol import Goal
from prover.lean.scripted import Fails, ScriptedSession, Table, leaves, opened
from prover.search import blocks
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Replayed, Strategy
from prover.search.tree import Status
from prover.tactics.generator import StatelessGenerator, Suggestion
from prover.tactics.language.formats import PromptFields, format_named
from prover.tactics.language.model import Completion, Decoding, ModelKind, Prompt
from prover.tactics.language.whole_proofs import (
    ProofFault,
    WholeProofWriter,
    fields_above,
    longest_held,
)


class Known(StatelessGenerator):
    """Suggests what it was told for each goal."""

    name = "known"

    def __init__(self, told: Mapping[str, str]) -> None:
        self._told = told

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        return [Suggestion(self._told[goal.key], -1.0)] if goal.key in self._told else []


def grafted(table: Table, proof: str, told: Mapping[str, str] | None = None) -> tuple[Replayed, BestFirstSearch]:
    """What becomes of a proof; then the search goes on with what it is told."""
    with ScriptedSession(table) as session:
        search = BestFirstSearch(session, opened("root"), Known(told or {}), Strategy(), Budget())
        found = search.graft(proof, ("drafts",))
        search.tree.check()
        search.run()
    return found, search


def script(search: BestFirstSearch) -> tuple[str, ...]:
    result = search.run()
    assert isinstance(result, Proved)
    return result.scripts[0]


def goal(key: str, tag: str = "", *names: str) -> Goal:
    return Goal(key, names, tag=tag)


# --- layout ---


def test_a_block_is_taken_apart_into_tactics() -> None:
    block = """
      intro h -- why
      -- a remark
      induction n with
      | zero => rfl
      | succ n ih =>
        simp
        exact ih
      constructor
      · exact a
        done
      <;> omega
    """
    assert blocks.tactics(block) == [
        "intro h -- why",
        "induction n with\n| zero => rfl\n| succ n ih =>\n  simp\n  exact ih",
        "constructor",
        "· exact a\n  done\n<;> omega",
    ]


@given(st.text(alphabet="ab ·|\n<;>=()", max_size=80))
def test_any_text_is_taken_apart_without_loss(text: str) -> None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert [line.strip() for tactic in blocks.tactics(text) for line in tactic.splitlines()] == lines


@pytest.mark.parametrize(
    ("tactic", "body"), [("· simp\n  omega", "simp\nomega"), (". rfl", "rfl"), ("·\n  rfl", "rfl")]
)
def test_what_stands_behind_a_bullet(tactic: str, body: str) -> None:
    assert blocks.bullet(tactic) == body


def test_what_is_no_bullet() -> None:
    assert blocks.bullet("simp") is None
    assert blocks.bullet(".rfl") is None


def test_a_case_has_a_tag_and_names() -> None:
    assert blocks.case("case succ n ih => simp\n  omega") is not None
    assert blocks.case("case succ n ih =>\n  simp\n  omega") == ("succ", ("n", "ih"), "simp\nomega")
    assert blocks.case("cases h") is None


@pytest.mark.parametrize("text", ["sorry", "by sorry", " admit ", "by\n  sorry"])
def test_a_hole_is_seen(text: str) -> None:
    assert blocks.is_sorry(text)


@pytest.mark.parametrize("text", ["exact sorryAx", "not_sorry", "sorry'", "h.sorry"])
def test_what_only_looks_like_a_hole(text: str) -> None:
    assert not blocks.has_sorry(text)


@pytest.mark.parametrize(
    ("tactic", "head", "bodies"),
    [
        (
            "induction n with\n| zero => rfl\n| succ n ih =>\n  simp\n  omega",
            "induction n with\n| zero => ?_\n| succ n ih => ?_",
            ("rfl", "simp\nomega"),
        ),
        ("have h : p := by\n  simp\n  omega", "have h : p := ?_", ("simp\nomega",)),
        ("have h : p := by simp", "have h : p := ?_", ("simp",)),
        ("suffices h : p from by simp", "suffices h : p from ?_", ("simp",)),
        ("constructor <;> simp", "constructor", ()),
        ("exact f sorry (by sorry)", "exact f ?_ (?_)", ("sorry", "sorry")),
        ("have h : p := sorry", "have h : p := ?_", ("sorry",)),
        ("open Nat in\n  have h : p := by simp", "open Nat in\n  have h : p := ?_", ("open Nat in\nsimp",)),
    ],
)
def test_a_tactic_is_taken_apart(tactic: str, head: str, bodies: tuple[str, ...]) -> None:
    assert next(blocks.branches(tactic)) == blocks.Branches(head, bodies)


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        ("intro h\nopen Nat in\nsimp\nrfl", ["intro h", "open Nat in\nsimp\nrfl"]),
        ("open Nat in\n  simp\n  rfl\nomega", ["open Nat in\n  simp\n  rfl", "omega"]),
        ("set_option maxRecDepth 9 in\nopen Nat in\nsimp", ["set_option maxRecDepth 9 in\nopen Nat in\nsimp"]),
    ],
)
def test_what_is_below_an_open_in_belongs_to_it(block: str, parts: list[str]) -> None:
    assert blocks.tactics(block) == parts


# --- grafting ---


def test_a_block_below_an_open_in_is_kept_in_parts() -> None:
    table: Table = {
        "root": {"open Nat in\n  constructor": leaves("b", "c")},
        "b": {"open Nat in\n  simp": Fails(), "omega": leaves()},
        "c": {"open Nat in\n  rfl": leaves()},
    }
    _, search = grafted(table, "open Nat in\nconstructor\n· simp\n· rfl\n", {"b": "omega"})
    assert script(search) == ("open Nat in", "  constructor", "· omega", "· open Nat in", "    rfl")


def test_a_proof_that_holds_proves() -> None:
    table: Table = {
        "root": {"intro h": leaves("a")},
        "a": {"constructor": leaves("b", "c")},
        "b": {"rfl": leaves()},
        "c": {"simp": leaves()},
    }
    found, search = grafted(table, "intro h\nconstructor\n· rfl\n· simp")
    assert (found.failed, found.sorries) == (None, 0)
    assert script(search) == ("intro h", "constructor", "· rfl", "· simp")
    assert [step.sources for step in search.tree.root.steps] == [("drafts",)]


@pytest.mark.parametrize(
    ("proof", "head", "first"),
    [
        ("have h : p := by\n  bad", "have h : p := ?_", "a"),
        ("open Nat in\n  have h : p := sorry", "open Nat in\n  have h : p := ?_", "a"),
        ("suffices h : p from by bad", "suffices h : p from ?_", "b"),
    ],
)
def test_the_goal_that_is_proved_on_the_spot_is_found_in_any_order(proof: str, head: str, first: str) -> None:
    a, b = Goal("a", ("n",)), Goal("b", ("n", "h"))
    failing = "open Nat in\n  bad" if "open" in proof else "bad"
    table: Table = {"root": {head: leaves(b, a)}}
    if "sorry" not in proof:
        table = {"root": {proof: Fails(), head: leaves(b, a)}, first: {failing: Fails(message="no")}}
    found, _ = grafted(table, proof)
    left = found.goal or found.holes[0].goal
    assert "sorry" not in proof or left.key == first


def test_a_tactic_that_changes_nothing_is_left_out() -> None:
    table: Table = {"root": {"show p": Fails("no_progress"), "simp": leaves()}}
    found, search = grafted(table, "show p\nsimp")
    assert found.failed is None
    assert script(search) == ("simp",)


def test_a_proof_is_cut_at_its_first_error_and_the_search_goes_on_there() -> None:
    table: Table = {
        "root": {"intro h": leaves("a")},
        "a": {"bad": Fails(message="no such thing"), "omega": leaves()},
    }
    found, search = grafted(table, "intro h\nbad\nsimp", {"a": "omega"})
    assert (found.held, found.failed, found.message) == (["intro h"], "bad", "no such thing")
    assert script(search) == ("intro h", "omega")


def test_the_search_goes_on_at_the_cut_before_it_begins_anew() -> None:
    table: Table = {"root": {"intro h": leaves("a")}, "a": {"bad": Fails(), "omega": leaves()}}
    _, search = grafted(table, "intro h\nbad", {"root": "never run", "a": "omega"})
    assert script(search) == ("intro h", "omega")


def test_a_branch_that_fails_costs_itself_alone() -> None:
    table: Table = {
        "root": {"constructor": leaves("b", "c")},
        "b": {"bad": Fails(), "omega": leaves()},
        "c": {"simp": leaves()},
    }
    found, search = grafted(table, "constructor\n· bad\n  more\n· simp", {"b": "omega"})
    assert found.held == ["constructor", "simp"]
    assert script(search) == ("constructor", "· omega", "· simp")


def test_alternatives_of_an_induction_are_tried_one_by_one() -> None:
    whole = "induction n with\n| zero => rfl\n| succ n ih => bad"
    head = "induction n with\n| zero => ?_\n| succ n ih => ?_"
    table: Table = {
        "root": {whole: Fails(message="unsolved"), head: leaves("z", "s")},
        "z": {"rfl": leaves()},
        "s": {"bad": Fails(message="wrong"), "omega": leaves()},
    }
    found, search = grafted(table, whole, {"s": "omega"})
    assert (found.held, found.failed, found.message) == ([head, "rfl"], "bad", "wrong")
    assert search.tree.proved()


def test_the_holes_of_a_sketch_are_goals_of_the_search() -> None:
    table: Table = {
        "root": {"have h : p := ?_": leaves("h", "main")},
        "h": {"simp": leaves()},
        "main": {"exact f h": leaves()},
    }
    found, search = grafted(table, "have h : p := by sorry\nexact f h", {"h": "simp", "main": "exact f h"})
    assert found.failed is None or found.failed == "exact f h"
    assert search.tree.proved()


def test_a_hole_alone_is_passed_over() -> None:
    table: Table = {"root": {"constructor": leaves("a", "b")}, "a": {"simp": leaves()}, "b": {"rfl": leaves()}}
    found, search = grafted(table, "constructor\n· sorry\n· rfl", {"a": "simp"})
    assert (found.sorries, found.failed) == (1, None)
    assert search.tree.proved()


def test_a_case_is_found_by_its_tag_and_its_names_are_given() -> None:
    table: Table = {
        "root": {"cases n": leaves(goal("z", "zero"), goal("s", "succ", "n'"))},
        "s": {"rename_i m": leaves(goal("s2", "succ", "m"))},
        "s2": {"use m": leaves()},
        "z": {"rfl": leaves()},
    }
    _, search = grafted(table, "cases n\ncase succ m => use m\ncase zero => rfl")
    assert search.tree.proved()


def test_cases_of_another_type_are_followed_by_their_names() -> None:
    whole = "cases h with\n| gone x => simp\n| both x y => exact f x y\n| left x => bad"
    head = "cases h with\n| gone x => ?_\n| both x y => ?_\n| left x => ?_"
    cases = leaves(goal("n", "new"), goal("b", "both", "a", "b"), goal("l", "C.left", "c"))
    table: Table = {
        "root": {whole: Fails(message="no case gone"), head: Fails(), "cases h": cases},
        "n": {"rfl": leaves()},
        "b": {"exact f a b": leaves()},
        "l": {"bad": Fails(), "omega": leaves()},
    }
    found, search = grafted(table, whole, {"n": "rfl", "l": "omega"})
    assert (found.held, found.failed) == (["cases h", "exact f a b"], "bad")
    assert search.tree.proved()


def test_a_case_with_fewer_names_than_were_used_is_left_to_the_search() -> None:
    whole, head = "cases h with\n| one x y => exact f x y", "cases h with\n| one x y => ?_"
    table: Table = {
        "root": {whole: Fails(), head: Fails(), "cases h": leaves(goal("one", "one", "a"))},
        "one": {"rfl": leaves()},
    }
    found, search = grafted(table, whole, {"one": "rfl"})
    assert found.held == ["cases h"]
    assert search.tree.proved()


def test_what_follows_a_finished_proof_is_not_run() -> None:
    found, search = grafted({"root": {"simp": leaves()}}, "simp\nomega\nsimp")
    assert found.failed is None
    assert search.tree.root.status is Status.PROVED


def test_a_spent_budget_ends_a_graft() -> None:
    with ScriptedSession({"root": {"a": leaves("x")}}) as session:
        search = BestFirstSearch(session, opened("root"), Known({}), Strategy(), Budget(tactics=1))
        search.graft("a\nb\nc", ("drafts",))
    assert search.meter.tactics == 1


# --- writing ---


class Told:
    """Says what it was told, call by call, and remembers what it was asked."""

    name = "told"

    def __init__(self, kind: ModelKind, *answers: Sequence[str]) -> None:
        self.kind = kind
        self.asked: list[str] = []
        self._answers = list(answers)

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        self.asked += [prompt.text for prompt in prompts]
        return [[Completion(text, -1.0) for text in self._answers.pop(0)] for _ in prompts]


ASKED = PromptFields(header="open Nat\n", statement="theorem t : p := by")


def drafting(model: Told) -> WholeProofWriter:
    name = "kimina" if model.kind == "chat" else "deepseek-prover"
    return WholeProofWriter(model, format_named(name), Decoding(2, "sample"))


def test_proofs_are_read_from_an_answer() -> None:
    block = "Plan.\n```lean4\nopen Nat\n```\nThen:\n```lean4\ntheorem t : p := by\n  simp\n  omega\n```"
    assert drafting(Told("chat", [block])).write(ASKED) == ["simp\nomega"]


def test_proofs_are_what_a_model_continues_with() -> None:
    model = Told("causal", ["  simp\n\ntheorem u : q := by rfl", "  #eval 1", "  simp", "", "  exact sorry"])
    assert drafting(model).write(ASKED) == ["simp", "exact sorry"]
    assert model.asked[0].endswith("```lean4\nopen Nat\ntheorem t : p := by\n")


def test_a_model_that_answers_is_told_what_lean_said() -> None:
    model = Told("chat", ["```lean\nomega\n```"])
    assert drafting(model).revise(ASKED, ProofFault("simp\nbad", "simp", "bad", "unknown tactic")) == ["omega"]
    assert "unknown tactic" in model.asked[0]
    assert "simp\nbad" in model.asked[0]


def test_a_model_that_continues_goes_on_from_what_held() -> None:
    model = Told("causal", ["  omega"])
    assert drafting(model).revise(ASKED, ProofFault("simp\nbad", "simp", "bad", "?")) == ["simp\nomega"]
    assert model.asked[0].endswith("theorem t : p := by\n  simp\n")


def test_the_proof_of_which_most_held_is_written_anew() -> None:
    faults = [ProofFault("a", "", "a", ""), ProofFault("b", "simp\nrfl", "c", ""), ProofFault("c", "simp", "d", "")]
    assert longest_held(faults).draft == "b"


@pytest.mark.parametrize(
    "text", ["theorem t : p := by\n  sorry", "theorem t : p :=\n  sorry", "theorem t : p := sorry"]
)
def test_a_prompt_has_what_stands_above_the_missing_proof(text: str) -> None:
    whole = ("open Nat\n" + text).encode()
    asked = fields_above(whole, 9, whole.index(b"sorry"))
    assert (asked.header, asked.statement) == ("open Nat\n", "theorem t : p := by")
