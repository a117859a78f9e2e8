"""Adapts the header of a benchmark's problem to the installed Lean.

If the imported modules are available, the header stays as it is. Otherwise unavailable imports are removed, as are
`open`s of namespaces and settings of options that Lean does not know, and notations for Lean's number types are added.
Where `import Mathlib` has a stand-in, it stays, and nothing is added.
A notation changes no meaning, and names of a missing namespace are unknown: a statement that needs one does not
elaborate.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from prover.lean.module_name import WRITTEN_NAME
from prover.lean.protocol import Message
from prover.lean.session import SourceText

NUMBER_NOTATIONS = {"ℕ": "Nat", "ℤ": "Int", "ℚ": "Rat"}
"""The notations that can be added: for types in both Lean's core library and Mathlib, by Mathlib's symbol."""
Options = tuple[tuple[str, bool | int | str], ...]
OPTIONS: Options = (("autoImplicit", False),)
"""Makes an unknown type an error instead of a variable, as in Mathlib."""
MAX_REMOVALS = 30
_IMPORT = re.compile(rf"^\s*(?:public\s+)?import\s+(?:all\s+)?({WRITTEN_NAME})\s*$")
_SET_OPTION = re.compile(r"^\s*set_option\s+(\S+)", re.M)
_BLANKS = re.compile(r"\n{3,}")
_OPEN = re.compile(r"^\s*open\s+(?:scoped\s+)?(?P<names>.*)$")


class Elaborating(Protocol):
    """The operations of a session that are needed here."""

    def elaborate(self, source: SourceText) -> tuple[Message, ...]: ...


@dataclass(frozen=True)
class Fitted:
    """A header adapted to the installed Lean."""

    text: str
    left_out: tuple[str, ...] = ()
    """The imports, namespaces and options that were removed."""
    notations: tuple[str, ...] = ()
    """The notations that were added for this statement."""

    shortened: bool = False
    """Whether a module that it imports has a stand-in which imports less."""

    @property
    def options(self) -> Options:
        """The options that the header implies: `OPTIONS` where imports lack something, except those that it sets."""
        given = _SET_OPTION.findall(self.text)
        return tuple(
            (name, value) for name, value in OPTIONS if (self.left_out or self.shortened) and name not in given
        )

    def described_options(self) -> tuple[str, ...]:
        """Returns the options that the header implies, as Lean writes them."""
        return tuple(f"{name} {json.dumps(value)}" for name, value in self.options)

    @property
    def whole(self) -> bool:
        """Returns whether the header is the benchmark's own."""
        return not self.left_out and not self.notations


@dataclass
class Headers:
    """Adapts headers, each once, for one toolchain."""

    has_module: Callable[[str], bool]
    """Returns whether a module can be imported."""
    shortened: bool = False
    """Whether a module that is imported has a stand-in which imports less; then no notation is added."""
    _fitted: dict[str, Fitted] = field(default_factory=dict)

    def fit(self, session: Elaborating, header: str, statement: str) -> Fitted:
        """Returns the header adapted to a statement; Lean reports what it does not know.

        Raises:
            LeanError: Lean died repeatedly.
        """
        if header not in self._fitted:
            self._fitted[header] = self._fit(session, header)
        fitted = self._fitted[header]
        if self.shortened or not fitted.left_out:
            return fitted
        signs = tuple(sign for sign in NUMBER_NOTATIONS if sign in statement or sign in fitted.text)
        text = "\n".join(_placed(fitted.text.split("\n") if fitted.text else [], signs))
        return Fitted(text, fitted.left_out, signs)

    def _fit(self, session: Elaborating, header: str) -> Fitted:
        lines, left_out = header.split("\n"), []
        for index, line in enumerate(lines):
            if (match := _IMPORT.match(line)) and not self.has_module(match[1]):
                lines[index] = ""
                left_out.append(f"import {match[1]}")
        if not left_out and not self.shortened:
            return Fitted(header)
        signs = () if self.shortened else tuple(NUMBER_NOTATIONS)
        for _ in range(MAX_REMOVALS):
            unknown = _take_out_unknown(session, lines, signs)
            if unknown is None:
                break
            left_out.append(unknown)
        return Fitted(_BLANKS.sub("\n\n", "\n".join(lines)).strip(), tuple(left_out), shortened=self.shortened)


def _take_out_unknown(session: Elaborating, lines: list[str], signs: tuple[str, ...]) -> str | None:
    """Removes the first namespace or option that Lean does not know, and returns it; None if all are known."""
    text, above = _placed(lines, signs), _after_imports(lines)
    for message in session.elaborate(SourceText("\n".join(text) + "\n", "header.lean", "Header", OPTIONS)):
        index = message.line - 1 - len(signs)
        if message.severity != "error" or not above <= index < len(lines):
            continue
        if (unknown := _taken_out(lines, index, message)) is not None:
            return unknown
    return None


def composed(fitted: Fitted, statement: str) -> str:
    """Returns a file that states the problem without its proof."""
    top = f"{fitted.text}\n\n" if fitted.text else ""
    return f"{top}{statement} := by\n  sorry\n"


def _placed(lines: list[str], signs: tuple[str, ...]) -> list[str]:
    """Returns a header's lines, with notations after its imports."""
    above = _after_imports(lines)
    return [*lines[:above], *(f'notation "{sign}" => {NUMBER_NOTATIONS[sign]}' for sign in signs), *lines[above:]]


def _after_imports(lines: list[str]) -> int:
    return max((number for number, line in enumerate(lines, 1) if _IMPORT.match(line)), default=0)


def _taken_out(lines: list[str], index: int, message: Message) -> str | None:
    line = lines[index]
    if match := _OPEN.match(line):
        name = line[message.column : message.end_column] if message.end_line == message.line else ""
        if name not in match["names"].split():
            return None
        left = line[: message.column] + line[message.end_column :]
        names = _OPEN.match(left)
        lines[index] = " ".join(left.split()) if names and names["names"].strip() else ""
        return f"open {name}"
    if line.lstrip().startswith("set_option "):
        lines[index] = ""
        return line.strip()
    return None


def modules_of(header: str) -> Iterator[str]:
    """Returns the modules that a header imports."""
    for line in header.split("\n"):
        if match := _IMPORT.match(line):
            yield match[1]
