"""Attempts at theorems, against a scripted session and a gate that answers as it is instructed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

import pytest
from msgspec.structs import replace as replace_fields

from prover.attempt import (
    MAX_REFUSED_PROOFS,
    AttemptOutcome,
    KnownProof,
    Prover,
    Task,
    TheoremFailed,
    TheoremOpen,
    TheoremProved,
    unprovable,
)
from prover.check.gate import Accepted, Judgement, Refused, Submission
from prover.errors import LeanDied, LeanTimeout, UsageError
from prover.lean.protocol import Declaration, Goal, Place
from prover.lean.scripted import Exchange, Fails, ScriptedSession, Table, leaves
from prover.lean.session import Failed, Origin, SorryGoal, SourceText, State, TacticOutcome
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Strategy
from prover.search.engines import ENGINES
from prover.tactics.generator import BoundGenerator, Generator, ProofStep, Suggestion, TheoremRef
from prover.tactics.language.formats import format_named
from prover.tactics.language.model import Completion, Decoding, Prompt, Usage, charge
from prover.tactics.language.whole_proofs import WholeProofWriter

TWO = "theorem t : p ∧ q := by\n  constructor\n  · sorry\n  · sorry\n"
ONE = "theorem t : p := by\n  sorry\n"
DONE = "theorem t : p := by simp\n"
ACCEPTED = Accepted(("propext",), 0)


def task(text: str) -> Task:
    size = len(text.encode())
    declaration = Declaration("t", "theorem", "t : p", False, 0, size, 8, "sorry" in text, key="statement")
    return Task(SourceText(text, "A.lean", "A"), declaration)


@cache
def goals_at_sorries(text: str) -> tuple[SorryGoal, ...]:
    """The goal at each `sorry`: `a`, `b`, …; the same objects whenever it is asked."""
    source, data, found, start = task(text).source, text.encode(), [], -1
    while (start := data.find(b"sorry", start + 1)) >= 0:
        key = "ab"[len(found)]
        state = State((Goal(key),), Origin(source, start, statement=False))
        found.append(SorryGoal(state, start, start + 5, Place("step", 4, 2, first=True), (0, len(data)), "t"))
    return tuple(found)


class Gate:
    """Answers with each judgement in turn; records what it was asked to judge."""

    def __init__(self, *judgements: Judgement) -> None:
        self.texts: list[str] = []
        self.beside: list[tuple[tuple[str, int], ...]] = []
        self._judgements = list(judgements)

    def judge(self, submission: Submission, level: int) -> Judgement:
        self.texts.append(submission.candidate.text)
        self.beside.append(submission.beside)
        return self._judgements.pop(0)


class Listed(Generator, BoundGenerator):
    """Suggests tactics by the goal's key, and records what it learns and observes."""

    name = "listed"

    def __init__(self, tactics: Mapping[str, Sequence[str]], whole: Sequence[str] = (), tokens: int = 0) -> None:
        self.learnt: list[tuple[TheoremRef, tuple[ProofStep, ...]]] = []
        self.results: list[tuple[str, type]] = []
        self._tactics = tactics
        self._whole = whole
        self._tokens = tokens

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        return self

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        charge(Usage(tokens_out=self._tokens))
        tactics = self._tactics.get(goal.key, ())
        return [Suggestion(tactic, -1.0 - rank, (self.name,)) for rank, tactic in enumerate(tactics)]

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        return [Suggestion(text, -1.0) for text in self._whole]

    def on_result(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        self.results.append((suggestion.tactic, type(outcome)))

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        self.learnt.append((theorem, tuple(steps)))


class Model:
    """A language model that gives each answer in turn, and records its prompts."""

    name = "model"
    kind = "chat"

    def __init__(self, *answers: str) -> None:
        self.prompts: list[str] = []
        self._answers = list(answers)

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        self.prompts += [prompt.text for prompt in prompts]
        return [[Completion(f"```lean\n{self._answers.pop(0)}\n```", -1.0)] for _ in prompts]


def prover(generator: Generator, gate: Gate, budget: Budget | None = None, **options: object) -> Prover:
    budget = budget or Budget(seconds=None, tactics=100)
    return Prover(generator, Strategy(), gate, budget, **options)  # type: ignore[arg-type]  # a gate for tests


def closes(goal: SorryGoal, script: str, failure: Failed | None = None) -> Exchange:
    """The run of a finished script as a whole."""
    return Exchange("close_proof", (goal.state, script), failure)


def attempt(prover: Prover, text: str, table: Table, *exchanges: Exchange) -> AttemptOutcome:
    """Attempts a theorem; `exchanges` come between opening its goals and the end."""
    to_prove = task(text)
    opening = Exchange("sorries", (to_prove.source, 0, len(text.encode())), goals_at_sorries(to_prove.source.text))
    with ScriptedSession(table, [opening, *exchanges, Exchange("forget", ())]) as session:
        return prover.prove(session, to_prove)


# --- proofs ---


def test_a_proof_is_written_into_the_file_judged_and_learnt() -> None:
    (goal,) = goals_at_sorries(ONE)
    gate, generator = Gate(ACCEPTED), Listed({"a": ["omega", "intro h"], "c": ["simp"]})
    table: Table = {"a": {"omega": Fails(), "intro h": leaves("c")}, "c": {"simp": leaves()}}
    outcome = attempt(prover(generator, gate), ONE, table, closes(goal, "intro h\nsimp"))
    assert isinstance(outcome, TheoremProved)
    assert gate.texts == ["theorem t : p := by\n  intro h\n  simp\n"]
    assert (outcome.proof, outcome.scripts) == ("intro h\nsimp", (("intro h", "simp"),))
    assert (outcome.judgement, outcome.whole, outcome.recalled) == (ACCEPTED, False, False)
    assert (outcome.spent.tactics, outcome.spent.expansions) == (3, 2)
    assert [(step.goal.key, step.tactic, step.sources) for step in outcome.steps] == [
        ("a", "intro h", ("listed",)),
        ("c", "simp", ("listed",)),
    ]
    assert generator.learnt == [(task(ONE).ref(), outcome.steps)]
    assert [tactic for tactic, _ in generator.results] == ["omega", "intro h", "simp"]


def test_every_sorry_is_filled_and_all_are_judged_together() -> None:
    first, second = goals_at_sorries(TWO)
    gate = Gate(ACCEPTED)
    table: Table = {"a": {"simp": leaves()}, "b": {"intro h": leaves("c")}, "c": {"omega": leaves()}}
    generator = Listed({"a": ["simp"], "b": ["intro h"], "c": ["omega"]})
    outcome = attempt(prover(generator, gate), TWO, table, closes(first, "simp"), closes(second, "intro h\nomega"))
    assert isinstance(outcome, TheoremProved)
    assert gate.texts == ["theorem t : p ∧ q := by\n  constructor\n  · simp\n  · intro h\n    omega\n"]
    assert outcome.proof == "simp\n\nintro h\nomega"
    assert [step.tactic for step in outcome.steps] == ["simp", "intro h", "omega"]
    assert outcome.spent.tactics == 3


def test_a_theorem_without_sorry_is_proved_from_its_statement() -> None:
    to_prove = task(DONE)
    body = DONE.index(":= by simp")
    state = State((Goal("statement:0"),), Origin(to_prove.source, 8, statement=True))
    goal = SorryGoal(state, body, body + len(":= by simp"), Place("body"), (0, len(DONE)), "t")
    gate = Gate(ACCEPTED)
    script = [Exchange("statement", (to_prove.source, 8), goal), closes(goal, "rfl"), Exchange("forget", ())]
    with ScriptedSession({"statement:0": {"rfl": leaves()}}, script) as session:
        outcome = prover(Listed({"statement:0": ["rfl"]}), gate).prove(session, to_prove)
    assert isinstance(outcome, TheoremProved)
    assert outcome.whole
    assert gate.texts == ["theorem t : p := by rfl\n"]


def test_a_proof_that_does_not_hold_as_a_whole_is_not_submitted() -> None:
    (goal,) = goals_at_sorries(ONE)
    gate = Gate(ACCEPTED)
    table: Table = {"a": {"cheat": leaves(), "simp": leaves()}}
    outcome = attempt(
        prover(Listed({"a": ["cheat", "simp"]}), gate), ONE, table,
        closes(goal, "cheat", Failed("elaboration", "no", 0)), closes(goal, "simp"),
    )  # fmt: skip
    assert isinstance(outcome, TheoremProved)
    assert len(gate.texts) == 1


# --- several goals at one `sorry` ---

EACH = "theorem t : p ∧ q := by\n  constructor <;> sorry\n"


@cache
def goals_of_each(kind: Literal["tactic", "nothing"] = "tactic") -> tuple[SorryGoal, ...]:
    """Two goals, `a` and `b`, at the only `sorry`: the same objects whenever it is asked."""
    source, size = task(EACH).source, len(EACH.encode())
    start = size - len("sorry\n")
    states = [State((Goal(key),), Origin(source, start, False, goal=i)) for i, key in enumerate("ab")]
    return tuple(SorryGoal(state, start, start + 5, Place(kind, 2, 2), (0, size), "t") for state in states)


def attempt_each(
    prover: Prover, table: Table, *exchanges: Exchange, kind: Literal["tactic", "nothing"]
) -> AttemptOutcome:
    to_prove = task(EACH)
    opening = Exchange("sorries", (to_prove.source, 0, len(EACH.encode())), goals_of_each(kind))
    with ScriptedSession(table, [opening, *exchanges, Exchange("forget", ())]) as session:
        return prover.prove(session, to_prove)


NO = Failed("elaboration", "no", 0)


def test_a_proof_of_one_goal_is_written_if_it_proves_the_others_too() -> None:
    first, second = goals_of_each("tactic")
    gate = Gate(ACCEPTED)
    outcome = attempt_each(
        prover(Listed({"a": ["simp"]}), gate), {"a": {"simp": leaves()}},
        closes(first, "simp"), closes(second, "simp"), kind="tactic",
    )  # fmt: skip
    assert isinstance(outcome, TheoremProved)
    assert gate.texts == [EACH.replace("sorry", "simp")]
    assert outcome.scripts == (("simp",),)
    assert [step.tactic for step in outcome.steps] == ["simp"]


def test_proofs_of_different_goals_become_alternatives() -> None:
    first, second = goals_of_each("tactic")
    gate = Gate(ACCEPTED)
    outcome = attempt_each(
        prover(Listed({"a": ["simp"], "b": ["rfl"]}), gate), {"a": {"simp": leaves()}, "b": {"rfl": leaves()}},
        closes(first, "simp"), closes(second, "simp", NO), closes(second, "rfl"), closes(first, "rfl", NO),
        kind="tactic",
    )  # fmt: skip
    assert isinstance(outcome, TheoremProved)
    assert outcome.scripts == (("first", "  | simp", "    done", "  | rfl"),)
    assert "constructor <;> (first\n" in gate.texts[0]


def test_the_search_that_found_the_shared_proof_goes_on_after_a_refusal() -> None:
    first, second = goals_of_each("tactic")
    gate = Gate(Refused("no"), ACCEPTED)
    one, other = [[closes(goal, script) for goal in (first, second)] for script in ("simp", "rfl")]
    outcome = attempt_each(
        prover(Listed({"a": ["simp", "rfl"]}), gate), {"a": {"simp": leaves(), "rfl": leaves()}}, *one, *other,
        kind="tactic",
    )  # fmt: skip
    assert isinstance(outcome, TheoremProved)
    assert outcome.proof == "rfl"


def test_a_sorry_where_nothing_can_be_written_is_not_searched() -> None:
    outcome = attempt_each(prover(Listed({}), Gate()), {}, kind="nothing")
    assert isinstance(outcome, TheoremOpen)
    assert "line 2" in outcome.reason
    assert "macro" in outcome.reason


# --- refused proofs ---


def test_the_search_continues_after_a_refused_proof() -> None:
    (goal,) = goals_at_sorries(ONE)
    gate, generator = Gate(Refused("it uses an axiom"), ACCEPTED), Listed({"a": ["cheat", "simp"]})
    table: Table = {"a": {"cheat": leaves(), "simp": leaves()}}
    outcome = attempt(prover(generator, gate), ONE, table, closes(goal, "cheat"), closes(goal, "simp"))
    assert isinstance(outcome, TheoremProved)
    assert outcome.proof == "simp"
    assert len(gate.texts) == 2
    assert [step.tactic for _, steps in generator.learnt for step in steps] == ["simp"]


def test_of_several_goals_the_last_is_searched_again_after_a_refused_proof() -> None:
    first, second = goals_at_sorries(TWO)
    gate = Gate(Refused("no"), ACCEPTED)
    table: Table = {"a": {"simp": leaves()}, "b": {"cheat": leaves(), "rfl": leaves()}}
    outcome = attempt(
        prover(Listed({"a": ["simp"], "b": ["cheat", "rfl"]}), gate), TWO, table,
        closes(first, "simp"), closes(second, "cheat"), closes(first, "simp"), closes(second, "rfl"),
    )  # fmt: skip
    assert isinstance(outcome, TheoremProved)
    assert outcome.scripts == (("simp",), ("rfl",))


def test_a_theorem_whose_proofs_are_refused_stays_open() -> None:
    (goal,) = goals_at_sorries(ONE)
    tactics = [f"cheat {number}" for number in range(MAX_REFUSED_PROOFS + 1)]
    gate, generator = Gate(*(Refused(f"reason {tactic}") for tactic in tactics)), Listed({"a": tactics})
    table: Table = {"a": {tactic: leaves() for tactic in tactics}}
    exchanges = [closes(goal, tactic) for tactic in tactics[:MAX_REFUSED_PROOFS]]
    outcome = attempt(prover(generator, gate), ONE, table, *exchanges)
    assert isinstance(outcome, TheoremOpen)
    assert outcome.reason == "its proofs were refused"
    assert outcome.refused == f"reason cheat {MAX_REFUSED_PROOFS - 1}"
    assert generator.learnt == []


def test_the_reason_of_a_refusal_is_kept_when_nothing_is_left_to_try() -> None:
    (goal,) = goals_at_sorries(ONE)
    table: Table = {"a": {"cheat": leaves()}}
    outcome = attempt(prover(Listed({"a": ["cheat"]}), Gate(Refused("no"))), ONE, table, closes(goal, "cheat"))
    assert isinstance(outcome, TheoremOpen)
    assert (outcome.reason, outcome.refused) == ("no tactic is left to try", "no")


MUTUAL = "mutual\ntheorem t : p := by\n  sorry\ntheorem u : q := by\n  sorry\nend\n"


def mutual_task() -> tuple[Task, SorryGoal, SorryGoal]:
    """Returns the first of two theorems of a `mutual` block, and the goals of both."""
    source, middle = SourceText(MUTUAL, "A.lean", "A"), MUTUAL.index("theorem u")
    first = Declaration("t", "theorem", "t : p", False, 7, middle - 1, 15, True, key="statement")
    second = Declaration("u", "theorem", "u : q", False, middle, len(MUTUAL) - 5, middle + 8, True)
    goals = [
        SorryGoal(
            State((Goal(key),), Origin(source, start, False)),
            start,
            start + 5,
            Place("step", 2, 2, first=True),
            (0, len(MUTUAL) - 1),
            name,
        )
        for key, name, start in (("a", "t", MUTUAL.index("sorry")), ("b", "u", MUTUAL.rindex("sorry")))
    ]
    return Task(source, first, (first, second)), goals[0], goals[1]


def test_the_other_theorems_of_a_mutual_block_are_proved_too_if_the_proof_rests_on_them() -> None:
    to_prove, first, second = mutual_task()
    gate, generator = Gate(Refused("rests on u", level=3), ACCEPTED), Listed({"a": ["simp"], "b": ["omega"]})
    table: Table = {"a": {"simp": leaves()}, "b": {"omega": leaves()}}
    script = [
        Exchange("sorries", (to_prove.source, 7, to_prove.declaration.stop), (first, second)),
        closes(first, "simp"),
        Exchange("sorries", (to_prove.source, 0, len(MUTUAL) - 1), (first, second)),
        closes(first, "simp"),
        closes(second, "omega"),
        Exchange("forget", ()),
    ]
    with ScriptedSession(table, script) as session:
        outcome = prover(generator, gate).prove(session, to_prove)
    assert isinstance(outcome, TheoremProved)
    assert gate.texts[0] == MUTUAL.replace("sorry", "simp", 1)
    assert gate.texts[1] == MUTUAL.replace("sorry", "simp", 1).replace("sorry", "omega")
    assert gate.beside == [(), (("u", MUTUAL.index("theorem u") + 8),)]


def test_a_theorem_of_a_mutual_block_is_proved_alone_if_it_does_not_rest_on_the_others() -> None:
    to_prove, first, second = mutual_task()
    gate = Gate(ACCEPTED)
    script = [
        Exchange("sorries", (to_prove.source, 7, to_prove.declaration.stop), (first, second)),
        closes(first, "simp"),
        Exchange("forget", ()),
    ]
    with ScriptedSession({"a": {"simp": leaves()}}, script) as session:
        outcome = prover(Listed({"a": ["simp"]}), gate).prove(session, to_prove)
    assert isinstance(outcome, TheoremProved)
    assert gate.texts == [MUTUAL.replace("sorry", "simp", 1)]


# --- recalled proofs ---


def recalling(*known: KnownProof) -> dict[str, object]:
    def recall(statement_key: str) -> Sequence[KnownProof]:
        assert statement_key == "statement"
        return known

    return {"recall": recall}


def test_a_known_proof_is_submitted_before_anything_is_searched() -> None:
    first, second = goals_at_sorries(TWO)
    gate, generator = Gate(ACCEPTED), Listed({})
    known = KnownProof((("simp",), ("intro h", "omega")), whole=False)
    outcome = attempt(
        prover(generator, gate, **recalling(known)), TWO, {}, closes(first, "simp"), closes(second, "intro h\nomega")
    )
    assert isinstance(outcome, TheoremProved)
    assert outcome.recalled
    assert (outcome.steps, generator.learnt, outcome.spent.tactics) == ((), [], 0)


def test_known_proofs_of_other_places_are_not_tried() -> None:
    (goal,) = goals_at_sorries(ONE)
    of_two, of_the_statement = KnownProof((("a",), ("b",)), whole=False), KnownProof((("c",),), whole=True)
    options = recalling(of_two, of_the_statement)
    table: Table = {"a": {"simp": leaves()}}
    outcome = attempt(prover(Listed({"a": ["simp"]}), Gate(ACCEPTED), **options), ONE, table, closes(goal, "simp"))
    assert isinstance(outcome, TheoremProved)
    assert not outcome.recalled


def test_known_proofs_that_do_not_hold_or_are_refused_do_not_end_the_attempt() -> None:
    (goal,) = goals_at_sorries(ONE)
    gate = Gate(Refused("no"), ACCEPTED)
    known = [KnownProof(((text,),), whole=False) for text in ("broken", "refused")]
    table: Table = {"a": {"simp": leaves()}}
    outcome = attempt(
        prover(Listed({"a": ["simp"]}), gate, **recalling(*known)), ONE, table,
        closes(goal, "broken", Failed("elaboration", "no", 0)), closes(goal, "refused"), closes(goal, "simp"),
    )  # fmt: skip
    assert isinstance(outcome, TheoremProved)
    assert (outcome.proof, outcome.recalled, len(gate.texts)) == ("simp", False, 2)


# --- budgets ---


def test_a_spent_budget_leaves_the_theorem_open() -> None:
    table: Table = {"a": {f"t{number}": Fails() for number in range(8)}}
    generator = Listed({"a": [f"t{number}" for number in range(20)]})
    outcome = attempt(prover(generator, Gate(), Budget(seconds=None, tactics=8)), ONE, table)
    assert isinstance(outcome, TheoremOpen)
    assert (outcome.reason, outcome.spent.tactics) == ("the budget is spent", 8)


def test_goals_share_the_time_and_what_one_leaves_goes_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    budgets: list[float] = []

    class Recording(BestFirstSearch):
        def run(self):  # type: ignore[no-untyped-def]
            budgets.append(self.meter.budget.seconds or 0.0)
            return super().run()

    monkeypatch.setitem(ENGINES.built_in, "recording", Recording)
    first, second = goals_at_sorries(TWO)
    own = prover(Listed({"a": ["simp"], "b": ["simp"]}), Gate(ACCEPTED), Budget(seconds=1_000.0))
    table: Table = {"a": {"simp": leaves()}, "b": {"simp": leaves()}}
    outcome = attempt(
        replace(own, strategy=Strategy(engine="recording")), TWO, table, closes(first, "simp"), closes(second, "simp")
    )
    assert isinstance(outcome, TheoremProved)
    assert budgets == pytest.approx([500.0, 1_000.0], abs=30.0)


def test_tokens_of_all_goals_count_together() -> None:
    first, _ = goals_at_sorries(TWO)
    generator = Listed({"a": ["simp"], "b": ["intro h"], "c": ["omega"]}, tokens=60)
    table: Table = {"a": {"simp": leaves()}, "b": {"intro h": leaves("c")}}
    outcome = attempt(prover(generator, Gate(), Budget(seconds=None, tokens=120)), TWO, table, closes(first, "simp"))
    assert isinstance(outcome, TheoremOpen)
    assert (outcome.reason, outcome.spent.asked.tokens) == ("the budget is spent", 120)


def test_an_unknown_engine_is_named() -> None:
    own = replace(prover(Listed({}), Gate()), strategy=Strategy(engine="none such"))
    with pytest.raises(UsageError, match="There is no search engine 'none such': choose from best_first"):
        attempt(own, ONE, {})


# --- whole proofs ---


def test_a_draft_is_revised_with_leans_message() -> None:
    (goal,) = goals_at_sorries(ONE)
    model, gate = Model("intro h\nbad", "intro h\nomega"), Gate(ACCEPTED)
    writer = WholeProofWriter(model, format_named("kimina"), Decoding(1, "sample"))  # type: ignore[arg-type]
    table: Table = {
        "a": {"intro h": leaves("c")},
        "c": {"bad": Fails("elaboration", "unknown tactic"), "omega": leaves()},
    }
    outcome = attempt(prover(Listed({}), gate, drafting=writer), ONE, table, closes(goal, "intro h\nomega"))
    assert isinstance(outcome, TheoremProved)
    assert {step.sources for step in outcome.steps} == {("drafts",)}
    assert outcome.spent.expansions == 0
    first, second = model.prompts
    assert "theorem t : p := by" in first
    assert "unknown tactic" in second
    assert "intro h\nbad" in second


def test_the_search_continues_where_a_draft_stopped() -> None:
    (goal,) = goals_at_sorries(ONE)
    writer = WholeProofWriter(Model("intro h\nbad"), format_named("kimina"), Decoding(1), revisions=0)  # type: ignore[arg-type]
    table: Table = {"a": {"intro h": leaves("c")}, "c": {"bad": Fails(), "omega": leaves()}}
    outcome = attempt(
        prover(Listed({"c": ["omega"]}), Gate(ACCEPTED), drafting=writer), ONE, table, closes(goal, "intro h\nomega")
    )
    assert isinstance(outcome, TheoremProved)
    assert [step.sources for step in outcome.steps] == [("drafts",), ("listed",)]


def test_no_draft_is_requested_when_a_similar_proof_closes_the_goal() -> None:
    (goal,) = goals_at_sorries(ONE)
    model = Model()
    writer = WholeProofWriter(model, format_named("kimina"), Decoding(1, "sample"))  # type: ignore[arg-type]
    generator = Listed({}, whole=["bad", "simp"])
    table: Table = {"a": {"bad": Fails(), "simp": leaves()}}
    outcome = attempt(prover(generator, Gate(ACCEPTED), drafting=writer), ONE, table, closes(goal, "simp"))
    assert isinstance(outcome, TheoremProved)
    assert [step.sources for step in outcome.steps] == [("listed",)]
    assert model.prompts == []


def test_similar_proofs_use_a_tenth_of_the_budget() -> None:
    generator = Listed({"a": []}, whole=["one", "two", "three"])
    table: Table = {"a": {"one": Fails(), "two": Fails()}}
    outcome = attempt(prover(generator, Gate(), Budget(seconds=None, tactics=20)), ONE, table)
    assert isinstance(outcome, TheoremOpen)
    assert outcome.spent.tactics == 2


# --- failures of Lean ---


def test_a_lean_that_cannot_open_the_goals_fails_the_attempt() -> None:
    to_prove = task(ONE)
    script = [
        Exchange("sorries", (to_prove.source, 0, len(ONE)), LeanDied("Lean ended: start it again.")),
        Exchange("forget", ()),
    ]
    with ScriptedSession({}, script) as session:
        outcome = prover(Listed({}), Gate()).prove(session, to_prove)
    assert isinstance(outcome, TheoremFailed)
    assert outcome.reason == "Lean ended: start it again."


def test_a_lean_that_fails_during_the_search_fails_the_attempt() -> None:
    table: Table = {"a": {"simp": LeanTimeout("Lean did not answer: raise the limit.")}}
    outcome = attempt(prover(Listed({"a": ["simp"]}), Gate()), ONE, table)
    assert isinstance(outcome, TheoremFailed)
    assert outcome.reason == "Lean did not answer: raise the limit."


def test_a_session_that_cannot_forget_is_closed() -> None:
    to_prove = task(ONE)
    script = [
        Exchange("sorries", (to_prove.source, 0, len(ONE)), goals_at_sorries(to_prove.source.text)),
        Exchange("forget", (), LeanDied("Lean ended.")),
        Exchange("close", ()),
    ]
    with ScriptedSession({}, script) as session:
        outcome = prover(Listed({}), Gate()).prove(session, to_prove)
    assert isinstance(outcome, TheoremOpen)


# --- polishing ---


def polished(*judgements: Judgement) -> tuple[AttemptOutcome, list[str]]:
    (goal,) = goals_at_sorries(ONE)
    gate, generator = Gate(*judgements), Listed({"a": ["intro h"], "c": ["simp"]})
    table: Table = {
        "a": {"intro h": leaves("c"), "intro h\nsimp": leaves(), "simp": leaves(), "intros": Fails()},
        "c": {"simp": leaves()},
    }
    outcome = attempt(prover(generator, gate, polish_seconds=5.0), ONE, table, closes(goal, "intro h\nsimp"))
    return outcome, gate.texts


def test_a_proof_is_polished_before_it_is_judged() -> None:
    outcome, judged = polished(ACCEPTED)
    assert isinstance(outcome, TheoremProved)
    assert (outcome.scripts, outcome.found) == ((("simp",),), (("intro h", "simp"),))
    assert judged == ["theorem t : p := by\n  simp\n"]
    assert [step.tactic for step in outcome.steps] == ["intro h", "simp"]


def test_a_proof_stays_as_it_was_found_if_the_gate_refuses_its_polished_form() -> None:
    outcome, judged = polished(Refused("no"), ACCEPTED)
    assert isinstance(outcome, TheoremProved)
    assert (outcome.scripts, outcome.found) == ((("intro h", "simp"),), ())
    assert len(judged) == 2


def test_a_proof_is_not_lost_if_lean_dies_while_it_is_polished() -> None:
    (goal,) = goals_at_sorries(ONE)
    gate, generator = Gate(ACCEPTED), Listed({"a": ["intro h"], "c": ["simp"]})
    table: Table = {
        "a": {"intro h": leaves("c"), "intro h\nsimp": leaves(), "simp": LeanDied("it died")},
        "c": {"simp": leaves()},
    }
    outcome = attempt(prover(generator, gate, polish_seconds=5.0), ONE, table, closes(goal, "intro h\nsimp"))
    assert isinstance(outcome, TheoremProved)
    assert (outcome.scripts, outcome.found) == ((("intro h", "simp"),), ())


def test_the_reason_for_which_a_known_proof_was_refused_is_kept() -> None:
    (goal,) = goals_at_sorries(ONE)
    gate = Gate(Refused("it rests on axioms"))
    known = KnownProof((("exact lie",),), whole=False)
    outcome = attempt(prover(Listed({"a": []}), gate, **recalling(known)), ONE, {"a": {}}, closes(goal, "exact lie"))
    assert isinstance(outcome, TheoremOpen)
    assert outcome.refused == "it rests on axioms (known from the database)"


def test_a_proof_that_could_not_be_checked_is_not_called_refused() -> None:
    (goal,) = goals_at_sorries(ONE)
    gate = Gate(*(Refused("no time", compiled=False, wrong=False) for _ in range(MAX_REFUSED_PROOFS)))
    tactics = [f"simp {number}" for number in range(MAX_REFUSED_PROOFS)]
    table: Table = {"a": {tactic: leaves() for tactic in tactics}}
    outcome = attempt(prover(Listed({"a": tactics}), gate), ONE, table, *(closes(goal, tactic) for tactic in tactics))
    assert isinstance(outcome, TheoremOpen)
    assert (outcome.reason, outcome.refused, outcome.undecided) == ("its proofs could not be checked", None, "no time")


class SlowGate(Gate):
    """Takes its time."""

    def judge(self, submission: Submission, level: int) -> Judgement:
        time.sleep(0.3)
        return super().judge(submission, level)


def test_the_time_of_the_gate_is_no_time_of_the_search() -> None:
    (goal,) = goals_at_sorries(ONE)
    known = [KnownProof(((f"simp {number}",),), whole=False) for number in range(3)]
    gate = SlowGate(*(Refused("no") for _ in known), ACCEPTED)
    table: Table = {"a": {"rfl": leaves()}}
    outcome = attempt(
        prover(Listed({"a": ["rfl"]}), gate, Budget(seconds=0.8), **recalling(*known)), ONE, table,
        *(closes(goal, f"simp {number}") for number in range(3)), closes(goal, "rfl"),
    )  # fmt: skip
    assert isinstance(outcome, TheoremProved)
    assert outcome.spent.gate_seconds >= 1.2
    assert outcome.spent.seconds - outcome.spent.gate_seconds < 0.8


# --- what cannot be proved ---


def test_a_theorem_about_something_that_is_missing_is_not_searched() -> None:
    about = replace(task(ONE), declaration=replace_fields(task(ONE).declaration, needs=("f", "g")))
    assert "rests on `f`, `g`, left to `sorry`" in (unprovable(about, goals_at_sorries(ONE)) or "")
    private = replace(about, declaration=replace_fields(about.declaration, needs=("Nat",), rests=("Nat.found",)))
    assert "rests on `Nat.found`, left" in (unprovable(private, goals_at_sorries(ONE)) or "")
    itself = replace(about, declaration=replace_fields(about.declaration, needs=("sorryAx",)))
    assert "has a `sorry` itself" in (unprovable(itself, goals_at_sorries(ONE)) or "")


def test_a_value_is_not_searched_for() -> None:
    goals = tuple(replace(goal, value=True) for goal in goals_at_sorries(TWO)[1:])
    assert "needs a value, not a proof, for the `sorry` on line 4" in (unprovable(task(TWO), goals) or "")
    assert unprovable(task(TWO), goals_at_sorries(TWO)) is None
