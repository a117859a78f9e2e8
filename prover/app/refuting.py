"""Decides theorems: refuted by a counterexample, proved, or open."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from prover.app.assembly import ProverOptions, assemble, mixture
from prover.app.checking import SANITY_GENERATORS, brief_search
from prover.app.locating import FileLine, Locator, Target
from prover.app.workspace import Workspace
from prover.attempt import AttemptOutcome, TheoremProved, line_of
from prover.check.gate import Accepted
from prover.check.proof_text import unchanged
from prover.check.refutation import REFUTATION_SECONDS, Refuted, Refuter
from prover.check.sanity import contradiction
from prover.errors import BothProved, RequestRefused, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.protocol import displayed_name
from prover.lean.session import Counterexample, State
from prover.search.budget import Budget
from prover.tactics.generator import Generator

NEGATION_SHARE = 0.25
"""The share of the time in which the negation is searched for; the rest is for the theorem itself."""


@dataclass(frozen=True)
class RefutationPlan:
    """The theorems to decide, and the settings."""

    wanted: tuple[str, ...] | FileLine | None
    """Full names of theorems, or their places; None for every theorem with a `sorry`."""
    seconds: float
    """The time for searches of each theorem, without the evaluation of instances and without the gate."""
    generators: tuple[Generator, ...] = SANITY_GENERATORS
    instance_seconds: float = REFUTATION_SECONDS
    """The time for evaluating the instances of each theorem."""


@dataclass(frozen=True)
class Decision:
    """A theorem with what is known of it; the fields are those of the JSON output."""

    theorem: str
    file: str
    line: int
    status: Literal["refuted", "proved", "open"]
    statement: str = ""
    toolchain: str = ""
    reason: str = ""
    counterexample: tuple[tuple[str, str], ...] | None = None
    """The variables of a refuted theorem with their values, as Lean prints them."""
    refutation: str | None = None
    """The tactic block that proves the negation."""
    proof: str | None = None
    """The tactic block that proves the theorem."""
    axioms: tuple[str, ...] = ()
    vacuous: str | None = None
    """A tactic block that proves the theorem from its hypotheses alone, because they contradict each other."""
    instances: int = 0
    """The number of instances that were evaluated."""
    uncovered: tuple[str, ...] = ()
    """Types of variables that no value is known of."""
    seconds: float = 0.0


def decide(workspace: Workspace, plan: RefutationPlan) -> Iterator[Decision]:
    """Yields a decision for each theorem of a plan.

    Raises:
        UnknownTheorem: there is no theorem of a name.
        BothProved: a theorem and its negation are both proved.
    """
    with workspace.pool(1) as pool:
        with pool.lend() as session:
            targets = list(Locator(workspace, session).wanted(plan.wanted))
        for target in targets:
            with pool.lend() as session:
                yield _Decider(workspace, pool, session, target, plan).decide()


class _Decider:
    """Decides one theorem."""

    def __init__(
        self, workspace: Workspace, pool: Pool, session: LeanSession, target: Target, plan: RefutationPlan
    ) -> None:
        self._workspace = workspace
        self._pool = pool
        self._session = session
        self._task = target.task
        self._plan = plan
        self._refuter = Refuter(pool.fresh_for, plan.instance_seconds)
        self._started = time.monotonic()

    def decide(self) -> Decision:
        """Evaluates instances, then searches for the negation and for a proof."""
        source, selection = self._task.source, self._task.declaration.selection
        try:
            statement = self._session.statement(source, selection).state
        except RequestRefused as error:
            raise UsageError(f"{self._task.declaration.name} states nothing that could be refuted: {error}") from None
        found = self._refuter.evaluated(self._session, statement)
        evaluated = time.monotonic() - self._started
        refuted = self._refuter.accepted(source, selection, found.values or (), found.script) if found.script else None
        if refuted is None and (script := self._negation()):
            refuted = self._refuter.accepted(source, selection, found.values or (), tuple(script))
        if refuted is not None:
            self._must_be_unproved(refuted)
            return self._decision(found, "refuted", evaluated, refuted=refuted)
        outcome = self._proved()
        vacuous = self._vacuous(statement) if not found.satisfied and not found.uncovered else ()
        if isinstance(outcome, TheoremProved):
            return self._decision(found, "proved", evaluated, proved=outcome, vacuous=vacuous)
        return self._decision(found, "open", evaluated, vacuous=vacuous)

    def _negation(self) -> Sequence[str]:
        """Returns tactics that prove the negation, found by the ordinary search."""
        negation = self._session.negation(self._task.source, self._task.declaration.selection).state
        search = brief_search(self._task.ref(), NEGATION_SHARE * self._plan.seconds)
        scripts = search(self._session, negation)
        holding = (each for each in scripts if self._session.close_proof(negation, "\n".join(each)) is None)
        return next(holding, ())

    def _proved(self) -> AttemptOutcome:
        options = ProverOptions(Budget(seconds=(1 - NEGATION_SHARE) * self._plan.seconds))
        gate = self._workspace.gate(self._pool)
        return assemble(mixture(self._plan.generators, frozen=True), gate, options).prove(self._session, self._task)

    def _vacuous(self, statement: State) -> Sequence[str]:
        return contradiction(self._session, statement, brief_search(self._task.ref()))

    def _must_be_unproved(self, refuted: Refuted) -> None:
        """Checks the proof that a refuted theorem has in its file.

        Raises:
            BothProved: The gate accepts it.
        """
        source, declaration = self._task.source, self._task.declaration
        if declaration.incomplete:
            return
        submission = unchanged(source, declaration, self._session.statement(source, declaration.selection))
        if isinstance(self._workspace.gate(self._pool).judge(submission), Accepted):
            raise BothProved(declaration.name, "the one in its file", "\n".join(refuted.script))

    def _decision(
        self,
        found: Counterexample,
        status: Literal["refuted", "proved", "open"],
        seconds: float,
        refuted: Refuted | None = None,
        proved: TheoremProved | None = None,
        vacuous: Sequence[str] = (),
    ) -> Decision:
        declaration, source = self._task.declaration, self._task.source
        return Decision(
            displayed_name(declaration),
            source.file,
            line_of(source.text, declaration.selection),
            status,
            declaration.statement,
            self._workspace.describe(),
            reason=_reason(found, refuted, vacuous) if proved is None else "",
            counterexample=refuted.counterexample if refuted is not None else None,
            refutation="\n".join(refuted.script) if refuted is not None else None,
            proof=proved.proof if proved is not None else None,
            axioms=refuted.axioms if refuted is not None else proved.judgement.axioms if proved is not None else (),
            vacuous="\n".join(vacuous) or None,
            instances=found.tried,
            uncovered=found.uncovered,
            seconds=round(seconds, 3),
        )


def _reason(found: Counterexample, refuted: Refuted | None, vacuous: Sequence[str]) -> str:
    """Returns what is known of a theorem that is not proved."""
    if refuted is not None:
        return refuted.described()
    if found.values is not None:
        values = ", ".join(f"{name} := {value}" for name, value in found.values)
        return f"it seems false for {values}, but its negation was not proved"
    if vacuous:
        return "its hypotheses contradict each other"
    if found.uncovered and not found.tried:
        return f"no instance covers the type {found.uncovered[0]}"
    return f"{found.tried} instances do not refute it"
