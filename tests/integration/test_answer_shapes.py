"""Answers of a model in several shapes, each read and proved by the real Lean without any search."""
# ruff: noqa: E501  # answers stand as they come

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from prover.cli.main import run
from tests.model_server import chat, serving

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

FILE = """\
namespace Shapes

inductive Tree where
  | leaf
  | node (l r : Tree)

namespace Tree

def mirror : Tree → Tree
  | leaf => leaf
  | node l r => node (mirror r) (mirror l)

def size : Tree → Nat
  | leaf => 0
  | node l r => size l + size r + 1

theorem helper_first (n : Nat) : n + 0 + 0 = n := by
  sorry

theorem opened (n : Nat) : 0 < n.succ := by
  sorry

theorem with_let (n : Nat) (m : Nat := n) : let k := n + m; k = m + n := by
  sorry

theorem by_cases (n : Nat) : n = 0 ∨ 0 < n := by
  sorry

theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  sorry

theorem chain (a b c : Nat) (h : a = b) (k : b = c) : a = c := by
  sorry

theorem implicit {α : Type} [Inhabited α] (xs : List α) : (xs ++ []).length = xs.length := by
  sorry

end Tree

end Shapes
"""
ANSWERS = {
    "helper_first": """<think>A lemma would help: theorem helper_first := by rfl</think>
First a lemma.
```lean4
/-- Adding nothing. -/
@[simp] lemma Shapes.add_nothing {m : Nat} (k : Nat) (h : k = m) : k + 0 = m := by
  subst h
  rfl
```
Then the theorem:
```lean4
theorem helper_first (n : Nat) : n + 0 + 0 = n := by
  exact Shapes.add_nothing (n + 0) rfl
```""",
    "opened": "open Nat in\nset_option maxRecDepth 2000 in\n/-- Addition commutes. -/\n"
    "theorem opened (n : Nat) : 0 < n.succ := by\n  show 0 < succ n\n  exact succ_pos n",
    "with_let": "```lean\ntheorem with_let (n : Nat) (m : Nat := n) : let k := n + m; k = m + n := by\n"
    "intro k\nexact Nat.add_comm n m\n```",
    "by_cases": "```lean\ntheorem by_cases (n : Nat) : n = 0 ∨ 0 < n :=\n  match n with\n  | 0 => .inl rfl\n"
    "  | k + 1 => .inr (Nat.succ_pos k)\n```",
    "both": "```lean\ntheorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q where\n  left := hp\n  right := hq\n```",
    "chain": "```lean\ntheorem chain (a b c : Nat) (h : a = b) (k : b = c) : a = c := calc\n  a = b := h\n  _ = c := k\n```",
    "implicit": "```lean\nlemma aux {β : Type} [Inhabited β] (ys : List β) : (ys ++ []).length = ys.length := by\n  simp\n\n"
    "theorem implicit {α : Type} [Inhabited α] (xs : List α) : (xs ++ []).length = xs.length := by\n  exact aux xs\n```",
}


def test_answers_of_several_shapes_prove(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "shapes"
    root.mkdir()
    (root / "lakefile.toml").write_text('name = "shapes"\n[[lean_lib]]\nname = "Shapes"\n')
    (root / "Shapes.lean").write_text(FILE, encoding="utf-8")

    def answered(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        asked = str(body["messages"][-1]["content"])
        last = max(ANSWERS, key=lambda name: asked.rfind(f"theorem {name} "))
        chat(ANSWERS[last])(handler, body)

    with serving(answered) as served:
        model = ["--model", f"{served.url}#prover", "--model-samples", "1", "--mode", "whole-proof"]
        prove = ["prove", "--repo", str(root), "--all", "--timeout", "300", "--assume", "none", "--raw"]
        assert run([*prove, *model, "--revisions", "0", "--jobs", "1", "--json", "-"]) == 0
    printed = capsys.readouterr().out
    proofs = {each["theorem"]: each["proof"] for each in json.loads(printed)["theorems"]}
    assert proofs["Shapes.Tree.helper_first"].startswith(
        "have add_nothing : ∀ {m : Nat} (k : Nat) (h : k = m), k + 0 = m"
    )
    assert proofs["Shapes.Tree.opened"].splitlines()[0] == "open Nat in"
    assert proofs["Shapes.Tree.both"].splitlines()[0] == "exact {"
