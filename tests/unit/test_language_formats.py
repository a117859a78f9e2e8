"""How goals are put to models, and which answers are not shown to Lean."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.errors import UsageError
from prover.lean.protocol import Goal, Hypothesis
from prover.tactics.language.formats import (
    DEFAULT_FORMATS,
    FORMATS,
    PromptFields,
    PromptFormat,
    format_named,
    nearest_last,
    premise_text,
    read_format,
    state_text,
)
from prover.tactics.language.rejection import in_code_block, rejection_reason
from tests.properties import with_examples

STATE = "n m : Nat\nh : n = m\n⊢ m = n"


def goal(tag: str = "") -> Goal:
    hypotheses = (
        Hypothesis("n", "Nat", "Nat"),
        Hypothesis("m", "Nat", "Nat"),
        Hypothesis("h", "n = m", "Eq", prop=True),
    )
    return Goal("k", tuple(h.name for h in hypotheses), target="m = n", head="Eq", tag=tag, hypotheses=hypotheses)


def test_a_goal_is_printed_as_lean_prints_it() -> None:
    assert state_text(goal()) == STATE
    assert state_text(goal("succ")) == "case succ\n" + STATE


def test_instances_and_definitions_have_lines_of_their_own() -> None:
    hypotheses = (
        Hypothesis("i", "Group α", "Group", instance=True),
        Hypothesis("j", "Group α", "Group", instance=True),
        Hypothesis("x", "Nat := 3", "Nat", let=True),
        Hypothesis("y", "Nat := 3", "Nat", let=True),
    )
    printed = state_text(Goal("k", hypotheses=hypotheses, target="p"))
    assert printed == "i : Group α\nj : Group α\nx : Nat := 3\ny : Nat := 3\n⊢ p"


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("reprover", STATE),
        ("reprover-premises", f"theorem <a>b</a> : q\n\ntheorem <a>a</a> : p\n\n{STATE}"),
        ("bfs-prover", STATE + ":::"),
        ("llmstep", f"[GOAL]{STATE}[PROOFSTEP]"),
        ("internlm", f"DECL Foo.bar\nGOAL {STATE}\n"),
        ("internlm-2.5", f"---\nNAME: Foo.bar\n---\nPROOF_BEFORE: \n---\nSTATE_BEFORE: {STATE}\n---\nTACTIC: "),
    ],
)
def test_tactic_prompts_are_what_their_models_were_trained_on(name: str, prompt: str) -> None:
    premises = (premise_text("a", ": p"), premise_text("b", ": q"))
    assert format_named(name).prompt(PromptFields(STATE, "Foo.bar", premises)).text == prompt


def test_a_whole_proof_prompt_has_the_file_above_the_theorem() -> None:
    asked = PromptFields(header="open Nat\n\n", statement="theorem t : 1 = 1 := by")
    assert format_named("deepseek-prover").prompt(asked).text == (
        "Complete the following Lean 4 code:\n\n```lean4\nopen Nat\n\ntheorem t : 1 = 1 := by\n"
    )


def test_every_kind_of_model_has_a_format_for_both_purposes() -> None:
    for (kind, wanted), name in DEFAULT_FORMATS.items():
        assert kind in FORMATS.built_in[name].kinds
        assert FORMATS.built_in[name].asks_for == wanted


@with_examples(60)
@given(
    st.sampled_from(sorted(FORMATS.built_in)),
    st.text(max_size=120),
    st.lists(st.text(max_size=80), max_size=5),
    st.integers(200, 900),
)
def test_no_prompt_is_longer_than_its_format_allows(name: str, state: str, premises: list[str], size: int) -> None:
    known = FORMATS.built_in[name]
    short = PromptFormat(known.name, known.template, known.asks_for, known.kinds, prompt_bytes=size)
    asked = PromptFields(state * 3, "a.b", tuple(premises), state * 2, "theorem a.b : p := by")
    assert len(short.prompt(asked).text.encode()) <= size


def test_the_target_survives_a_state_that_is_too_long() -> None:
    long = "\n".join(f"h{n} : a = b" for n in range(1000)) + "\n⊢ goal"
    text = format_named("llmstep").prompt(PromptFields(long)).text
    assert text.startswith("[GOAL]")
    assert text.endswith("⊢ goal[PROOFSTEP]")


def test_what_looks_like_a_slot_in_a_goal_is_left_alone() -> None:
    assert format_named("bfs-prover").prompt(PromptFields("⊢ {premises} {n}")).text == "⊢ {premises} {n}:::"


def test_premises_that_do_not_fit_are_passed_over() -> None:
    assert nearest_last(("near", "f" * 100, "far"), 20) == "far\n\nnear\n\n"


def test_an_answer_loses_its_prefix() -> None:
    assert format_named("internlm").answer(" PROOFSTEP simp ") == "simp"


def test_a_users_format_is_read_from_toml() -> None:
    found = read_format('name = "mine"\ntemplate = "G: {state} T:"\nstops = ["\\n"]\nkinds = ["causal"]', "mine.toml")
    assert found.prompt(PromptFields("⊢ p")).text == "G: ⊢ p T:"
    assert found.stops == ("\n",)


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ("name = ", "mine.toml is no prompt format"),
        ('name = "a"', "template"),
        ('name = "a"\ntemplate = "hello"', "neither {state} nor {statement}"),
        ('name = "a"\ntemplate = "{state}"\nkinds = ["image"]', "mine.toml is no prompt format"),
    ],
)
def test_a_file_that_is_no_format_is_refused(toml: str, fault: str) -> None:
    with pytest.raises(UsageError, match=re.escape(fault)):
        read_format(toml, "mine.toml")


def test_an_unknown_format_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="bfs-prover"):
        format_named("nothing")


@pytest.mark.parametrize(
    "tactic",
    [
        "simp",
        "induction n with\n| zero => rfl\n| succ n ih => omega",
        "have h : p := by\n  exact q -- by sorry",
        'exact f "sorry"',
        "exact ⟨sorry_free, by_cases.end⟩",
        "open Nat in simp",
        "set_option maxRecDepth 900 in simp",
        "· exact h\n· end_of",
        "exact definition",
    ],
)
def test_a_tactic_goes_to_lean(tactic: str) -> None:
    assert rejection_reason(tactic) is None


@pytest.mark.parametrize(
    ("tactic", "reason"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("-- done", "comment"),
        ("sorry", "sorry"),
        ("exact sorry", "sorry"),
        ("first\n| sorry\n| simp", "sorry"),
        ("admit", "admit"),
        ("native_decide", "native_decide"),
        ("run_tac return", "run_tac"),
        ("exact sorryAx _", "sorryAx"),
        ("#eval 1", "a command: #eval"),
        ("simp\n#print axioms t", "a command: #print"),
        ("simp\naxiom a : False", "a command: axiom"),
        ("rfl\n\ntheorem t : 1 = 1 := rfl", "a command: theorem"),
        ("rfl\n@[simp] private def f := 1", "a command"),
        ("import Foo", "a command: import"),
        ("simp\x00", "control"),
        ("simp\tat h", "control"),
        ("simp\ud800", "control"),
        ("simp [" + "a, " * 4000 + "b]", "longer"),
    ],
)
def test_nonsense_never_reaches_lean(tactic: str, reason: str) -> None:
    assert reason in str(rejection_reason(tactic))


def test_a_hole_is_allowed_where_it_stands_for_a_goal() -> None:
    assert rejection_reason("have h : p := sorry\nexact h", holes=True) is None
    assert rejection_reason("native_decide", holes=True) is not None


@given(st.text(max_size=200))
def test_any_text_is_judged(text: str) -> None:
    assert rejection_reason(text) is None or isinstance(rejection_reason(text), str)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("simp", "simp"),
        ("Use this:\n```lean\nsimp\n```\nDone.", "simp\n"),
        ("First:\n```lean4\nomega\n```\nBetter:\n```lean4\nrfl\n```", "rfl\n"),
        ("```lean\nsimp\nomega", "simp\nomega"),
        ("```simp```", "simp"),
        ("```\nsimp\n```", "simp\n"),
    ],
)
def test_code_is_found_in_an_answer(said: str, code: str) -> None:
    assert in_code_block(said) == code
