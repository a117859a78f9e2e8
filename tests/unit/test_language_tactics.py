"""The generator that asks a model, with models that were told what to say, and the search that asks it in batches."""

from collections.abc import Mapping, Sequence

from prover.errors import ModelError
from prover.lean.protocol import Goal, Hypothesis
from prover.lean.scripted import Fails, ScriptedSession, Table, leaves, opened
from prover.search.best_first import PREFETCHED_GOALS, BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.generator import Suggestion, TheoremRef
from prover.tactics.language.formats import PromptFormat, format_named
from prover.tactics.language.model import Completion, Decoding, ModelKind, Prompt
from prover.tactics.language.model_tactics import MAX_CONSECUTIVE_FAILURES, ModelTactics

PLACE = TheoremRef("Some.Module", "Some.theorem_name", 10, "key")


class Told:
    """Says what it was told for each prompt, and remembers what it was asked together."""

    name = "told"

    def __init__(
        self, answers: Mapping[str, Sequence[Completion | str]], kind: ModelKind = "causal", failing: int = 0
    ) -> None:
        self.kind = kind
        self.asked: list[list[Prompt]] = []
        self.decoding: Decoding | None = None
        self._answers = answers
        self._failing = failing

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        self.asked.append(list(prompts))
        self.decoding = decoding
        if self._failing:
            self._failing -= 1
            raise ModelError("it is down")
        return [
            [
                Completion(said, -1.0 - rank) if isinstance(said, str) else said
                for rank, said in enumerate(self._answers.get(prompt.text, []))
            ]
            for prompt in prompts
        ]


def plain(text: str = "{state}") -> PromptFormat:
    return PromptFormat("plain", text)


def goal(target: str, key: str | None = None) -> Goal:
    return Goal(key or target, ("n",), target=target, hypotheses=(Hypothesis("n", "Nat", "Nat"),))


def suggested(model: Told, format: PromptFormat | None = None) -> list[tuple[str, float]]:
    found = ModelTactics(model, format or plain()).for_theorem(PLACE).suggest(goal("p"))
    return [(suggestion.tactic, suggestion.log_probability) for suggestion in found]


def test_what_the_model_says_is_suggested_with_its_probability() -> None:
    assert suggested(Told({"n : Nat\n⊢ p": ["simp", "omega"]})) == [("simp", -1.0), ("omega", -2.0)]


def test_the_theorem_is_named_to_models_that_want_it() -> None:
    model = Told({})
    suggested(model, format_named("internlm"))
    assert model.asked[0][0].text == "DECL Some.theorem_name\nGOAL n : Nat\n⊢ p\n"


def test_nonsense_and_what_was_not_finished_is_not_suggested() -> None:
    said = ["sorry", "#eval 1", "simp", Completion("exact foo (ba", -0.5, finished=False), "\x00", "a" * 5000]
    tactics = ModelTactics(Told({"n : Nat\n⊢ p": said}), plain())
    assert [s.tactic for s in tactics.for_theorem(PLACE).suggest(goal("p"))] == ["simp"]
    assert [refused.reason for refused in tactics.refused] == [
        "the word sorry",
        "a command: #eval",
        "not finished",
        "control characters, or characters that Unicode does not have",
        "longer than 1000 bytes",
    ]


def test_tactics_that_differ_in_spaces_are_one() -> None:
    assert suggested(Told({"n : Nat\n⊢ p": ["simp ", " simp", "simp\n"]})) == [("simp", -1.0)]


def test_a_chat_answers_in_a_block_of_code() -> None:
    model = Told({"n : Nat\n⊢ p": ["I would try:\n```lean\nomega\n```"]}, kind="chat")
    assert suggested(model) == [("omega", -1.0)]


