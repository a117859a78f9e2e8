"""Tactic generators: what each shape of goal yields, and what holds for any goal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.protocol import Call, Definition, Goal, Hypothesis
from prover.tactics.automation import FIXED_LIST, Automation, FixedList, unfoldable
from prover.tactics.generator import BoundGenerator, merge
from prover.tactics.structure import Structure

HEADS = [
    "", "forall", "arrow", "Sort", "And", "Or", "Iff", "Exists", "Eq", "Ne", "Not", "False", "True", "LE.le", "LT.lt",
    "Nat", "List", "Dvd.dvd", "Own.P",
]  # fmt: skip
NAME = st.sampled_from(["a", "b", "h", "x", "ih", "h1", "n", "α", "x✝", "inst"]) | st.text(max_size=4)
TYPE = st.sampled_from(
    ["Nat", "a = b", "p ∨ q", "p ↔ q", "if p then a else b", "match x with", "∀ x, f x = x", ""]
) | st.text(max_size=8)
HYPOTHESES = st.builds(
    Hypothesis, NAME, TYPE, st.sampled_from(HEADS), st.booleans(), st.booleans(), st.booleans(),
    st.none() | st.integers(0, 4), st.booleans(),
)  # fmt: skip
KINDS = st.sampled_from(["definition", "inductive", "constructor", "opaque"])
DEFINITIONS = st.builds(Definition, NAME, KINDS, st.booleans(), st.booleans(), st.booleans())
CALLS = st.builds(Call, TYPE, st.lists(NAME, max_size=3).map(tuple))


@st.composite
def goals(draw: st.DrawFn) -> Goal:
    hypotheses = draw(st.lists(HYPOTHESES, max_size=5))
    return Goal(
        key="k",
        names=tuple(h.name for h in hypotheses),
        target=draw(TYPE),
        head=draw(st.sampled_from(HEADS)),
        equality=draw(st.sampled_from(HEADS)),
        hypotheses=tuple(hypotheses),
        definitions=tuple(draw(st.lists(DEFINITIONS, max_size=3))),
        calls=tuple(draw(st.lists(CALLS, max_size=2))),
        lemmas=tuple(draw(st.lists(st.sampled_from(["lemma_one", "lemma_two"]), max_size=8, unique=False))),
    )


def goal(head: str = "Own.P", *hypotheses: Hypothesis, **more: object) -> Goal:
    names = tuple(h.name for h in hypotheses)
    return Goal(key="k", names=names, head=head, hypotheses=hypotheses, **more)  # type: ignore[arg-type]


def fact(name: str, head: str, type: str = "p", constructors: int | None = None, recursive: bool = False) -> Hypothesis:
    return Hypothesis(name, type, head, prop=True, constructors=constructors, recursive=recursive)


def value(name: str, head: str = "Nat", constructors: int | None = 2, recursive: bool = True) -> Hypothesis:
    return Hypothesis(name, head, head, constructors=constructors, recursive=recursive)


def tactics(generator: BoundGenerator, goal: Goal) -> set[str]:
    return {suggestion.tactic for suggestion in generator.suggest(goal)}


GENERATORS = pytest.mark.parametrize("generator", [Automation(), Structure(), FixedList()], ids=lambda g: g.name)


@GENERATORS
@given(goal=goals())
def test_every_goal_has_suggestions_without_duplicates_and_with_log_probabilities(
    generator: BoundGenerator, goal: Goal
) -> None:
    suggestions = list(generator.suggest(goal))
    texts = [suggestion.tactic for suggestion in suggestions]
    assert len(texts) == len(set(texts))
    assert all(texts)
    assert all(suggestion.log_probability <= 0 for suggestion in suggestions)


@GENERATORS
@given(goal=goals())
def test_suggestions_depend_on_nothing_but_the_goal(generator: BoundGenerator, goal: Goal) -> None:
    assert list(generator.suggest(goal)) == list(type(generator)().suggest(goal))


@GENERATORS
@given(goal=goals())
def test_no_lemma_is_named_that_the_goal_does_not_name(generator: BoundGenerator, goal: Goal) -> None:
    named = {name for name in ("lemma_one", "lemma_two") if any(name in t for t in tactics(generator, goal))}
    assert named <= set(goal.lemmas)


@given(goal=goals())
def test_merging_keeps_each_tactic_once_with_its_best_probability(goal: Goal) -> None:
    merged = merge([Automation(), Structure()], goal)
    both = [*Automation().suggest(goal), *Structure().suggest(goal)]
    assert {s.tactic for s in merged} == {s.tactic for s in both}
    assert len(merged) == len({s.tactic for s in merged})
    for suggestion in merged:
        assert suggestion.log_probability == max(s.log_probability for s in both if s.tactic == suggestion.tactic)
    assert [s.log_probability for s in merged] == sorted((s.log_probability for s in merged), reverse=True)


def test_merging_nothing_is_nothing() -> None:
    assert merge([], goal()) == []


def test_the_fixed_list_is_the_same_for_every_goal_in_its_order() -> None:
    suggestions = FixedList().suggest(goal("Eq"))
    assert [s.tactic for s in suggestions] == list(FIXED_LIST)
    assert suggestions == FixedList().suggest(goal("False", fact("h", "And")))
    assert suggestions == sorted(suggestions, key=lambda s: -s.log_probability)


def test_arithmetic_is_tried_on_equations_and_orders_only() -> None:
    assert "omega" in tactics(Automation(), goal("LE.le"))
    assert "omega" not in tactics(Automation(), goal("Own.P"))


def test_hypotheses_are_used_only_where_there_are_any() -> None:
    assert {"assumption", "simp_all", "contradiction"} <= tactics(Automation(), goal("Eq", fact("h", "Eq")))
    assert not {"assumption", "simp_all", "contradiction"} & tactics(Automation(), goal("Eq", value("n")))


def test_definitions_are_given_to_simp_and_grind() -> None:
    own = Definition("double", "definition", recursive=True, instance=False, projection=False)
    found = tactics(Automation(), goal("Eq", definitions=(own,)))
    assert {"simp [double]", "grind [double]"} <= found


def test_only_definitions_can_be_unfolded() -> None:
    made = [
        Definition("f", "definition", False, False, False),
        Definition("T", "inductive", False, False, False),
        Definition("T.mk", "constructor", False, False, False),
        Definition("T.x", "definition", False, False, projection=True),
        Definition("hidden", "opaque", False, False, False),
    ]
    assert unfoldable(goal(definitions=tuple(made))) == ["f"]


def test_lemmas_in_reach_are_given_to_automation_and_structure() -> None:
    near = goal("Eq", lemmas=("near_lemma",))
    assert "simp [near_lemma]" in tactics(Automation(), near)
    assert {"rw [near_lemma]", "rw [← near_lemma]", "apply near_lemma"} <= tactics(Structure(), near)


def test_sets_of_few_and_of_many_lemmas_are_tried() -> None:
    near = goal("Eq", fact("h", "Eq"), value("n"), lemmas=("a", "b", "c", "d", "e"))
    assert {"simp [a]", "simp_all [a, b]", "grind [a, b, c, d]", "grind [a, b, c, d, e]"} <= tactics(Automation(), near)
    assert {"induction n <;> grind [a, b, c, d, e]", "induction n <;> simp_all [a, b, c, d]"} <= tactics(
        Structure(), near
    )
    assert {"rw [a] at h", "simp [a, b, c, d] at h"} <= tactics(Structure(), near)


def test_definitions_that_unfolding_leads_to_are_given_to_closing_tactics() -> None:
    sort = Definition("sort", "definition", recursive=True, instance=False, projection=False)
    found = tactics(Automation(), goal("Eq", definitions=(sort,), deeper=("insert",)))
    assert "simp_all [sort, insert]" in found


def test_laws_of_structures_are_given_to_grind() -> None:
    assert "grind [assoc, unit]" in tactics(Automation(), goal("Eq", laws=("assoc", "unit")))


def test_grind_gets_the_rules_of_inductive_predicates() -> None:
    path = Definition("Path", "inductive", recursive=True, instance=False, projection=False)
    data = Definition("Tree", "inductive", recursive=True, instance=False, projection=False)
    found = tactics(Automation(), goal("Own.Path", fact("h", "Own.Path", constructors=2), definitions=(path, data)))
    assert "grind [Path]" in found
    assert not any("Tree" in tactic for tactic in found)


def test_a_definition_that_stands_for_a_proposition_is_unfolded_everywhere() -> None:
    even = Definition("Even", "definition", recursive=False, instance=False, projection=False, body="Exists")
    assert "simp only [Even] at *" in tactics(Structure(), goal("Own.Even", definitions=(even,)))


def test_an_induction_on_a_derivation_names_indices_that_are_no_variables() -> None:
    derivation = fact("h", "Own.Sorted", "Sorted (x :: xs)", constructors=3, recursive=True)
    found = tactics(Structure(), goal("Own.P", derivation))
    assert any(t.startswith("generalize ei : (x :: xs) = i at h\ninduction h") for t in found)


def test_a_function_is_chosen_from_a_hypothesis_that_promises_values() -> None:
    found = tactics(Structure(), goal("Exists", fact("h", "forall", "∀ (y : β), ∃ x, f x = y")))
    assert "obtain ⟨f, h⟩ := Classical.axiomOfChoice h" in found


def test_a_function_of_truth_values_is_split_into_its_values() -> None:
    function = Hypothesis("f", "Bool → Bool", "arrow")
    variable = Hypothesis("b", "Bool", "Bool", constructors=2)
    (table,) = (t for t in tactics(Structure(), goal("Eq", function, variable)) if "f true" in t)
    assert table == "cases b <;> cases e0 : f true <;> cases e1 : f false <;> simp_all"


def test_witnesses_are_sums_products_and_applications_of_what_is_there() -> None:
    function = Hypothesis("g", "Nat → Nat", "arrow")
    found = tactics(Structure(), goal("Exists", function, value("a"), value("b")))
    assert {"exists (b + a)", "exists (b * a)", "exists (g b)", "exact ⟨_, ‹_›⟩"} <= found


def test_a_computed_witness_comes_with_its_proof() -> None:
    found = tactics(Structure(), goal("Exists", value("a"), target="∃ x, 2 * x = 4 * a"))
    assert "exact ⟨(2 * a), by grind⟩" in found


def test_a_universal_goal_is_introduced() -> None:
    assert {"intros", "intro x"} <= tactics(Structure(), goal("forall"))
    assert {"intros", "intro h"} <= tactics(Structure(), goal("arrow"))


def test_introduced_names_are_fresh() -> None:
    assert "intro h1" in tactics(Structure(), goal("arrow", fact("h", "Own.P")))


@pytest.mark.parametrize(
    ("head", "tactic"),
    [
        ("And", "constructor"),
        ("Iff", "constructor"),
        ("Or", "left"),
        ("Or", "right"),
        ("Not", "intro h"),
        ("Ne", "intro h"),
        ("Exists", "refine ⟨n, ?_⟩"),
        ("Eq", "symm"),
        ("Own.P", "constructor"),
    ],
)
def test_the_target_is_taken_apart(head: str, tactic: str) -> None:
    assert tactic in tactics(Structure(), goal(head, value("n")))


@pytest.mark.parametrize(
    ("equality", "tactic"), [("forall", "funext x"), ("arrow", "funext x"), ("Sort", "apply propext"), ("Own.T", "ext")]
)
def test_extensionality_follows_the_type_of_the_equation(equality: str, tactic: str) -> None:
    assert tactic in tactics(Structure(), goal("Eq", equality=equality))


@pytest.mark.parametrize(
    ("head", "tactic"),
    [
        ("And", "obtain ⟨h_left, h_right⟩ := h"),
        ("Exists", "obtain ⟨w, h⟩ := h"),
        ("Or", "cases h"),
        ("False", "exact h.elim"),
        ("Eq", "subst h"),
        ("Eq", "rw [h]"),
        ("Iff", "rw [← h]"),
        ("forall", "apply h"),
    ],
)
def test_hypotheses_are_taken_apart_and_used(head: str, tactic: str) -> None:
    assert tactic in tactics(Structure(), goal("Own.P", fact("h", head)))


def test_induction_is_on_recursive_types_only() -> None:
    found = tactics(Structure(), goal("Eq", value("n"), value("b", "Bool", 2, recursive=False)))
    assert "induction n" in found
    assert "induction b" not in found
    assert {"cases n", "cases b"} <= found


def test_an_inductive_proposition_is_eliminated() -> None:
    found = tactics(Structure(), goal("Own.P", fact("h", "Own.Even", constructors=2, recursive=True)))
    assert {"cases h", "induction h"} <= found


def test_induction_generalises_what_the_target_mentions() -> None:
    found = tactics(Structure(), goal("Eq", value("n"), value("acc"), value("idle"), target="f n acc = g n"))
    assert "induction n generalizing acc" in found


def test_a_recursive_call_suggests_induction_along_it() -> None:
    call = Call("f n m", ("n", "m"))
    assert "fun_induction f n m" in tactics(Structure(), goal("Eq", value("n"), value("m"), calls=(call,)))
    without = Call("f 0 1", ())
    assert not any("fun_induction" in t for t in tactics(Structure(), goal("Eq", calls=(without,))))


def test_conditionals_are_split() -> None:
    assert "split" in tactics(Structure(), goal("Eq", target="(if p then a else b) = c"))
    assert "split" not in tactics(Structure(), goal("Eq", target="a = c"))
