"""Closing tactics of Mathlib, each for the goals that it is made for.

The order follows what `hint` and the known portfolios try first. A tactic that is missing in a file is not tried.
"""

import re
from collections.abc import Iterator
from itertools import islice

from prover.lean.protocol import Goal
from prover.tactics.mathlib.availability import those_available
from prover.tactics.mathlib.equations import by_combination
from prover.tactics.mathlib.inequalities import hint_sets

Weighted = Iterator[tuple[str, float]]

RELATIONS = frozenset(["Eq", "LE.le", "LT.lt", "GE.ge", "GT.gt", "Ne", "Not", "False", "Iff", "Dvd.dvd", "And", "Or"])
ORDERS = frozenset(["LE.le", "LT.lt", "GE.ge", "GT.gt"])
LOGIC = frozenset(["And", "Or", "Iff", "Not", "forall", "arrow", "False", "Exists"])
ANALYSIS = re.compile(r"(?:.*\.)?(?:Continuous|Differentiable|Measurable|AEMeasurable|ContDiff|StronglyMeasurable)")
COMPUTED = {
    "∑": ("Finset.sum_range_succ", "Finset.sum_Icc_succ_top"),
    "∏": ("Finset.prod_range_succ", "Finset.prod_Icc_succ_top"),
    "!": ("Nat.factorial",),
    "choose": ("Nat.choose",),
    "|": ("abs_le", "abs_lt"),
    "^": ("pow_succ",),
}
"""By a notation, lemmas that compute with it; each is in a module of its own, which a file may lack."""
INTERVAL = re.compile(r"Finset\.(?:range|Icc|Ico|Ioc|Ioo|filter)|Set\.(?:Icc|Ico|Ioc|Ioo)")
APPLICATION = r"(?<![\w.']){}\s+(\((?:[^()]|\([^()]*\))*\)|[\w.']+)"
ABSOLUTE = re.compile(r"\|([^|]+)\|")
FINITE = re.compile(r"(?:Fin \d+|Bool|ZMod \d+|.* ∈ \{.*\}|.* ∈ Finset\.(?:range|Icc|Ico|Ioc|Ioo) .*)")
BOUND = re.compile(r"(\d+) (?:<|≤) ([^\W\d][\w']*)|([^\W\d][\w']*) (?:<|≤) (\d+)|([^\W\d][\w']*) (?:>|≥) (\d+)")
MAX_INSTANCES = 6
MAX_CASES_ON = 3


def closing_tactics(goal: Goal) -> Weighted:
    """Yields Mathlib's closing tactics for a goal; none where a file has no tactics of Mathlib."""
    yield from those_available(goal.toolbox, _all(goal))


def case_closers(goal: Goal) -> list[str]:
    """Returns Mathlib's closing tactics for every case of a split."""
    text = "simp_all"
    pairs = [
        ("norm_num at *", 0.0),
        (f"{text} <;> linarith", 0.0),
        (f"{text} <;> ring_nf at * <;> omega", 0.0),
        ("nlinarith", 0.0),
        ("aesop", 0.0),
    ]
    return [tactic for tactic, _ in those_available(goal.toolbox, iter(pairs))]


def _all(goal: Goal) -> Weighted:
    for source in (
        _equations, by_combination, _evaluation, _linear, _nonlinear, _signs, _fields, _casts, _orders, _cases, _logic,
        _instances, _computed, _analysis, _algebra, _searching,
    ):  # fmt: skip
        yield from source(goal)


def _texts(goal: Goal) -> str:
    return "\n".join([goal.target, *(h.type for h in goal.facts)])


def _rewriting(goal: Goal) -> list[str]:
    """Returns the hypotheses with which simplification rewrites."""
    facts = goal.facts
    return [h.name for h in facts if h.head in ("Eq", "Iff") or (h.head == "forall" and re.search(" = |↔", h.type))]


def _equations(goal: Goal) -> Weighted:
    if goal.head == "Eq" and re.search(r"[-+*^/•∑]", goal.target):
        yield "ring", -0.4
        yield "ring_nf", -1.6
        if goal.facts:
            yield "ring_nf at * <;> linarith", -2.0
    if goal.head in RELATIONS:
        yield "norm_num <;> ring", -1.8
        yield "ring_nf <;> norm_num", -2.0


