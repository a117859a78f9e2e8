"""Every cheat under `tests/cheats` is refused, for the reason it should be; every honest twin is accepted.

Two processes serve all: one compiles originals and opens them, the other judges. Each candidate is a text
that the second has not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import pytest

from prover.check.gate import Accepted, Gate, Judgement, Refused, Submission
from prover.check.proof_text import ProofText, submission_of
from prover.lean.session import LeanSession, SourceText
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from tests.integration.cheat_files import Attempt, all_attempts

ATTEMPTS = sorted(all_attempts(), key=lambda attempt: "import Lean" in (attempt.original or ""))
"""those that need Lean itself imported come last: it doubles the memory of the processes"""


ENOUGH = 1_450_000_000
"""resident bytes past which the shared process is replaced"""


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
        opening = self.opener.statement(source, declaration.selection)
        self.opener.close()
        if attempt.form != "file":
            proof = ProofText(attempt.text, term=attempt.form == "term")
            return self.gate.judge(submission_of(source, declaration, opening, proof))
        candidate = replace(source, text=attempt.text)
        return self.gate.judge(
            Submission(source, candidate, declaration.name, declaration.selection, opening.command)
        )


@pytest.fixture(scope="module")
def bench(toolchain: EmbeddedToolchain) -> Iterator[Bench]:
    opener, judge = Borrowed(toolchain), Borrowed(toolchain)
    yield Bench(opener, Gate(lambda: judge))
    opener.end()
    judge.end()


@pytest.mark.lean
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_attempt(bench: Bench, attempt: Attempt) -> None:
    judgement = bench.judge(attempt)
    if attempt.honest:
        assert isinstance(judgement, Accepted), judgement
    else:
        assert isinstance(judgement, Refused), judgement
        assert attempt.reason in judgement.reason


def test_every_cheat_has_an_honest_twin_and_there_are_many() -> None:
    kinds = {file: {a.honest for a in group} for file, group in groupby(ATTEMPTS, lambda a: a.file)}
    assert all(found == {True, False} for found in kinds.values()), kinds
    assert len(kinds) >= 40
