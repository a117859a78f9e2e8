"""A reader of LeanDojo's benchmark format as strict as ReProver's: what that program asserts is asserted here.

Written after its documented behaviour, and on purpose without any of the project's code.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Premise:
    path: str
    full_name: str
    start: tuple[int, int]
    end: tuple[int, int] = field(compare=False)
    code: str = field(compare=False)

    def __post_init__(self) -> None:
        assert self.start <= self.end
        assert min(*self.start, *self.end) >= 1
        assert self.code

    def serialize(self) -> str:
        """The document that a retriever sees: the code with marks around its own name."""
        parts = self.full_name.split(".")
        for first in range(len(parts)):
            name = re.escape(".".join(parts[first:]))
            code = re.sub(rf"(?<=\s)«?{name}»?", lambda _: f"<a>{self.full_name}</a>", self.code)
            if code != self.code:
                return code
        return self.code


class Corpus:
    """Files in import order, their premises, and what each file leads to."""

    def __init__(self, path: Path) -> None:
        self.premises: dict[str, list[Premise]] = {}
        self.leads_to: dict[str, set[str]] = {}
        for line in path.open(encoding="utf-8"):
            file = json.loads(line)
            assert file["path"] not in self.premises
            assert all(imported in self.premises for imported in file["imports"]), file["path"]
            self.leads_to[file["path"]] = set(file["imports"]).union(*(self.leads_to[i] for i in file["imports"]))
            self.premises[file["path"]] = [
                Premise(file["path"], p["full_name"], tuple(p["start"]), tuple(p["end"]), p["code"])
                for p in file["premises"]
                if p["full_name"] is not None and p["code"] != "" and "user__.n" not in p["full_name"]
            ]
            assert all({"full_name", "code", "start", "end", "kind"} == set(p) for p in file["premises"])

    def locate(self, path: str, position: tuple[int, int]) -> Premise | None:
        return next((p for p in self.premises[path] if p.start <= position <= p.end), None)

    def accessible(self, path: str, position: tuple[int, int]) -> set[Premise]:
        here = {p for p in self.premises[path] if p.end <= position}
        return here.union(*(self.premises[imported] for imported in self.leads_to[path]))


@dataclass(frozen=True)
class Example:
    """What a tactic generator and a retriever are trained on."""

    theorem: str
    path: str
    state: str
    tactic: str
    premises: tuple[Premise, ...]
    accessible: frozenset[Premise]


def examples(corpus: Corpus, file: Path) -> list[Example]:
    """One for each tactic of a split's file."""
    found = []
    theorems: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    for theorem in theorems:
        assert {"url", "commit", "file_path", "full_name", "start", "end", "traced_tactics"} == set(theorem)
        assert theorem["file_path"] in corpus.premises
        start = tuple(theorem["start"])
        for tactic in theorem["traced_tactics"]:
            state = tactic["state_before"]
            assert "⊢" in state
            assert "<a>" not in state
            text, provenances = tactic["annotated_tactic"]
            assert text.count("<a>") == text.count("</a>") == len(provenances)
            premises = [corpus.locate(p["def_path"], tuple(p["def_pos"])) for p in provenances]
            found.append(
                Example(
                    theorem["full_name"],
                    theorem["file_path"],
                    state,
                    tactic["tactic"].replace("<a>", "").replace("</a>", ""),
                    tuple(premise for premise in premises if premise is not None),
                    frozenset(corpus.accessible(theorem["file_path"], start)),
                )
            )
    return found
