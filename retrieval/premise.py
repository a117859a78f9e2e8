"""A premise: something that a proof can name. And where one stands when premises are looked for."""

from typing import Literal

import msgspec

Kind = Literal["theorem", "definition", "axiom", "opaque", "inductive", "constructor", "recursor", "quotient"]


def keyword(kind: str) -> str:
    """The keyword of a declaration, by kind."""
    return "def" if kind == "definition" else kind


class Premise(msgspec.Struct, frozen=True):
    """A declaration that a proof can name."""

    name: str
    """The full name."""
    module: str
    kind: Kind
    statement: str
    """The signature as Lean prints it, without the name."""
    docstring: str | None = None
    start: int = 0
    """The position in its module: earlier declarations have smaller numbers."""

    def printed(self) -> str:
        """Name and signature, as Lean prints them."""
        return f"{self.name} {self.statement}"


class Position(msgspec.Struct, frozen=True):
    """A place in a file: what is imported there is visible, and what stands above it."""

    module: str
    start: int
    """The position of the theorem under proof, in the units of `Premise.start`."""
    imports: tuple[str, ...] | None = None
    """The imports of the file; None if the corpus contains the module."""
