"""Proofs put together: which are left out, and what the others rest on. Lean is a table here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from prover.app.joining import Joined, alone, joined
from prover.app.locating import Target, declared_types
from prover.app.workspace import Workspace
from prover.attempt import AcceptedProof, Spent, Task, TheoremProved
from prover.check.gate import Accepted
from prover.lean.protocol import AuditedDeclaration, Declaration, Message
from prover.lean.requests import AuditReply
from prover.lean.session import SourceText
from prover.project.layout import Module
from prover.project.patch import Replacement

NAMES = ("one", "two", "three")
TEXT = "".join(f"theorem {name} : p := by\n  sorry\n\n" for name in NAMES)
SOURCE = SourceText(TEXT, "A.lean", "A")
MODULE = Module("A", Path("A.lean"))


def declaration(name: str, text: str = TEXT) -> Declaration:
    start = text.index(f"theorem {name} ")
    stop = text.index("\n\n", start)
    return Declaration(name, "theorem", "", False, start, stop, start + len("theorem "), "sorry" in text[start:stop])


def target(name: str) -> Target:
    return Target(MODULE, Task(SOURCE, declaration(name)))


def proof(name: str, script: str) -> AcceptedProof:
    start = TEXT.index("sorry", declaration(name).start)
    written = (Replacement(start, start + len("sorry"), script),)
    return TheoremProved(script, written, Accepted((), 0), Spent())


def error(text: str, word: str) -> Message:
    """An error at the first place of a word."""
    line = text[: text.index(word)].count("\n") + 1
    return Message("error", line, 2, line, 3, f"no {word}", f"A.lean:{line}:2: error: no {word}\n")


@dataclass
class Lean:
    """A session, its pool, its workspace and its builder: what Lean says of a text."""

    errors: Callable[[str], list[Message]] = lambda _: []
    given: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """open theorems that a theorem rests on"""
    refused: dict[str, str] = field(default_factory=dict)
    """why a theorem does not hold"""
    elaborated: list[str] = field(default_factory=list)

    def elaborate(self, source: SourceText) -> list[Message]:
        self.elaborated.append(source.text)
        return self.errors(source.text)

    def declarations(self, source: SourceText, detail: bool = False) -> Sequence[Declaration]:
        return [declaration(name, source.text) for name in NAMES]

    def audit(self, source: SourceText, selections: Sequence[int]) -> AuditReply:
        rows = []
        for name in NAMES:
            selection = declaration(name, source.text).selection
            why = self.refused.get(name)
            axioms = ("sorryAx",) if why else ()
            row = AuditedDeclaration(name, "theorem", selection, (), 0, axioms, self.given.get(name, ()), why)
            rows += [row] if selection in selections else []
        return AuditReply(audited=tuple(rows))

    def joined(self, **scripts: str) -> tuple[Joined, list[str]]:
        said: list[str] = []
        proofs = {target(name): proof(name, script) for name, script in scripts.items()}
        return joined(cast("Workspace", self), proofs, (), said.append), said

    # what the use case asks on the way to a session
    def close(self) -> None: ...

    def fresh(self) -> "Lean":
        return self

    def pool(self, size: int) -> "Lean":
        return self

    def rewritten(self, contents: Any) -> "Lean":
        return self

    def prepare(self, module: Module) -> None: ...

    def imports(self, module: Module) -> tuple[str, ...]:
        return ()

    @property
    def builder(self) -> "Lean":
        return self

    @property
    def repository(self) -> "Lean":
        return self

    @property
    def modules(self) -> dict[str, Module]:
        return {"A": MODULE}


def names(found: Joined) -> list[str]:
    return [each.task.declaration.name for each in found.proofs]


def test_proofs_that_hold_are_one_patch_and_rest_on_what_lean_says() -> None:
    found, said = Lean(given={"two": ("three",)}).joined(two="simp", one="rfl")
    assert names(found) == ["two", "one"]
    assert found.rests_on == {target("one"): (), target("two"): ("three",)}
    assert found.files[0].after.text == TEXT.replace("sorry", "rfl", 1).replace("sorry", "simp", 1)
    assert (found.patch().count("\n-  sorry"), found.left_out, said) == (2, {}, [])


def test_a_proof_that_the_others_break_is_left_out_and_the_rest_is_elaborated_again() -> None:
    lean = Lean(lambda text: [error(text, "omega")] if "rfl" in text and "omega" in text else [])
    found, said = lean.joined(one="rfl", two="omega", three="simp")
    assert names(found) == ["one", "three"]
    assert said == ["two is left out: with the others it no longer compiles: line 5: no omega"]
    assert [text.count("sorry") for text in lean.elaborated] == [0, 1, 3]


def test_an_original_that_was_read_without_errors_is_not_elaborated_again() -> None:
    lean = Lean(lambda text: [error(text, "three")] if "omega" in text else [])
    types = declared_types(lean.declarations(SOURCE))
    proofs = {
        replace(target(name), declared=types): proof(name, text) for name, text in (("one", "rfl"), ("two", "omega"))
    }
    found = joined(cast("Workspace", lean), proofs, (), lambda _: None)
    assert names(found) == ["one"]
    assert TEXT not in lean.elaborated


def test_what_breaks_something_else_is_found_by_adding_one_proof_after_the_other() -> None:
    lean = Lean(lambda text: [error(text, "three")] if "omega" in text else [])
    found, _ = lean.joined(one="rfl", two="omega")
    assert names(found) == ["one"]
    assert "something else in the file no longer compiles" in found.left_out[target("two")]


def test_a_theorem_that_rests_on_more_than_open_theorems_is_left_out() -> None:
    found, _ = Lean(refused={"one": "it rests on `sorry`, which is in `data`"}).joined(one="rfl", two="simp")
    assert (names(found), found.left_out) == (["two"], {target("one"): "it rests on `sorry`, which is in `data`"})


def test_if_nothing_holds_there_is_no_file() -> None:
    found, _ = Lean(refused={"one": "no"}).joined(one="rfl")
    assert (found.files, found.proofs, found.patch()) == ([], {}, "")


def test_the_only_proof_of_a_run_is_not_elaborated_again() -> None:
    given = Accepted((), 0, given=("b",))
    only = TheoremProved("rfl", proof("one", "rfl").replacements, given, Spent())
    found = alone(target("one"), only)
    assert found.rests_on == {target("one"): ("b",)}
    assert found.files[0].after.text == TEXT.replace("sorry", "rfl", 1)
