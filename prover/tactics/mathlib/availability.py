"""Which tactics of Mathlib this package writes, and whether a file has those that a text uses.

Lean says what there is (see `Toolbox`); no package is asked for by its name. A project's own tactic of the same name
is taken for Mathlib's: it is tried, and at worst fails.
"""

import re
from collections.abc import Iterable, Iterator

from prover.lean.protocol import Toolbox

MATHLIB_TACTICS = frozenset([
    "abel", "aesop", "bound", "by_contra!", "canonical", "choose", "continuity", "contrapose!", "duper",
    "exact_mod_cast", "field", "field_simp", "fin_cases", "fun_prop", "gcongr", "group", "hammer", "hint",
    "interval_cases", "linarith", "linear_combination", "measurability", "module", "nlinarith", "noncomm_ring",
    "norm_cast", "norm_num", "nth_rewrite", "order", "positivity", "push_cast", "push_neg", "qify", "ring", "ring_nf",
    "tauto", "use", "zify",
])  # fmt: skip
"""The first words of the tactics that are written here and that Lean itself lacks, or may lack."""
LEANS_OWN = frozenset(["exact_mod_cast", "norm_cast", "push_cast"])
"""Those of them that Lean itself has, but without the lemmas that make them useful."""
WORDS = re.compile(r"(?<![\w.])[^\W\d][\w']*[!?]?")


def has_mathlib(toolbox: Toolbox) -> bool:
    """Returns whether a file has any of Mathlib's tactics."""
    return not MATHLIB_TACTICS.isdisjoint(toolbox.tactics)


def available(toolbox: Toolbox, tactic: str) -> bool:
    """Returns whether a file has all of Mathlib's tactics that a text uses."""
    used = MATHLIB_TACTICS.intersection(WORDS.findall(tactic)) - LEANS_OWN
    return used <= toolbox.tactics


def those_available(toolbox: Toolbox, weighted: Iterable[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Yields the tactics that a file has; none if it has none of Mathlib's."""
    if has_mathlib(toolbox):
        yield from (pair for pair in weighted if available(toolbox, pair[0]))
