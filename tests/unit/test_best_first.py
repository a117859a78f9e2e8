"""Best-first search against a session that was told every answer."""

import math
from collections.abc import Mapping, Sequence

from prover.lean.protocol import Equation, Goal
from prover.lean.scripted import Fails, Leaves, ScriptedSession, Table, leaves, opened
from prover.lean.session import Counterexample, Inventions, State, TacticLimits
from prover.search.best_first import BATCH_SIZE, TRIED_BEFORE_INVENTION, TRIED_BEFORE_REFUTATION, BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Open, Proved, Strategy
from prover.search.priority import length_normalised
from prover.search.tactic_cost import (
    COST_EXPONENT,
    DEFAULT_TACTIC_MS,
    MAX_TACTIC_MS,
    MIN_TACTIC_MS,
    TacticCostModel,
)
from prover.tactics.generator import StatelessGenerator, Suggestion
from prover.tactics.invention import INVENTIONS, invented
from prover.tactics.kinds import kind_of

Costs = Mapping[str, Mapping[str, float]]


class Known(StatelessGenerator):
    """Suggests what it was told for each goal, and remembers the order in which it was asked."""

    name = "known"

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self.asked: list[str] = []

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        self.asked.append(goal.key)
        return [Suggestion(tactic, cost) for tactic, cost in self._costs[goal.key].items()]


class Slow(Known):
    """Takes a hundred seconds of the search's time for each goal."""

    search: BestFirstSearch

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        self.search.meter.started -= 100.0
        return super().suggest(goal)


class Listening(ScriptedSession):
    """Remembers what each tactic was allowed to cost."""

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits):  # type: ignore[no-untyped-def]
        self.limits = limits
        return super().run(state, tactics, limits)


def evenly(table: Table) -> Known:
    return Known({key: dict.fromkeys(tactics, -1.0) for key, tactics in table.items()})


def search(session: ScriptedSession, generator: Known, budget: Budget = Budget(), width: int = 64) -> BestFirstSearch:  # noqa: B008  # frozen
    strategy = Strategy(length_normalised(0.0), width=width)
    return BestFirstSearch(session, opened("root"), generator, strategy, budget)


def test_a_goal_closed_by_one_tactic_is_proved() -> None:
    table: Table = {"root": {"simp": Fails(), "rfl": leaves()}}
    with ScriptedSession(table) as session:
        looking = search(session, evenly(table))
        result = looking.run()
    assert isinstance(result, Proved)
    assert result.scripts[0] == ("rfl",)
    assert (looking.meter.expansions, looking.meter.tactics) == (1, 2)


def test_a_proof_of_several_steps_is_found() -> None:
    table: Table = {
        "root": {"intro h": leaves("a")},
        "a": {"constructor": leaves("b", "c")},
        "b": {"rfl": leaves()},
        "c": {"simp": leaves()},
    }
    with ScriptedSession(table) as session:
        result = search(session, evenly(table)).run()
    assert isinstance(result, Proved)
    assert result.scripts[0] == ("intro h", "constructor", "· rfl", "· simp")


def taken_apart(closer: Fails | Leaves) -> tuple[Table, Costs]:
    """A goal that is taken apart first; behind a first wave of tactics waits one that may close it at once."""
    failing = [f"fails {number}" for number in range(BATCH_SIZE - 1)]
    table: Table = {
        "root": {"constructor": leaves("a", "b"), **{tactic: Fails() for tactic in failing}, "grind": closer},
        "a": {"rfl": leaves()},
        "b": {"rfl": leaves()},
    }
    costs = {"root": {"constructor": -0.1, **dict.fromkeys(failing, -0.2), "grind": -3.0}}
    return table, {**costs, "a": {"rfl": -0.3}, "b": {"rfl": -0.3}}


def test_a_proof_in_pieces_is_shortened_where_a_tactic_that_waited_closes_the_goal() -> None:
    table, costs = taken_apart(leaves())
    with ScriptedSession(table) as session:
        looking = search(session, Known(costs))
        result = looking.run()
    assert isinstance(result, Proved)
    assert result.scripts[0] == ("grind",)
    looking.tree.check()


