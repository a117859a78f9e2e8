"""All proofs of a run put together: each file with all of its proofs is elaborated once more, by a fresh process.

Files come in import order, and each sees the others with their proofs. A proof that does not hold there is left out,
and what was proved with its help is judged again. What a theorem rests on is read from this elaboration.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prover.app.locating import DeclaredTypes, Target, declared_types
from prover.app.ordering import import_depths
from prover.app.working import Proofs, WorkingTask, proofs_in
from prover.app.workspace import Workspace
from prover.attempt import AcceptedProof
from prover.check.challenge import errors_in
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import AuditedDeclaration, Message, errors_among
from prover.lean.session import SourceText
from prover.progress import Notify
from prover.project.layout import Module
from prover.project.patch import patch_of, patched


@dataclass(frozen=True)
class JoinedFile:
    """A file with all of its proofs that hold together."""

    module: Module
    before: SourceText
    after: SourceText


@dataclass
class Joined:
    """The proofs of a run that hold together."""

    files: list[JoinedFile] = field(default_factory=list)
    proofs: dict[Target, AcceptedProof] = field(default_factory=dict)
    """The proofs, in the order in which they were given."""
    rests_on: dict[Target, tuple[str, ...]] = field(default_factory=dict)
    """The open theorems that each proof rests on, by full name."""
    left_out: dict[Target, str] = field(default_factory=dict)
    """The reason why a proof does not hold together with the others."""

    def patch(self) -> str:
        """Returns one patch with all proofs, in the format of `git apply`."""
        return "".join(patch_of(each.before, each.after) for each in self.files)


def joined(workspace: Workspace, proofs: Proofs, axioms: Sequence[str], notify: Notify) -> Joined:
    """Elaborates all proofs together; leaves out those that do not hold.

    Args:
        axioms: the axioms that proofs may use besides Lean's three.

    Raises:
        LeanError: Lean did not finish a file.
    """
    found = Joined()
    contents: dict[str, str] = {}
    modules = {target.module.name: target.module for target in proofs}
    depths = import_depths(workspace, set(modules))
    for module in sorted(modules.values(), key=lambda module: (depths[module.name], module.name)):
        here = {target: proof for target, proof in proofs.items() if target.module.name == module.name}
        overlay = workspace.rewritten(contents)
        overlay.builder.prepare(module)
        file = _File(overlay, module, here, axioms)
        try:
            held = file.settle(found)
        finally:
            file.close()
        if held is not None:
            found.files.append(held)
            contents[module.name] = held.after.on_disk
    found.proofs = {target: proof for target, proof in proofs.items() if target in found.rests_on}
    for target, reason in found.left_out.items():
        notify(f"{target.task.declaration.name} is left out: {reason}")
    return found


def alone(target: Target, proof: AcceptedProof) -> Joined:
    """Returns the only proof of a run, which the gate has judged in its file as it is."""
    source = target.task.source
    file = JoinedFile(target.module, source, patched(source, proof.replacements))
    return Joined([file], {target: proof}, {target: proof.judgement.given})


class _File:
    """One file, its proofs, and the processes that elaborate it."""

    def __init__(self, workspace: Workspace, module: Module, proofs: Proofs, axioms: Sequence[str]) -> None:
        self._module = module
        self._proofs = dict(proofs)
        self._axioms = frozenset(axioms)
        self._source = next(iter(proofs)).task.source
        self._pool = workspace.pool(1)
        self._session: LeanSession | None = None
        self._before: tuple[tuple[Message, ...], DeclaredTypes] | None = None

    def close(self) -> None:
        """Ends the processes."""
        self._pool.close()

    def settle(self, found: Joined) -> JoinedFile | None:
        """Adds to `found` which proofs hold and what they rest on; returns the file with these, if there are any."""
        kept = self._proofs
        while kept:
            faults = self._faults(kept, found)
            if not faults:
                candidate = patched(self._source, proofs_in(self._source.file, kept))
                return JoinedFile(self._module, self._source, candidate)
            found.left_out |= faults
            kept = {target: proof for target, proof in kept.items() if target not in faults}
        return None

    def _faults(self, kept: Proofs, found: Joined) -> dict[Target, str]:
        """Returns the proofs that do not hold among others; if all hold, notes what they rest on."""
        candidate = patched(self._source, proofs_in(self._source.file, kept))
        session = self._fresh()
        try:
            messages = errors_among(session.elaborate(candidate))
            if at_fault := self._with_errors(kept, candidate, messages):
                return at_fault
            if self._is_worse(session, candidate, messages):
                broken = self._one_by_one(kept)
                return broken or dict.fromkeys(kept, "with all proofs, something else in the file no longer compiles")
            places = {target: self._selection(target, kept) for target in kept}
            audited = {row.selection: row for row in session.audit(candidate, tuple(places.values())).audited}
        finally:
            session.close()
        rows = {target: audited.get(place) for target, place in places.items()}
        if refused := {target: reason for target, row in rows.items() if (reason := self._objection(row))}:
            return refused
        found.rests_on |= {target: row.given for target, row in rows.items() if row is not None}
        return {}

    def _one_by_one(self, kept: Proofs) -> dict[Target, str]:
        """Returns the proofs that break something else in the file: each is added to those before it that hold."""
        holding: dict[Target, AcceptedProof] = {}
        faults: dict[Target, str] = {}
        for target in sorted(kept, key=lambda target: target.task.declaration.start):
            if self._breaks({**holding, target: kept[target]}):
                faults[target] = "with it and the proofs above, something else in the file no longer compiles"
            else:
                holding[target] = kept[target]
        return faults

    def _breaks(self, kept: Proofs) -> bool:
        candidate = patched(self._source, proofs_in(self._source.file, kept))
        session = self._fresh()
        try:
            errors = errors_among(session.elaborate(candidate))
            return self._is_worse(session, candidate, errors)
        finally:
            session.close()

    def _with_errors(self, kept: Proofs, candidate: SourceText, errors: Sequence[Message]) -> dict[Target, str]:
        """Returns the proofs whose theorems have errors that the original does not have."""
        found = {}
        for target, proof in kept.items():
            task = target.task
            place = WorkingTask(task, proofs_in(self._source.file, kept)).task().declaration
            inside = errors_in(errors, candidate.text, (place.start, place.stop))
            if inside and not task.broken and proof.replacements:
                found[target] = f"with the others it no longer compiles: line {inside[0].line}: {inside[0].summary}"
        return found

    def _objection(self, row: AuditedDeclaration | None) -> str | None:
        """Returns why a theorem does not hold by what it rests on; open theorems are allowed."""
        if row is None:
            return "the file with all proofs no longer declares it at its place"
        if set(row.refused_axioms) <= self._axioms:
            return None
        return row.refused

    def _selection(self, target: Target, kept: Proofs) -> int:
        return WorkingTask(target.task, proofs_in(self._source.file, kept)).task().declaration.selection

    def _is_worse(self, session: LeanSession, candidate: SourceText, errors: Sequence[Message]) -> bool:
        """Returns whether a file has more errors than the original, or no longer declares what the original does.

        It may declare more: tactics such as `grind` add auxiliary theorems.
        """
        known, declared = self._original()
        return len(errors) > len(known) or not declared <= _types(session, candidate)

    def _original(self) -> tuple[tuple[Message, ...], DeclaredTypes]:
        """Returns the errors of the original, and what it declares; elaborates it if it has errors."""
        known = next(iter(self._proofs)).declared
        if self._before is None and known is not None:
            self._before = (), known
        if self._before is None:
            session = self._fresh()
            try:
                errors = errors_among(session.elaborate(self._source))
                self._before = errors, _types(session, self._source)
            finally:
                session.close()
        return self._before

    def _fresh(self) -> LeanSession:
        return self._pool.fresh()


def _types(session: LeanSession, source: SourceText) -> DeclaredTypes:
    return declared_types(session.declarations(source, detail=True))
