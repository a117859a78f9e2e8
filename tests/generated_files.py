"""Lean files as people write them, made at random, each with theorems whose proofs are known."""

from dataclasses import dataclass

from hypothesis import strategies as st

from prover.lean.file_text import BYTE_ORDER_MARK


@dataclass(frozen=True)
class Piece:
    """A part of a file, with one theorem that has a `sorry`."""

    theorem: str
    """the full name"""
    text: str
    """ends with a line end; what `declaration` says occurs in it once"""
    declaration: str
    """from the first word of its declaration to its `sorry`, which may be written otherwise, by a macro"""
    signature: str
    """the declaration without its body"""
    proofs: tuple[str, ...]
    """tactic blocks, each of which proves it"""
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class GeneratedFile:
    """A file, as it is on the disk."""

    module: str
    """its path without the ending, with slashes"""
    pieces: tuple[Piece, ...]
    written: str

    def around(self, piece: Piece) -> tuple[str, str]:
        """What stands before and after the declaration of a piece."""
        newline = "\r\n" if "\r\n" in self.written else "\n"
        before, found, after = self.written.partition(piece.declaration.replace("\n", newline))
        assert found
        return before, after


def _plain(i: int) -> Piece:
    head = f"theorem plain{i} (n : Nat) : n + 0 = n"
    return _piece(f"plain{i}", "", head, " := by\n  sorry", "", ("rfl", "simp", "cases n\n· rfl\n· rfl"), ("rfl",))


def _term(i: int) -> Piece:
    head = f"theorem term{i}\n    {{p q : Prop}} (hp : p) (hq : q) :\n    p ∧ q"
    above = f"/-- A docstring with `sorry`, a tab\tand ∀. {i} -/\n@[simp] "
    return _piece(f"term{i}", above, head, " := sorry", "", ("constructor\n· exact hp\n· exact hq",), ("⟨hp, hq⟩",))


def _in_namespace(i: int) -> Piece:
    head = "private theorem inner (p : Prop) (hp : p) : p ∨ False"
    return _piece(
        f"N{i}.inner", f"namespace N{i}\n", head, " := by\n  sorry", f"\nend N{i}", ("left\nexact hp", "simp [hp]")
    )


def _from_the_root(i: int) -> Piece:
    head = f"theorem _root_.root{i} (n : Nat) : n ≤ n"
    above = f"namespace R{i}\nsection\n"
    return _piece(f"root{i}", above, head, " := by sorry", f"\nend\nend R{i}", ("exact Nat.le_refl n", "omega"))


def _instance(i: int) -> Piece:
    above = f"class Good{i} (n : Nat) : Prop where\n  good : n + 0 = n\n\n"
    return _piece(
        f"instGood{i}OfNatNat",
        above,
        f"instance : Good{i} 3",
        " := by\n  sorry",
        "",
        ("constructor\nrfl", "exact ⟨rfl⟩"),
    )


def _nested(i: int) -> Piece:
    body = " := by\n  constructor\n  · exact hp\n  · have both : q ∧ q := by\n      sorry\n    exact both.1"
    head = f"theorem nested{i} (p q : Prop) (hp : p) (hq : q) : p ∧ q"
    return _piece(
        f"nested{i}", "", head, body, "", ("constructor\n· exact hp\n· have h := hq\n  exact h", "simp [hp, hq]")
    )


def _each_goal(i: int) -> Piece:
    head = f"theorem each{i} (p q : Prop) (hp : p) (hq : q) : p ∧ q"
    return _piece(
        f"each{i}", "", head, " := by constructor <;> sorry", "", ("constructor <;> assumption",), ("And.intro hp hq",)
    )


def _mutual(i: int) -> Piece:
    above = f"mutual\n\n/-- Another one of the block. -/\ntheorem other{i} (n : Nat) : 0 + n = n := by\n  simp\n\n"
    head = f"theorem mutual{i} (n : Nat) : n + 0 = n"
    return _piece(f"mutual{i}", above, head, " := by\n  sorry", "\n\nend", ("rfl", "show n = n\nrfl"))


def _by_macro(i: int) -> Piece:
    above = f'macro "todo{i}" : tactic => `(tactic| sorry)\n\n'
    head = f"theorem macro{i} (n : Nat) (h : n = 1) : n + 1 = 2"
    return _piece(f"macro{i}", above, head, f" := by\n  todo{i}", "", ("omega", "subst h\nrfl"))


def _keywords(i: int) -> Piece:
    head = f"theorem keywords{i} («from» : Nat) («end» : «from» = 1) : «from» + 1 = 2"
    return _piece(
        f"keywords{i}",
        "",
        head,
        " := by\n  sorry",
        "",
        ("omega", "rw [«end»]", "cases «from» with\n| zero => omega\n| succ n => omega"),
    )


def _after_text(i: int) -> Piece:
    above = f'def text{i} := "sorry \\t ∀ «"\n/- a comment /- in a comment, with a tab\t-/ sorry -/\n'
    head = f"theorem α₁{i}' : text{i}.length = 11"
    return _piece(f"α₁{i}'", above, head, " := by\n  sorry -- why?", "", ("rfl", "decide"))


def _piece(
    theorem: str, above: str, head: str, body: str, below: str, proofs: tuple[str, ...], terms: tuple[str, ...] = ()
) -> Piece:
    return Piece(theorem, f"{above}{head}{body}{below}\n", head + body, head, proofs, terms)


KINDS = (
    _plain, _term, _in_namespace, _from_the_root, _instance, _nested, _each_goal, _mutual, _by_macro, _keywords,
    _after_text,
)  # fmt: skip
MODULES = ("Plain", "Deep/Er", "Book/3", "Über uns", "with-dash/A", "ταυ")


@st.composite
def generated_files(draw: st.DrawFn, pieces: int = 4, modules: tuple[str, ...] = MODULES) -> GeneratedFile:
    """A file of up to so many pieces."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=pieces))
    made = tuple(kind(index) for index, kind in enumerate(kinds))
    opening = draw(st.sampled_from(["", "-- A comment.\n\n", "/-! A file.\tWith a tab. -/\n\nuniverse u\n\n"]))
    text = opening + "\n".join(piece.text for piece in made)
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    mark = draw(st.sampled_from(["", BYTE_ORDER_MARK]))
    return GeneratedFile(draw(st.sampled_from(modules)), made, mark + text)


@st.composite
def handed_in(draw: st.DrawFn, piece: Piece) -> str:
    """A proof of a piece, in one of the forms in which people hand proofs in."""
    proof = draw(st.sampled_from(piece.proofs + piece.terms))
    if proof in piece.terms:
        by, body = proof, f" := {proof}"
    else:
        by = f"by {proof}" if "\n" not in proof else "by\n  " + proof.replace("\n", "\n  ")
        body = f" := {by}"
    forms = [by, body.strip(), f"```lean\n{by}\n```\n", f"\n  {by.replace(chr(10), chr(10) + '  ')}\n\n"]
    if proof not in piece.terms:
        forms += [proof, f"Proof:\n\n```\n{proof}\n```\nDone."]
    forms += [piece.signature.replace("private ", "") + body, f"```lean4\n{piece.signature}{body}\n```"]
    text = draw(st.sampled_from(forms))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
