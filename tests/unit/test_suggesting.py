"""Suggested tactics are tried in batches, within the time and the limits that were asked for."""

from collections.abc import Iterator, Sequence

import pytest

from prover.app.suggesting import BATCH_SIZE, SuggestRequest, try_all
from prover.lean.protocol import Goal
from prover.lean.scripted import Fails, ScriptedSession, leaves, opened
from prover.lean.session import State, TacticLimits, TacticOutcome
from prover.tactics.generator import Suggestion

LIMITS = TacticLimits(milliseconds=7)
RANKED = [Suggestion(f"tac{number}", -0.5 * number, ("automation",)) for number in range(BATCH_SIZE + 2)]


class WatchedSession(ScriptedSession):
    """A scripted session that records its batches and their limits, and lets a clock run."""

    batches: list[tuple[int, TacticLimits]]

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        self.batches.append((len(tactics), limits))
        return super().run(state, tactics, limits)


@pytest.fixture
def session() -> WatchedSession:
    table = {suggestion.tactic: Fails(message="no") for suggestion in RANKED}
    watched = WatchedSession(table={"g": {**table, "tac0": leaves(), "tac1": leaves("h", replacement="simp only")}})
    watched.batches = []
    return watched


def request(seconds: float) -> SuggestRequest:
    return SuggestRequest("t", (), (), len(RANKED), seconds, LIMITS)


def test_each_suggestion_has_its_own_result(session: WatchedSession) -> None:
    tried = list(try_all(session, opened("g"), RANKED, request(60)))
    assert [each.log_probability for each in tried] == [suggestion.log_probability for suggestion in RANKED]
    assert (tried[0].tactic, tried[0].goals, tried[0].failure) == ("tac0", (), None)
    assert (tried[1].tactic, len(tried[1].goals or ())) == ("simp only", 1)
    assert (tried[-1].goals, tried[-1].failure) == (None, "no")
    assert session.batches == [(BATCH_SIZE, LIMITS), (2, LIMITS)]


def test_no_batch_is_begun_after_the_time(session: WatchedSession) -> None:
    tried = list(try_all(session, opened("g"), RANKED, request(0)))
    assert len(tried) == BATCH_SIZE
    assert session.batches == [(BATCH_SIZE, LIMITS)]


def test_a_goal_that_lean_sends_once_is_shown_with_each_tactic_that_leaves_it() -> None:
    sent = Goal("k", target="p")
    table = {"g": {"tac0": leaves(sent), "tac1": leaves("k", "g"), "tac2": leaves("other")}}
    session = ScriptedSession(table=table)
    tried = list(try_all(session, opened(Goal("g", target="q")), RANKED[:3], request(60)))
    assert [each.goals for each in tried] == [("⊢ p",), ("⊢ p", "⊢ q"), ("⊢ ",)]
