"""Theorems attempted in a file that holds the proofs found so far, so that they can use the theorems above them.

A tactic that rests on a `sorry` never counts; a theorem that this run has proved rests on none any more. The user's
files stay as they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from prover.app.locating import Target
from prover.app.wording import counted
from prover.attempt import AttemptOutcome, Task, TheoremOpen, TheoremProved
from prover.lean.protocol import Declaration
from prover.progress import Notify
from prover.project.patch import Replacement, patched


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

    def above(self) -> tuple[Replacement, ...]:
        """Returns the proofs of theorems above this one."""
        return _before(self.original.declaration.start, self.proofs)

    def in_original(self, outcome: AttemptOutcome) -> AttemptOutcome:
        """Returns the outcome with its proof as replacements in the original file."""
        if not isinstance(outcome, TheoremProved):
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


def prove_in_rounds(
    targets: Sequence[Target],
    attempt: Callable[[Mapping[Target, WorkingTask]], Iterable[tuple[Target, AttemptOutcome]]],
    notify: Notify,
) -> dict[Target, TheoremProved]:
    """Attempts all theorems, and open ones again as long as more theorems above them are proved.

    Args:
        attempt: attempts theorems, and yields an outcome for each, with replacements in the original file.
    """
    proved: dict[Target, TheoremProved] = {}
    waiting = {target: WorkingTask(target.task, ()) for target in targets}
    while waiting:
        outcomes = dict(attempt(waiting))
        proved |= {target: outcome for target, outcome in outcomes.items() if isinstance(outcome, TheoremProved)}
        again = {
            target: WorkingTask(target.task, proofs_in(target.task.source.file, proved))
            for target, outcome in outcomes.items()
            if isinstance(outcome, TheoremOpen)
        }
        waiting = {target: task for target, task in again.items() if task.above() != waiting[target].above()}
        if waiting:
            notify(f"{counted(len(waiting), 'open theorem')} to try again, now that theorems above are proved")
    return proved


def proofs_in(file: str, proved: Mapping[Target, TheoremProved]) -> tuple[Replacement, ...]:
    """Returns the proofs of a file, as replacements in the original, in the order of the text.

    Theorems of one `mutual` block may have the same ones.
    """
    found = (proof for target, proof in proved.items() if target.task.source.file == file)
    by_place = {each.start: each for proof in found for each in proof.replacements}
    return tuple(by_place[start] for start in sorted(by_place))


def growth(replacements: Sequence[Replacement]) -> int:
    """Returns the number of bytes by which replacements lengthen a text."""
    return sum(len(each.text.encode()) - (each.stop - each.start) for each in replacements)


def _before(offset: int, replacements: Sequence[Replacement]) -> tuple[Replacement, ...]:
    return tuple(each for each in replacements if each.stop <= offset)
