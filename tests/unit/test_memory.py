"""Tactics recalled from proofs: what a goal is compared by, what a proof teaches, and what a theorem must not learn."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.protocol import Goal, Hypothesis
from prover.lean.traced import PremiseUse, TracedModule, TracedStep
from prover.tactics.generator import ProofStep, TheoremRef
from prover.tactics.memory.adapting import adapted, analogy, hypothesis_similarity
from prover.tactics.memory.goal_features import GoalFeatures, features, features_of, features_of_text
from prover.tactics.memory.memory import Memory, RememberedModule
from prover.tactics.memory.neighbour import Neighbour, neighbours_of_module, template, written
from prover.tactics.perturbed import Perturbed
from tests.traced_modules import module, theorem

MIRROR = "α : Type\nt : Tree α\n⊢ mirror (mirror t) = t"
REVERSE = "α : Type\nxs ys : List α\n⊢ (xs ++ ys).reverse = ys.reverse ++ xs.reverse"


def step(text: str, before: str, declaration: str = "A.one", start: int = 0, **more: Any) -> TracedStep:
    made = TracedStep(declaration, start, start + len(text.encode()), text, before, "", (f"key of {before}",), ())
    return msgspec.structs.replace(made, **more)


def taught(*steps: TracedStep, name: str = "A") -> TracedModule:
    names = dict.fromkeys(step.declaration for step in steps)
    return msgspec.structs.replace(module(name, *(theorem(each) for each in names)), steps=steps)


def goal(printed: str, key: str = "k") -> Goal:
    *above, last = printed.splitlines()
    pairs = [(name, type_) for line in above for names, _, type_ in [line.partition(" : ")] for name in names.split()]
    hypotheses = tuple(Hypothesis(name, type_, "") for name, type_ in pairs)
    return Goal(key, tuple(n for n, _ in pairs), target=last.removeprefix("⊢ "), hypotheses=hypotheses)


def learnt(*steps: TracedStep, name: str = "A", imports: tuple[str, ...] = ("Init",), key: str = "") -> Memory:
    memory = Memory()
    learn(memory, *steps, name=name, imports=imports, key=key)
    return memory


def learn(
    memory: Memory, *steps: TracedStep, name: str = "A", imports: tuple[str, ...] = ("Init",), key: str = ""
) -> None:
    names = dict.fromkeys(step.declaration for step in steps)
    starts = {each: 100.0 * place for place, each in enumerate(names)}
    memory.remember(
        RememberedModule(name, imports, starts, {each: key or each for each in names}),
        neighbours_of_module(taught(*steps)),
    )


def recalled(memory: Memory, printed: str, place: TheoremRef | None = None) -> list[str]:
    here = place or TheoremRef("Z", "Z.new", 0, "new")
    found = memory.for_theorem(here).suggest(goal(printed))
    return [s.tactic for s in sorted(found, key=lambda s: -s.log_probability)]


def test_a_goal_is_read_as_lean_prints_it() -> None:
    read = features_of_text("case inl\nα : Type\nxs ys : List α\nh : xs =\n  ys\n⊢ xs.length =\n  ys.length")
    assert [local.name for local in read.locals] == ["α", "xs", "ys", "h"]
    assert read.locals[3].shape == "$ = $"
    assert [local.place for local in read.locals] == [None, 0, 1, None]


def test_a_printed_goal_and_the_same_goal_in_lean_have_the_same_features() -> None:
    assert features_of_text(REVERSE) == features_of(goal(REVERSE))


@given(st.permutations(["a", "b", "c", "d"]))
def test_features_do_not_depend_on_names(names: list[str]) -> None:
    a, b, c, d = names
    one = features([(a, "Nat"), (b, "Nat"), (c, f"{a} = {b}"), (d, "Nat")], f"f {a} ({b} + {d}) = {a}")
    same = features([("x", "Nat"), ("y", "Nat"), ("h", "x = y"), ("z", "Nat")], "f x (y + z) = x")
    assert one.bag == same.bag


def test_bound_names_do_not_count() -> None:
    assert features([], "∀ x, ∃ y, x < y").bag == features([], "∀ n, ∃ m, n < m").bag


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(features_of_text(text), GoalFeatures)
    template(text, features_of_text(text))


def test_constants_are_written_by_their_full_names_but_not_in_cases() -> None:
    text = "cases t with\n    | node => simp [mirror, h.symm]"
    uses = [("mirror", "Tree.mirror"), ("node", "Tree.node"), ("h.symm", "Eq.symm")]
    premises = tuple(PremiseUse(full, "A", place := text.index(short), place + len(short)) for short, full in uses)
    made = step(text, MIRROR, premises=tuple(sorted(premises, key=lambda use: use.start)))
    assert written(made) == "cases t with\n  | node => simp [Tree.mirror, h.symm]"


def test_places_in_text_are_bytes() -> None:
    made = step("simp [α, mirror]", MIRROR, start=7, premises=(PremiseUse("Tree.mirror", "A", 17, 23),))
    assert written(made) == "simp [α, Tree.mirror]"


def test_a_proof_by_cases_teaches_its_beginning_too() -> None:
    outer = step("induction t with\n| leaf => rfl\n| node => simp", MIRROR)
    inner = step("rfl", "⊢ leaf = leaf", start=27, depth=1)
    texts = {t.text for p in neighbours_of_module(taught(outer, inner)) for t in p.templates}
    assert {"induction t", "rfl", outer.text} <= texts


def test_an_assertion_is_taught_without_its_proof_too() -> None:
    outer = step("have h : a = b := by\n  simp", "a b : Nat\n⊢ b = a")
    inner = step("simp", "a b : Nat\n⊢ a = b", start=23, depth=1)
    (first, *_) = neighbours_of_module(taught(outer, inner))
    assert [t.text for t in first.templates][-1] == "have h : a = b := ?_"


def test_what_proved_a_goal_together_is_taught_as_one() -> None:
    text = "intro h\nconstructor\n· exact h\n· rfl"
    lines = text.splitlines()
    states = ["⊢ p → p ∧ q", "h : p\n⊢ p ∧ q", "h : p\n⊢ p\n\nh : p\n⊢ q", "h : p\n⊢ q", ""]
    starts = [text.index(line) for line in lines]
    steps = [
        step(line, before, start=start, after=after)
        for line, start, before, after in zip(lines, starts, states[:-1], states[1:], strict=True)
    ]
    inner = step("exact h", "h : p\n⊢ p", start=starts[2] + 3, depth=1)
    known = list(neighbours_of_module(taught(*steps[:3], inner, *steps[3:])))
    assert known[0].templates[0].text == text
    assert known[0].whole is not None
    assert known[0].whole.text == text
    assert known[1].templates[0].text == "constructor\n· exact h\n· rfl"
    assert known[1].whole is None


def test_what_leaves_goals_is_not_taught_as_one() -> None:
    first = step("constructor", "⊢ p ∧ q", after="⊢ p\n\n⊢ q")
    other = step("simp", "⊢ r", start=20)
    assert [t.text for p in neighbours_of_module(taught(first, other)) for t in p.templates] == ["constructor", "simp"]


def test_constants_are_exchanged_where_goals_differ_in_nothing_else() -> None:
    old = features([("e", "Expr"), ("t", "Ty"), ("h", "HasType e t")], "Value e → HasType e t")
    new = features([("f", "Core"), ("u", "Ty"), ("k", "CoreHasType f u")], "Value f → CoreHasType f u")
    found = [each.text for each in adapted(template("exact HasType.val h", old), new)]
    assert found == ["exact CoreHasType.val k", "exact HasType.val k"]


@given(st.lists(st.sampled_from(["f", "g", "$", "=", "1"]), max_size=6), st.data())
def test_an_analogy_maps_each_constant_to_one(old: list[str], data: st.DataObject) -> None:
    new = data.draw(st.permutations(old))
    found = analogy([(old, new)])
    if found:
        assert [found.get(word, word) for word in old] == new


def test_the_proofs_of_theorems_most_alike_are_known_whole() -> None:
    one = step("intro h\nexact h.mirror", MIRROR, after="")
    other = step("simp", REVERSE, declaration="A.two", start=50)
    memory = learnt(one, other)
    place = TheoremRef("Z", "Z.one", 0, "new")
    (known,) = memory.for_theorem(place).whole_proofs(goal(MIRROR.replace("t", "u")))
    assert known.tactic == one.text
    assert list(memory.for_theorem(place).whole_proofs(goal("⊢ 1 < 2"))) == []


def test_a_like_name_counts() -> None:
    same = "n : Nat\n⊢ f n = n"
    memory = learnt(step("simp", same, declaration="A.add_zero"), step("omega", same, declaration="A.mul_one", start=9))
    assert recalled(memory, same, TheoremRef("Z", "Z.mul_one", 0, "new"))[0] == "omega"
    assert recalled(memory, same, TheoremRef("Z", "Z.add_zero", 0, "new"))[0] == "simp"


def test_what_leaves_something_out_teaches_nothing() -> None:
    assert list(neighbours_of_module(taught(step("sorry", MIRROR), step("exact foo sorry", MIRROR, start=9)))) == []


def test_hypotheses_are_exchanged_for_those_that_play_their_part() -> None:
    old = features([("t", "Tree α"), ("h", "P t"), ("n", "Nat")], "f n t = 0")
    new = features([("m", "Nat"), ("hm", "P s"), ("s", "Tree β")], "f m s = 0")
    found = adapted(template("induction t; simp [h, n.succ]", old), new)
    assert found[0].text == "induction s; simp [hm, m.succ]"


def test_what_has_no_counterpart_is_not_suggested() -> None:
    old = features([("h", "P ∧ Q")], "Q")
    assert adapted(template("exact h.2", old), features([("n", "Nat")], "n = n")) == []


def test_two_hypotheses_that_may_both_be_meant_are_both_tried() -> None:
    old = features([("xs", "List α")], "P xs")
    new = features([("as", "List α"), ("bs", "List α")], "Q as bs as")
    assert {a.text for a in adapted(template("induction xs", old), new)} == {"induction as", "induction bs"}


def test_names_after_a_dot_and_within_others_stay() -> None:
    old = features([("a", "Nat")], "a = a")
    made = adapted(template("exact foo.a (a.a) ab", old), features([("b", "Nat")], "b = b"))
    assert made[0].text == "exact foo.a (b.a) ab"


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["Nat", "a = b", "List α"])), max_size=4))
def test_a_hypothesis_is_most_like_itself(pairs: list[tuple[str, str]]) -> None:
    locals_ = features(pairs, "a + b = c").locals
    for one in locals_:
        assert all(hypothesis_similarity(one, one) >= hypothesis_similarity(one, other) for other in locals_)


def test_a_tactic_comes_back_in_the_names_of_the_present_goal() -> None:
    memory = learnt(step("induction t", MIRROR), step("simp [List.append]", REVERSE, declaration="A.two", start=50))
    assert recalled(memory, "β : Type\ns : Tree β\n⊢ mirror (mirror s) = s")[0] == "induction s"


def test_the_very_same_goal_is_the_surest() -> None:
    memory = learnt(step("first_choice", MIRROR), step("other", MIRROR.replace("= t", "= leaf"), declaration="A.two"))
    here = TheoremRef("Z", "Z.new", 0, "new")
    found = memory.for_theorem(here).suggest(goal(MIRROR, key=f"key of {MIRROR}"))
    assert max(found, key=lambda s: s.log_probability).tactic == "first_choice"


def test_probabilities_are_logarithms_and_texts_are_there_once() -> None:
    memory = learnt(*(step("simp", f"n : Nat\n⊢ f n = {i}", declaration=f"A.t{i}", start=9 * i) for i in range(9)))
    found = memory.for_theorem(TheoremRef("Z", "Z.new", 0, "")).suggest(goal("n : Nat\n⊢ f n = 3"))
    assert [s.tactic for s in found] == ["simp"]
    assert all(s.log_probability < 0 for s in found)


def test_nothing_is_remembered_of_the_theorem_itself_or_of_what_comes_after_it() -> None:
    steps = [step(f"tactic{i}", MIRROR, declaration=f"A.t{i}", start=100 * i) for i in range(3)]
    memory = learnt(*steps)
    assert recalled(memory, MIRROR, TheoremRef("A", "A.t1", 100, "A.t1")) == ["tactic0"]
    assert recalled(memory, MIRROR, TheoremRef("A", "A.t0", 0, "A.t0")) == []


def test_nothing_is_remembered_of_modules_that_import_the_theorems() -> None:
    memory = learnt(step("before", MIRROR, declaration="A.a"), name="A")
    learn(memory, step("between", MIRROR, declaration="B.b"), name="B", imports=("A",))
    learn(memory, step("beyond", MIRROR, declaration="C.c"), name="C", imports=("B",))
    assert set(recalled(memory, MIRROR, TheoremRef("C", "C.other", 200, "x"))) == {"before", "between"}
    assert recalled(memory, MIRROR, TheoremRef("A", "A.z", 900, "x")) == []


def test_a_module_that_was_traced_without_the_theorem_is_not_learnt_from() -> None:
    memory = learnt(step("rfl", MIRROR, declaration="A.a"))
    assert recalled(memory, MIRROR, TheoremRef("A", "A.not_traced_yet", 50, "x")) == []


def test_the_same_statement_elsewhere_is_not_learnt_from() -> None:
    memory = learnt(step("its_proof", MIRROR, declaration="Fork.a"), name="Fork", key="the statement")
    assert recalled(memory, MIRROR, TheoremRef("A", "A.a", 0, "the statement")) == []
    assert recalled(memory, MIRROR, TheoremRef("A", "A.a", 0, "another")) == ["its_proof"]


def test_a_proof_is_known_the_moment_it_is_found_but_not_to_what_comes_before_it() -> None:
    memory = Memory()
    first, second = TheoremRef("A", "A.first", 10, "s1"), TheoremRef("A", "A.second", 20, "s2")
    earlier = memory.for_theorem(second)
    memory.learn(first, [ProofStep(goal(MIRROR), "induction t")])
    here = goal(MIRROR, key="another")
    assert [s.tactic for s in memory.for_theorem(second).suggest(here)] == ["induction t"]
    assert list(memory.for_theorem(first).suggest(here)) == []
    assert list(memory.for_theorem(TheoremRef("A", "A.zeroth", 0, "s0")).suggest(here)) == []
    assert list(earlier.suggest(here)) == []  # it was made before anything was known


def test_a_proof_that_was_found_is_known_whole() -> None:
    memory = Memory()
    steps = [ProofStep(goal(MIRROR), "cases t"), ProofStep(goal("⊢ mirror leaf = leaf"), "rfl")]
    memory.learn(TheoremRef("A", "A.one", 10, "s1"), steps)
    (known,) = memory.for_theorem(TheoremRef("Z", "Z.one", 0, "new")).whole_proofs(goal(MIRROR.replace("t", "u")))
    assert known.tactic == "cases u\nrfl"


def test_a_disturbed_memory_still_knows_whole_proofs() -> None:
    memory = learnt(step("intro h\nexact h.mirror", MIRROR))
    recall = memory.for_theorem(TheoremRef("Z", "Z.one", 0, "new"))
    disturbed = Perturbed(recall, 1.0, "seed")
    assert [known.tactic for known in disturbed.whole_proofs(goal(MIRROR))] == ["intro h\nexact h.mirror"]


def test_it_keeps_its_name_when_it_is_bound_to_a_theorem() -> None:
    memory = Memory()
    there = memory.for_theorem(TheoremRef("A", "A.a", 0, ""))
    assert there.name == memory.name == "memory"


def test_an_empty_memory_says_nothing() -> None:
    assert recalled(Memory(), MIRROR) == []


def test_precedents_are_values() -> None:
    one = Neighbour("a", "k", {1: 1.0}, (template("simp", features([], "True")),))
    assert one == Neighbour("a", "k", {1: 1.0}, (template("simp", features([], "True")),))
