"""Theorems attempted in a file that holds the proofs found so far, so that they can use the theorems above them.

A theorem that this run has proved rests on no `sorry` any more. The user's files stay as they are.
"""

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from prover.app.locating import Target
from prover.attempt import AcceptedProof, AttemptOutcome, Task, TheoremOpen
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration
from prover.progress import Notify
from prover.project.patch import Replacement, patched
from prover.wording import counted

Proofs = Mapping[Target, AcceptedProof]
"""Proofs with their places in the original files."""


@dataclass(frozen=True)
class WorkingTask:
    """A theorem of an original file, to be attempted in the file with some proofs of other theorems."""

    original: Task
    proofs: tuple[Replacement, ...]
    """The proofs, as replacements in the original file, in the order of the text."""

    def task(self) -> Task:
        """Returns the theorem in the file with the proofs."""
        if not self.proofs:
            return self.original
        task = self.original
        return replace(
            task,
            source=patched(task.source, self.proofs),
            declaration=self._moved(task.declaration),
            incomplete=tuple(map(self._moved, task.incomplete)),
            moved=growth(self.above()),
        )

    def read(self, session: LeanSession) -> Task:
        """Returns the theorem in the file with the proofs, as Lean now describes it.

        The proofs may be what its statement needs, and an `example` is named by its line.
        """
        task = self.task()
        if not task.declaration.needs and task.declaration.kind != "example":
            return task
        declared = session.declarations(task.source, detail=True, examples=True)
        here = (each for each in declared if each.selection == task.declaration.selection)
        return replace(task, declaration=next(here, task.declaration))

    def above(self) -> tuple[Replacement, ...]:
        """Returns the proofs of theorems above this one."""
        return _before(self.original.declaration.start, self.proofs)

    def in_original(self, outcome: AttemptOutcome) -> AttemptOutcome:
        """Returns the outcome with its proof as replacements in the original file."""
        if not isinstance(outcome, AcceptedProof):
            return outcome
        moved = (
            replace(each, start=self._offset(each.start), stop=self._offset(each.stop)) for each in outcome.replacements
        )
        return replace(outcome, replacements=tuple(moved))

    def _moved(self, declaration: Declaration) -> Declaration:
        start, stop = (at + growth(_before(at, self.proofs)) for at in (declaration.start, declaration.stop))
        by = start - declaration.start
        return msgspec.structs.replace(declaration, start=start, stop=stop, selection=declaration.selection + by)

    def _offset(self, offset: int) -> int:
        """Returns the byte of the original file for a byte of the file with the proofs, outside of these."""
        for proof in self.proofs:
            if proof.start >= offset:
                break
            offset -= growth([proof])
        return offset


Attempted = tuple[Target, WorkingTask, AttemptOutcome]
"""A theorem, what was attempted, and the outcome, with replacements in the original file."""


def prove_in_rounds(
    targets: Sequence[Target],
    attempt: Callable[[Sequence[Target]], Iterable[Attempted]],
    proofs: MutableMapping[Target, AcceptedProof],
    notify: Notify,
) -> list[Target]:
    """Attempts theorems, and open ones again if theorems above them have been proved since; returns those still open.

    Those that no proof of another theorem can help are attempted once, and not returned.

    Args:
        attempt: attempts theorems in order, each as `working` gives it when its turn comes.
        proofs: receives each proof when it is found, so that later attempts use it; may have some of other theorems.
    """
    waiting = list(targets)
    still_open: set[Target] = set()
    while waiting:
        tried: dict[Target, WorkingTask] = {}
        for target, task, outcome in attempt(waiting):
            still_open.discard(target)
            if isinstance(outcome, AcceptedProof):
                proofs[target] = outcome
            elif isinstance(outcome, TheoremOpen) and not outcome.final:
                still_open.add(target)
                tried[target] = task
        waiting = [target for target, task in tried.items() if working(target, proofs).above() != task.above()]
        if waiting:
            notify(f"{counted(len(waiting), 'open theorem')} to try again, now that theorems above are proved")
    return [target for target in targets if target in still_open]


def working(target: Target, proofs: Proofs) -> WorkingTask:
    """Returns a theorem as it is attempted when some proofs are known."""
    return WorkingTask(target.task, proofs_in(target.task.source.file, proofs))


def proofs_in(file: str, proofs: Proofs) -> tuple[Replacement, ...]:
    """Returns the proofs of a file, as replacements in the original, in the order of the text.

    Theorems of one `mutual` block may have the same ones.
    """
    found = (proof for target, proof in proofs.items() if target.task.source.file == file)
    by_place = {each.start: each for proof in found for each in proof.replacements}
    return tuple(by_place[start] for start in sorted(by_place))


def growth(replacements: Sequence[Replacement]) -> int:
    """Returns the number of bytes by which replacements lengthen a text."""
    return sum(len(each.text.encode()) - (each.stop - each.start) for each in replacements)


def _before(offset: int, replacements: Sequence[Replacement]) -> tuple[Replacement, ...]:
    return tuple(each for each in replacements if each.stop <= offset)