def _evaluation(goal: Goal) -> Weighted:
    yield "norm_num", -0.5 if goal.head in RELATIONS else -1.0
    if known := _rewriting(goal):
        names = ", ".join(known)
        yield f"norm_num [{names}]", -0.7
        yield f"norm_num [{names}] <;> linarith", -1.6
        yield f"norm_num [{names}] <;> ring", -1.7
        yield f"simp only [{names}] <;> ring", -1.4
        yield f"simp only [{names}] <;> norm_num", -1.6
    if goal.facts:
        yield "norm_num at *", -1.1
        yield "norm_num at * <;> linarith", -1.7
        yield "norm_num at * <;> omega", -1.9
    if goal.lemmas:
        yield f"norm_num [{', '.join(goal.lemmas[:4])}]", -1.6


def _linear(goal: Goal) -> Weighted:
    if goal.head in (*ORDERS, "Eq", "False", "Not", "Ne") and (goal.facts or goal.head in ORDERS):
        yield "linarith", -0.6
    if goal.head in ("And", "Iff", "Or"):
        yield "constructor <;> linarith", -1.4
        yield "constructor <;> norm_num", -1.4
        yield "constructor <;> nlinarith", -2.0
        yield "constructor <;> intros <;> linarith", -2.0


def _nonlinear(goal: Goal) -> Weighted:
    if goal.head not in (*ORDERS, "Eq", "False", "Ne", "Not") or not re.search(r"[*^/√]", _texts(goal)):
        return
    yield "nlinarith", -0.9
    for rank, hints in enumerate(hint_sets(goal)):
        yield f"linarith [{', '.join(hints)}]", -0.6 - 0.1 * rank  # multiplies nothing, so it is much faster
        yield f"nlinarith [{', '.join(hints)}]", -0.9 - 0.1 * rank
    if goal.head == "Eq":
        yield "apply le_antisymm <;> nlinarith", -2.2


def _signs(goal: Goal) -> Weighted:
    if goal.target.startswith(("0 <", "0 ≤")) or goal.target.endswith((" ≠ 0", "> 0", "≥ 0")):
        yield "positivity", -0.4
    elif goal.head in ORDERS:
        yield "rw [← sub_nonneg] <;> ring_nf <;> positivity", -2.4
        yield "rw [← sub_pos] <;> ring_nf <;> positivity", -2.6


def _fields(goal: Goal) -> Weighted:
    if "/" not in goal.target and "⁻¹" not in goal.target:
        return
    if goal.head == "Eq":
        yield "field", -0.6
        yield "field_simp", -0.9
        yield "field_simp <;> ring", -0.7
        yield "field_simp <;> nlinarith", -1.9
        yield "field_simp at * <;> linarith", -1.7
        yield "field_simp at * <;> nlinarith", -2.1
    if goal.head in ORDERS:
        yield "field_simp <;> nlinarith", -1.7
        strict = goal.head in ("LT.lt", "GT.gt")
        both = "div_lt_div_iff₀" if strict else "div_le_div_iff₀"
        for lemma in (both, "div_lt_iff₀" if strict else "div_le_iff₀", "lt_div_iff₀" if strict else "le_div_iff₀"):
            sides = " (by positivity) (by positivity)" if lemma == both else " (by positivity)"
            yield f"rw [{lemma}{sides}]", -1.4
            for hints in islice(hint_sets(goal), 2):
                yield f"rw [{lemma}{sides}] <;> nlinarith [{', '.join(hints)}]", -1.6
        yield "rw [div_add_div _ _ (by positivity) (by positivity)]", -1.9


def _casts(goal: Goal) -> Weighted:
    facts = goal.facts
    if "↑" in _texts(goal):
        for h in facts[:MAX_CASES_ON]:
            yield f"exact_mod_cast {h.name}", -1.0
        yield "norm_cast", -1.3
        yield "norm_cast at *", -1.8
        yield "push_cast <;> ring", -1.2
        yield "push_cast at * <;> linarith", -1.5
        yield "push_cast at * <;> nlinarith", -2.0
    if any(h.head == "Nat" and not h.prop for h in goal.hypotheses) and goal.head in RELATIONS and facts:
        yield "zify at * <;> linarith", -2.0
        yield "zify at * <;> nlinarith", -2.4
        yield "qify at * <;> nlinarith", -3.0


def _orders(goal: Goal) -> Weighted:
    if goal.head in ORDERS:
        yield "order", -1.2
        yield "gcongr", -1.1
        yield "gcongr <;> linarith", -1.6
        yield "bound", -1.4


