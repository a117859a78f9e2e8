"""What Lean says of a module's declarations, proofs and `sorry`s: frozen values, and ids that outlive an edit.

Positions are byte offsets into the UTF-8 text of the file. Lean's own trees say all of it; nothing is
read from text.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

Visibility = Literal["public", "private", "protected"]


class PremiseUse(msgspec.Struct, frozen=True):
    """A constant that a tactic names."""

    name: str
    """its full name"""
    module: str
    """where it is declared; the traced module's own name when it is declared there"""
    start: int
    """where it is used"""
    stop: int


class TracedStep(msgspec.Struct, frozen=True):
    """A tactic of a proof, with the goals before and after it."""

    declaration: str
    """the full name of the declaration whose proof it is part of"""
    start: int
    stop: int
    text: str
    """as written"""
    before: str
    """its goals as Lean prints them, a blank line between them; never empty"""
    after: str
    """the same after it; empty when nothing is left"""
    keys_before: tuple[str, ...]
    """a key for each goal, equal for goals that differ in hypothesis names only"""
    keys_after: tuple[str, ...]
    premises: tuple[PremiseUse, ...] = ()
    depth: int = 0
    """how many other steps it stands in"""


class TracedDeclaration(msgspec.Struct, frozen=True):
    """A declaration of a module."""

    name: str
    kind: str
    """`theorem`, `definition`, `axiom`, `opaque`, `inductive`, `constructor`, `recursor` or `quotient`"""
    statement: str
    """its signature as Lean prints it"""
    text: str
    """the whole declaration as written"""
    start: int
    stop: int
    selection: int
    """where its name stands"""
    visibility: Visibility
    namespace: str
    """the namespace that it was declared in"""
    docstring: str | None = None
    attributes: tuple[str, ...] = ()
    proof: Literal["tactic", "term"] | None = None
    """how its body is written; None where there is none"""
    incomplete: bool = False
    """its own text leaves something to `sorry`"""
    premises: tuple[str, ...] = ()
    """the constants that its finished value mentions, where Lean keeps the value"""
    statement_key: str = ""
    """a key of the elaborated statement"""


class TracedSorry(msgspec.Struct, frozen=True):
    """A place where a proof is missing."""

    declaration: str
    start: int
    stop: int
    term: bool
    """a term is missing there, not a tactic"""
    goal: str
    """as Lean prints it, hypotheses above the turnstile"""
    key: str
    """equal for goals that differ in hypothesis names only"""


class TracedModule(msgspec.Struct, frozen=True):
    """All that is kept of one module."""

    name: str
    path: str
    """from the repository's root, with forward slashes"""
    digest: str
    """SHA-256 of the file's bytes, hexadecimal"""
    imports: tuple[str, ...]
    """the modules that its header names, in order"""
    declarations: tuple[TracedDeclaration, ...]
    steps: tuple[TracedStep, ...]
    sorries: tuple[TracedSorry, ...]


def sorry_ids(module: str, sorries: Sequence[TracedSorry]) -> tuple[str, ...]:
    """An id for each `sorry` of a module: 16 hexadecimal digits.

    It depends on the module, the declaration, the goal, and, where these are shared, on which of them it
    is; not on lines, so that it survives edits elsewhere.
    """
    return tuple(_numbered((module, s.declaration, s.key) for s in sorries))


def _numbered(identities: Iterable[tuple[str, ...]]) -> Iterable[str]:
    seen: Counter[tuple[str, ...]] = Counter()
    for identity in identities:
        number = seen[identity]
        seen[identity] += 1
        yield hashlib.sha256("\n".join([*identity, str(number)]).encode()).hexdigest()[:16]
