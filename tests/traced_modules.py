"""Traced modules for tests of what stores and reads them: one small by hand, and any that Lean could trace."""

import hashlib

from hypothesis import strategies as st
from sqlalchemy import Connection, select, true

from curriculum.database.identity import ModuleText, module_keys
from curriculum.database.tables import TheoremRow
from curriculum.database.traces import SnapshotSource
from prover.lean.traced import PremiseUse, TracedDeclaration, TracedModule, TracedSorry, TracedStep

LEAN = "Lean 4.28.0"


def theorem(name: str, key: str = "", incomplete: bool = False, kind: str = "theorem") -> TracedDeclaration:
    """A declaration of no great interest."""
    return TracedDeclaration(
        name=name,
        kind=kind,
        statement=f"{name} : True",
        text=f"{kind} {name} : True := by trivial",
        start=10,
        stop=40,
        selection=18,
        visibility="public",
        namespace="",
        attributes=("simp",),
        proof="tactic",
        incomplete=incomplete,
        premises=("True.intro", "Nat"),
        statement_key=key or f"key of {name}",
    )


def step(declaration: str, text: str, before: str, after: str, start: int = 30) -> TracedStep:
    """A step that names two premises; its goals' keys are made from the states' text."""
    return TracedStep(
        declaration=declaration,
        start=start,
        stop=start + len(text),
        text=text,
        before=before,
        after=after,
        keys_before=(f"k{before}",),
        keys_after=(f"k{after}",) if after else (),
        premises=(PremiseUse("Nat.add_comm", "Init.Core", start, start + 2), PremiseUse("here", "A", start, start)),
    )


def sorry(declaration: str, goal: str = "⊢ True") -> TracedSorry:
    """A place where a tactic is missing."""
    return TracedSorry(declaration, 35, 40, term=False, goal=goal, key=f"k{goal}")


def module(name: str, *declarations: TracedDeclaration, text: str = "", imports: tuple[str, ...] = ()) -> TracedModule:
    """A module of these declarations: two steps in the proof of each, and a `sorry` where one is incomplete."""
    steps = [s for d in declarations for s in (step(d.name, "intro h", "P → Q", "Q"), step(d.name, "simp", "Q", ""))]
    sorries = [sorry(d.name) for d in declarations if d.incomplete]
    digest = hashlib.sha256((text or name).encode()).hexdigest()
    path = name.replace(".", "/") + ".lean"
    return TracedModule(name, path, digest, imports, declarations, tuple(steps), tuple(sorries))


def keyed(*modules: TracedModule, toolchain: str = LEAN) -> dict[str, TracedModule]:
    """Modules by their keys, each able to import the others."""
    keys = module_keys(toolchain, {m.name: ModuleText(m.digest, m.imports) for m in modules})
    return {keys[m.name]: m for m in modules}


def read(revision: str, location: str = "https://example.org/r") -> SnapshotSource:
    """A repository at a revision."""
    return SnapshotSource(location, revision, LEAN)


def open_theorems(connection: Connection, repository: int = 1) -> list[tuple[str, float]]:
    """The present theorems of a repository that have no proof, with their difficulty: the easiest first."""
    asked = select(TheoremRow.name, TheoremRow.difficulty).where(TheoremRow.repository_id == repository)
    asked = asked.where(TheoremRow.present == true(), TheoremRow.proof_id.is_(None))
    return [(row[0], row[1]) for row in connection.execute(asked.order_by(TheoremRow.difficulty, TheoremRow.id))]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
NAMES = st.sampled_from(["A", "A.b", "B.c.d", "«x y»", "Nat.add_comm", "αβ", "_example"])
PLACES = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda pair: (pair[0], sum(pair)))
KEYS = st.lists(st.sampled_from(["1", "22", "333-1"]), min_size=1, max_size=3).map(tuple)


@st.composite
def declarations(draw: st.DrawFn, name: str) -> TracedDeclaration:
    """Any declaration of this name."""
    start, stop = draw(PLACES)
    return TracedDeclaration(
        name=name,
        kind=draw(st.sampled_from(["theorem", "definition", "inductive"])),
        statement=draw(TEXT),
        text=draw(TEXT),
        start=start,
        stop=stop,
        selection=draw(st.integers(0, 99)),
        visibility=draw(st.sampled_from(["public", "private", "protected"])),
        namespace=draw(TEXT),
        docstring=draw(st.none() | TEXT),
        attributes=tuple(draw(st.lists(TEXT, max_size=2))),
        proof=draw(st.sampled_from([None, "tactic", "term"])),
        incomplete=draw(st.booleans()),
        premises=tuple(draw(st.lists(NAMES, max_size=3))),
        statement_key=draw(st.sampled_from(["", "s1", "s2", "s3"])),
    )


@st.composite
def steps(draw: st.DrawFn) -> TracedStep:
    """Any step, in a declaration of the module or not."""
    start, stop = draw(PLACES)
    done = draw(st.booleans())
    uses = st.builds(
        lambda name, home, place: PremiseUse(name, home, *place), NAMES, st.sampled_from(["", "M", "N"]), PLACES
    )
    return TracedStep(
        declaration=draw(NAMES),
        start=start,
        stop=stop,
        text=draw(TEXT),
        before=draw(TEXT),
        after="" if done else draw(TEXT),
        keys_before=draw(KEYS),
        keys_after=() if done else draw(KEYS),
        premises=tuple(draw(st.lists(uses, max_size=3))),
        depth=draw(st.integers(0, 3)),
    )


@st.composite
def modules(draw: st.DrawFn, name: str = "M") -> TracedModule:
    """Any module of this name."""
    places = draw(st.lists(PLACES, max_size=3))
    return TracedModule(
        name=name,
        path=f"{name}.lean",
        digest=draw(st.sampled_from(["d1", "d2"])),
        imports=tuple(draw(st.lists(st.sampled_from(["Init", "Std.Data"]), max_size=2))),
        declarations=tuple(draw(declarations(n)) for n in draw(st.lists(NAMES, unique=True, max_size=4))),
        steps=tuple(draw(st.lists(steps(), max_size=5))),
        sorries=tuple(
            TracedSorry(draw(NAMES), start, stop, draw(st.booleans()), draw(TEXT), draw(st.sampled_from("xy")))
            for start, stop in places
        ),
    )
