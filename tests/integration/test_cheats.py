"""Every cheat under `tests/cheats` is refused, for the reason it should be; every honest twin is accepted.

Two processes serve all: one compiles originals and opens them, the other judges. Each candidate is a text
that the second has not seen.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from prover.check.audit import audit
from prover.check.gate import Accepted, Gate, Judgement, Refused, Submission
from prover.check.proof_text import ProofText, submission_of
from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import EmbeddedToolchain, Toolchain
from tests.cheat_files import CHEATS, Attempt, all_attempts
from tests.integration.computer import Computer

ATTEMPTS = sorted(all_attempts(), key=lambda attempt: "import Lean" in (attempt.original or ""))
"""those that need Lean itself imported come last: it doubles the memory of the processes"""

FIRST = ATTEMPTS if "ALL_NATIVE" in os.environ else list({(a.file, a.honest): a for a in reversed(ATTEMPTS)}.values())
"""those that a native Lean is asked about: of each file a cheat and a twin, since the gate's program is the same"""
ENOUGH = 1_450_000_000
"""resident bytes past which the shared process is replaced"""

AUDITS = all_attempts(CHEATS / "audit")


class Borrowed(LeanSession):
    """A session that the gate may close as often as it likes: the tests share its process."""

    def close(self) -> None:
        if self._process is None or self._process.memory() > ENOUGH:
            super().close()


@dataclass
class Bench:
    """A gate, and a session that opens originals."""

    opener: Borrowed
    gate: Gate

    def judge(self, attempt: Attempt) -> Judgement:
        assert attempt.original is not None
        source = SourceText(attempt.original, f"{attempt.file}.lean", attempt.file)
        self.opener.elaborate(source)
        declaration = next(d for d in self.opener.declarations(source) if d.name.split(".")[-1] == "target")
        sorry_goal = self.opener.statement(source, declaration.selection)
        self.opener.close()
        if attempt.form != "file":
            proof = ProofText(attempt.text, term=attempt.form == "term")
            return self.gate.judge(submission_of(source, declaration, sorry_goal, proof), level=4)
        candidate = replace(source, text=attempt.text)
        submission = Submission(source, candidate, declaration.name, declaration.selection, sorry_goal.command)
        return self.gate.judge(submission, level=4)


def on_bench(toolchain: Toolchain) -> Iterator[Bench]:
    opener, judge = Borrowed(toolchain), Borrowed(toolchain)
    yield Bench(opener, Gate(lambda: judge))
    opener.end()
    judge.end()


@pytest.fixture(scope="module")
def bench(toolchain: EmbeddedToolchain) -> Iterator[Bench]:
    yield from on_bench(toolchain)


@pytest.fixture(scope="module")
def native_bench(computer: Computer) -> Iterator[Bench]:
    yield from on_bench(computer.toolchain)


def decided(judgement: Judgement, attempt: Attempt) -> None:
    if attempt.honest:
        assert isinstance(judgement, Accepted), judgement
    else:
        assert isinstance(judgement, Refused), judgement
        assert attempt.reason in judgement.reason


@pytest.mark.lean
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_attempt(bench: Bench, attempt: Attempt) -> None:
    decided(bench.judge(attempt), attempt)


@pytest.mark.lean
@pytest.mark.parametrize("attempt", FIRST, ids=lambda attempt: attempt.name)
def test_attempt_with_a_native_lean(native_bench: Bench, attempt: Attempt) -> None:
    decided(native_bench.judge(attempt), attempt)


@pytest.mark.lean
@pytest.mark.parametrize("attempt", AUDITS, ids=lambda attempt: attempt.name)
def test_audit(bench: Bench, attempt: Attempt) -> None:
    found = audit(lambda: bench.opener, SourceText(attempt.text, f"{attempt.file}.lean", attempt.file))
    assert found.accepted() is attempt.honest, found
    reasons = [each.what for each in found.found if each.refused]
    assert attempt.honest or any(attempt.reason in reason for reason in reasons), found


@pytest.mark.parametrize("attempts", [ATTEMPTS, AUDITS], ids=["proofs", "audits"])
def test_every_cheat_has_an_honest_twin(attempts: list[Attempt]) -> None:
    kinds: dict[str, set[bool]] = {}
    for attempt in attempts:
        kinds.setdefault(attempt.file, set()).add(attempt.honest)
    assert all(found == {True, False} for found in kinds.values()), kinds


def test_there_are_many_ways_to_cheat() -> None:
    assert len({attempt.file for attempt in ATTEMPTS}) >= 40
