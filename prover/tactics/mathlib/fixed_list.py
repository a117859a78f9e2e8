"""The fixed list of closing tactics for files with Mathlib, a baseline: each of them after `intros`."""

from prover.lean.protocol import Goal
from prover.tactics.mathlib.availability import available, has_mathlib

MATHLIB_LIST = (
    "rfl", "trivial", "assumption", "contradiction", "norm_num", "ring", "omega", "linarith", "positivity", "simp",
    "field_simp", "decide", "norm_num at *", "simp_all", "nlinarith", "tauto", "push_cast", "gcongr", "bound", "abel",
    "group", "fun_prop", "grind", "aesop", "exact?",
)  # fmt: skip


def mathlib_list(goal: Goal) -> tuple[str, ...]:
    """Returns the list for a goal; empty where a file has no tactics of Mathlib."""
    if not has_mathlib(goal.toolbox):
        return ()
    begin = "intros\n" if goal.head in ("forall", "arrow") else ""
    return tuple(begin + tactic for tactic in MATHLIB_LIST if available(goal.toolbox, tactic))
