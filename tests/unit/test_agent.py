"""Agent mode: rounds between a model that says what it was told and a search over a scripted Lean."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from prover.agent import Agent, AgentPlan, AgentTask, ModelExchange
from prover.app.answers import StoredAnswers
from prover.errors import ServerFailed
from prover.lean.protocol import Goal, Hypothesis
from prover.lean.scripted import Exchange as Said
from prover.lean.scripted import Fails, ScriptedSession, Table, leaves, opened
from prover.lean.session import Counterexample, Failed
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.generator import StatelessGenerator, Suggestion, TheoremRef
from prover.tactics.language.agent_prompts import AgentPrompts, DraftReport, HoleReport, report_text
from prover.tactics.language.formats import PromptFields
from prover.tactics.language.model import Account, Completion, Decoding, Prompt, Usage, accounted, charge

FIELDS = PromptFields(declaration="M.t", header="import A\nopen Nat\n", statement="theorem t : p := by")
REF = TheoremRef("M", "M.t", 0, "key")
ROOT = Goal("root", ("n",), target="p n", hypotheses=(Hypothesis("n", "Nat", "Nat"),))
PRICE = Usage(requests=1, tokens_in=100, tokens_out=50, cost=0.1)


class Known(StatelessGenerator):
    """Suggests what it was told for each goal."""

    name = "known"

    def __init__(self, told: Mapping[str, str]) -> None:
        self._told = told

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        return [Suggestion(self._told[goal.key], -1.0)] if goal.key in self._told else []


class Model:
    """Says what it was told, question by question; an exception is raised."""

    name = "told"
    kind = "chat"

    def __init__(self, *answers: Sequence[str] | Exception) -> None:
        self.asked: list[str] = []
        self.decodings: list[Decoding] = []
        self._answers = list(answers)

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        self.asked += [prompt.text for prompt in prompts]
        self.decodings.append(decoding)
        charge(PRICE)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [[Completion(f"```lean4\n{text}\n```", -1.0) for text in answer]]


class Bench:
    """An agent on a scripted Lean, and what it stored."""

    def __init__(self, model: Model, rounds: int = 3, parts: str = "resume repair holes questions refute") -> None:
        self.model = model
        self.kept: list[ModelExchange] = []
        self.notes: list[str] = []
        plan = AgentPlan(rounds, 2, frozenset(parts.split()))
        self.agent = Agent(
            model,  # type: ignore[arg-type]  # a literal
            AgentPrompts("chat"),
            Decoding(2, "sample", tokens=500),
            plan,
            prices=(1.0, 1_000.0),
            note=self.notes.append,
            keep=self.kept.append,
        )

    def work(
        self,
        table: Table,
        told: Mapping[str, str] | None = None,
        budget: Budget | None = None,
        false: Mapping[str, Counterexample] | None = None,
    ) -> BestFirstSearch:
        """Works on a goal; the search goes on afterwards."""
        with ScriptedSession(table, counterexamples=false or {}) as session, accounted() as account:
            search = BestFirstSearch(
                session, opened(ROOT), Known(told or {}), Strategy(), budget or Budget(600), account
            )
            self.agent.work(session, search, AgentTask(REF, FIELDS, search.tree.root.state), account)
            search.tree.check()
            search.run()
        return search


def proof(search: BestFirstSearch) -> tuple[str, ...]:
    result = search.run()
    assert isinstance(result, Proved)
    return result.scripts[0]


def test_what_the_search_proves_alone_is_not_asked() -> None:
    bench = Bench(Model())
    assert proof(bench.work({"root": {"simp": leaves()}}, {"root": "simp"})) == ("simp",)
    assert bench.model.asked == []


def test_the_holes_of_a_sketch_are_searched() -> None:
    bench = Bench(Model(["have h : q := by sorry\nexact f h"]))
    table: Table = {
        "root": {"have h : q := ?_": leaves("q", "r")},
        "q": {"omega": leaves()},
        "r": {"exact f h": leaves()},
    }
    assert proof(bench.work(table, {"q": "omega"}))[-1] == "· exact f h"
    assert "theorem t : p := by" in bench.model.asked[0]
    assert "n : Nat\n⊢ p n" in bench.model.asked[0]
    assert [each.outcome for each in bench.kept] == ["", "proved"]


def test_a_false_hole_is_reported_with_its_counterexample() -> None:
    bench = Bench(Model(["have h : q := by sorry\nexact f h"], ["simp"]))
    table: Table = {
        "root": {"have h : q := ?_": leaves("q", "r"), "simp": leaves()},
        "r": {"exact f h": leaves()},
    }
    false = {"q": Counterexample((("n", "3"),), tried=4, satisfied=True)}
    assert proof(bench.work(table, {}, false=false)) == ("simp",)
    assert "False, for example for n := 3" in bench.model.asked[1]


def test_leans_error_is_told_with_the_line_and_the_goal() -> None:
    bench = Bench(Model(["intro x\nbad"], ["intro x\nomega"]))
    table: Table = {
        "root": {"intro x": leaves(Goal("c", ("x",), target="q x"))},
        "c": {"bad": Fails(message="unknown identifier 'bad'"), "omega": leaves()},
    }
    assert proof(bench.work(table)) == ("intro x", "omega")
    assert "(line 2)" in bench.model.asked[1]
    assert "unknown identifier 'bad'" in bench.model.asked[1]
    assert "⊢ q x" in bench.model.asked[1]
    assert "failed at line 2" in bench.kept[1].outcome


def test_the_model_is_asked_about_an_open_hole() -> None:
    bench = Bench(Model(["have h : q := by sorry\nexact f h"], ["decide", "omega"]))
    table: Table = {
        "root": {"have h : q := ?_": leaves(Goal("q", target="q"), "r")},
        "r": {"exact f h": leaves()},
        "q": {"decide": Fails(), "omega": leaves()},
    }
    assert proof(bench.work(table))[-1] == "· exact f h"
    assert "still open:\n```\n⊢ q\n```" in bench.model.asked[1]
    assert [each.purpose for each in bench.kept] == ["plan", "plan", "hole", "hole"]


def test_nothing_is_told_or_kept_without_the_parts() -> None:
    bench = Bench(Model(["intro x\nbad"], ["intro x\nbad"]), rounds=2, parts="")
    root = opened(ROOT)
    script = [Said("close_proof", (root, "intro x\nbad"), Failed("elaboration", "no", 0))] * 2
    with ScriptedSession({}, script) as session, accounted() as account:
        search = BestFirstSearch(session, root, Known({}), Strategy(), Budget(600), account)
        bench.agent.work(session, search, AgentTask(REF, FIELDS, root), account)
    assert bench.model.asked[0] == bench.model.asked[1]
    assert search.tree.root.steps == []


def test_after_rounds_without_progress_another_plan_is_asked_for() -> None:
    bench = Bench(Model(["bad"], ["bad"], ["bad"], ["bad"]), rounds=4)
    bench.work({"root": {"bad": Fails(message="no")}})
    assert "This proof was tried" in bench.model.asked[1]
    assert "Prove it in another way" in bench.model.asked[3]


def test_the_cost_ends_the_questions_and_not_the_search() -> None:
    bench = Bench(Model(["intro x\nbad"]))
    table: Table = {"root": {"intro x": leaves("c")}, "c": {"bad": Fails(), "omega": leaves()}}
    search = bench.work(table, {"c": "omega"}, Budget(600, cost=0.15))
    assert proof(search) == ("intro x", "omega")
    assert len(bench.model.asked) == 1
    bench.work({}, {}, Budget(600, cost=0.15))
    assert len(bench.model.asked) == 1  # another attempt at the theorem has the same limit


def test_an_answer_costs_at_most_what_the_limit_leaves() -> None:
    bench = Bench(Model(["bad"], ["bad"]), rounds=1)
    bench.work({"root": {"bad": Fails()}}, budget=Budget(600, cost=0.4))
    (decoding,) = bench.model.decodings
    assert decoding.count == 2
    assert decoding.tokens * 2 * 1_000 / 1_000_000 < 0.4
    assert decoding.tokens < 500


def test_a_rerun_sends_no_request(tmp_path: Path) -> None:
    table: Table = {"root": {"intro x": leaves("c")}, "c": {"bad": Fails(message="no")}}
    asked = []
    for _ in range(2):
        bench = Bench(Model(*[["intro x\nbad"]] * 9), rounds=2)
        bench.agent = replace(bench.agent, cache=StoredAnswers(tmp_path))
        bench.work(table)
        asked.append(len(bench.model.asked))
    assert asked == [2, 0]


def test_a_damaged_cache_is_asked_anew(tmp_path: Path) -> None:
    for _ in range(2):
        bench = Bench(Model(["simp"]), rounds=1)
        bench.agent = replace(bench.agent, cache=StoredAnswers(tmp_path))
        bench.work({"root": {"simp": leaves()}})
        assert len(bench.model.asked) == 1
        for file in tmp_path.rglob("*.json"):
            file.write_text('[{"text": "si')


def test_an_exchange_is_stored_before_anything_is_done_with_it() -> None:
    bench = Bench(Model(["simp"]), rounds=1)
    with pytest.raises(KeyboardInterrupt):
        bench.work({"root": {"simp": KeyboardInterrupt()}})  # type: ignore[dict-item]
    assert [each.answers for each in bench.kept] == [("```lean4\nsimp\n```",)]
    assert bench.kept[0].usage.tokens == 150


def test_a_model_that_fails_three_times_is_not_asked_again() -> None:
    bench = Bench(Model(*[ServerFailed("status 429")] * 9))
    for _ in range(5):
        bench.work({})
    assert len(bench.model.asked) == 3
    assert bench.notes[-1] == "status 429 It is not asked any more."


@pytest.mark.parametrize(
    "answers",
    [[], ["x" * 300_000], ["import Lean\n#eval 1"], ["run_tac foo"], ["\u200b"], ["axiom a : p\ntheorem t : p := a"]],
)
def test_answers_that_are_no_proofs_cost_a_round(answers: list[str]) -> None:
    bench = Bench(Model(answers, ["simp"]), rounds=2)
    assert proof(bench.work({"root": {"simp": leaves()}})) == ("simp",)


# --- prompts ---


def test_a_prompt_keeps_what_is_nearest() -> None:
    header = "import A\nopen Nat\n" + "".join(f"theorem t{n} : p := foo\n" for n in range(1_000))
    premises = tuple(f"theorem <a>p{n}</a> : q" for n in range(1_000))
    fields = PromptFields("n : Nat\n⊢ p", "M.t", premises, header, "theorem t : p := by")
    prompt = AgentPrompts("chat", tokens=1_000).plan(fields)
    assert len(prompt.text.encode()) < 4_000
    for kept in ("import A\nopen Nat", "theorem t999", "<a>p0</a>", "theorem t : p := by", "n : Nat\n⊢ p"):
        assert kept in prompt.text
    assert "theorem t1 " not in prompt.text
    assert "<a>p999</a>" not in prompt.text


def test_a_model_that_continues_is_given_the_statement_last() -> None:
    prompt = AgentPrompts("causal").plan(FIELDS)
    assert prompt.system is None
    assert prompt.text.endswith("```lean4\ntheorem t : p := by\n")


def test_a_report_says_what_became_of_each_hole() -> None:
    holes = (
        HoleReport("⊢ a", "proved"),
        HoleReport("⊢ b", "false", (("n", "0"),)),
        HoleReport("⊢ c", "open", remaining=("⊢ d",), lemmas=("foo", "bar")),
    )
    text = report_text(DraftReport("x", held="y", holes=holes))
    assert "Proved by the search" in text
    assert "n := 0" in text
    assert "of which the search leaves:\n```\n⊢ d\n```" in text
    assert "foo, bar" in text


def test_an_account_is_what_models_charge() -> None:
    with accounted() as account:
        charge(PRICE)
    assert isinstance(account, Account)
    assert account.usage == PRICE
