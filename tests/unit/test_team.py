"""Several sessions on one goal: when the others join, and that no outcome is lost."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from prover.errors import LeanDied
from prover.lean import team as team_module
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Goal
from prover.lean.session import Failed, Origin, SourceText, State, TacticLimits, TacticOutcome
from prover.lean.team import Team

STATE = State((Goal("a"),), Origin(SourceText("theorem t : p := sorry", "A.lean", "A"), 17, statement=False))
TACTICS = [f"tactic {number}" for number in range(9)]


@dataclass
class FakeSession:
    ran: list[str] = field(default_factory=list)
    elaborated: int = 0
    dies: bool = False

    def elaborate(self, source: SourceText) -> None:
        self.elaborated += 1

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        for tactic in tactics:
            if self.dies:
                raise LeanDied("it died")
            self.ran.append(tactic)
            time.sleep(0.002)
            yield Failed("elaboration", tactic, 0)


def outcomes(*sessions: FakeSession, batches: int = 1) -> list[str]:
    with Team([cast(LeanSession, session) for session in sessions]) as team:
        results: list[TacticOutcome] = []
        for _ in range(batches):
            results = list(team.run(STATE, TACTICS, TacticLimits()))
            time.sleep(0.01)
    return [outcome.message for outcome in results if isinstance(outcome, Failed)]


def test_a_search_that_ends_soon_takes_one_session() -> None:
    first, second = FakeSession(), FakeSession()
    assert outcomes(first, second, batches=3) == TACTICS
    assert (len(first.ran), second.elaborated, second.ran) == (27, 0, [])


def test_later_the_others_elaborate_the_file_once_and_share_the_tactics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team_module, "JOIN_AFTER_S", 0.0)
    first, second = FakeSession(), FakeSession()
    assert outcomes(first, second, batches=3) == TACTICS
    assert second.elaborated == 1
    assert second.ran
    assert len(first.ran) + len(second.ran) == 27


def test_the_first_session_finishes_what_another_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team_module, "JOIN_AFTER_S", 0.0)
    first, second = FakeSession(), FakeSession(dies=True)
    assert outcomes(first, second, batches=3) == TACTICS
    assert len(first.ran) == 27
