"""What `prover prove` knows from the database, and what it writes there. A database that fails costs no proof."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from prover.app.environment import database
from prover.attempt import Known, Outcome, Task, TheoremFailed, TheoremOpen, TheoremProved
from prover.errors import DatabaseError
from prover.tactics.ensemble import Counts, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from curriculum.database.database import Database, UnitOfWork
    from curriculum.database.history import StoredProof
    from curriculum.database.records import FoundProof

T = TypeVar("T")


class Ledger:
    """The database, as one run of the command uses it. The first failure is told, and ends its use."""

    def __init__(
        self, toolchain: str, settings: Mapping[str, Any], note: Callable[[str], None], model: str | None = None
    ) -> None:
        """`model` is the name that the language model has in the database, or gets there."""
        self._toolchain = toolchain
        self._settings = settings
        self._note = note
        self._lock = threading.Lock()
        self._database: Database | None = database()
        self._run: int | None = None
        self._repository: int | None = None
        self._model = model

    def begin(self, location: str, arguments: Sequence[str]) -> None:
        """Says that the command has begun, on a repository."""

        def act(work: "UnitOfWork") -> tuple[int, int]:
            run = work.results.begin_run("prove", arguments, self._settings)
            if self._model is not None:
                work.results.record_model(self._model, self._model, {}, {})
            return run, work.traces.record_repository(location)

        if begun := self._perform(act):
            self._run, self._repository = begun

    def recall(self, statement_key: str) -> tuple[Known, ...]:
        """Known proofs of a statement."""
        from curriculum.database.history import proofs_of

        return _known(self._perform(lambda work: proofs_of(work.connection, statement_key)) or ())

    def standing(self) -> Standing:
        """What is known of generators."""

        def act(work: "UnitOfWork") -> Standing:
            from curriculum.database.suggestion_counts import suggestion_counts

            return Standing(*suggestion_counts(work.connection, self._repository))

        return self._perform(act) or Standing()

    def count(self, counts: Counts) -> None:
        """Adds to what is known of generators."""
        repository = self._repository
        if repository is not None and counts:
            self._perform(lambda work: work.results.count_suggestions(repository, counts))

    def record(self, task: Task, outcome: Outcome) -> None:
        """Stores an attempt, and its proof if it has one."""
        if isinstance(outcome, TheoremProved) and outcome.recalled:
            return
        self._perform(lambda work: self._store(work, task, outcome))

    def end(self, interrupted: bool) -> None:
        """Says how the command ended."""
        run = self._run
        if run is not None:
            self._perform(lambda work: work.results.end_run(run, "interrupted" if interrupted else "finished"))
        if self._database is not None:
            self._database.close()

    def _store(self, work: "UnitOfWork", task: Task, outcome: Outcome) -> None:
        from curriculum.database.records import AttemptCost, AttemptRecord

        declaration, spent = task.declaration, outcome.spent
        tried = AttemptRecord(
            declaration.name,
            task.source.module,
            declaration.key,
            self._toolchain,
            self._settings,
            result_of(outcome, self._settings["generators"], self._model),
            cost=AttemptCost(spent.seconds, spent.expansions, spent.tactics),
            models=() if self._model is None else (self._model,),
        )
        work.results.record_attempt(tried, self._repository, self._run)

    def _perform(self, act: "Callable[[UnitOfWork], T]") -> T | None:
        with self._lock:
            if self._database is None:
                return None
            try:
                return self._database.perform(act)
            except DatabaseError as error:
                self._note(f"results are not kept: {error}")
                self._database = None
                return None


def result_of(outcome: Outcome, generators: Sequence[str], model: str | None = None) -> "FoundProof | tuple[Any, str]":
    """What came of an attempt with some generators, and a model behind them, as the database keeps it."""
    from curriculum.database.records import FoundProof, GoalStep

    match outcome:
        case TheoremProved():
            scripts = tuple("\n".join(script) for script in outcome.scripts)
            judgement = outcome.judgement
            sources = dict.fromkeys(source for step in outcome.steps for source in step.sources)
            names = ", ".join(sources or generators)
            behind = model if {"model", "drafts"} & sources.keys() else None
            steps = tuple(GoalStep(s.goal.printed(), s.goal.key, s.tactic) for s in outcome.steps)
            return FoundProof(scripts, judgement.axioms, judgement.level, names, outcome.whole, behind, steps=steps)
        case TheoremOpen(reason, _, refused):
            return ("refused", refused) if refused else ("open", reason)
        case TheoremFailed(reason):
            return "failed", reason


def known_proofs(database: "Database", statement_key: str) -> tuple[Known, ...]:
    """Known proofs of a statement, the most thoroughly checked first."""
    from curriculum.database.history import proofs_of

    with database.reading() as connection:
        return _known(proofs_of(connection, statement_key))


def _known(found: "Iterable[StoredProof]") -> tuple[Known, ...]:
    return tuple(Known(tuple(tuple(text.splitlines()) for text in proof.scripts), proof.whole) for proof in found)
