"""Answers of models are read as proofs: one test for each shape in which they come."""
# ruff: noqa: E501  # an answer and its proof are easier to compare on one line each

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.tactics.language.answer_text import MAX_ANSWER_CHARACTERS
from prover.tactics.language.answers import read_answer

NAME = "Demo.List.target"
HEADER = """import Demo.Basic
open Nat

namespace Demo.List

def size (t : Tree) : Nat := t.fold

theorem size_pos (t : Tree) : 0 < size t := by
  simp [size]

local infix:65 " ++' " => List.append
"""
FENCED = "```lean4\n{}\n```"

SHAPES: dict[str, tuple[str, str]] = {
    # --- where the code is ---
    "a block": ("```lean4\ntheorem target : p := by\n  simp\n  omega\n```", "simp\nomega"),
    "a block without a language": ("```\ntheorem target : p := by\n  simp\n```", "simp"),
    "a block of tactics alone": ("```lean\nsimp\nomega\n```", "simp\nomega"),
    "tactics indented in a block": ("```lean\n  simp\n  omega\n```", "simp\nomega"),
    "a block with words around it": (
        "Sure! We use induction.\n\n```lean4\ntheorem target : p := by\n  simp\n```\n\nThis works because `simp` closes it.",
        "simp",
    ),
    "a block that is not finished": ("Here:\n```lean4\ntheorem target : p := by\n  simp\n  omega", "simp\nomega"),
    "tildes": ("~~~lean\nsimp\n~~~", "simp"),
    "four ticks": ("````lean\nsimp\n````", "simp"),
    "ticks on one line": ("Use ```simp [foo]```.", "simp [foo]"),
    "ticks on one line with the language": ("```lean simp```", "simp"),
    "a block in a list": ("1. Try this:\n\n   ```lean\n   theorem target : p := by\n     simp\n   ```\n", "simp"),
    "a block in a quotation": ("> ```lean\n> theorem target : p := by\n>   simp\n> ```", "simp"),
    "a piece of code within words": ("You can close the goal with `by simp [size]`.", "simp [size]"),
    "no block": ("theorem target : p := by\n  simp\n  omega", "simp\nomega"),
    "no block, words before and after": (
        "Here is the proof:\n\ntheorem target : p := by\n  simp\n\nThe idea is to unfold everything.",
        "simp",
    ),
    "tactics without a block, words before": ("Here is the proof:\n\n  intro n\n  simp", "intro n\nsimp"),
    "tactics without a block, words after": ("intro n\nsimp\n\nThis closes the goal.", "intro n\nsimp"),
    "a heading in Markdown": ("## Proof\n\nsimp", "simp"),
    "tags": ("<answer>\ntheorem target : p := by\n  simp\n</answer>", "simp"),
    "JSON": ('{"plan": "simplify", "proof": "by\\n  simp\\n  omega"}', "simp\nomega"),
    "JSON in a block": ('```json\n{"lean_code": "theorem target : p := by simp"}\n```', "simp"),
    # --- thoughts ---
    "thoughts before": ("<think>Maybe ```lean\nrfl\n``` works.</think>\n```lean\nsimp\n```", "simp"),
    "the end of thoughts alone": ("so rfl, no:\n```lean\nrfl\n```\n</think>\n```lean\nsimp\n```", "simp"),
    "two thoughts": ("<think>a</think>\n<think>theorem target : p := by rfl</think>\nby simp", "simp"),
    "Kimi's thoughts": ("◁think▷hm◁/think▷```lean\nsimp\n```", "simp"),
    "thoughts after the proof": ("```lean\nsimp\n```\n<thinking>was that right?</thinking>", "simp"),
    # --- several blocks ---
    "a plan in Lean, then the proof": (
        "```lean\ntheorem target : p := by\n  have h : q := sorry\n  exact f h\n```\nNow in full:\n"
        "```lean\ntheorem target : p := by\n  have h : q := by simp\n  exact f h\n```",
        "have h : q := by simp\nexact f h",
    ),
    "the theorem, then how it is used": (
        "```lean\ntheorem target : p := by\n  simp\n```\nUsage:\n```lean\nexample : p := target\n```",
        "simp",
    ),
    "another language after it": (
        "```lean\nsimp\n```\nOutput:\n```text\nNo goals\n```\n```bash\nlake build\n```",
        "simp",
    ),
    "the statement again at the end": (
        "```lean\ntheorem target : p := by\n  simp\n```\nThis proves\n```lean\ntheorem target : p\n```",
        "simp",
    ),
    "a lemma in a block of its own": (
        "```lean\nlemma aux : q := by\n  simp\n```\n```lean\ntheorem target : p := by\n  exact f aux\n```",
        "have aux : q := by\n  simp\nexact f aux",
    ),
    # --- around the theorem ---
    "a docstring": ("```lean\n/-- theorem target : p := by rfl -/\ntheorem target : p := by\n  simp\n```", "simp"),
    "comments": (
        "```lean\n-- theorem target : p := by rfl\n/- lemma aux := 1 /- nested -/ -/\ntheorem target : p := by\n  simp -- done\n```",
        "simp -- done",
    ),
    "attributes": (
        FENCED.format("@[simp, aesop safe [constructors]]\nprivate theorem target : p := by\n  simp"),
        "simp",
    ),
    "the full name": (FENCED.format("theorem Demo.List.target : p := by simp"), "simp"),
    "the name in a namespace": (
        FENCED.format("namespace Demo.List\n  theorem target : p := by\n    simp\n    rfl\nend Demo.List"),
        "simp\nrfl",
    ),
    "another theorem after it": (
        FENCED.format("theorem target : p := by\n  simp\n\ntheorem other : q := by\n  rfl"),
        "simp",
    ),
    "another name": (FENCED.format("theorem my_theorem : p := by\n  simp"), "simp"),
    "an example": (FENCED.format("example : p := by\n  simp"), "simp"),
    "a whole file": (
        FENCED.format(
            "import Mathlib\n\nopen BigOperators Real\n\ntheorem target : p := by\n  simp\n\n#print axioms target"
        ),
        "simp",
    ),
    "open in": (FENCED.format("open Real in\ntheorem target : p := by\n  simp"), "open Real in\nsimp"),
    "open in on the same line": (FENCED.format("open Real in theorem target : p := by simp"), "open Real in\nsimp"),
    "open in of the file": (FENCED.format("open Nat in\ntheorem target : p := by\n  simp"), "simp"),
    "an option": (
        FENCED.format("set_option maxRecDepth 4000 in\n/-- doc -/\ntheorem target : p := by\n  simp"),
        "set_option maxRecDepth 4000 in\nsimp",
    ),
    "an option that means nothing for proofs": (
        FENCED.format("set_option linter.all false in\nset_option pp.all true in\ntheorem target : p := by\n  simp"),
        "simp",
    ),
    "open as a tactic": (
        FENCED.format("theorem target : p := by\n  open Real in\n  simp\n  rfl"),
        "open Real in\nsimp\nrfl",
    ),
    "open before the theorem": (FENCED.format("open Real\n\ntheorem target : p := by\n  simp"), "open Real in\nsimp"),
    # --- statements ---
    "a default argument": (
        FENCED.format("theorem target (n : Nat := 0) (h : p := by simp) : q n := by\n  omega"),
        "omega",
    ),
    "let in the statement": (
        FENCED.format("theorem target : let x := 3; let y : Nat := x; x = y := by\n  intro x y\n  rfl"),
        "intro x y\nrfl",
    ),
    "have in the statement": (FENCED.format("theorem target : have h := foo; p h := by simp"), "simp"),
    "a structure in the statement": (FENCED.format("theorem target : ({ x := 1, y := 2 } : P).x = 1 := by rfl"), "rfl"),
    "a proof inside the statement": (
        FENCED.format("theorem target (h : 0 < n) : a[0]'(by simp [h]) = b := by\n  simp"),
        "simp",
    ),
    "a string in the statement": (FENCED.format('theorem target : f ":= by rfl -- no" = 1 := by\n  simp'), "simp"),
    "a statement of several lines": (
        FENCED.format("theorem target\n    (a b : Nat)\n    (h : a = b) :\n    b = a := by\n  exact h.symm"),
        "exact h.symm",
    ),
    "absolute values at the beginning of a line": (
        FENCED.format("theorem target :\n    |x| ≤ 3 := by\n  simp"),
        "simp",
    ),
    "universes": (FENCED.format("theorem target.{u} {α : Type u} : p α := by\n  simp"), "simp"),
    # --- bodies ---
    "a term": (FENCED.format("theorem target : p := foo bar"), "exact foo bar"),
    "a term below": (FENCED.format("theorem target : p :=\n  foo bar"), "exact foo bar"),
    "a term of several lines": (
        FENCED.format("theorem target : p :=\n  foo <|\n    bar baz"),
        "exact\n  foo <|\n    bar baz",
    ),
    "a function": (FENCED.format("theorem target : p := fun h => by\n  simp at h"), "exact fun h => by\n  simp at h"),
    "by on the next line": (FENCED.format("theorem target : p :=\n  by\n    simp\n    rfl"), "simp\nrfl"),
    "by with the first tactic": (FENCED.format("theorem target : p :=\n  by simp\n     rfl"), "simp\nrfl"),
    "the first tactic on the line of by": (
        FENCED.format("theorem target : p := by intro n\n  simp\n  rfl"),
        "intro n\nsimp\nrfl",
    ),
    "calc": (
        FENCED.format("theorem target : a = c := calc\n  a = b := by simp\n  _ = c := by rfl"),
        "calc\n  a = b := by simp\n  _ = c := by rfl",
    ),
    "braces": (FENCED.format("theorem target : p := by { simp; rfl }"), "{ simp; rfl }"),
    "semicolons": (FENCED.format("theorem target : p := by simp; rfl"), "simp; rfl"),
    "tactics in the first column": (FENCED.format("theorem target : p := by\nintro n\nsimp"), "intro n\nsimp"),
    "a first line that stands otherwise": (
        "```lean\nintro n\n  simp\n  exact foo n\n```",
        "intro n\nsimp\nexact foo n",
    ),
    "a line that goes on": ("```lean\nsimp only [a,\n  b]\n```", "simp only [a,\n  b]"),
    "alternatives": (
        FENCED.format(
            "theorem target (n : Nat) : p n := by\n  induction n with\n  | zero => simp\n  | succ n ih => omega"
        ),
        "induction n with\n| zero => simp\n| succ n ih => omega",
    ),
    "equations": (
        FENCED.format("theorem target : ∀ n, p n\n  | 0 => by simp\n  | n + 1 => foo n"),
        "exact fun\n  | 0 => by simp\n  | n + 1 => foo n",
    ),
    "fields": (
        FENCED.format("theorem target : p ∧ q where\n  left := a\n  right := b"),
        "exact {\n  left := a\n  right := b\n}",
    ),
    "what follows an assignment": (":= by\n  simp", "simp"),
    "by alone": ("by simp [size]", "simp [size]"),
    "sketches": (
        FENCED.format("theorem target : p := by\n  have h : q := by sorry\n  sorry"),
        "have h : q := by sorry\nsorry",
    ),
    "termination": (FENCED.format("theorem target (n : Nat) : p n := by\n  simp\ntermination_by n"), "simp"),
    # --- lemmas before it ---
    "a lemma": (
        FENCED.format(
            "lemma aux (n m : Nat) (h : n < m) : q n := by\n  omega\n\ntheorem target : p := by\n  exact aux 0 1 (by simp)"
        ),
        "have aux : ∀ (n m : Nat) (h : n < m), q n := by\n  intro n m h\n  omega\nexact aux 0 1 (by simp)",
    ),
    "a lemma with implicit arguments": (
        FENCED.format(
            "theorem aux {α : Type} [Inhabited α] [inst : Foo α] ⦃x⦄ (_ : r) y : q := foo\ntheorem target : p := aux h 1"
        ),
        "have aux : ∀ {α : Type} [Inhabited α] [inst : Foo α] ⦃x⦄ (_ : r) y, q := by\n  intro α _ inst x _ y\n  exact foo\n"
        "exact aux h 1",
    ),
    "lemmas that use lemmas": (
        FENCED.format("lemma a : q := by simp\nlemma b : r := f a\nlemma c : s := by simp\ntheorem target : p := g b"),
        "have a : q := by\n  simp\nhave b : r := by\n  exact f a\nexact g b",
    ),
    "a lemma of a namespace": (
        FENCED.format("theorem Demo.aux : q := by simp\ntheorem target : p := f Demo.aux"),
        "have aux : q := by\n  simp\nexact f aux",
    ),
    "a lemma of the file": (
        FENCED.format(
            "theorem size_pos (t : Tree) : 0 < size t := by\n  simp [size]\ntheorem target : p := by\n  exact f size_pos"
        ),
        "exact f size_pos",
    ),
    "a definition of the file": (
        FENCED.format("def size (t : Tree) : Nat := t.fold\ntheorem target : p := by\n  simp [size]"),
        "simp [size]",
    ),
    "notation of the file": (
        FENCED.format('local infix:65 " ++\' " => List.append\ntheorem target : p := by\n  simp'),
        "simp",
    ),
    "a definition that nothing uses": (
        FENCED.format("def twice (n : Nat) := 2 * n\ntheorem target : p := by\n  simp"),
        "simp",
    ),
    "a lemma with a hole": (
        FENCED.format("lemma aux : q := by\n  sorry\ntheorem target : p := f aux"),
        "have aux : q := by\n  sorry\nexact f aux",
    ),
    # --- characters ---
    "invisible characters": ("\ufeff```lean\nsi\u200bmp\u00a0[foo]\u2060\n```", "simp [foo]"),
    "line ends of Windows": ("```lean\r\ntheorem target : p := by\r\n  simp\r\n  rfl\r\n```\r\n", "simp\nrfl"),
    "tabs": ("```lean\ntheorem target : p := by\n\tsimp\n\trfl\n```", "simp\nrfl"),
    "entities of HTML": (
        "```lean\nhave h : a &lt; b := by omega\nsimp &lt;;&gt; rfl\n```",
        "have h : a < b := by omega\nsimp <;> rfl",
    ),
    "marks of a chat template": ("<|im_start|>assistant\n```lean\nsimp\n```<|im_end|></s>", "simp"),
}