def test_a_proof_in_pieces_stays_where_nothing_closes_the_goal_at_once() -> None:
    table, costs = taken_apart(Fails())
    with ScriptedSession(table) as session:
        looking = search(session, Known(costs))
        result = looking.run()
    assert isinstance(result, Proved)
    assert result.scripts[0] == ("constructor", "· rfl", "· rfl")
    assert looking.meter.tactics == BATCH_SIZE + 2 + 1


def test_a_shortened_proof_that_is_refused_leaves_the_longer_one() -> None:
    table, costs = taken_apart(leaves())
    with ScriptedSession(table) as session:
        looking = search(session, Known(costs))
        looking.run()
        looking.refuse()
        result = looking.run()
    assert isinstance(result, Proved)
    assert result.scripts[0] == ("constructor", "· rfl", "· rfl")


def test_a_goal_that_only_a_whole_proof_led_to_is_still_searched_when_that_is_refused() -> None:
    table: Table = {"root": {"simp": leaves()}, "a": {}}
    with ScriptedSession(table) as session:
        looking = search(session, evenly(table))
        grafted = looking.tree.add(looking.tree.root, "intro h", -0.1, (opened("a"),))
        looking.tree.add(grafted.children[0].node, "rfl", -0.1, ())
        first = looking.run()
        looking.refuse()
        second = looking.run()
    assert isinstance(first, Proved)
    assert first.scripts[0] == ("intro h", "rfl")
    assert isinstance(second, Proved)
    assert second.scripts[0] == ("simp",)


def test_a_goal_reached_twice_is_expanded_once() -> None:
    table: Table = {
        "root": {"left": leaves("a", "b"), "right": leaves("b", "a")},
        "a": {"simp": leaves()},
        "b": {"simp": Fails()},
    }
    generator = evenly(table)
    with ScriptedSession(table) as session:
        search(session, generator).run()
    assert sorted(generator.asked) == ["a", "b", "root"]
    assert len(session.answered) == 4


def test_what_a_tactic_found_stands_in_the_script_in_its_place() -> None:
    table: Table = {"root": {"exact?": leaves(replacement="exact Nat.add_comm a b")}}
    with ScriptedSession(table) as session:
        result = search(session, evenly(table)).run()
    assert isinstance(result, Proved)
    assert result.scripts[0] == ("exact Nat.add_comm a b",)


def test_a_search_without_tactics_left_is_open() -> None:
    table: Table = {"root": {"apply": leaves("a")}, "a": {"simp": Fails("timeout")}}
    with ScriptedSession(table) as session:
        result = search(session, evenly(table)).run()
    assert isinstance(result, Open)
    assert result.reason == "no tactic is left to try"


def test_goals_are_expanded_in_the_order_of_their_priority() -> None:
    table: Table = {
        "root": {"bad": leaves("unlikely"), "good": leaves("likely"), "fair": leaves("middling")},
        "likely": {"t": leaves("below")},
        "middling": {"t": Fails()},
        "below": {"t": Fails()},
        "unlikely": {"t": Fails()},
    }
    generator = Known({
        "root": {"bad": -9.0, "good": -1.0, "fair": -3.0},
        "likely": {"t": -4.0},
        "middling": {"t": -1.0},
        "below": {"t": -1.0},
        "unlikely": {"t": -1.0},
    })  # fmt: skip
    with ScriptedSession(table) as session:
        search(session, generator).run()
    assert generator.asked == ["root", "likely", "middling", "below", "unlikely"]


def test_tactics_beyond_the_first_wave_wait_for_more_promising_goals() -> None:
    costs = {f"t{rank}": -float(rank) for rank in range(BATCH_SIZE + 1)}
    table: Table = {
        "root": {tactic: leaves("a") if tactic == "t0" else Fails() for tactic in costs},
        "a": {"try": Fails()},
    }
    with ScriptedSession(table) as session:
        search(session, Known({"root": costs, "a": {"try": -1.0}})).run()
    assert session.answered[-2:] == [("a", "try"), ("root", f"t{BATCH_SIZE}")]


def test_only_the_most_probable_tactics_within_the_width_are_run() -> None:
    generator = Known({"root": {"worst": -3.0, "best": -1.0, "second": -2.0}})
    with ScriptedSession({"root": {"best": Fails(), "second": Fails()}}) as session:
        result = search(session, generator, width=2).run()
    assert isinstance(result, Open)
    assert session.answered == [("root", "best"), ("root", "second")]


