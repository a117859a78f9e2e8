"""Reads the files of `tests/cheats`: an original, and the cheats and twins that are made of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prover.lean.protocol import Declaration

CHEATS = Path(__file__).parent / "cheats"
HEADING = re.compile(r"^--! (.+)\n", re.M)


@dataclass(frozen=True)
class Attempt:
    """One cheat or twin."""

    file: str
    number: int
    honest: bool
    form: Literal["proof", "term", "file"]
    text: str
    original: str | None
    """none where a whole file is to be audited"""
    reason: str = ""
    """what the refusal must say"""
    axioms: tuple[str, ...] = ()
    """axioms that the proof may use besides the standard ones"""
    assumed: tuple[str, ...] = ()
    """open theorems that the proof may rest on"""
    given: tuple[str, ...] = ()
    """open theorems that the judgement must name"""

    @property
    def name(self) -> str:
        """As test reports show it."""
        return f"{self.file}-{self.number}-{'twin' if self.honest else 'cheat'}"


def attempts_in(path: Path) -> list[Attempt]:
    """The cheats and twins of one file, in its order."""
    parts = HEADING.split(path.read_text(encoding="utf-8"))
    found: list[Attempt] = []
    original = None
    axioms: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        if heading.startswith("refused: "):
            last = found.pop()
            found.append(Attempt(**{**last.__dict__, "reason": heading.removeprefix("refused: ")}))
        elif heading.startswith("given: "):
            last = found.pop()
            found.append(Attempt(**{**last.__dict__, "given": tuple(heading.removeprefix("given: ").split())}))
        elif heading.startswith("assumed: "):
            assumed = tuple(heading.removeprefix("assumed: ").split())
        elif heading == "original":
            original = text
        elif heading.startswith("axioms: "):
            axioms = tuple(heading.removeprefix("axioms: ").split())
        else:
            kind, form = heading.split(" ")
            assert kind in ("cheat", "twin"), (path, heading)
            assert form in ("proof", "term", "file"), (path, heading)
            honest = kind == "twin"
            allowed = {"axioms": axioms, "assumed": assumed}
            found.append(Attempt(path.stem, len(found), honest, form, text, original, **allowed))  # type: ignore[arg-type]
    return found


def all_attempts(directory: Path = CHEATS) -> list[Attempt]:
    """Every cheat and twin of a directory."""
    return [attempt for path in sorted(directory.glob("*.lean")) for attempt in attempts_in(path)]


def target_of(declared: Sequence[Declaration]) -> Declaration:
    """The declaration that is to be proved: the one called `target`, or the one that has no name of its own."""
    named = (each for each in declared if each.name.split(".")[-1] == "target")
    return next(named, None) or next(each for each in declared if each.incomplete)
