"""The results of `prove` as values; their fields are those of the JSON report."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from prover.attempt import (
    AcceptedProof,
    AttemptOutcome,
    Task,
    TheoremFailed,
    TheoremOpen,
    TheoremProvedGiven,
    TheoremRefuted,
    line_of,
)
from prover.check.gate import Accepted
from prover.check.levels import DEFAULT_LEVEL, verified
from prover.errors import ProverError
from prover.lean.protocol import displayed_name
from prover.project.patch import Replacement, patch_of, patched
from prover.tactics.ensemble import Ensemble

Status = Literal["proved", "proved_given", "refuted", "open", "error"]
"""`proved_given`: the proof rests on open theorems, so that the theorem is proved when these are."""
MAX_STUCK_GOALS = 5
"""The number of goals that the report on an open theorem names."""


@dataclass(frozen=True)
class TheoremReport:
    """The result for one theorem."""

    theorem: str
    file: str
    status: Status
    toolchain: str = ""
    statement: str = ""
    line: int = 0
    proof: str | None = None
    """The tactic block of the proof."""
    found: str | None = None
    """The tactic block as the search found it, if it was rewritten since."""
    patch: str | None = None
    """A unified diff, relative to the root of the repository, that applies after those of the theorems before it."""
    rests_on: tuple[str, ...] = ()
    """The full names of the open theorems that the proof rests on; none if the theorem is proved."""
    axioms: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    """What the toolchain could not check, in words."""
    verified: str | None = None
    """A description of the level up to which the gate checked the proof."""
    reason: str | None = None
    """The reason why the theorem is open, or the error."""
    refused: str | None = None
    """The reason why the gate refused a wrong proof, if it refused one."""
    undecided: str | None = None
    """The reason why a proof that was found could not be written into the file or checked."""
    stuck: tuple[str, ...] = ()
    """The goals that remained of the partial proof that got furthest, of an open theorem; at most `MAX_STUCK_GOALS`."""
    facts: tuple[str, ...] = ()
    """Theorems from which an open theorem follows, each with `sorry` as its proof, to be placed before it."""
    partial: str | None = None
    """The tactic block that proves the open theorem with these."""
    counterexample: tuple[tuple[str, str], ...] | None = None
    """The variables of a refuted theorem with their values, as Lean prints them."""
    refutation: str | None = None
    """The tactic block that proves the negation of a refuted theorem."""
    messages: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """Errors that keep the file from compiling although the proof is right."""
    seconds: float = 0.0
    """The time that the attempt took, without that of the gate."""
    gate_seconds: float = 0.0
    expansions: int = 0
    tactics_run: int = 0
    model_tokens: int = 0
    """The number of tokens that a language model read and wrote."""
    model_cost: float = 0.0
    recalled: bool = False
    """Whether the proof came from the database, without a search."""

    def same_theorem(self, other: "TheoremReport") -> bool:
        """Returns whether two reports are on the same theorem."""
        return (self.file, self.theorem, self.line) == (other.file, other.theorem, other.line)

    @staticmethod
    def of_broken_file(file: str, error: ProverError) -> "TheoremReport":
        """Returns the report on a file whose theorems could not be listed."""
        return TheoremReport(theorem="", file=file, status="error", reason=str(error), messages=error.details)


@dataclass(frozen=True)
class GeneratorReport:
    """The tactics of a generator in a run."""

    proposed: int
    """The number of tactics that it proposed."""
    tried: int
    """The number of its tactics that were run."""
    valid: int
    """The number of its tactics that Lean accepted."""
    used: int
    """The number of its tactics that are part of proofs."""
    seconds: float
    """The time that proposing took, in seconds."""


@dataclass
class Report:
    """The results of a run."""

    repository: str
    toolchain: str
    theorems: list[TheoremReport] = field(default_factory=list)
    interrupted: bool = False
    patch: str | None = None
    """One patch with all proofs that hold together."""
    run: int | None = None
    """The number of the run, by which `prover apply` knows it; None if it has no proofs or is not stored."""
    generators: dict[str, GeneratorReport] = field(default_factory=dict)
    """The reports on the generators, by name."""


def report_of(
    task: Task, outcome: AttemptOutcome, toolchain: str, earlier: Sequence[Replacement] = ()
) -> TheoremReport:
    """Returns the report on an outcome.

    Args:
        toolchain: a description of the toolchain that checked it, and of what was imported.
        earlier: the proofs of the same file that were reported before; the patch applies after theirs.
    """
    declaration, source = task.declaration, task.source
    line = line_of(source.text, declaration.selection)
    known = TheoremReport(
        displayed_name(declaration),
        source.file,
        "open",
        toolchain=toolchain,
        statement=declaration.statement,
        line=line,
        seconds=round(outcome.spent.seconds - outcome.spent.gate_seconds, 3),
        gate_seconds=round(outcome.spent.gate_seconds, 3),
        expansions=outcome.spent.expansions,
        tactics_run=outcome.spent.tactics,
        model_tokens=outcome.spent.asked.tokens,
        model_cost=round(outcome.spent.asked.cost, 6),
    )
    match outcome:
        case AcceptedProof(proof, replacements, judgement):
            written = {each.start for each in earlier}  # theorems of one `mutual` block may have the same proofs
            added = [each for each in replacements if each.start not in written]
            patch = patch_of(patched(source, earlier), patched(source, (*earlier, *added)))
            return replace(
                known,
                status="proved_given" if isinstance(outcome, TheoremProvedGiven) else "proved",
                rests_on=judgement.given,
                proof=proof,
                found="\n\n".join("\n".join(script) for script in outcome.found) or None,
                patch=patch,
                axioms=judgement.axioms,
                verified=verification(judgement),
                unchecked=judgement.unchecked,
                remarks=judgement.remarks,
                recalled=outcome.recalled,
            )
        case TheoremOpen(reason, _, refused, stuck, undecided, missing):
            goals = tuple(each.goal.printed() for each in stuck[:MAX_STUCK_GOALS])
            known = replace(known, reason=reason, refused=refused, undecided=undecided, stuck=goals)
            return replace(known, facts=missing.statements, partial=missing.proof) if missing else known
        case TheoremRefuted(refuted):
            return replace(
                known,
                status="refuted",
                reason=refuted.described(),
                counterexample=refuted.counterexample,
                refutation="\n".join(refuted.script),
                axioms=refuted.axioms,
            )
        case TheoremFailed(reason):
            return replace(known, status="error", reason=reason)


def verification(judgement: Accepted) -> str:
    """Returns how far the gate checked a proof, in one line."""
    return verified(
        judgement.level,
        judgement.axioms,
        judgement.library,
        judgement.kernels,
        judgement.unchecked,
        judgement.given,
    )


def corrected(theorem: TheoremReport, proof: AcceptedProof, given: Sequence[str]) -> TheoremReport:
    """Returns the report on a proof which among the others of its run rests on these open theorems.

    The elaboration of all proofs together is what levels 1 to 3 ask.
    """
    if theorem.rests_on == tuple(given):
        return theorem
    judgement = replace(proof.judgement, given=tuple(given), level=DEFAULT_LEVEL, kernels=())
    status: Status = "proved_given" if given else "proved"
    return replace(theorem, status=status, rests_on=judgement.given, verified=verification(judgement))


def left_out(theorem: TheoremReport, reason: str) -> TheoremReport:
    """Returns the report on a theorem whose proof does not hold together with what else its run has found."""
    said = f"its proof does not hold together with the others: {reason}"
    return replace(theorem, status="open", reason=said, proof=None, found=None, patch=None, rests_on=(), verified=None)


def usage_of(ensemble: Ensemble) -> dict[str, GeneratorReport]:
    """Returns the reports on the generators of a run, by name."""
    return {
        name: GeneratorReport(tally.proposed, tally.tried, tally.valid, tally.used, round(tally.seconds, 3))
        for name, tally in ensemble.usage.items()
    }
