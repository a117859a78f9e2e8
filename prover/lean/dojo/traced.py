"""Converts LeanDojo's traced files to traced modules. Receives LeanDojo's objects and does not import it.

LeanDojo does not report `sorry`s that are terms, attributes, or statements as Lean prints them; statements are given as
written. Its premises are the identifiers that are constants, in tactics and elsewhere.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, Literal

from prover.lean.file_text import Lines, signature
from prover.lean.module_name import module_at
from prover.lean.traced import PremiseUse, TracedDeclaration, TracedModule, TracedSorry, TracedStep, Visibility

KINDS = {
    "CommandTheoremNode": "theorem",
    "CommandInductiveNode": "inductive",
    "CommandClassinductiveNode": "inductive",
    "CommandStructureNode": "inductive",
    "CommandAxiomNode": "axiom",
    "CommandOpaqueNode": "opaque",
}
"""Lean's kind of declaration by LeanDojo's class of syntax node; all others are definitions."""
THEOREMS = {"LemmaNode", "MathlibTacticLemmaNode"}
SORRY_TACTIC, SORRY_TERM = "Lean.Parser.Tactic.tacticSorry", "Lean.Parser.Term.sorry"


def module_name(path: str) -> str:
    """Returns the name of the module in a file."""
    return module_at(PurePosixPath(path))


def traced_module(file: Any) -> TracedModule:
    """Returns the module in LeanDojo's `TracedFile`."""
    return _File(file).module()


def text_of(file: Any) -> str:
    """Returns the traced text."""
    text: str = file.abs_path.read_bytes().decode()
    return text


def theorem_at(file: Any, selection: int) -> Any | None:
    """Returns LeanDojo's `TracedTheorem` whose statement contains a byte, if there is one."""
    lines = Lines(str(file.path), text_of(file))
    for theorem in file.get_traced_theorems():
        if lines.offset(tuple(theorem.start)) <= selection < lines.offset(tuple(theorem.locate_proof()[0])):
            return theorem
    return None


def body(theorem: Any) -> tuple[int, int]:
    """Returns start and end of a theorem's body in bytes, including its `:=`."""
    lines = Lines(str(theorem.file_path), text_of(theorem.traced_file))
    proof = theorem.get_proof_node()
    start, stop = theorem.locate_proof()
    for node in nodes(theorem.ast):
        if any(child is proof for child in node.children) and getattr(node.children[0], "val", "") == ":=":
            start = node.start
    return lines.offset(tuple(start)), lines.offset(tuple(stop))


def command(theorem: Any) -> tuple[int, int]:
    """Returns start and end of the command that declares a theorem, in bytes."""
    lines = Lines(str(theorem.file_path), text_of(theorem.traced_file))
    for node in theorem.traced_file.ast.children:
        if node.start and node.start <= theorem.start and theorem.end <= node.end:
            return lines.offset(tuple(node.start)), lines.offset(tuple(node.end))
    return lines.offset(tuple(theorem.start)), lines.offset(tuple(theorem.end))


def nodes(root: Any, matches: Callable[[Any], bool] = lambda _: True) -> Iterator[Any]:
    """Yields the nodes of a syntax tree, each before its children."""
    if matches(root):
        yield root
    for child in root.children:
        yield from nodes(child, matches)


def goal_key(printed: str) -> str:
    """Returns the key of a goal without its tag. It depends on hypothesis names: LeanDojo knows goals only as text."""
    head, _, rest = printed.partition("\n")
    return hashlib.sha256((rest if head.startswith("case ") else printed).encode()).hexdigest()[:16]


def goals_in(state: str) -> tuple[str, ...]:
    """Returns the goals of a printed state."""
    return tuple(goal for goal in state.split("\n\n") if "⊢" in goal)


def _called(*names: str) -> Callable[[Any], bool]:
    return lambda node: type(node).__name__ in names


def _of_kind(*kinds: str) -> Callable[[Any], bool]:
    return lambda node: getattr(node, "kind", None) in kinds


