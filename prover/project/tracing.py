"""Traces a module: Lean elaborates it once, and its records become frozen values."""

import hashlib
from collections.abc import Iterator, Sequence

from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration, RecordedCommand, RecordedTactic
from prover.lean.session import Recording, SorryGoal, SourceText
from prover.lean.traced import PremiseUse, TracedDeclaration, TracedModule, TracedSorry, TracedStep

TRACE_VERSION = 3
"""The version of the content of traces; traces of another version are replaced."""
LEANS_EXAMPLE = "_example"
"""The last part of the name under which Lean elaborates an `example`."""


def trace(session: LeanSession, source: SourceText, imports: Sequence[str]) -> tuple[TracedModule, Recording]:
    """Returns the trace of a module and Lean's recording; the session keeps the elaborated file.

    Raises:
        LeanError: Lean did not finish.
    """
    recording = session.trace(source)
    declarations = session.declarations(source, detail=True)
    text = source.text.encode()
    module = TracedModule(
        name=source.module,
        path=source.file,
        digest=hashlib.sha256(source.on_disk.encode()).hexdigest(),
        imports=tuple(imports),
        declarations=tuple(_declaration(text, declaration) for declaration in declarations),
        steps=tuple(step for command in recording.commands for step in _steps(text, source.module, command)),
        sorries=tuple(_sorries(session, source, declarations, recording)),
    )
    return module, recording


def _declaration(text: bytes, declared: Declaration) -> TracedDeclaration:
    return TracedDeclaration(
        name=declared.name,
        kind=declared.kind,
        statement=declared.statement,
        text=_written(text, declared.start, declared.stop),
        start=declared.start,
        stop=declared.stop,
        selection=declared.selection,
        visibility=declared.visibility,
        namespace=declared.namespace,
        docstring=declared.docstring,
        attributes=declared.attributes,
        proof=declared.proof,
        incomplete=declared.incomplete,
        premises=declared.premises,
        statement_key=declared.key,
    )


def _steps(text: bytes, module: str, command: RecordedCommand) -> Iterator[TracedStep]:
    """Yields the tactics of a command in the order of the text, outer ones before inner ones."""
    enclosing: list[RecordedTactic] = []
    for tactic in sorted(command.tactics, key=lambda t: (t.start, -t.stop)):
        while enclosing and enclosing[-1].stop <= tactic.start:
            enclosing.pop()
        before = [command.goals[number] for number in tactic.before]
        after = [command.goals[number] for number in tactic.after]
        yield TracedStep(
            declaration=tactic.declaration,
            start=tactic.start,
            stop=tactic.stop,
            text=_written(text, tactic.start, tactic.stop),
            before="\n\n".join(goal.text for goal in before),
            after="\n\n".join(goal.text for goal in after),
            keys_before=tuple(goal.key for goal in before),
            keys_after=tuple(goal.key for goal in after),
            premises=tuple(_uses(module, command, tactic)),
            depth=len(enclosing),
        )
        enclosing.append(tactic)


def _uses(module: str, command: RecordedCommand, tactic: RecordedTactic) -> Iterator[PremiseUse]:
    for use in sorted(command.uses, key=lambda u: u.start):
        if tactic.start <= use.start and use.stop <= tactic.stop:
            yield PremiseUse(use.name, use.module or module, use.start, use.stop)


def _sorries(
    session: LeanSession, source: SourceText, declarations: Sequence[Declaration], recording: Recording
) -> Iterator[TracedSorry]:
    """Yields each `sorry` of the commands that Lean reports as incomplete, in the order of the text."""
    places = {command.command for command in recording.commands if command.incomplete}
    for declared in declarations:
        if declared.incomplete and not any(start <= declared.selection < stop for start, stop in places):
            places.add((declared.start, declared.stop))
    for start, stop in sorted(places):
        yield from (_sorry(sorry_goal) for sorry_goal in session.sorries(source, start, stop))
    if places:
        session.forget()


def _sorry(sorry_goal: SorryGoal) -> TracedSorry:
    (goal,) = sorry_goal.state.goals
    name = sorry_goal.declaration
    return TracedSorry(
        declaration="example" if name.rpartition(".")[2] == LEANS_EXAMPLE else name,
        start=sorry_goal.start,
        stop=sorry_goal.stop,
        term=sorry_goal.term,
        goal=sorry_goal.printed,
        key=goal.key,
        value=sorry_goal.value,
    )


def _written(text: bytes, start: int, stop: int) -> str:
    return text[start:stop].decode()