REFUSED: dict[str, tuple[str, str]] = {
    "empty": ("", "empty"),
    "blanks": (" \n\u200b\n", "empty"),
    "thoughts that do not end": ("<think>First I would try simp, then", "thoughts"),
    "a refusal": ("I'm sorry, but I can't help with that.", "words only"),
    "a web page": ("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "web page"),
    "too long": ("simp\n" * (MAX_ANSWER_CHARACTERS // 5 + 1), "longer than"),
    "a definition that the proof uses": (
        FENCED.format("def twice (n : Nat) := 2 * n\ntheorem target : p := by\n  simp [twice]"),
        "defines `twice` by `def`",
    ),
    "an axiom that the proof uses": (
        FENCED.format("axiom cheat : p\ntheorem target : p := cheat"),
        "defines `cheat` by `axiom`",
    ),
    "an instance": (FENCED.format("instance : Foo Nat := ⟨1⟩\ntheorem target : p := by simp"), "`instance`"),
    "notation": (FENCED.format('notation "⟪" x "⟫" => f x\ntheorem target : p := by simp'), "`notation`"),
    "a macro": (FENCED.format('macro "win" : tactic => `(tactic| sorry)\ntheorem target : p := by win'), "`macro`"),
    "recursion by equations": (
        FENCED.format("theorem target : ∀ n, p n\n  | 0 => a\n  | n + 1 => b (target n)"),
        "use `induction`",
    ),
    "a lemma by recursion": (
        FENCED.format("theorem aux : ∀ n, q n\n  | 0 => a\n  | n + 1 => b (aux n)\ntheorem target : p := f aux"),
        "the lemma `aux`",
    ),
    "a statement without a proof": (FENCED.format("theorem target : p := by"), "ends before"),
    "other commands": (FENCED.format("#eval 1 + 1"), "other commands"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_proof_is_read(shape: str) -> None:
    text, proof = SHAPES[shape]
    answer = read_answer(text, NAME, HEADER)
    assert (answer.proof, answer.refused) == (proof, None)


@pytest.mark.parametrize("shape", REFUSED)
def test_what_is_no_proof_is_refused_with_the_reason(shape: str) -> None:
    text, reason = REFUSED[shape]
    answer = read_answer(text, NAME, HEADER)
    assert answer.proof == ""
    assert reason in (answer.refused or "")


def test_at_least_sixty_shapes_are_read() -> None:
    assert len(SHAPES) >= 60


def test_an_answer_without_a_name_is_its_last_theorem() -> None:
    assert read_answer(FENCED.format("lemma a : q := by rfl\ntheorem b : p := by\n  simp")).proof == "simp"


def test_what_continues_a_proof_ends_at_the_next_command() -> None:
    assert read_answer("  simp\n\ntheorem u : q := by rfl", NAME, HEADER).proof == "simp"


@given(st.text(alphabet="`~<>/thinkleorm :=by|\n (){}-·whersdf∀", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    answer = read_answer(text, NAME, HEADER)
    assert (answer.refused is None) != (answer.proof == "")
