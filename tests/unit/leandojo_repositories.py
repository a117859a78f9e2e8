"""Small repositories, written out and traced by hand or by chance, for tests of the benchmark format."""

import hashlib
from dataclasses import dataclass, field

from hypothesis import strategies as st

from prover.lean.traced import PremiseUse, TracedDeclaration, TracedModule, TracedStep

LIBRARY = (("Nat.add_comm", "Init.Data.Nat.Basic"), ("List.map_id", "Init.Data.List.Lemmas"), ("id", "Init.Prelude"))


@dataclass
class Writing:
    """A module while its text is being written, and what Lean would say of it."""

    name: str
    imports: tuple[str, ...] = ("Init",)
    text: str = ""
    declarations: list[TracedDeclaration] = field(default_factory=list)
    steps: list[TracedStep] = field(default_factory=list)

    @property
    def here(self) -> int:
        return len(self.text.encode())

    def add(self, text: str) -> int:
        start = self.here
        self.text += text
        return start

    def declare(self, kind: str, name: str, statement: str, body: str, **more: object) -> TracedDeclaration:
        """Writes a declaration; `name` is as written, in the namespace of the module."""
        start = self.add(f"/-- About {name} -- ≤. -/\n{kind} ")
        selection = self.add(f"{name} {statement}")
        self.add(body)
        text = self.text.encode()[start:].decode()
        made = TracedDeclaration(
            name=f"{self.name}.{name}",
            kind="definition" if kind == "def" else kind,
            statement=f"{name} {statement}",
            text=text,
            start=start,
            stop=self.here,
            selection=selection,
            visibility="public",
            namespace=self.name,
            **more,  # type: ignore[arg-type]  # the caller's
        )
        self.declarations.append(made)
        self.add("\n\n")
        return made

    def prove(self, name: str, statement: str, tactics: list["Line"], incomplete: bool = False) -> None:
        """Writes a theorem with one tactic a line."""
        body, places = " := by", []
        for line in tactics:
            body += "\n  "
            places.append(len(body.encode()))
            body += line.text + line.comment
        made = self.declare("theorem", name, statement, body, proof="tactic", incomplete=incomplete)
        first = made.stop - len(body.encode())
        for line, place in zip(tactics, places, strict=True):
            self.steps.append(line.step(made.name, first + place))

    def traced(self) -> TracedModule:
        path = self.name.replace(".", "/") + ".lean"
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return TracedModule(
            self.name, path, digest, self.imports, tuple(self.declarations), tuple(self.steps), sorries=()
        )


@dataclass(frozen=True)
class Line:
    """A tactic: its text in pieces, every second one a premise."""

    pieces: tuple[str, ...]
    premises: tuple[tuple[str, str], ...]
    """full name and module of each premise"""
    before: str = "n : Nat\n⊢ n = n"
    after: str = ""
    comment: str = ""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def step(self, declaration: str, start: int) -> TracedStep:
        uses = []
        at = start
        for number, piece in enumerate(self.pieces):
            size = len(piece.encode())
            if number % 2:
                uses.append(PremiseUse(*self.premises[number // 2], at, at + size))
            at += size
        return TracedStep(declaration, start, at, self.text, self.before, self.after, (), (), tuple(uses))


WORDS = st.sampled_from(["simp", "rw", "exact", "omega", "refine ⟨?_, ?_⟩", "λ", "𝔸 ", "∀"])
STATES = st.sampled_from(["n : ℕ\n⊢ n = n", "case a\n⊢ p\n\ncase b\n⊢ q ∧ 𝔸", "⊢ True", "h : a ≤ b\n⊢ b ≥ a"])


@st.composite
def lines(draw: st.DrawFn, known: list[tuple[str, str]]) -> Line:
    """A tactic that may name what is `known`, its name written shorter or in full."""
    premises = tuple(draw(st.lists(st.sampled_from(known), max_size=3)))
    pieces = [draw(WORDS) + " ["]
    for name, _ in premises:
        written = name.split(".")[draw(st.integers(0, name.count("."))) :]
        pieces += [".".join(written), draw(st.sampled_from([", ", ", ← ", ",\n    "]))]
    pieces[-1] += "]"
    comment = draw(st.sampled_from(["", "  -- why ≠ by", "  /- a /- b -/ c -/"]))
    return Line(tuple(pieces), premises, draw(STATES), draw(STATES | st.just("")), comment)


@st.composite
def repositories(draw: st.DrawFn) -> list[Writing]:
    """One to four modules, each importing some of those before it."""
    written: list[Writing] = []
    known = list(LIBRARY)
    for number in range(draw(st.integers(1, 4))):
        imports = draw(st.lists(st.sampled_from([w.name for w in written]), unique=True)) if written else []
        module = Writing(f"Lib.M{number}", ("Init", *imports))
        visible = [k for k in known if k in LIBRARY or k[1] in _closure(imports, written)]
        module.add(draw(st.sampled_from(["", "import Init\n", "-- ⟨é⟩\n"])))
        for index in range(draw(st.integers(0, 4))):
            name = f"t{index}'"
            if draw(st.booleans()):
                module.prove(name, "(n : ℕ) : n = n", draw(st.lists(lines(visible), min_size=1, max_size=3)))
            else:
                module.declare("def", name, ": ℕ", " := 𝔸 -- eight\n  + 1")
            visible = [*visible, (f"{module.name}.{name}", module.name)]
        known += [k for k in visible if k[1] == module.name]
        written.append(module)
    return written


def _closure(names: list[str], written: list[Writing]) -> set[str]:
    found = set(names)
    for module in reversed(written):
        if module.name in found:
            found.update(module.imports)
    return found