class _File:
    """One traced file, with positions converted to bytes."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._path = file.path.as_posix()
        self._text = text_of(file)
        self._bytes = self._text.encode()
        self._lines = Lines(self._path, self._text)
        self._theorems = {theorem.theorem.full_name: theorem for theorem in file.get_traced_theorems()}

    def module(self) -> TracedModule:
        is_declaration = _called("CommandDeclarationNode", *THEOREMS)
        commands = {(node.start, node.end): node for node in nodes(self._file.ast, is_declaration)}
        premises = self._file.get_premise_definitions()
        return TracedModule(
            name=module_name(self._path),
            path=self._path,
            digest=hashlib.sha256(self._bytes).hexdigest(),
            imports=self._imports(),
            declarations=tuple(self._declaration(premise, commands) for premise in premises),
            steps=tuple(step for name, theorem in self._theorems.items() for step in self._steps(name, theorem)),
            sorries=tuple(sorry for name, theorem in self._theorems.items() for sorry in self._sorries(name, theorem)),
        )

    def _imports(self) -> tuple[str, ...]:
        named = [node.module for node in nodes(self._file.ast, _called("ModuleImportNode"))]
        return tuple(dict.fromkeys([*([] if self._file.has_prelude else ["Init"]), *filter(None, named)]))

    def _span(self, node: Any) -> tuple[int, int]:
        return self._lines.offset(tuple(node.start)), self._lines.offset(tuple(node.end))

    def _written(self, start: int, stop: int) -> str:
        return self._bytes[start:stop].decode()

    def _declaration(self, premise: dict[str, Any], commands: dict[Any, Any]) -> TracedDeclaration:
        name = premise["full_name"]
        start, stop = (self._lines.offset(tuple(premise[end])) for end in ("start", "end"))
        node = next(n for (s, e), n in commands.items() if (list(s), list(e)) == (premise["start"], premise["end"]))
        theorem = self._theorems.get(name)
        kind = "theorem" if theorem else self._kind(node)
        ident = next((n.children[0] for n in nodes(node, _called("CommandDeclidNode"))), None)
        own_name = ident.val if ident else name
        return TracedDeclaration(
            name=name,
            kind=kind,
            statement=signature(premise["code"], name),
            text=self._written(start, stop),
            start=start,
            stop=stop,
            selection=self._span(ident)[0] if ident else start,
            visibility=_visibility(node),
            namespace=name.removesuffix(own_name).removesuffix("."),
            docstring=_docstring(node),
            proof=_proof(theorem, kind),
            incomplete=any(True for _ in nodes(node, _of_kind(SORRY_TACTIC, SORRY_TERM))),
            premises=tuple(sorted(set(theorem.get_premise_full_names()))) if theorem else (),
        )

    @staticmethod
    def _kind(node: Any) -> str:
        return next((KINDS[type(n).__name__] for n in nodes(node) if type(n).__name__ in KINDS), "definition")

    def _steps(self, name: str, theorem: Any) -> Iterator[TracedStep]:
        found = [(*self._span(tactic.ast), tactic) for tactic in theorem.get_traced_tactics()]
        for start, stop, tactic in sorted(found, key=lambda f: (f[0], -f[1])):
            if not (before := goals_in(tactic.state_before)):
                continue
            after = goals_in(tactic.state_after)
            yield TracedStep(
                declaration=name,
                start=start,
                stop=stop,
                text=self._written(start, stop),
                before=tactic.state_before,
                after=tactic.state_after if after else "",
                keys_before=tuple(map(goal_key, before)),
                keys_after=tuple(map(goal_key, after)),
                premises=tuple(self._uses(tactic.ast)),
                depth=sum(s <= start and stop <= e and (s, e) != (start, stop) for s, e, _ in found),
            )

    def _uses(self, tree: Any) -> Iterator[PremiseUse]:
        for ident in nodes(tree, _called("IdentNode")):
            if ident.full_name and ident.mod_name and ident.start:
                yield PremiseUse(ident.full_name, self._module(ident.mod_name), *self._span(ident))

    def _module(self, name: str) -> str:
        """Returns the name of a module; LeanDojo's extractor does not use the file's own name for its module."""
        own = module_name(self._path)
        return own if name in (own, "_stdin", "[anonymous]") or own.endswith(f".{name}") else name

    def _sorries(self, name: str, theorem: Any) -> Iterator[TracedSorry]:
        for node in nodes(theorem.ast, _of_kind(SORRY_TACTIC)):
            if goals := goals_in(getattr(node, "state_before", None) or ""):
                yield TracedSorry(name, *self._span(node), term=False, goal=goals[0], key=goal_key(goals[0]))


def _proof(theorem: Any, kind: str) -> Literal["tactic", "term"] | None:
    if theorem is None:
        return "term" if kind == "definition" else None
    return "tactic" if theorem.has_tactic_proof() else "term"


def _visibility(node: Any) -> Visibility:
    if any(True for _ in nodes(node, _called("CommandPrivateNode"))):
        return "private"
    return "protected" if any(True for _ in nodes(node, _of_kind("Lean.Parser.Command.protected"))) else "public"


def _docstring(node: Any) -> str | None:
    found = next(nodes(node, _called("CommandDoccommentNode")), None)
    return found.comment.removesuffix("-/").strip() if found else None
