"""The premises generator: what a theorem's shape allows, what a place can name, what rests on a `sorry`."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.protocol import Declaration, Goal, Hypothesis, LibraryModule, LibraryPremise
from prover.project.contents import FileContents
from prover.tactics.generator import TheoremRef
from prover.tactics.language.augmented import RetrievalAugmentedTactics
from prover.tactics.language.formats import format_named
from prover.tactics.premises.odds import FEATURES, ODDS, features, log_probability
from prover.tactics.premises.premises import MAX_SUGGESTIONS, PremiseTactics
from prover.tactics.premises.shape import shape_of, shape_of_goal
from prover.tactics.premises.usages import PremiseUsage, usages
from retrieval.corpus import Corpus
from retrieval.premise import Premise
from retrieval.retriever import Retriever
from tests.unit.test_language_tactics import Told
from tests.unit.test_retrieval import IMPORTS, LIBRARY, PREMISES

COMMUTES = "(n m : Nat) : n + m = m + n"
REVERSED = "{α : Type u} (as bs : List α) : (as ++ bs).reverse = bs.reverse ++ as.reverse"
ORDER = "{a b c : Nat} (h : a < b) (h' : b < c) : a < c"


class AnyToolchain:
    """As much of a toolchain as a file's contents need."""

    name = "lean-1"
    library = Path("/nowhere")
    gateway = None

    def describe(self) -> str:
        return self.name

    def command(self, *_: object) -> None:
        raise AssertionError("no Lean is started here")


def goal(target: str, **facts: str) -> Goal:
    values = [Hypothesis(name, "Nat", "Nat") for name in "xyz"]
    return Goal("k", target=target, hypotheses=(*values, *(Hypothesis(n, t, "", prop=True) for n, t in facts.items())))


def made(statement: str, goal: Goal, name: str = "t") -> set[str]:
    return {use.tactic for use in usages([Premise(name, "M", "theorem", statement)], shape_of_goal(goal))}


def test_an_equation_rewrites_where_its_side_may_occur() -> None:
    tactics = made(REVERSED, goal("(l ++ [x]).reverse.length = y"))
    assert "rw [t]" in tactics
    assert "rw [← t]" not in made(REVERSED, goal("l.reverse = l"))
    assert not made(REVERSED, goal("x + y = y"))


def test_a_side_that_is_a_variable_is_not_rewritten_with() -> None:
    assert "rw [← t]" not in made("(n : Nat) : n + 0 = n", goal("x + 0 = y"))


def test_a_hypothesis_is_rewritten_too() -> None:
    assert "rw [t] at h" in made(COMMUTES, goal("x = y", h="x + y = z"))


def test_conditions_are_left_by_apply_and_none_by_exact() -> None:
    assert "apply t" in made(ORDER, goal("x < z"))
    assert "exact t .." in made(COMMUTES, goal("x + y = y + x"))
    assert "exact (t ..).symm" in made("(n : Nat) : 0 = n * 0", goal("x * 0 = 0"))


def test_what_a_theorem_concludes_stands_behind_binders_and_arrows() -> None:
    shape = shape_of("{p : Nat → Prop} : ∀ (n : Nat), p n → (∀ m, m < n) → n ≤ n + 1")
    assert (shape.relation, shape.conditions) == ("≤", 2)
    assert shape.left is not None
    assert shape.left.anything
    assert shape_of(": (a ∧ b)").relation == "∧"


def test_theorems_are_given_together_to_what_takes_several() -> None:
    several = [Premise(f"t{i}", "M", "theorem", COMMUTES) for i in range(8)]
    tactics = {use.tactic for use in usages(several, shape_of_goal(goal("x + y = z + y", h="x = z")))}
    assert {"simp [t0]", "simp [t0, t1, t2]", "grind [t0, t1, t2]", "simp_all [t0]"} <= tactics
    assert "simp [t0, t1, t2, t3, t4, t5]" in tactics


def test_definitions_are_left_to_others() -> None:
    assert not list(usages([Premise("d", "M", "definition", COMMUTES)], shape_of_goal(goal("x + y = y + x"))))


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_statement_and_any_goal_can_be_read(statement: str, target: str) -> None:
    for use in usages([Premise("t", "M", "theorem", statement)] * 3, shape_of_goal(goal(target, h=statement))):
        assert -100 <= log_probability(use) < 0


def test_every_form_has_its_odds_and_a_better_rank_is_likelier() -> None:
    for form, weights in ODDS.items():
        assert len(weights) == len(FEATURES)
        first, tenth = (PremiseUsage("t", form, rank) for rank in (1, 10))
        assert len(features(first)) == len(FEATURES)
        assert log_probability(first) >= log_probability(tenth)
        assert math.isfinite(log_probability(tenth))


