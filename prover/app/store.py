"""The database as use cases see it: the ledger of a run, and the maintenance that `prover db` offers.

A database that fails never costs a proof.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from prover.agent import ModelExchange
from prover.app.environment import database
from prover.attempt import (
    AcceptedProof,
    AttemptOutcome,
    KnownProof,
    Task,
    TheoremFailed,
    TheoremOpen,
    TheoremProved,
    TheoremProvedGiven,
    TheoremRefuted,
)
from prover.errors import DatabaseCorrupt, DatabaseError, NotWritable, UsageError
from prover.progress import Notify
from prover.project.location import parse_location
from prover.tactics.ensemble import Counts, GeneratorStatistics
from prover.tactics.policy.log import MalformedLog, SearchLog, SearchLogs, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from curriculum.database.database import Database, UnitOfWork
    from curriculum.database.history import StoredProof, TheoremHistory
    from curriculum.database.records import FoundProof, RunProof
    from curriculum.database.search_logs import Pruned, SearchLogRecord

T = TypeVar("T")


class Ledger:
    """The database for one run. The first error is reported to `notify`; after it, nothing more is read or stored."""

    def __init__(self, toolchain: str, settings: Mapping[str, Any], notify: Notify, model: str | None = None) -> None:
        """Creates the ledger of a run.

        Args:
            settings: The settings that determine the outcome of an attempt.
            model: The name of the language model in the database, if one is used.
        """
        self._toolchain = toolchain
        self._settings = settings
        self._notify = notify
        self._lock = threading.Lock()
        self._database: Database | None = database()
        self._run: int | None = None
        self._repository: int | None = None
        self._location = ""
        self._model = model

    def begin(self, location: str, arguments: Sequence[str]) -> None:
        """Records the start of the run on a repository."""

        def act(work: "UnitOfWork") -> tuple[int, int]:
            run = work.results.begin_run("prove", arguments, self._settings)
            if self._model is not None:
                work.results.record_model(self._model, self._model, {}, {})
            return run, work.traces.record_repository(location)

        self._location = location
        if begun := self._perform(act):
            self._run, self._repository = begun

    def recall(self, statement_key: str) -> tuple[KnownProof, ...]:
        """Returns known proofs of a statement."""
        from curriculum.database.history import proofs_of

        return as_known(self._perform(lambda work: proofs_of(work.connection, statement_key)) or ())

    def statistics(self) -> GeneratorStatistics:
        """Returns the success rates of the generators in earlier runs."""

        def act(work: "UnitOfWork") -> GeneratorStatistics:
            from curriculum.database.suggestion_counts import suggestion_counts

            return GeneratorStatistics(*suggestion_counts(work.connection, self._repository))

        return self._perform(act) or GeneratorStatistics()

    def count(self, counts: Counts) -> None:
        """Adds to the stored success rates of the generators."""
        repository = self._repository
        if repository is not None and counts:
            self._perform(lambda work: work.results.count_suggestions(repository, counts))

    def record(self, task: Task, outcome: AttemptOutcome, logs: SearchLogs | None = None) -> None:
        """Stores an attempt, its proof if it has one, and its log; nothing if the proof came from the database.

        Args:
            logs: those of the run, from which that of the attempt is taken.
        """
        steps = outcome.steps if isinstance(outcome, AcceptedProof) else ()
        log = logs.take(task.ref(), steps, isinstance(outcome, AcceptedProof)) if logs is not None else None
        if isinstance(outcome, TheoremProved) and outcome.recalled:
            return
        self._perform(lambda work: self._store(work, task, outcome))
        if log is not None:
            self._perform(lambda work: self._store_log(work, task, log))

    def keep(self, proofs: "Sequence[RunProof]") -> int | None:
        """Stores the proofs of the run that hold together; returns the number of the run, None if it is not stored."""
        run, repository = self._run, self._repository
        if run is None or repository is None or self._database is None:
            return None
        self._perform(lambda work: work.results.record_run_proofs(run, repository, proofs))
        return run if self._database is not None else None

    def exchanged(self, exchange: ModelExchange) -> None:
        """Stores a question to a model with its answers, or what became of them if it is stored already."""
        from curriculum.database.exchanges import ExchangeRecord, record_exchange

        used, theorem = exchange.usage, exchange.theorem
        record = ExchangeRecord(
            exchange.uid,
            theorem.name,
            theorem.module,
            theorem.statement_key,
            exchange.model,
            exchange.round,
            exchange.purpose,
            exchange.system,
            exchange.prompt,
            exchange.answers,
            exchange.outcome,
            used.requests,
            used.tokens_in,
            used.tokens_out,
            used.cost,
            used.seconds,
        )
        self._perform(lambda work: record_exchange(work.connection, record, self._run, work.now()))

    def end(self, interrupted: bool) -> None:
        """Records the end of the run and closes the database."""
        run = self._run
        if run is not None:
            self._perform(lambda work: work.results.end_run(run, "interrupted" if interrupted else "finished"))
            self._perform(_keep_bounded)
        if self._database is not None:
            self._database.close()

    def _store(self, work: "UnitOfWork", task: Task, outcome: AttemptOutcome) -> None:
        from curriculum.database.records import AttemptCost, AttemptRecord

        declaration, spent = task.declaration, outcome.spent
        attempt = AttemptRecord(
            declaration.name,
            task.source.module,
            declaration.key,
            self._toolchain,
            self._settings,
            result_of(outcome, self._settings["generators"], self._model),
            cost=AttemptCost(spent.seconds, spent.expansions, spent.tactics),
            models=() if self._model is None else (self._model,),
        )
        work.results.record_attempt(attempt, self._repository, self._run)

    def _store_log(self, work: "UnitOfWork", task: Task, log: SearchLog) -> None:
        from curriculum.database.search_logs import record_search_log

        record_search_log(work.connection, log_record(self._location, task, log, self._run), work.now())

    def _perform(self, act: "Callable[[UnitOfWork], T]") -> T | None:
        with self._lock:
            if self._database is None:
                return None
            try:
                return self._database.perform(act)
            except DatabaseError as error:
                self._notify(f"results are not stored: {error}")
                self._database = None
                return None


def _keep_bounded(work: "UnitOfWork") -> None:
    """Removes the oldest logs of searches if all of them together are too large."""
    from curriculum.database.search_logs import MAX_STORED_BYTES, prune, stored_bytes

    if stored_bytes(work.connection) > MAX_STORED_BYTES:
        prune(work.connection, keep_bytes=MAX_STORED_BYTES)


def log_record(repository: str, task: Task, log: SearchLog, run: int | None = None) -> "SearchLogRecord":
    """Returns the log of a search for a proof of a theorem, as the database stores it."""
    from curriculum.database.search_logs import SearchLogRecord

    declaration = task.declaration
    tried = len(log.trials) + log.left_out
    return SearchLogRecord(
        repository, task.source.module, declaration.name, declaration.key, log.proved, len(log.goals), tried,
        log.packed(), run,
    )  # fmt: skip


def result_of(
    outcome: AttemptOutcome, generators: Sequence[str], model: str | None = None
) -> "FoundProof | tuple[Any, str]":
    """Returns the result of an attempt in the form that the database stores."""
    from curriculum.database.records import FoundProof, GoalStep

    match outcome:
        case TheoremProved():
            scripts = tuple("\n".join(script) for script in outcome.scripts)
            judgement = outcome.judgement
            sources = dict.fromkeys(source for step in outcome.steps for source in step.sources)
            names = ", ".join(sources or generators)
            used_model = model if {"model", "drafts"} & sources.keys() else None
            steps = tuple(GoalStep(s.goal.printed(), s.goal.key, s.tactic) for s in outcome.steps)
            return FoundProof(scripts, judgement.axioms, judgement.level, names, outcome.whole, used_model, steps=steps)
        case TheoremOpen(reason, _, refused):
            return ("refused", refused) if refused else ("open", reason)
        case TheoremProvedGiven() | TheoremRefuted():
            return "open", outcome.reason
        case TheoremFailed(reason):
            return "failed", reason


def known_proofs(database: "Database", statement_key: str) -> tuple[KnownProof, ...]:
    """Returns known proofs of a statement, the most thoroughly checked first."""
    from curriculum.database.history import proofs_of

    with database.reading() as connection:
        return as_known(proofs_of(connection, statement_key))


def as_known(found: "Iterable[StoredProof | RunProof]") -> tuple[KnownProof, ...]:
    """Returns stored proofs as an attempt tries them again."""
    return tuple(KnownProof(tuple(tuple(text.splitlines()) for text in proof.scripts), proof.whole) for proof in found)


def run_proofs(run: int) -> "tuple[str, list[RunProof]]":
    """Returns the location of the repository of a run of `prove`, and the proofs of the run.

    Raises:
        UsageError: there is no such run, or it has found no proof.
        DatabaseError: the database cannot be read.
    """
    from curriculum.database.run_proofs import proofs_of_run, run_exists

    with database() as db, db.reading() as connection:
        if found := proofs_of_run(connection, run):
            return found
        known = run_exists(connection, run)
    if known:
        raise UsageError(f"Run {run} has no proofs to apply.")
    raise UsageError(f"There is no run {run} in the database: `prover prove` prints the number of each run at its end.")


def repository_proofs(location: str) -> "list[RunProof]":
    """Returns the proofs of all runs of `prove` on a repository, those of the newest first.

    Raises:
        DatabaseError: the database cannot be read.
    """
    from curriculum.database.run_proofs import proofs_of_repository

    with database() as db, db.reading() as connection:
        return proofs_of_repository(connection, location)


# --- the database itself ---


@dataclass(frozen=True)
class DatabaseStatus:
    """The state of the database."""

    name: str
    """The file, or the address without its password."""
    version: str | None
    """The version of its tables; None if the database does not exist yet."""
    head: str
    """The version of tables that this program has."""
    rows: Mapping[str, int]
    """The number of rows of each table; empty if the versions differ."""


def database_status() -> DatabaseStatus:
    """Returns the state of the database. Creates nothing.

    Raises:
        DatabaseError: it cannot be read.
    """
    from curriculum.database.listing import row_counts

    with database() as db:
        version = db.version()
        rows: dict[str, int] = {}
        if version == db.head:
            with db.reading() as connection:
                rows = row_counts(connection)
        return DatabaseStatus(db.name, version, db.head, rows)


@dataclass(frozen=True)
class DatabaseUpgrade:
    """The result of an upgrade of the database."""

    name: str
    before: str | None
    """The version of its tables before; None if there were none."""
    after: str
    """The version of its tables now."""


def upgrade_database() -> DatabaseUpgrade:
    """Brings the tables to the version that this program has; creates them if there are none.

    Raises:
        DatabaseError: the database cannot be used, or a newer version of this program made it.
    """
    with database() as db:
        before = db.version()
        db.upgrade()
        return DatabaseUpgrade(db.name, before, db.head)


def database_faults() -> tuple[str, list[str]]:
    """Returns the name of the database and its faults, one sentence each.

    Raises:
        DatabaseError: the database cannot be read.
    """
    from curriculum.database.checking import faults

    with database() as db, db.reading() as connection:
        return db.name, list(faults(connection))


def stored_searches(run: int, theorem: str | None = None) -> "list[tuple[str, SearchLog]]":
    """Returns the searches of a run, each with the name of its theorem.

    Args:
        theorem: the full name of the only theorem that is wanted.

    Raises:
        UsageError: the run has no logs, or not of that theorem.
        DatabaseError: the database cannot be read, or a log is damaged.
    """
    from curriculum.database.search_logs import LogSelection, search_logs

    with database() as db, db.reading() as connection:
        records = list(search_logs(connection, LogSelection((run,), theorem=theorem)))
    if not records:
        what = f"of {theorem} " if theorem is not None else ""
        raise UsageError(f"Run {run} has no logs of searches {what}here: it is unknown, or they were removed.")
    try:
        return [(record.theorem, unpacked(record.log)) for record in records]
    except MalformedLog as error:
        raise DatabaseCorrupt(f"A log of run {run} cannot be shown: {error}. `prover db prune` removes logs.") from None


def prune_logs(
    keep_megabytes: float | None = None, older_than_days: float | None = None, runs: tuple[int, ...] = ()
) -> "tuple[str, Pruned]":
    """Removes logs of searches, and returns the name of the database and what was removed.

    Args:
        keep_megabytes: the size of the newest logs that stay.
        older_than_days: older ones are removed.
        runs: those of these runs are removed.

    Raises:
        DatabaseError: the database cannot be written.
    """
    from curriculum.database.search_logs import prune

    keep = None if keep_megabytes is None else int(keep_megabytes * 1_000_000)
    with database() as db:
        before = None if older_than_days is None else db.now() - older_than_days * 86_400
        return db.name, db.perform(lambda work: prune(work.connection, keep, before, runs))


def export_database(file: Path) -> int:
    """Writes everything into a file of JSON Lines, whole or not at all, and returns the number of rows.

    Raises:
        NotWritable: the file cannot be written.
        DatabaseError: the database cannot be read.
    """
    from curriculum.database.transfer import export_to

    with database() as db, db.reading() as connection:
        try:
            return export_to(connection, db.head, file)
        except OSError as error:
            raise NotWritable(f"{file} cannot be written ({error.strerror}): choose another place.") from None


def import_database(file: Path) -> int:
    """Adds the rows of an export that the database does not have, and returns the number of rows that were read.

    Raises:
        UsageError: there is no such file.
        DatabaseError: the file is not an export, or the database cannot be written.
    """
    from curriculum.database.transfer import import_from

    if not file.is_file():
        raise UsageError(f"There is no file {file}: check the path.")
    with database() as db:
        return db.perform(lambda work: import_from(work.connection, db.head, file))


def theorem_histories(repository: str, theorem: str) -> "list[TheoremHistory]":
    """Returns the proofs, attempts and changes of each theorem of that name.

    Args:
        repository: the path or address that was traced.
        theorem: a full name.

    Raises:
        UsageError: no trace of the repository has such a theorem.
    """
    from curriculum.database.history import histories

    location = parse_location(repository).canonical
    with database() as db, db.reading() as connection:
        found = histories(connection, location, theorem)
    if not found:
        raise UsageError(f"No trace of {location} has a theorem {theorem}: check the name, or run `prover trace`.")
    return found
