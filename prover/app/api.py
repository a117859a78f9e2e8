"""The Python API: one repository, opened, with the operations of the command line as methods.

`prover.open` returns a `RepositorySession`. Nothing is global: each session owns its Lean processes and ends them when
it is closed.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prover.app.assembly import DEFAULT_GENERATORS, generators_named
from prover.app.checking import ProofVerdict, check_proof
from prover.app.models import ModelChoice, asked_of
from prover.app.premises import build_index, find_premises, query_of
from prover.app.proving import ProveRequest, prove
from prover.app.report import TheoremReport
from prover.app.suggesting import SuggestRequest, TriedSuggestion, suggest
from prover.app.tracing import ListedSorry, sorries_in, trace_into_database
from prover.app.workspace import Workspace
from prover.check.levels import DEFAULT_LEVEL, HIGHEST_LEVEL
from prover.check.proof_text import ProofText
from prover.lean.requests import EVERY_OPEN_THEOREM
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.search.budget import Budget

if TYPE_CHECKING:
    from retrieval.retriever import RetrievedPremise


class RepositorySession:
    """A Lean repository that is open for proving. A context manager: leaving it ends every Lean process.

    Results are stored in the prover's database, like those of the command line.
    """

    def __init__(self, workspace: Workspace, reporter: Reporter) -> None:
        self._workspace = workspace
        self._reporter = reporter

    def prove(
        self,
        theorem: str,
        *,
        seconds: float = 60.0,
        generators: Sequence[str] = DEFAULT_GENERATORS,
        model: str | None = None,
        level: int = DEFAULT_LEVEL,
        axioms: Sequence[str] = (),
        assume: Sequence[str] = EVERY_OPEN_THEOREM,
    ) -> TheoremReport:
        """Tries to prove a theorem: its `sorry`s, or its whole statement if it has none.

        Args:
            theorem: The full name of the theorem, or its place such as `A/B.lean#12`.
            seconds: The time limit, in seconds.
            generators: Names of the generators that propose tactics; see `prover prove --help`.
            model: A language model to use as well: a name, a directory or a URL; see docs/models.md.
            level: The gate's level up to which the proof is checked, 3 or 4.
            axioms: Full names of axioms, of the file or its imports, that the proof may use; see docs/gate.md.
            assume: Full names of open theorems that the proof may rest on if there is no other, by default every one;
                see docs/repository.md.

        Returns:
            The result; `status` is `"proved"`, `"proved_given"`, `"refuted"`, `"open"` or `"error"`, and `patch` is a
            unified diff for a proof. A proof that rests on open theorems has them in `rests_on`.

        Raises:
            UnknownTheorem: No theorem has that name.
            UsageError: Several files declare the name, or there is nothing to prove at the place.
        """
        choice = ModelChoice(model) if model is not None else None
        asked = asked_of(choice, "tactics", 0, self._reporter)
        named = generators_named(",".join(generators), self._reporter, asked.tactics)
        request = ProveRequest(
            (theorem,),
            Budget(seconds=seconds),
            named,
            jobs=self._workspace.jobs,
            level=level,
            asked=asked,
            axioms=tuple(axioms),
            assumed=tuple(assume),
        )
        report = prove(self._workspace, request, self._reporter.notify)
        if report.interrupted:
            raise KeyboardInterrupt
        return report.theorems[-1]

    def check(
        self,
        theorem: str,
        proof: str | None = None,
        *,
        term: bool = False,
        level: int = HIGHEST_LEVEL,
        axioms: Sequence[str] = (),
        assume: Sequence[str] = (),
    ) -> ProofVerdict:
        """Checks a proof of a theorem.

        Args:
            theorem: The full name of the theorem, or its place such as `A/B.lean#12`.
            proof: A tactic block that replaces the proof of the theorem; None to judge the proof in the file.
            term: Whether `proof` is a term.
            level: The highest level to check, 1 to 5; see docs/gate.md.
            axioms: Full names of axioms, of the file or its imports, that the proof may use.
            assume: Full names of open theorems that the proof may rest on: then it is not accepted, but the verdict
                names those that it needs in `rests_on`.

        Raises:
            UnknownTheorem: No theorem has that name.
            UsageError: The declaration has no proof that could be judged.
        """
        text = None if proof is None else ProofText(proof, term)
        return check_proof(self._workspace, theorem, text, level, axioms, assume)

    def sorries(self) -> list[ListedSorry]:
        """Lists every `sorry` of the repository, with its goal, position and a stable id.

        The repository is traced into the database first. Modules that cannot be read are skipped, with a note.
        """
        traced = trace_into_database(self._workspace, self._reporter.notify)
        for failure in traced.failed:
            self._reporter.notify(f"{failure.module.name} could not be read: {failure.error}")
        return list(sorries_in(self._workspace, traced))

    def suggest(
        self,
        theorem: str,
        *,
        after: Sequence[str] = (),
        generators: Sequence[str] = DEFAULT_GENERATORS,
        count: int = 16,
    ) -> list[TriedSuggestion]:
        """Suggests tactics for the goal of a theorem and tries each; those that close the goal come first.

        Args:
            theorem: The full name of the theorem, or its place such as `A/B.lean#12`.
            after: Tactics that are run first.
            generators: Names of the generators that propose tactics.
            count: The number of tactics to try.

        Raises:
            UnknownTheorem: No theorem has that name.
            UsageError: A tactic of `after` fails, or closes the goal.
        """
        named = generators_named(",".join(generators), self._reporter)
        return suggest(self._workspace, SuggestRequest(theorem, tuple(after), named, count), self._reporter.notify)[1]

    def search(self, words: str = "", *, goal: str = "", count: int = 20) -> "list[RetrievedPremise]":
        """Searches the repository and Lean's library for premises, with an up-to-date index.

        Args:
            words: Plain words, or a part of a name.
            goal: A goal as Lean prints it, or its target.
            count: The number of premises to return.

        Raises:
            UsageError: Neither words nor a goal are given.
        """
        query_of(words, goal)  # so that it is refused before the index is built, which may take minutes
        build_index(self._workspace, self._reporter)
        return find_premises(self._workspace, words, goal, count, self._reporter.notify)

    def close(self) -> None:
        """Ends every Lean process of this session. Safe to call twice."""
        self._workspace.close()

    def __enter__(self) -> "RepositorySession":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_session(
    location: str, *, toolchain: ToolchainChoice = "auto", jobs: int = 2, reporter: Reporter | None = None
) -> RepositorySession:
    """Opens a Lean repository for proving.

    Args:
        location: A directory or a git URL, as `URL@REVISION#DIRECTORY` with the last two optional.
        toolchain: The Lean to use: the computer's own (`native`), the `embedded` one, or whichever fits (`auto`).
        jobs: The number of Lean processes.
        reporter: Receives notes and progress; by default they are discarded.

    Raises:
        ProverError: The repository cannot be read, or no toolchain fits it.
    """
    reporter = reporter or Reporter()
    return RepositorySession(Workspace.open(location, toolchain, reporter, jobs), reporter)
