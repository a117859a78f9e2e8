"""A gate on two Lean processes that serve all cheats: one compiles originals and opens them, the other judges.

Each candidate is a text that the second has not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from prover.check.gate import Accepted, Gate, Judgement, Refused, Submission
from prover.check.proof_text import ProofText, submission_of
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration
from prover.lean.session import SorryGoal, SourceText
from prover.lean.toolchain.toolchain import Toolchain
from tests.cheat_files import Attempt, all_attempts, target_of

ATTEMPTS = sorted(all_attempts(), key=lambda attempt: "import Lean" in (attempt.original or ""))
"""those that need Lean itself imported come last: it doubles the memory of the processes"""

MAX_RESIDENT_BYTES = 1_450_000_000
"""resident bytes past which the shared process is replaced"""


class Borrowed(LeanSession):
    """A session that the gate may close as often as it likes: the tests share its process."""

    def close(self) -> None:
        if self._process is None or self._process.memory() > MAX_RESIDENT_BYTES:
            super().close()


@dataclass
class Bench:
    """A gate, and a session that opens originals."""

    opener: Borrowed
    gate: Gate
    _opened: dict[SourceText, tuple[tuple[Declaration, ...], SorryGoal]] = field(default_factory=dict)

    def opened(self, source: SourceText) -> tuple[tuple[Declaration, ...], SorryGoal]:
        """The declarations of an original, and the goal of the one to prove; each original is opened once."""
        if source not in self._opened:
            self.opener.elaborate(source)
            declared = self.opener.declarations(source)
            self._opened[source] = declared, self.opener.statement(source, target_of(declared).selection)
            self.opener.close()
        return self._opened[source]

    def judge(self, attempt: Attempt) -> Judgement:
        assert attempt.original is not None
        source = SourceText(attempt.original, f"{attempt.file}.lean", attempt.file)
        declared, sorry_goal = self.opened(source)
        declaration = target_of(declared)
        if attempt.form != "file":
            proof = ProofText(attempt.text, term=attempt.form == "term")
            submission = submission_of(source, declaration, sorry_goal, proof)
            return self.gate.judge(replace(submission, axioms=attempt.axioms, assumed=attempt.assumed), level=4)
        candidate = replace(source, text=attempt.text)
        beside = tuple((each.name, each.selection) for each in declared if each.name == "beside")
        place = declaration.selection, sorry_goal.command
        submission = Submission(
            source,
            candidate,
            declaration.name,
            *place,
            beside=beside,
            axioms=attempt.axioms,
            assumed=attempt.assumed,
        )
        return self.gate.judge(submission, level=4)


def on_bench(toolchain: Toolchain) -> Iterator[Bench]:
    opener, judge = Borrowed(toolchain), Borrowed(toolchain)
    yield Bench(opener, Gate(lambda: judge))
    opener.end()
    judge.end()


def decided(judgement: Judgement, attempt: Attempt) -> None:
    if attempt.honest:
        assert isinstance(judgement, Accepted), judgement
        assert judgement.given == attempt.given
    else:
        assert isinstance(judgement, Refused), judgement
        assert attempt.reason in judgement.reason
