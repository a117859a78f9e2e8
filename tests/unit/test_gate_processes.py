"""Which processes the gate uses: each sees one candidate at most, and before it nothing but the original."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from prover.check.gate import Accepted, Gate, Refused, Submission
from prover.errors import LeanDied
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Message
from prover.lean.requests import ChallengeReply, ChallengeTarget, JudgeReply, TheoremClaim
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import Toolchain

ORIGINAL = SourceText("theorem t : True := sorry\n", "A.lean", "A")
CANDIDATE = SourceText("theorem t : True := trivial\n", "A.lean", "A")
SUBMISSION = Submission(ORIGINAL, CANDIDATE, "t", 8, (0, 25))
ERROR = Message("error", 1, 0, 1, 1, "no", "A.lean:1:0: no")


@dataclass
class Processes:
    """Stands in for Lean: the requests to each process, by its number."""

    asked: list[list[str]] = field(default_factory=list)
    broken: frozenset[str] = frozenset()
    """Requests that a process dies of."""
    messages: tuple[Message, ...] = ()
    """The messages about an original as it stands."""
    prepared: dict[SourceText, LeanSession] = field(default_factory=dict)

    def fresh(self) -> LeanSession:
        self.asked.append([])
        return cast(LeanSession, FakeSession(self, len(self.asked) - 1))

    def prepare_for(self, original: SourceText, work: Callable[[LeanSession], object]) -> None:
        if original not in self.prepared:
            session = self.prepared[original] = self.fresh()
            try:
                work(session)
            except LeanDied:
                del self.prepared[original]

    def fresh_for(self, original: SourceText) -> LeanSession:
        return self.prepared.pop(original, None) or self.fresh()


@dataclass
class FakeSession:
    processes: Processes
    number: int
    toolchain: Toolchain | None = None
    """None, as for the embedded Lean: there is no `lean` to ask."""
    search_path: tuple[Path, ...] = ()

    def note(self, request: str) -> None:
        self.processes.asked[self.number].append(request)
        if request in self.processes.broken:
            raise LeanDied("it died")

    elaboration_seconds: float = 600.0

    def challenge(self, source: SourceText, target: ChallengeTarget, olean: Path) -> ChallengeReply:
        self.note("challenge without the proof" if target.sorried else "challenge")
        olean.write_bytes(b"olean")
        return ChallengeReply(messages=() if target.sorried else self.processes.messages, commands=())

    def import_modules(self, source: SourceText) -> None:
        self.note("import")

    def judge(self, candidate: SourceText, claim: TheoremClaim, compiled: Path | None) -> JudgeReply:
        self.note("judge")
        return JudgeReply()

    def close(self) -> None:
        self.note("close")


def test_the_process_that_compiles_the_original_judges_the_first_candidate() -> None:
    processes = Processes()
    gate = Gate(processes.fresh, ahead=processes)
    assert [isinstance(gate.judge(SUBMISSION), Accepted) for _ in range(2)] == [True, True]
    assert processes.asked == [["challenge", "judge", "close"], ["judge", "close"]]


def test_a_prepared_process_judges_the_next_candidate_of_its_file_alone() -> None:
    processes = Processes()
    gate = Gate(processes.fresh, ahead=processes)
    for _ in range(2):
        gate.prepare(ORIGINAL)
        gate.prepare(ORIGINAL)
        gate.judge(SUBMISSION)
    gate.judge(SUBMISSION)
    assert processes.asked == [["challenge", "judge", "close"], ["import", "judge", "close"], ["judge", "close"]]


def test_a_prepared_process_that_died_is_replaced() -> None:
    processes = Processes(broken=frozenset({"challenge"}))
    gate = Gate(processes.fresh, ahead=processes)
    gate.prepare(ORIGINAL)
    judgement = gate.judge(SUBMISSION)
    assert isinstance(judgement, Refused)
    assert "fresh Lean could not check it: it died" in judgement.reason
    assert processes.asked == [["challenge"], ["challenge", "close"], ["challenge", "close"]]


@pytest.mark.parametrize("prepared", [False, True])
def test_an_original_whose_own_proof_is_wrong_is_compiled_without_it(prepared: bool) -> None:
    processes = Processes(messages=(ERROR,))
    gate = Gate(processes.fresh, ahead=processes)
    if prepared:
        gate.prepare(ORIGINAL)
    assert isinstance(gate.judge(SUBMISSION), Accepted)
    assert isinstance(gate.judge(SUBMISSION), Accepted)
    first, second = processes.asked
    assert [request for request, _ in itertools.groupby(first)] == [
        "challenge", "challenge without the proof", "judge", "close",
    ]  # fmt: skip
    assert second == ["judge", "close"]
