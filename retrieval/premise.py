"""A premise: something that a proof can name. And where one stands when premises are looked for."""

from typing import Literal

import msgspec

Kind = Literal["theorem", "definition", "axiom", "opaque", "inductive", "constructor", "recursor", "quotient"]


def keyword(kind: str) -> str:
    """What Lean writes before a declaration of a kind."""
    return "def" if kind == "definition" else kind


class Premise(msgspec.Struct, frozen=True):
    """A declaration that a proof can name."""

    name: str
    """its full name"""
    module: str
    kind: Kind
    statement: str
    """its signature as Lean prints it, without the name"""
    docstring: str | None = None
    start: int = 0
    """where it stands in its module: what comes before has a smaller number"""

    def printed(self) -> str:
        """Name and signature, as Lean prints them."""
        return f"{self.name} {self.statement}"


class Position(msgspec.Struct, frozen=True):
    """A place in a file: what is imported there is visible, and what stands above it."""

    module: str
    start: int
    """of what is being proved, as `Premise.start` counts"""
    imports: tuple[str, ...] | None = None
    """what the file imports; None where the corpus knows the module"""
