"""Operations that store attempts, proofs, configurations, models and runs. Part of a unit of work.

Attempts and runs are identified by a `uid` that their maker chooses, proofs and configurations by a digest, so that
storing one twice has no effect.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, case, select, update

from curriculum.database.identity import digest_of
from curriculum.database.lineage import record_event
from curriculum.database.models import forget_model
from curriculum.database.records import AttemptRecord, FoundProof, RunProof, new_uid
from curriculum.database.rows import insert_new, intern, table_of, upsert
from curriculum.database.tables import (
    AttemptRow,
    ConfigurationModelRow,
    ConfigurationRow,
    FoundStepRow,
    GeneratorCountRow,
    ModelFilesRow,
    ModelRow,
    ProofRow,
    RunProofRow,
    RunRow,
)
from curriculum.database.theorem_queue import count_attempt
from curriculum.database.theorems import link_proofs, theorems_named
from prover.errors import RowRefused


class ResultStore:
    """The operations on attempts, proofs, configurations, models and runs in a unit of work."""

    def __init__(self, connection: Connection, now: Callable[[], float]) -> None:
        self._connection = connection
        self._now = now

    def record_attempt(
        self,
        tried: AttemptRecord,
        repository: int | None = None,
        run: int | None = None,
        known_proofs: int | None = None,
    ) -> int:
        """Stores an attempt, with its proof if it has one, and returns the attempt's id.

        Args:
            repository: The id of the theorem's repository.
            run: The id of the run that made the attempt.
            known_proofs: The number of proofs that were known when the attempt was chosen; by default the present one.

        Raises:
            RowRefused: The attempt violates a constraint, or names a model that is not recorded.
        """
        if (known := self._recorded(tried.uid)) is not None:
            return known
        named = theorems_named(self._connection, repository, tried.theorem, tried.module) if repository else []
        theorem = named[0].id if named else None
        if theorem is not None:
            proved = isinstance(tried.result, FoundProof)
            count_attempt(self._connection, theorem, proved, tried.cost.seconds, self._now(), known_proofs)
        proof: int | None = None
        outcome, reason = "proved", None
        match tried.result:
            case FoundProof() as found:
                proof = self.record_proof(tried.statement_key, found, tried.toolchain)
            case (str(why_not), str(why)):
                outcome, reason = why_not, why
        row = {
            "uid": tried.uid,
            "run_id": run,
            "theorem_id": theorem,
            "theorem": tried.theorem,
            "module": tried.module,
            "statement_key": tried.statement_key,
            "configuration_id": self.record_configuration(tried.settings, tried.models),
            "seed": tried.seed,
            "toolchain": tried.toolchain,
            "started_at": self._now() - tried.cost.seconds if tried.started_at is None else tried.started_at,
            "seconds": tried.cost.seconds,
            "expansions": tried.cost.expansions,
            "tactics": tried.cost.tactics,
            "outcome": outcome,
            "reason": reason,
            "proof_id": proof,
        }
        attempt = intern(self._connection, table_of(AttemptRow), [row])[(tried.uid,)]
        if theorem is not None and proof is not None:
            record_event(self._connection, theorem, "found", proof, run, self._now())
        return attempt

    def record_proof(self, statement_key: str, found: FoundProof, toolchain: str) -> int:
        """Stores a proof and returns its id. If the proof exists, its level is raised to the new one."""
        row = {
            "statement_key": statement_key,
            "digest": digest_of(list(found.scripts)),
            "scripts": list(found.scripts),
            "whole": found.whole,
            "axioms": list(found.axioms),
            "toolchain": toolchain,
            "verified": found.verified,
            "generator": found.generator,
            "model_id": self._model(found.model) if found.model is not None else None,
            "found_at": self._now(),
        }
        adding = upsert(self._connection, table_of(ProofRow)).values(row)
        higher = case(
            (adding.excluded.verified > ProofRow.verified, adding.excluded.verified),
            else_=ProofRow.verified,
        )
        adding = adding.on_conflict_do_update(
            index_elements=["statement_key", "digest", "toolchain"], set_={"verified": higher}
        )
        proof = self._connection.scalar(adding.returning(ProofRow.id))
        assert proof is not None
        steps = [
            {"proof_id": proof, "position": position, "goal": s.goal, "goal_key": s.goal_key, "tactic": s.tactic}
            for position, s in enumerate(found.steps)
        ]
        insert_new(self._connection, table_of(FoundStepRow), steps)
        link_proofs(self._connection, statement_key)
        return int(proof)

    def record_configuration(self, settings: Mapping[str, Any], models: Sequence[str] = ()) -> int:
        """Returns the id of a configuration, which is added if it does not exist."""
        used = sorted(set(models))
        row = {"digest": digest_of([settings, used]), "settings": dict(settings)}
        configuration = next(iter(intern(self._connection, table_of(ConfigurationRow), [row]).values()))
        links = [{"configuration_id": configuration, "model_id": self._model(name)} for name in used]
        insert_new(self._connection, table_of(ConfigurationModelRow), links)
        return configuration

    def record_model(
        self,
        name: str,
        origin: str,
        trained_on: Mapping[str, Any],
        metrics: Mapping[str, Any],
        parent: str | None = None,
    ) -> int:
        """Returns the id of a model, which is added if no model has its name; the name includes the version.

        Raises:
            RowRefused: The parent does not exist.
        """
        row = {
            "name": name,
            "origin": origin,
            "trained_on": dict(trained_on),
            "metrics": dict(metrics),
            "parent_id": self._model(parent) if parent is not None else None,
            "made_at": self._now(),
        }
        return intern(self._connection, table_of(ModelRow), [row])[(name,)]

    def record_model_files(self, name: str, directory: str, kind: str, format: str) -> None:
        """Stores the directory of a model's files, in place of an earlier one.

        Raises:
            RowRefused: The model does not exist.
        """
        row = {"model_id": self._model(name), "directory": directory, "kind": kind, "format": format}
        adding = upsert(self._connection, table_of(ModelFilesRow)).values(row)
        self._connection.execute(adding.on_conflict_do_update(index_elements=["model_id"], set_=row))

    def forget_model(self, name: str) -> bool:
        """Deletes a model's location, and the model unless something refers to it; returns whether it was deleted."""
        return forget_model(self._connection, name)

    def count_suggestions(self, repository: int, counts: Mapping[tuple[str, str], tuple[int, int, int]]) -> None:
        """Adds to the counts of generators' suggestions in a repository.

        Args:
            counts: By goal shape and generator, the number of tactics that were run, that Lean accepted, and that are
                part of a proof.
        """
        table = table_of(GeneratorCountRow)
        for (shape, generator), (tried, advanced, used) in sorted(counts.items()):
            row = {"repository_id": repository, "shape": shape, "generator": generator}
            adding = upsert(self._connection, table).values(**row, tried=tried, advanced=advanced, used=used)
            more = {name: table.c[name] + adding.excluded[name] for name in ("tried", "advanced", "used")}
            self._connection.execute(adding.on_conflict_do_update(index_elements=list(row), set_=more))

    def begin_run(
        self, command: str, arguments: Sequence[str], settings: Mapping[str, Any] | None = None, uid: str | None = None
    ) -> int:
        """Records the start of a run and returns its id. Calling it again with the same `uid` has no effect."""
        uid = uid or new_uid()
        row = {
            "uid": uid,
            "command": command,
            "arguments": list(arguments),
            "configuration_id": None if settings is None else self.record_configuration(settings),
            "status": "running",
            "started_at": self._now(),
            "ended_at": None,
        }
        return intern(self._connection, table_of(RunRow), [row])[(uid,)]

    def record_run_proofs(self, run: int, repository: int, proofs: Sequence[RunProof]) -> None:
        """Stores the proofs of a run that hold together, in the order in which they were found."""
        rows = [
            {
                "run_id": run,
                "position": position,
                "repository_id": repository,
                "theorem": proof.theorem,
                "file": proof.file,
                "statement_key": proof.statement_key,
                "scripts": list(proof.scripts),
                "whole": proof.whole,
                "rests_on": list(proof.rests_on),
            }
            for position, proof in enumerate(proofs)
        ]
        insert_new(self._connection, table_of(RunProofRow), rows)

    def end_run(self, run: int, status: Literal["finished", "failed", "interrupted"]) -> None:
        """Records the end of a run; has no effect on a run that has ended."""
        ending = update(RunRow).where(RunRow.id == run, RunRow.ended_at.is_(None))
        self._connection.execute(ending.values(status=status, ended_at=self._now()))

    def _recorded(self, uid: str) -> int | None:
        return self._connection.scalar(select(AttemptRow.id).where(AttemptRow.uid == uid))

    def _model(self, name: str) -> int:
        found = self._connection.scalar(select(ModelRow.id).where(ModelRow.name == name))
        if found is None:
            raise RowRefused(f"There is no model {name}: record it first.")
        return found
