"""`prover prove` and `prover check` on files as people write them: where a proof goes, and how it is laid out there."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from prover.attempt import written_at
from prover.cli.main import run
from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.project.patch import replace
from tests.integration.computer import PIN

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

CHAIN = """\
inductive Chain : Nat → Prop
  | a : Chain 0
  | b : Chain 0 → Chain 1
  | c : Chain 1 → Chain 2

"""
"""`Chain 2` is proved by three steps, which no single tactic takes: the script has several lines."""

LAYOUT = (
    CHAIN
    + """\
theorem bullet (p : Prop) (hp : p) : p ∧ Chain 2 := by
  constructor
  · exact hp
  · have hh : Chain 2 := by sorry
    exact hh

theorem alternatives (p q : Prop) (h : p ∨ q) : Chain 2 := by
  cases h with
  | inl h => have x : Chain 2 := by sorry
             exact x
  | inr h => sorry

theorem one_line (p : Prop) : p → Chain 2 := by intro h; sorry

theorem pair : Chain 2 ∧ True := ⟨sorry, trivial⟩

theorem argument (f : Chain 2 → Nat → True) : True := f sorry 1

theorem in_first : True ∧ Chain 2 := by
  refine ⟨trivial, ?_⟩
  first | assumption | sorry

theorem on_one_line (b : Bool) : Chain 2 := match b with | true => sorry | false => sorry
"""
)

SEVERAL = (
    CHAIN
    + """\
theorem both (p : Prop) (hp : p) : p ∧ Chain 2 := by
  constructor <;> sorry

theorem all_of_them (p : Prop) (hp : p) : Chain 2 ∧ p := by
  constructor
  all_goals sorry

theorem operand (p q : Prop) (h : p ∨ q) : Chain 2 := by
  cases h <;> sorry

theorem before (p q : Prop) (hp : p) (hq : q) : p ∧ q ∧ Chain 2 := by
  refine ⟨?_, ?_, ?_⟩
  any_goals sorry
"""
)

MACROS = (
    CHAIN
    + """\
macro "todo" : tactic => `(tactic| sorry)
macro "missing" : term => `(sorry)
macro "half" : tactic => `(tactic| (constructor; assumption; sorry))
macro "assume_it " n:ident : command => `(theorem $n : 1 = 1 := sorry)

theorem by_tactic (p : Prop) (hp : p) : p ∧ Chain 2 := by
  constructor
  · todo
  · todo

theorem by_term (p : Prop) (hp : p) : p := missing