def test_premises_are_asked_for_where_the_format_has_them() -> None:
    model = Told({})

    def premises(place: TheoremRef, goal: Goal) -> Sequence[str]:
        assert place == PLACE
        return [f"near {goal.target}", "far"]

    ModelTactics(model, plain("{premises}{state}"), premises=premises).for_theorem(PLACE).suggest(goal("p"))
    ModelTactics(model, plain("{state}"), premises=lambda *_: 1 // 0).for_theorem(PLACE).suggest(goal("p"))  # type: ignore[arg-type, return-value]  # never called
    assert [prompts[0].text for prompts in model.asked] == ["far\n\nnear p\n\nn : Nat\n⊢ p", "n : Nat\n⊢ p"]


def test_the_stops_of_the_format_end_an_answer() -> None:
    model = Told({})
    ModelTactics(model, format_named("bfs-prover"), Decoding(stops=("X",), tokens=9999)).for_theorem(PLACE).suggest(
        goal("p")
    )
    assert model.decoding is not None
    assert model.decoding.stops == ("X", ":::")
    assert model.decoding.tokens == 256


def test_a_goal_is_asked_about_once() -> None:
    model = Told({"n : Nat\n⊢ p": ["simp"]})
    situated = ModelTactics(model, plain()).for_theorem(PLACE)
    situated.prefetch([goal("p"), goal("q"), goal("p")])
    assert [s.tactic for s in situated.suggest(goal("p"))] == ["simp"]
    assert [s.tactic for s in situated.suggest(goal("q"))] == []
    assert [len(prompts) for prompts in model.asked] == [2]


def test_a_model_that_fails_costs_its_suggestions_and_is_given_up_in_the_end() -> None:
    told: list[str] = []
    model = Told({"n : Nat\n⊢ p": ["simp"]}, failing=99)
    tactics = ModelTactics(model, plain(), note=told.append)
    for number in range(MAX_CONSECUTIVE_FAILURES + 2):
        assert tactics.for_theorem(PLACE).suggest(goal(f"p{number}")) == []
    assert len(model.asked) == MAX_CONSECUTIVE_FAILURES
    assert told == ["it is down"] * (MAX_CONSECUTIVE_FAILURES - 1) + ["it is down It is not asked any more."]


def test_a_model_that_comes_back_is_asked_again() -> None:
    model = Told({"n : Nat\n⊢ p": ["simp"]}, failing=MAX_CONSECUTIVE_FAILURES - 1)
    tactics = ModelTactics(model, plain())
    answers = [tactics.for_theorem(PLACE).suggest(goal("p")) for _ in range(MAX_CONSECUTIVE_FAILURES + 1)]
    assert answers == [[]] * (MAX_CONSECUTIVE_FAILURES - 1) + [[Suggestion("simp", -1.0)]] * 2


def test_a_search_asks_about_the_goals_to_come_at_once() -> None:
    """Three goals are left by one tactic: the model is asked twice, not four times."""
    table: Table = {
        "root": {"split": leaves(*(goal(name) for name in "abc"))},
        **{name: {"simp": leaves()} for name in "abc"},
    }
    answers = {"⊢ ": ["split"], **{f"n : Nat\n⊢ {name}": ["simp"] for name in "abc"}}
    model = Told(answers)
    with ScriptedSession(table) as session:
        generator = ModelTactics(model, plain()).for_theorem(PLACE)
        search = BestFirstSearch(session, opened("root"), generator, Strategy(), Budget())
        assert isinstance(search.run(), Proved)
    assert [len(prompts) for prompts in model.asked] == [1, 3]


def test_no_more_goals_are_foreseen_than_are_worth_it() -> None:
    names = [f"g{number}" for number in range(PREFETCHED_GOALS + 9)]
    table: Table = {"root": {"split": leaves(*(goal(name) for name in names))}, "g0": {"simp": Fails()}}
    model = Told({"⊢ ": ["split"], "n : Nat\n⊢ g0": ["simp"]})
    with ScriptedSession(table) as session:
        generator = ModelTactics(model, plain()).for_theorem(PLACE)
        BestFirstSearch(session, opened("root"), generator, Strategy(), Budget(expansions=2)).run()
    assert [len(prompts) for prompts in model.asked] == [1, 1 + PREFETCHED_GOALS]
