"""Several generators as one: what it learns, what it does not forget, and what it counts."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from prover.lean.protocol import Goal, Hypothesis
from prover.lean.scripted import Fails, ScriptedSession, Table, leaves, opened
from prover.lean.session import Advanced, Failed
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.ensemble import MAX_WEIGHT, REPRESENTED_RANKS, Ensemble, GeneratorStatistics, shape_of
from prover.tactics.generator import ProofStep, StatelessGenerator, Suggestion, TheoremRef

THEOREM = TheoremRef("M", "M.t", 0, "key")
EQ, AND = Goal("eq", head="Eq", target="a = b"), Goal("and", head="And", target="p ∧ q")


class Fixed(StatelessGenerator):
    """Suggests the same for every goal."""

    def __init__(self, name: str, *suggestions: tuple[str, float]) -> None:
        self.name = name
        self.suggestions = [Suggestion(tactic, score) for tactic, score in suggestions]
        self.learnt: list[Sequence[ProofStep]] = []
        self.foreseen: list[str] = []

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        return self.suggestions

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        self.learnt.append(steps)

    def prefetch(self, goals: Sequence[Goal]) -> None:
        self.foreseen += [goal.key for goal in goals]


def ranked(ensemble: Ensemble, goal: Goal = EQ) -> list[str]:
    return [suggestion.tactic for suggestion in ensemble.for_theorem(THEOREM).suggest(goal)]


def two() -> Ensemble:
    return Ensemble([Fixed("one", ("a", -1.0), ("c", -3.0)), Fixed("two", ("b", -1.2), ("a", -2.0))])


def test_before_anything_is_known_each_is_taken_at_its_word() -> None:
    assert ranked(two()) == ["a", "b", "c"]


def test_who_suggested_what_is_known() -> None:
    found = {s.tactic: s.sources for s in two().for_theorem(THEOREM).suggest(EQ)}
    assert found == {"a": ("one", "two"), "b": ("two",), "c": ("one",)}


def test_what_works_on_a_shape_is_preferred_there() -> None:
    ensemble = two()
    bound = ensemble.for_theorem(THEOREM)
    for _ in range(300):
        for tactic in ("c", "b"):
            suggestion = next(s for s in bound.suggest(EQ) if s.tactic == tactic)
            bound.on_result(EQ, suggestion, Advanced((), None, 0) if tactic == "b" else Failed("elaboration", "", 0))
        ensemble.learn(THEOREM, [ProofStep(EQ, "b", ("two",))])
    assert ranked(ensemble, EQ)[0] == "b"
    weights = ensemble.statistics.weights(shape_of(EQ), ["one", "two"])
    elsewhere = ensemble.statistics.weights(shape_of(AND), ["one", "two"])
    assert weights["two"] - weights["one"] > elsewhere["two"] - elsewhere["one"] > 0


def test_what_was_learnt_in_this_repository_counts_more_than_what_was_learnt_elsewhere() -> None:
    good, bad = (1000, 500, 400), (1000, 10, 1)
    here = {("Eq", "one"): good, ("Eq", "two"): bad}
    elsewhere = {("Eq", "one"): bad, ("Eq", "two"): good}
    weights = GeneratorStatistics(here, elsewhere).weights("Eq", ["one", "two"])
    assert weights["one"] > weights["two"]
    weights = GeneratorStatistics({}, elsewhere).weights("Eq", ["one", "two"])
    assert weights["one"] < weights["two"]


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["Eq", "And"]), st.sampled_from(["one", "two", "three"])),
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)),
    )
)
def test_no_generator_is_silenced_or_alone_listened_to(counts: dict[tuple[str, str], tuple[int, int, int]]) -> None:
    weights = GeneratorStatistics(counts).weights("Eq", ["one", "two", "three"])
    assert all(-MAX_WEIGHT <= weight <= MAX_WEIGHT for weight in weights.values())


def test_the_best_of_each_generator_is_among_the_first() -> None:
    loud = Fixed("loud", *((f"l{n}", -0.1 - 0.01 * n) for n in range(30)))
    quiet = Fixed("quiet", ("q", -9.0), ("r", -9.5))
    found = Ensemble([loud, quiet]).for_theorem(THEOREM).suggest(EQ)
    assert "q" in [s.tactic for s in found[:REPRESENTED_RANKS]]
    assert "r" not in [s.tactic for s in found[:REPRESENTED_RANKS]]
    scores = [s.log_probability for s in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) == 32


def test_the_scale_of_a_generator_is_learnt() -> None:
    """One whose best is always -20 ends on the scale of the others, in its own order."""
    ensemble = Ensemble([Fixed("usual", ("u", -1.0), ("v", -6.0)), Fixed("model", ("m", -20.0), ("n", -30.0))])
    before = {s.tactic: s.log_probability for s in ensemble.for_theorem(THEOREM).suggest(EQ)}
    for _ in range(200):
        after = {s.tactic: s.log_probability for s in ensemble.for_theorem(THEOREM).suggest(EQ)}
    assert before["m"] < before["v"]
    assert after["m"] > after["v"]
    assert after["m"] > after["n"]


@given(st.lists(st.tuples(st.text(min_size=1, max_size=3), st.floats(-50, 0)), max_size=40, unique_by=lambda p: p[0]))
def test_whatever_is_said_comes_out_once_and_in_order(pairs: list[tuple[str, float]]) -> None:
    found = (
        Ensemble([Fixed("one", *pairs[::2]), Fixed("two", *pairs[1::2]), Fixed("none")])
        .for_theorem(THEOREM)
        .suggest(EQ)
    )
    assert sorted(s.tactic for s in found) == sorted(tactic for tactic, _ in pairs)
    scores = [s.log_probability for s in found]
    assert scores == sorted(scores, reverse=True)
    assert all(score < 0 for score in scores)


def test_facts_are_part_of_a_goals_shape() -> None:
    fact = Hypothesis("h", "p", "", prop=True)
    assert shape_of(EQ) == "Eq"
    assert shape_of(Goal("k", head="Eq", hypotheses=(fact,))) == "Eq+"
    assert shape_of(Goal("k")) == "_"


def test_members_are_told_what_is_to_come_and_what_was_proved() -> None:
    member = Fixed("one", ("a", -1.0))
    ensemble = Ensemble([member])
    ensemble.for_theorem(THEOREM).prefetch([EQ, AND])
    ensemble.learn(THEOREM, [ProofStep(EQ, "a", ("one",))])
    assert member.foreseen == ["eq", "and"]
    assert [step.tactic for step in member.learnt[0]] == ["a"]


def test_a_search_tells_what_came_of_each_tactic() -> None:
    table: Table = {"root": {"bad": Fails(), "split": leaves("left")}, "left": {"bad": Fails(), "split": leaves()}}
    one, two_ = Fixed("one", ("bad", -0.1)), Fixed("two", ("split", -0.5))
    ensemble = Ensemble([one, two_])
    with ScriptedSession(table) as session:
        search = BestFirstSearch(session, opened("root"), ensemble.for_theorem(THEOREM), Strategy(), Budget())
        result = search.run()
    assert isinstance(result, Proved)
    assert {name: (t.proposed, t.tried, t.valid) for name, t in ensemble.usage.items()} == {
        "one": (2, 2, 0),
        "two": (2, 2, 2),
    }
    assert ensemble.statistics.news() == {("_", "one"): (2, 0, 0), ("_", "two"): (2, 2, 0)}
    assert ensemble.statistics.news() == {}
    assert [step.sources for step in search.tree.root.steps] == [("two",)]


def test_threads_may_use_it_at_once() -> None:
    ensemble, threads = two(), 4

    def work(_: int) -> None:
        bound = ensemble.for_theorem(THEOREM)
        for _ in range(200):
            for suggestion in bound.suggest(EQ):
                bound.on_result(EQ, suggestion, Advanced((), None, 0))

    with ThreadPoolExecutor(threads) as executor:
        list(executor.map(work, range(threads)))
    assert ensemble.usage["one"].tried == threads * 200 * 2
    assert ensemble.statistics.news()["Eq", "two"] == (threads * 400, threads * 400, 0)


def test_a_frozen_ensemble_suggests_the_same_whatever_was_tried_before() -> None:
    member = Fixed("one", ("a", -20.0), ("b", -30.0))
    ensemble = Ensemble([member, Fixed("two", ("c", -0.5))], frozen=True)
    before = ensemble.for_theorem(THEOREM).suggest(EQ)
    for _ in range(50):
        bound = ensemble.for_theorem(THEOREM)
        for suggestion in bound.suggest(EQ):
            bound.on_result(EQ, suggestion, Advanced((), None, 0))
        ensemble.learn(THEOREM, [ProofStep(EQ, "a", ("one",))])
    assert ensemble.for_theorem(THEOREM).suggest(EQ) == before
    assert member.learnt == []
    assert ensemble.statistics.news() == {}
    assert (ensemble.usage["one"].tried, ensemble.usage["one"].used) == (100, 50)


def test_the_digest_of_statistics_tells_what_earlier_runs_counted() -> None:
    counts = {("Eq", "one"): (10, 5, 1)}
    assert GeneratorStatistics().digest() == ""
    assert GeneratorStatistics(counts, {}).digest() == GeneratorStatistics(dict(counts), {}).digest() != ""
    assert GeneratorStatistics(counts, {}).digest() != GeneratorStatistics({}, counts).digest()