theorem stopped (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  stop
  simp
  rfl

theorem stopped_at_one (p : Prop) (hp : p) : p ∧ Chain 2 := by
  refine ⟨hp, ?_⟩
  stop
  simp

theorem given_a_sorry (p : Prop) (hp : p) : p := by
  try (first | done | sorry)

theorem halfway (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  half

assume_it commanded
"""
)

KEYWORDS = """\
inductive Term where
  | «end»
  | «from» (t : Term)

def Term.size : Term → Nat
  | .«end» => 1
  | .«from» t => t.size + 1

notation "heute" => (0 : Nat)

theorem variable_named («from» : Term) : 0 < «from».size := by sorry

theorem hypothesis_named (p q : Prop) («then» : p ∨ q) : q ∨ p := by sorry

theorem «at» (n : Nat) («heute» : n = 1) : n + 1 = 2 := sorry
"""

COERCED = """\
structure Small where
  n : Nat
structure Large where
  n : Nat

instance : Coe Small Large := ⟨fun _ => sorry⟩

def complete (s : Small) : Large := s
def alsoComplete (s : Small) : List Large := [s, ⟨0⟩]
theorem complete_refl (s : Small) : complete s = complete s := rfl
theorem missing_one (s : Small) (h : s.n = 0) : s.n + 0 = 0 := by sorry
"""

CRLF = b"theorem a (p : Prop) (hp : p) : p := by\r\n  have h : p := by\r\n    sorry\r\n  exact h\r\n\r\n-- end\r\n"
MARKED = b"\xef\xbb\xbftheorem marked (p : Prop) (hp : p) : p :=\r\n  sorry"
MIXED = """\
-- a\rb
theorem mixed (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\r
  constructor
  · sorry
  · sorry"""

FILES = {
    "Layout.lean": LAYOUT.encode(),
    "Several.lean": SEVERAL.encode(),
    "Macros.lean": MACROS.encode(),
    "Keywords.lean": KEYWORDS.encode(),
    "Coerced.lean": COERCED.encode(),
    "Crlf.lean": CRLF,
    "Marked.lean": MARKED,
    "Mixed.lean": MIXED.encode(),
}
PROVED = [
    "bullet", "alternatives", "one_line", "pair", "argument", "in_first", "on_one_line",
    "both", "all_of_them", "operand", "before",
    "by_tactic", "by_term", "stopped", "stopped_at_one", "given_a_sorry",
    "variable_named", "hypothesis_named", "at",
    "missing_one",
    "a", "marked", "mixed",
]  # fmt: skip


def write(root: Path, files: dict[str, bytes]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (root / name).write_bytes(content)
    names = ", ".join(f'"{Path(name).stem}"' for name in files)
    (root / "lakefile.toml").write_text(f'name = "written"\n[[lean_lib]]\nname = "Written"\nroots = [{names}]\n')
    return root


EVERYWHERE = (
    CHAIN
    + """\
structure Both (p q : Prop) : Prop where
  left : p
  right : q

theorem fields : Both (Chain 2) (Chain 2) where
  left := sorry
  right := by sorry
theorem braces : Both (Chain 2) (Chain 2) := { left := sorry, right := sorry }
theorem witness : ∃ n, Chain n := ⟨2, sorry⟩
theorem function (p : Prop) : p → Chain 2 := fun _ => sorry
theorem condition (n : Nat) : Chain 2 := by
  if n = 0 then sorry else sorry
theorem matched (b : Bool) : Chain 2 := by
  match b with
  | true => sorry
  | false => sorry
theorem on_one_line (b : Bool) : Chain 2 := match b with | true => sorry | false => by sorry
theorem bracketed (p q : Prop) (h : p ∨ q) : Chain 2 := by
  rcases h with h | h
  { sorry }
  { skip; sorry }
theorem cases_named (p q : Prop) (h : p ∨ q) : Chain 2 := by
  cases h
  case inl h => sorry
  next h => sorry
theorem inner_blocks : Chain 2 ∧ Chain 2 := by
  refine ⟨?_, by sorry⟩
  exact (by sorry)
theorem shown : Chain 2 := show Chain 2 from sorry
theorem enough : Chain 2 := by
  suffices h : Chain 2 by exact h
  sorry
theorem braces_after_by : Chain 2 := by
  have h : Chain 2 := by { sorry }
  exact h
theorem term_have : Chain 2 :=
  have h : Chain 2 := sorry
  h
theorem equations (p : Prop) : p ∨ True → Chain 2
  | .inl _ => sorry
  | .inr _ => by sorry
theorem pipes : Chain 2 ∨ False := Or.inl <| sorry
theorem dollars : Chain 2 ∨ False := .inl $ sorry
theorem negated (h : ¬Chain 2) : False := h sorry
theorem semicolons : Chain 2 ∧ Chain 2 := by
  constructor; sorry; sorry
theorem one_line_of_steps (h : ¬Chain 2) : False := by apply h; sorry
theorem steps (a b c : Nat) (h : a = b) (k : b = c) : a = c := by
  calc a = b := sorry
    _ = c := by sorry
theorem nested_bullets : Chain 2 ∧ Chain 2 := by
  constructor
  · · sorry
  . show Chain 2; sorry
theorem operands (p : Prop) (hp : p) : Chain 2 := by
  refine id ?_ <;> sorry
theorem first_operand : Chain 2 := by
  sorry <;> skip
theorem parentheses : Chain 2 ∧ Chain 2 := by
  constructor
  (sorry)
  (skip; sorry)
theorem combinators : Chain 2 ∧ Chain 2 ∧ Chain 2 := by
  refine ⟨?_, ?_, ?_⟩
  focus sorry
  try sorry
  iterate 1 sorry
theorem with_a_let : Chain 2 := by
  let x := 1; sorry
theorem obtained : ∃ n, Chain n := by
  obtain ⟨n, hn⟩ : ∃ n, Chain n := ⟨2, sorry⟩
  exact ⟨n, hn⟩
theorem patterned : Chain 2 := by
  have ⟨_, h⟩ : True ∧ Chain 2 := ⟨trivial, by sorry⟩
  exact h
theorem eliminated (p q : Prop) (h : p ∨ q) : q ∨ p := by
  rcases (sorry : p ∨ q) with h | h
  · exact .inr h
  · exact .inl h
theorem rewritten (a b c : Nat) (h : a = b) : a + c = b + c := by
  rw [show a = b from sorry]
theorem simplified (a b c : Nat) (h : a = b) : a + c = b + c := by
  simp [show a = b by sorry, Nat.add_comm]
theorem specialized (q : Prop) (h : Chain 2 → q) : q := by
  specialize h sorry
  exact h
theorem repeated : Chain 2 ∧ Chain 2 := by
  repeat (first | apply And.intro | sorry)
theorem below : True := trivial
where
  fact : Chain 2 := sorry
  further (h : True) : Chain 2 := by
    sorry
def element (xs : List Nat) (h : 0 < xs.length) : Nat := xs[0]'sorry + xs[0]'(by sorry)
def bounded (n : Nat) (h : n < 3) : { m : Nat // m < 3 } where
  val := n
  property := sorry
def searched (xs : List Nat) : Nat := Id.run do
  for h : x in xs do
    if hx : x = 0 then return (fun (_ : x = 0) => x) (by sorry)
  return 0
def measured (n : Nat) : Nat := if _ : 0 < n then measured (n - 1) else 0
decreasing_by
  have : n - 1 < n := Nat.sub_one_lt_of_lt ‹_›
  sorry
section
  namespace Indented
    theorem deep : Chain 2 := by
      have h : Chain 2 :=
        by sorry
      exact h
    instance : Nonempty (PLift (Chain 2)) := ⟨⟨sorry⟩⟩
  end Indented
end
"""
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("written"), FILES)


@pytest.fixture(scope="module")
def proved(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `prove --all` says of each theorem."""
    scratch = tmp_path_factory.mktemp("proved")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVER_DATABASE", f"sqlite:///{scratch}/prover.db")
        report = scratch / "report.json"
        words = ["prove", "--repo", str(repository), "--all", "--raw", "--timeout", "60", "--jobs", "1"]
        run([*words, "--json", str(report)])
    return {row["theorem"]: row for row in json.loads(report.read_text())["theorems"]}


def applied(directory: Path, name: str, *patches: str) -> bytes:
    """A file of the repository after `git apply` of patches to a copy, one after the other."""
    write(directory, {name: FILES[name]})
    subprocess.run(["git", "init", "-q"], cwd=directory, check=True)
    for patch in patches:
        subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=directory, input=patch.encode(), check=True)
    return (directory / name).read_bytes()


def ends(content: bytes) -> set[bytes]:
    """How the lines of a file end."""
    return {line[-2:] if line.endswith(b"\r\n") else b"\n" for line in content.splitlines(keepends=True)[:-1]}


@pytest.mark.parametrize("theorem", PROVED)
def test_it_is_proved_and_its_patch_changes_nothing_else(
    proved: dict[str, Any], repository: Path, tmp_path: Path, theorem: str
) -> None:
    row = proved[theorem]
    assert row["status"] == "proved", (row["reason"], row["refused"])
    before = FILES[row["file"]]
    earlier = list(proved)[: list(proved).index(theorem)]
    patches = [
        proved[name]["patch"] for name in earlier if proved[name]["file"] == row["file"] and proved[name]["patch"]
    ]
    after = applied(tmp_path, row["file"], *patches, row["patch"])
    assert after.startswith(before[:3])  # a byte order mark, if there is one
    assert after.endswith(b"\n") == before.endswith(b"\n")
    if len(ends(before)) == 1 and after.count(b"\n") > 1:
        assert ends(after) == ends(before)
    lines = row["patch"].splitlines()[3:]
    removed = [line[1:] for line in lines if line.startswith("-")]
    assert all(any(word in line for word in ("sorry", "todo", "missing", "stop", "simp", "rfl")) for line in removed)
    assert (repository / row["file"]).read_bytes() == before


def test_a_script_of_several_lines_fits_everywhere(lean_session: LeanSession) -> None:
    source = SourceText(EVERYWHERE, "Everywhere.lean", "Everywhere")
    assert [message for message in lean_session.elaborate(source) if message.severity == "error"] == []
    misfits = {}
    for goal in lean_session.sorries(source, 0, len(EVERYWHERE.encode())):
        about_chains = goal.state.goals[0].target == "Chain 2"
        script = ("constructor", "constructor", "constructor") if about_chains else ("skip", "skip", "assumption")
        made = written_at(lean_session, source, goal, script)
        text = replace(EVERYWHERE, [made])
        new = (made.start, made.start + len(made.text.encode()))
        fit = lean_session.fit(source, goal.command[0], text, (made.start, made.stop), new)
        if not fit.holds:
            misfits[goal.declaration, goal.place] = (made.text, fit.message)
    lean_session.forget()
    assert misfits == {}


def test_a_sorry_that_is_part_of_a_macro_is_reported_at_once(proved: dict[str, Any]) -> None:
    for theorem in ("halfway", "commanded"):
        row = proved[theorem]
        assert (row["status"], row["expansions"]) == ("open", 0)
        assert "macro" in row["reason"]


def test_what_has_no_sorry_of_its_own_is_no_target(proved: dict[str, Any]) -> None:
    assert not {"complete", "alsoComplete", "complete_refl"} & proved.keys()


def test_every_goal_of_a_sorry_is_listed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sorries", "--repo", str(repository), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    goals: dict[str, list[str]] = {}
    for row in rows:
        goals.setdefault(row["declaration"], []).append(row["goal"].rpartition("⊢ ")[2])
    assert goals["both"] == ["p", "Chain 2"]
    assert goals["all_of_them"] == ["Chain 2", "p"]
    assert goals["stopped"] == ["p", "q"]
    assert goals["a"] == ["p"]
    assert "complete" not in goals
    (marked,) = [row for row in rows if row["declaration"] == "marked"]
    assert (marked["line"], marked["column"]) == (2, 2)


HANDED_IN = [
    ("bullet", "constructor\n· exact hp\n· exact .c (.b .a)\n"),
    ("bullet", "by\n  constructor\n  · exact hp\n  · exact .c (.b .a)\n"),
    ("bullet", "```lean\ntheorem bullet (p : Prop) (hp : p) : p ∧ Chain 2 :=\n  ⟨hp, .c (.b .a)⟩\n```\n"),
    ("bullet", "⟨hp, .c (.b .a)⟩"),
    ("a", "Here it is:\n```lean4\nby\r\n  have h : p := hp\r\n  exact h\r\n```"),
    ("marked", ":= by exact hp"),
    ("mixed", "theorem mixed (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  constructor\n  · exact hp\n  · exact hq"),
    ("variable_named", "induction «from» with\n| «end» => simp [Term.size]\n| «from» t _ => simp [Term.size]"),
]


@pytest.mark.parametrize(("theorem", "proof"), HANDED_IN)
def test_a_proof_is_accepted_however_it_is_handed_in(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], theorem: str, proof: str
) -> None:
    (tmp_path / "proof").write_bytes(proof.encode())
    words = ["check", "--repo", str(repository), "--theorem", theorem, "--proof", str(tmp_path / "proof")]
    assert run([*words, "--level", "3", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    before = FILES[said["file"]]
    after = applied(tmp_path / "copy", said["file"], said["patch"])
    assert (b"\xef\xbb\xbf" in after) == (b"\xef\xbb\xbf" in before)
    assert b"sorry" not in after or said["file"] in ("Layout.lean", "Keywords.lean")
    if len(ends(before)) == 1:
        assert ends(after) <= ends(before)


@pytest.mark.parametrize(
    ("proof", "message"),
    [
        ('{"proof": "exact hp"}', "JSON"),
        ("theorem a (p : Prop) (hp : p) : p ∧ p := ⟨hp, hp⟩", "name or statement is not that of a"),
        ("```lean\n```", "empty"),
        ("-- TODO\n/- later /- nested -/ -/", "only comments"),
        ("import Mathlib\n\ntheorem a (p : Prop) (hp : p) : p := hp\n", "begins with `import`"),
        ("lemma a (p : Prop) (hp : p) : p := hp", "begins with `lemma`"),
    ],
)
def test_what_is_no_proof_of_the_theorem_is_wrong_input(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], proof: str, message: str
) -> None:
    (tmp_path / "proof").write_text(proof)
    assert run(["check", "--repo", str(repository), "--theorem", "a", "--proof", str(tmp_path / "proof")]) == 2
    assert message in capsys.readouterr().err


def test_suggested_tactics_name_hypotheses_as_the_file_must(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["suggest", "--repo", str(repository), "--theorem", "hypothesis_named", "--json"]) == 0
    tactics = [each["tactic"] for each in json.loads(capsys.readouterr().out)["tactics"]]
    assert any("«then»" in tactic for tactic in tactics)
    assert not any(word == "then" for tactic in tactics for word in tactic.split())


NATIVE = (
    CHAIN
    + SEVERAL.removeprefix(CHAIN).partition("\n\n")[0]
    + """

theorem bullet (p : Prop) (hp : p) («from» : p → Chain 2) : p ∧ Chain 2 := by
  constructor
  · exact hp
  · have hh : Chain 2 := by sorry
    exact hh

macro "todo" : tactic => `(tactic| sorry)

theorem stopped (p : Prop) (hp : p) : p ∧ p := by
  constructor
  · todo
  stop
  simp
"""
).replace("\n", "\r\n")


@pytest.mark.usefixtures("at_work")
def test_a_native_lean_has_proofs_written_in_the_same_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(tmp_path / "native", {"Native.lean": NATIVE.encode()})
    (root / "lean-toolchain").write_text(PIN)
    words = ["prove", "--repo", str(root), "--all", "--raw", "--apply", "--toolchain", "native"]
    assert run([*words, "--timeout", "60", "--jobs", "1"]) == 0, capsys.readouterr().out
    after = (root / "Native.lean").read_bytes()
    assert ends(after) == {b"\r\n"}
    assert b"  constructor <;> " in after
    assert after.count(b"sorry") == 1, "only the macro's own is left"
    assert b"  \xc2\xb7 have hh : Chain 2 := by" in after
    assert b"  stop\r\n" not in after
    capsys.readouterr()
    assert run(["check", "--repo", str(root), "--theorem", "stopped", "--toolchain", "native", "--level", "3"]) == 0