def declared(name: str, start: int, statement: str, incomplete: bool = False, premises: tuple[str, ...] = ()) -> object:
    return Declaration(
        name, "theorem", f"{name} {statement}", False, start, start + 10, start + 8, incomplete, premises=premises
    )


FILE = FileContents(
    AnyToolchain(),  # type: ignore[arg-type]  # as much of one as is used
    "Own.Main",
    ("Init", "Own.Base"),
    (
        declared("own_add", 10, COMMUTES),
        declared("own_broken", 30, COMMUTES, incomplete=True),
        declared("own_on_broken", 50, COMMUTES, premises=("own_broken",)),
        declared("own_target", 70, COMMUTES, incomplete=True),
        declared("own_later", 90, COMMUTES),
    ),  # type: ignore[arg-type]  # declarations
    (
        LibraryModule(
            "Own.Base",
            ("Init",),
            (
                LibraryPremise("base_add", "theorem", COMMUTES),
                LibraryPremise("base_broken", "theorem", COMMUTES, incomplete=True),
            ),
        ),
        LibraryModule("Own.Other", ("Init",), (LibraryPremise("other_add", "theorem", COMMUTES),)),
    ),
)


@pytest.fixture(scope="module")
def premises() -> PremiseTactics:
    library = Retriever.build(Corpus(PREMISES[:4], {module: IMPORTS[module] for module in ("Init", *LIBRARY_MODULES)}))
    generator = PremiseTactics(lambda _toolchain, _imports: library)
    generator.read_file(FILE)
    return generator


def test_a_model_that_wants_premises_sees_those_that_its_place_can_name(premises: PremiseTactics) -> None:
    model = Told({})
    asked = RetrievalAugmentedTactics(model, format_named("reprover-premises"), premises)
    assert asked.reads_files
    place = TheoremRef("Own.Main", "Own.below", 30, "")
    asked.for_theorem(place).suggest(goal("x + y = y + x"))
    asked.for_theorem(TheoremRef("Elsewhere", "t", 0, "")).suggest(goal("x + y = y + x"))
    (there,), (elsewhere,) = model.asked
    names = {part.split("</a>")[0] for part in there.text.split("<a>")[1:]}
    assert names == {premise.name for premise in premises.relevant(place, goal("x + y = y + x"))}
    assert names
    assert there.text.endswith(elsewhere.text)
    assert "<a>" not in elsewhere.text


LIBRARY_MODULES = ("Init.List", "Init.Nat")


def suggested(premises: PremiseTactics, declaration: str, start: int, module: str = "Own.Main") -> str:
    generator = premises.for_theorem(TheoremRef(module, declaration, start, ""))
    suggestions = generator.suggest(goal("x + y = y + x"))
    assert len(suggestions) <= MAX_SUGGESTIONS
    assert len({suggestion.tactic for suggestion in suggestions}) == len(suggestions)
    return " ".join(suggestion.tactic for suggestion in suggestions)


def test_the_file_its_imports_and_the_library_are_found(premises: PremiseTactics) -> None:
    found = suggested(premises, "own_target", 70)
    assert all(name in found for name in ("own_add", "base_add", "Nat.add_comm"))


def test_neither_the_theorem_nor_what_comes_after_nor_what_is_not_imported_is_found(premises: PremiseTactics) -> None:
    found = suggested(premises, "own_target", 70)
    assert not any(name in found for name in ("own_target", "own_later", "other_add"))
    assert "own_add" not in suggested(premises, "own_add", 10)


def test_what_rests_on_a_sorry_is_not_found(premises: PremiseTactics) -> None:
    assert "broken" not in suggested(premises, "own_later", 90)


def test_a_file_that_was_not_read_gets_nothing(premises: PremiseTactics) -> None:
    assert suggested(premises, "t", 0, "Elsewhere") == ""


def test_the_generator_is_placed_and_reads_files(premises: PremiseTactics) -> None:
    assert premises.reads_files
    there = premises.for_theorem(TheoremRef("Own.Main", "own_target", 70, ""))
    assert there.name == "premises"


def test_an_extended_retriever_finds_as_one_that_was_built_whole() -> None:
    whole = Retriever.build(Corpus(PREMISES, IMPORTS))
    part = Retriever.build(Corpus(PREMISES[:4], {m: i for m, i in IMPORTS.items() if m.startswith("Init")}))
    extended = part.extended(PREMISES[4:], {"A": IMPORTS["A"], "B": IMPORTS["B"]})
    assert len(part.corpus) == len(LIBRARY)
    assert extended.corpus.premises == whole.corpus.premises
    for name in ("words", "symbols"):
        mine, theirs = getattr(extended, name).postings, getattr(whole, name).postings
        assert {t: [a.tolist() for a in mine.having(t)] for t in mine.terms} == {
            t: [a.tolist() for a in theirs.having(t)] for t in theirs.terms
        }
    assert len(extended.vectors) == len(whole.vectors)