def _cases(goal: Goal) -> Weighted:
    """Yields case splits on finitely many values, and on the signs of absolute values."""
    numbers = {h.name for h in goal.hypotheses if not h.prop and h.head in ("Nat", "Int")}
    bounded = [name for found in BOUND.findall(_texts(goal)) for name in (found[1], found[2], found[4])]
    for name in [name for name in dict.fromkeys(bounded) if name in numbers][:MAX_CASES_ON]:
        for rank, closer in enumerate(("omega", "simp_all", "norm_num at *", "decide")):
            yield f"interval_cases {name} <;> {closer}", -1.4 - 0.2 * rank
        yield f"interval_cases {name}", -1.9
    for h in goal.hypotheses:
        if FINITE.fullmatch(h.type) and (h.prop or h.name in goal.target.split()):
            for rank, closer in enumerate(("simp_all", "rfl", "decide", "norm_num at *")):
                yield f"fin_cases {h.name} <;> {closer}", -1.3 - 0.2 * rank
    for inside in list(dict.fromkeys(ABSOLUTE.findall(_texts(goal))))[:2]:
        for closer in ("linarith", "nlinarith", "simp_all"):
            yield f"rcases abs_cases ({inside}) with ⟨h, h'⟩ | ⟨h, h'⟩ <;> {closer}", -1.6


def _logic(goal: Goal) -> Weighted:
    if goal.head in LOGIC or any(h.head in LOGIC for h in goal.facts):
        yield "tauto", -0.8 if goal.head in LOGIC else -1.6
    yield "aesop", -1.4
    if "¬" in _texts(goal):
        yield "push_neg at * <;> simp_all", -2.2


def _instances(goal: Goal) -> Weighted:
    """Yields arithmetic with instances of hypotheses that hold for all numbers, at what functions are applied to."""
    text = _texts(goal)
    for h in goal.facts:
        if h.head != "forall":
            continue
        functions = [f.name for f in goal.hypotheses if f.head in ("arrow", "forall") and not f.prop]
        applied = [
            argument
            for name in functions
            if re.search(rf"(?<![\w.']){re.escape(name)}(?![\w'])", h.type)
            for argument in re.findall(APPLICATION.format(re.escape(name)), text)
        ]
        known = (each for each in applied if each[0] == "(" or each.isdigit() or each in goal.names)
        places = list(dict.fromkeys([*known, "0", "1"]))
        if instances := ", ".join(f"{h.name} {each}" for each in places[:MAX_INSTANCES]):
            yield f"linarith [{instances}]", -1.5
            yield f"nlinarith [{instances}]", -1.9
            yield f"norm_num [{instances}]", -2.0


def _computed(goal: Goal) -> Weighted:
    """Yields evaluation with the lemmas that compute with the goal's notations."""
    text = _texts(goal)
    lemmas = [lemma for mark, known in COMPUTED.items() if mark in text for lemma in known]
    for lemma in lemmas:
        yield f"norm_num [{lemma}]", -1.4
        yield f"simp [{lemma}]", -1.7
    if len(lemmas) > 1:
        yield f"norm_num [{', '.join(lemmas)}]", -1.5
    if "parity_simps" in goal.toolbox.simp_sets and re.search("Even|Odd", text):
        yield "simp [parity_simps] at *", -1.2
    if INTERVAL.search(text) or "∑" in text or "∏" in text:
        yield "decide", -1.0
        yield "simp <;> decide", -1.5
        yield "decide +kernel", -1.4


def _analysis(goal: Goal) -> Weighted:
    if ANALYSIS.match(goal.head):
        yield "fun_prop", -0.3
        yield "fun_prop (disch := positivity)", -1.2
        yield "continuity", -1.2
        yield "measurability", -1.2


def _algebra(goal: Goal) -> Weighted:
    if goal.head != "Eq":
        return
    if "•" in goal.target:
        yield "module", -0.8
    if re.search(r"[-+•]", goal.target):
        yield "abel", -1.3
        yield "noncomm_ring", -2.2
    if re.search(r"⁻¹|\*|\^", goal.target) and goal.equality not in ("Nat", "Int", "Real", "Rat", "Complex"):
        yield "group", -1.4


def _searching(goal: Goal) -> Weighted:
    """Yields tactics that search by themselves, which are slow."""
    yield "hint", -3.6
    yield "hammer", -2.8
    yield "duper [*]", -3.0
    yield "canonical", -3.2