def test_the_search_stops_when_its_expansions_are_spent() -> None:
    table: Table = {"root": {"t": leaves("a")}, "a": {"t": leaves("b")}}
    with ScriptedSession(table) as session:
        looking = search(session, evenly(table), Budget(expansions=2))
        result = looking.run()
    assert isinstance(result, Open)
    assert result.reason == "the budget is spent"
    assert looking.meter.expansions == 2


def test_the_search_stops_when_its_tactics_are_spent() -> None:
    table: Table = {"root": {"t": leaves("a"), "u": Fails()}}
    with ScriptedSession(table) as session:
        looking = search(session, evenly(table), Budget(tactics=2))
        result = looking.run()
    assert isinstance(result, Open)
    assert result.reason == "the budget is spent"
    assert looking.meter.tactics == 2


def test_the_search_stops_when_its_time_is_spent() -> None:
    table: Table = {"root": {"t": leaves("a")}}
    generator = Slow({"root": {"t": -1.0}})
    with ScriptedSession(table) as session:
        generator.search = search(session, generator, Budget(seconds=50.0))
        result = generator.search.run()
    assert isinstance(result, Open)
    assert result.reason == "the budget is spent"


def test_a_proof_found_as_the_time_runs_out_is_kept() -> None:
    generator = Slow({"root": {"t": -1.0}})
    with ScriptedSession({"root": {"t": leaves()}}) as session:
        generator.search = search(session, generator, Budget(seconds=50.0))
        result = generator.search.run()
    assert generator.search.meter.spent()
    assert isinstance(result, Proved)


def test_no_tactic_gets_more_time_than_the_search_has_left() -> None:
    generator = Slow({"root": {"t": -1.0}})
    with Listening({"root": {"t": Fails()}}) as session:
        generator.search = search(session, generator, Budget(seconds=101.0))
        generator.search.run()
    assert session.limits.milliseconds <= 1000


LAW = Inventions((Equation(1, "law"),))
(STATED,) = (suggestion.tactic for suggestion in invented(Goal("root"), LAW, INVENTIONS))
"""the tactic that states the law as what the root lacks"""


def test_a_stuck_goal_is_proved_by_what_it_lacks() -> None:
    table: Table = {"root": {"simp": Fails(), STATED: leaves("the law")}, "the law": {"rfl": leaves()}}
    known = Known({"root": {"simp": -1.0}, "the law": {"rfl": -1.0}})
    with ScriptedSession(table, inventions={"root": LAW}) as session:
        result = search(session, known).run()
    assert isinstance(result, Proved)
    assert result.scripts[0] == (STATED, "rfl")


def test_nothing_is_invented_for_a_goal_while_better_tactics_wait() -> None:
    tactics = {f"tactic{number}": -1.0 for number in range(TRIED_BEFORE_INVENTION + BATCH_SIZE)}
    table: Table = {"root": {tactic: Fails() for tactic in tactics}}
    session = ScriptedSession({"root": {**table["root"], STATED: Fails()}}, inventions={"root": LAW})
    assert isinstance(search(session, Known({"root": tactics})).run(), Open)
    tried = [tactic for _, tactic in session.answered]
    assert tried.index(STATED) == TRIED_BEFORE_INVENTION


def test_a_search_may_be_told_to_invent_nothing() -> None:
    session = ScriptedSession({"root": {"simp": Fails()}}, inventions={"root": LAW})
    strategy = Strategy(invent=())
    engine = BestFirstSearch(session, opened("root"), Known({"root": {"simp": -1.0}}), strategy, Budget())
    assert isinstance(engine.run(), Open)
    assert [tactic for _, tactic in session.answered] == ["simp"]


def false_goal(tried: int) -> tuple[Table, Known]:
    """A root that one tactic turns into a goal for which there are so many tactics."""
    tactics = {f"tactic{number}": -1.0 for number in range(tried)}
    table: Table = {"root": {"weaken": leaves("false")}, "false": dict.fromkeys(tactics, Fails())}
    return table, Known({"root": {"weaken": -0.1}, "false": tactics})


def test_a_refuted_goal_is_not_searched_further() -> None:
    table, known = false_goal(3 * BATCH_SIZE)
    session = ScriptedSession(table, counterexamples={"false": Counterexample((("n", "0"),))})
    looking = search(session, known)
    assert isinstance(looking.run(), Open)
    looking.tree.check()
    assert len([goal for goal, _ in session.answered if goal == "false"]) == TRIED_BEFORE_REFUTATION


