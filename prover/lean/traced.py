"""The trace of a module: its declarations, proofs and `sorry`s as frozen values, with ids that survive edits.

Positions are byte offsets into the UTF-8 text of the file. All content comes from Lean's own trees, nothing from
reading text.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

Visibility = Literal["public", "private", "protected"]


class PremiseUse(msgspec.Struct, frozen=True):
    """A use of a constant in a tactic."""

    name: str
    """The full name of the constant."""
    module: str
    """The module that declares it, which may be the traced module itself."""
    start: int
    """The byte at which it is used."""
    stop: int


class TracedStep(msgspec.Struct, frozen=True):
    """A tactic of a proof, with the goals before and after it."""

    declaration: str
    """The full name of the declaration that it proves."""
    start: int
    stop: int
    text: str
    """The tactic as written."""
    before: str
    """The goals before it as Lean prints them, separated by blank lines; never empty."""
    after: str
    """The goals after it; empty if none are left."""
    keys_before: tuple[str, ...]
    """The key of each goal, equal for goals that differ only in hypothesis names."""
    keys_after: tuple[str, ...]
    premises: tuple[PremiseUse, ...] = ()
    depth: int = 0
    """The number of other steps that contain it."""


class TracedDeclaration(msgspec.Struct, frozen=True):
    """A declaration of a module."""

    name: str
    kind: str
    """One of `theorem`, `definition`, `axiom`, `opaque`, `inductive`, `constructor`, `recursor` and `quotient`."""
    statement: str
    """Its signature as Lean prints it."""
    text: str
    """The whole declaration as written."""
    start: int
    stop: int
    selection: int
    """The byte at which its name starts."""
    visibility: Visibility
    namespace: str
    """The namespace in which it is declared."""
    docstring: str | None = None
    attributes: tuple[str, ...] = ()
    proof: Literal["tactic", "term"] | None = None
    """How its body is written; None if it has none."""
    incomplete: bool = False
    """Whether its own text leaves something to `sorry`."""
    premises: tuple[str, ...] = ()
    """The constants in its elaborated value, if Lean keeps the value."""
    statement_key: str = ""
    """The key of its elaborated statement."""


class TracedSorry(msgspec.Struct, frozen=True):
    """A `sorry`."""

    declaration: str
    start: int
    stop: int
    term: bool
    """Whether a term is missing there, not a tactic."""
    goal: str
    """The goal as Lean prints it, hypotheses above the turnstile."""
    key: str
    """Equal for goals that differ only in hypothesis names."""
    value: bool = False
    """Whether data is missing there, and not a proof."""


class TracedModule(msgspec.Struct, frozen=True):
    """The trace of one module."""

    name: str
    path: str
    """Its path from the repository's root, with forward slashes."""
    digest: str
    """The SHA-256 digest of the file's bytes, in hexadecimal."""
    imports: tuple[str, ...]
    """The modules that its header imports, in order."""
    declarations: tuple[TracedDeclaration, ...]
    steps: tuple[TracedStep, ...]
    sorries: tuple[TracedSorry, ...]


def sorry_ids(module: str, sorries: Sequence[TracedSorry]) -> tuple[str, ...]:
    """Returns an id for each `sorry` of a module: 16 hexadecimal digits.

    It depends on the module, the declaration, the goal and, among `sorry`s that share these, on its index. It does not
    depend on lines, so that it survives edits elsewhere.
    """
    return tuple(_numbered((module, s.declaration, s.key) for s in sorries))


def _numbered(identities: Iterable[tuple[str, ...]]) -> Iterable[str]:
    seen: Counter[tuple[str, ...]] = Counter()
    for identity in identities:
        number = seen[identity]
        seen[identity] += 1
        yield hashlib.sha256("\n".join([*identity, str(number)]).encode()).hexdigest()[:16]
