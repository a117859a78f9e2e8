"""The steps of the lifelong loop that courses and the daemon share: reconcile, recheck, choose, attempt, store.

Tracing is the executor's (`Executor.trace`), training is in training.py. Each caller decides when a step is due, in
which order repositories are visited, and what a failure costs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from curriculum.database.courses import proved_sorries
from curriculum.database.database import Database, UnitOfWork
from curriculum.database.lineage import ProofChange, break_proof, reconcile, record_event
from curriculum.database.records import AttemptRecord, FoundProof, new_uid
from curriculum.database.suggestion_counts import suggestion_counts
from curriculum.database.theorem_queue import QueuedTheorem, attempt_counts, proofs_known
from curriculum.lifelong.executor import AttemptRequest, AttemptResult, Executor, LearnedState, SuggestionCounts
from curriculum.lifelong.policy import ProvingPolicy, success_chances
from curriculum.scheduling import SuccessRecord

Guard = Callable[[UnitOfWork], None]
"""Runs first in each unit of work; raises where the caller must not store anything any more."""


def unguarded(_work: UnitOfWork) -> None:
    """Allows every unit of work."""


@dataclass(frozen=True)
class RecheckedProof:
    """A known proof that no longer holds."""

    theorem: str
    """The theorem's full name."""
    event: Literal["mended", "broken"]
    """`mended` where another proof was found at once."""
    result: AttemptResult


@dataclass(frozen=True)
class LoopSteps:
    """The shared steps, on one database with one executor and one policy."""

    database: Database
    executor: Executor
    policy: ProvingPolicy
    learners: tuple[str, ...]
    """The names of the learners whose generators take part; stored with each attempt."""

    def settings(self) -> dict[str, Any]:
        """Returns what the outcome of an attempt depends on, besides its request and what was learned."""
        return {**self.executor.settings(), "learners": list(self.learners)}

    def reconcile(self, work: UnitOfWork, repository: int, revision: str) -> list[ProofChange]:
        """Stores and returns what a traced revision did to the proofs that were known."""
        return reconcile(work.connection, repository, revision, work.now())

    def recheck(
        self,
        location: str,
        revision: str,
        tactics: int,
        seed: int = 0,
        run: int | None = None,
        guard: Guard = unguarded,
    ) -> Iterator[RecheckedProof]:
        """Tries the known proofs of a repository's `sorry`s again, and yields each that no longer holds.

        Args:
            tactics: the tactics that a search may run where a known proof no longer holds.
            seed: the seed of that search.
            run: the id of the run that is stored as the cause.
            guard: runs first in each unit of work.
        """
        with self.database.reading() as connection:
            proved = proved_sorries(connection, location)
        requests = [AttemptRequest(module, name, tactics, seed=seed) for module, name in proved]
        for result in self.attempt(location, revision, requests, LearnedState()):
            if not result.refutes:
                continue
            theorem = proved[result.request.module, result.request.theorem]
            event = self.database.perform(lambda work, t=theorem, r=result: _broken(work, t, r, run, guard))  # type: ignore[misc]
            yield RecheckedProof(result.request.theorem, event, result)

    def choose(
        self, queue: Sequence[QueuedTheorem], results: Mapping[float, SuccessRecord], now: float | None = None
    ) -> list[AttemptRequest]:
        """Returns attempts for a repository's queue: budgets and temperatures by the policy, from past results.

        Args:
            results: by temperature, the results of earlier attempts.
            now: the time in seconds, on the database's clock; None where the result must not depend on a clock.
        """
        with self.database.reading() as connection:
            known, counted = proofs_known(connection), attempt_counts(connection)
        return self.policy.requests(queue, success_chances(queue, counted, known, now), results)

    def statistics(self, repository: int) -> tuple[SuggestionCounts, SuggestionCounts]:
        """Returns the statistics of generators in a repository, and in all others together."""
        with self.database.reading() as connection:
            return suggestion_counts(connection, repository)

    def attempt(
        self, location: str, revision: str, requests: Sequence[AttemptRequest], learned: LearnedState
    ) -> Iterator[AttemptResult]:
        """Attempts theorems of a repository and yields the results; see `Executor.attempt`."""
        if requests:
            yield from self.executor.attempt(location, revision, requests, learned)

    def store(
        self,
        work: UnitOfWork,
        repository: int,
        result: AttemptResult,
        run: int | None = None,
        uid: str | None = None,
        known: int | None = None,
    ) -> None:
        """Stores an attempt, its proof if it has one, and the statistics of its generators.

        Args:
            run: the id of the run that the attempt is part of.
            uid: the attempt's own name; a new one if not given.
            known: the number of proofs that were known when it was chosen; as many as there are now, if not given.
        """
        request = result.request
        tried = AttemptRecord(
            request.theorem,
            request.module,
            result.statement_key,
            result.toolchain,
            {**self.settings(), "tactics": request.tactics, "temperature": request.temperature},
            result.result,
            cost=result.cost,
            seed=request.seed,
            uid=uid or new_uid(),
        )
        work.results.record_attempt(tried, repository, run, known)
        if result.counts:
            work.results.count_suggestions(repository, result.counts)


def _broken(
    work: UnitOfWork, theorem: int, result: AttemptResult, run: int | None, guard: Guard
) -> Literal["mended", "broken"]:
    """Stores that a known proof no longer holds, and the new proof where there is one."""
    guard(work)
    break_proof(work.connection, theorem, run, work.now())
    if not isinstance(result.result, FoundProof):
        return "broken"
    proof = work.results.record_proof(result.statement_key, result.result, result.toolchain)
    record_event(work.connection, theorem, "mended", proof, run, work.now())
    return "mended"
