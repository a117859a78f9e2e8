"""Measures the cost of the gate: levels 1 to 3 for one proof of a file, compared with elaborating that file.

Each figure is measured in started processes that have elaborated nothing. The target is 1.3 times the plain
elaboration plus one second, for a proof in a file whose original is known, as after a search. The first proof in a file
additionally costs the elaboration of the original.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.workload import PROJECTS, Project, built, conditions
from prover.check.gate import Accepted, Gate, Submission
from prover.check.proof_text import unchanged
from prover.errors import UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.toolchain.toolchain import Toolchain

THEOREMS = (
    ("basics", "Basics.List", "Basics.rev_rev"),
    ("logic", "Logic.Formula", "Logic.Formula.neg_neg_equiv"),
    ("programs", "Programs.Sort", "Programs.occ_append"),
)
FACTOR, MORE_S = 1.3, 1.0


@dataclass(frozen=True)
class Cost:
    """Seconds, for one theorem."""

    theorem: str
    plain: float
    """The time of the elaboration of the file."""
    first: float
    """The time of the gate if the original is unknown."""
    known: float
    """The time of the gate if the original is known."""
    replayed: float
    """The time of the gate up to level 4 if the original is known."""

    @property
    def target(self) -> float:
        """What `known` may be."""
        return FACTOR * self.plain + MORE_S

    def json(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "target": self.target, "met": self.known <= self.target}


class Warm:
    """Fresh sessions whose processes have started before they are asked for."""

    def __init__(self, toolchain: Toolchain, path: tuple[Path, ...]) -> None:
        self._toolchain, self._path = toolchain, path
        self._ready: list[LeanSession] = []

    def prepare(self, count: int) -> None:
        """Makes sure that so many are ready."""
        while len(self._ready) < count:
            session = LeanSession(self._toolchain, self._path)
            session.start().greet()
            self._ready.append(session)

    def take(self) -> LeanSession:
        """One of them; the caller ends it."""
        return self._ready.pop()

    def end(self) -> None:
        """Ends those that were not taken."""
        for session in self._ready:
            session.end()


@contextmanager
def warm(toolchain: Toolchain, path: tuple[Path, ...]) -> Iterator[Warm]:
    """Such sessions for as long as the block lasts."""
    sessions = Warm(toolchain, path)
    try:
        yield sessions
    finally:
        sessions.end()


def cost_of(project: Project, toolchain: Toolchain, module: str, theorem: str, repetitions: int) -> Cost:
    """Returns the cost of one theorem's proof, the median of some repetitions."""
    source = project.source(module)
    with warm(toolchain, project.search_path) as sessions:
        sessions.prepare(1)
        session = sessions.take()
        task = project.task(session, module, theorem)
        submission = unchanged(source, task.declaration, session.statement(source, task.declaration.selection))
        session.end()
        figures: list[list[float]] = [[], [], [], []]
        for _ in range(repetitions):
            sessions.prepare(1)
            session = sessions.take()
            started = time.monotonic()
            session.elaborate(source)
            figures[0].append(time.monotonic() - started)
            session.end()
            gate = Gate(sessions.take)
            for place, (processes, level) in enumerate(((2, 3), (1, 3), (2, 4)), start=1):
                sessions.prepare(processes)
                figures[place].append(_judged(gate, submission, level))
    return Cost(theorem, *map(median, figures))


def _judged(gate: Gate, submission: Submission, level: int) -> float:
    started = time.monotonic()
    if not isinstance(judgement := gate.judge(submission, level), Accepted):
        raise UsageError(f"the gate refused {submission.theorem} ({judgement.reason}): mend the benchmark.")
    return time.monotonic() - started


def measure(toolchain: Toolchain, caches: Path, repetitions: int, say: Callable[[str], None]) -> dict[str, Any]:
    """The cost for each of the theorems."""
    rows = []
    for name, module, theorem in THEOREMS:
        say(theorem)
        project = built(PROJECTS / name, toolchain, caches)
        rows.append(cost_of(project, toolchain, module, theorem, repetitions).json())
    return {"conditions": conditions(toolchain), "rows": rows}