def test_a_search_may_be_told_to_refute_nothing() -> None:
    table, known = false_goal(3 * BATCH_SIZE)
    session = ScriptedSession(table, counterexamples={"false": Counterexample((("n", "0"),))})
    strategy = Strategy(length_normalised(0.0), refute=False)
    assert isinstance(BestFirstSearch(session, opened("root"), known, strategy, Budget()).run(), Open)
    assert len([goal for goal, _ in session.answered if goal == "false"]) == 3 * BATCH_SIZE


def test_a_refused_proof_is_not_found_again() -> None:
    table: Table = {"root": {"cheat": leaves(), "apply": leaves("a")}, "a": {"simp": leaves()}}
    generator = Known({"root": {"cheat": -0.1, "apply": -1.0}, "a": {"simp": -1.0}})
    with ScriptedSession(table) as session:
        looking = search(session, generator)
        first = looking.run()
        looking.refuse()
        second = looking.run()
    assert isinstance(first, Proved)
    assert first.scripts[0] == ("cheat",)
    assert isinstance(second, Proved)
    assert second.scripts[0] == ("apply", "simp")


def test_a_search_whose_only_proof_was_refused_is_open() -> None:
    table: Table = {"root": {"cheat": leaves()}}
    with ScriptedSession(table) as session:
        looking = search(session, evenly(table))
        assert isinstance(looking.run(), Proved)
        looking.refuse()
        assert isinstance(looking.run(), Open)


def test_the_search_goes_on_where_it_was_after_a_refusal() -> None:
    table: Table = {
        "root": {"constructor": leaves("a", "b")},
        "a": {"rfl": leaves()},
        "b": {"wrong": leaves(), "right": leaves()},
    }
    generator = Known({"root": {"constructor": -1.0}, "a": {"rfl": -1.0}, "b": {"wrong": -1.0, "right": -2.0}})
    with ScriptedSession(table) as session:
        looking = search(session, generator)
        looking.run()
        looking.refuse()
        result = looking.run()
    assert isinstance(result, Proved)
    assert result.scripts[0] == ("constructor", "· rfl", "· right")
    assert len(session.answered) == len(set(session.answered))


def test_a_proof_by_cases_is_offered_with_labels_and_with_bullets() -> None:
    split = leaves(Goal("a", tag="zero"), Goal("b", tag="succ"))
    table: Table = {"root": {"cases n": split}, "a": {"rfl": leaves()}, "b": {"simp": leaves()}}
    with ScriptedSession(table) as session:
        result = search(session, evenly(table)).run()
    assert isinstance(result, Proved)
    assert result.scripts == (
        ("cases n", "case zero =>", "  rfl", "case succ =>", "  simp"),
        ("cases n", "· rfl", "· simp"),
    )


def test_of_two_tactics_as_likely_the_cheaper_kind_goes_first() -> None:
    costs = TacticCostModel()
    for _ in range(20):
        costs.record("grind [f]", 900_000)
        costs.record("rw [f]", 700)
    assert costs.penalty("rw [g, h]") < costs.penalty("unknown") < costs.penalty("grind [h]")


def test_where_tactics_are_counted_all_cost_alike() -> None:
    costs = TacticCostModel(timed=False)
    costs.record("grind", 1_500_000)
    assert costs.penalty("grind") == costs.penalty("rfl") == 0.0


def test_costs_are_bounded() -> None:
    costs = TacticCostModel()
    for _ in range(100):
        costs.record("decide", 1_500_000)
        costs.record("rfl", 1)
    assert costs.penalty("decide") == COST_EXPONENT * math.log(MAX_TACTIC_MS / DEFAULT_TACTIC_MS)
    assert costs.penalty("rfl") == COST_EXPONENT * math.log(MIN_TACTIC_MS / DEFAULT_TACTIC_MS)


def test_kinds_are_by_first_word_lemmas_and_closer() -> None:
    assert kind_of("simp_all [f, g] <;> omega") == kind_of("simp_all [h] <;> omega") == "simp_all <;> omega […]"
    assert kind_of("intro h") == "intro"
    assert kind_of("") == ""
