"""`prover trace`, `sorries`, and proving by URL: repositories of several modules, with the real Lean."""

import json
from pathlib import Path

import pytest
from git_repository import GitRepository

from prover.app import leandojo
from prover.app.environment import database
from prover.cli.main import run
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from prover.lean.traced import TracedModule, TracedStep
from prover.project.build import Builder, Compiled, NotCompiled
from prover.project.layout import open_repository

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

LAKEFILE = """\
name = "traced"
[leanOptions]
autoImplicit = false
[[lean_lib]]
name = "Traced"
"""
EXTENSION = """\
import Lean
open Lean
initialize marks : SimplePersistentEnvExtension Name (Array Name) ←
  registerSimplePersistentEnvExtension { addEntryFn := Array.push, addImportedFn := fun all => all.flatMap id }
syntax "mark " ident : command
elab_rules : command
  | `(mark $name) => modifyEnv (marks.addEntry · name.getId)
"""
BASE = """\
import Traced.Extension
/-- Twice a number. -/
def Traced.double (n : Nat) : Nat := n + n
mark here
namespace Traced
/-- Doubling is linear. -/
@[simp] theorem double_add (m n : Nat) : double (m + n) = double m + double n := by
  unfold double
  have key : m + n + (m + n) = m + m + (n + n) := by
    omega
  rw [key]
private theorem hidden : double 0 = 0 := rfl
theorem wrong : double 1 = 3 := by
  decide
theorem implicit (x : undeclared) : x = x := rfl
end Traced
"""
MAIN = """\
import Traced.Base
open Traced
run_cmd unless marks.getState (← Lean.getEnv) == #[`here] do Lean.logError "the mark is lost"
theorem easy (n : Nat) : double n = 2 * n := by
  unfold double
  sorry
theorem both (n : Nat) : double n = 2 * n ∧ double 0 = 0 :=
  ⟨by sorry, sorry⟩
theorem tempting : double 1 = 3 := by sorry
theorem named (m n : Nat) : m + n = n + m := by
  exact Nat.add_comm m n
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    files = {
        "lakefile.toml": LAKEFILE,
        "Traced/Extension.lean": EXTENSION,
        "Traced/Base.lean": BASE,
        "Traced/Main.lean": MAIN,
        "Traced/Lost.lean": "import Traced.Nowhere\n",
        "Traced/Dependent.lean": "import Traced.Lost\n",
    }
    return GitRepository.make(tmp_path_factory.mktemp("traced") / "repository", files)


@pytest.fixture(scope="module")
def traced(
    project: GitRepository, toolchain: EmbeddedToolchain, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, TracedModule | str]:
    """What a builder makes of every module: its trace, or why there is none."""
    cache = tmp_path_factory.mktemp("cache")  # a trace of this very program, not one that was kept
    builder = Builder(open_repository(project.root), toolchain, cache, jobs=2)
    found: dict[str, TracedModule | str] = {}
    try:
        for outcome in builder.build(list(builder.repository.modules), traced=True):
            match outcome:
                case Compiled(module):
                    found[module.name] = builder.traced_module(module)
                case NotCompiled(module, error):
                    found[module.name] = str(error)
    finally:
        builder.close()
    return found


def module(traced: dict[str, TracedModule | str], name: str) -> TracedModule:
    found = traced[name]
    assert isinstance(found, TracedModule)
    return found


def steps_of(traced: TracedModule, theorem: str) -> list[TracedStep]:
    return [step for step in traced.steps if step.declaration == theorem]


def test_declarations_say_what_they_are(traced: dict[str, TracedModule | str]) -> None:
    base = module(traced, "Traced.Base")
    known = {declaration.name: declaration for declaration in base.declarations}
    linear = known["Traced.double_add"]
    assert (linear.kind, linear.proof, linear.docstring) == ("theorem", "tactic", "Doubling is linear. ")
    assert (linear.namespace, linear.attributes, linear.visibility) == ("Traced", ("simp",), "public")
    equation = "Traced.double (m + n) = Traced.double m + Traced.double n"
    assert linear.statement == f"Traced.double_add (m n : Nat) : {equation}"
    assert base.path == "Traced/Base.lean"
    assert linear.text.startswith("/-- Doubling is linear. -/")
    assert "Traced.double" in linear.premises
    assert known["Traced.hidden"].visibility == "private"
    assert known["Traced.hidden"].proof == "term"


def test_every_tactic_has_its_goals_and_premises(traced: dict[str, TracedModule | str]) -> None:
    steps = steps_of(module(traced, "Traced.Base"), "Traced.double_add")
    assert [(step.text.split("\n")[0], step.depth) for step in steps] == [
        ("unfold double", 0),
        ("have key : m + n + (m + n) = m + m + (n + n) := by", 0),
        ("omega", 1),
        ("rw [key]", 0),
    ]
    first, have, omega, last = steps
    assert first.before == "m n : Nat\n⊢ double (m + n) = double m + double n"
    assert first.after == have.before == "m n : Nat\n⊢ m + n + (m + n) = m + m + (n + n)"
    assert first.keys_after == have.keys_before
    assert [(use.name, use.module) for use in first.premises] == [("Traced.double", "Traced.Base")]
    assert (omega.after, last.after) == ("", "")


def test_every_sorry_is_found_wherever_it_stands(traced: dict[str, TracedModule | str]) -> None:
    main = module(traced, "Traced.Main")
    assert [(s.declaration, s.term, s.goal.split("\n")[-1]) for s in main.sorries] == [
        ("easy", False, "⊢ n + n = 2 * n"),
        ("both", False, "⊢ double n = 2 * n"),
        ("both", True, "⊢ double 0 = 0"),
        ("tempting", False, "⊢ double 1 = 3"),
    ]
    text = MAIN.encode()
    assert {text[s.start : s.stop] for s in main.sorries} == {b"sorry"}


def test_what_a_module_initialises_is_there_when_it_is_imported(
    project: GitRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["lean", str(project.root / "Traced/Main.lean")]) == 0
    assert "the mark is lost" not in capsys.readouterr().out


def test_errors_cost_what_failed_and_no_more(
    project: GitRepository, traced: dict[str, TracedModule | str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Traced.Nowhere" in str(traced["Traced.Lost"])
    assert "Traced.Lost" in str(traced["Traced.Dependent"])
    assert isinstance(traced["Traced.Main"], TracedModule)
    assert run(["lean", str(project.root / "Traced/Base.lean")]) == 1
    printed = capsys.readouterr().out
    assert "Traced/Base.lean:14:2: error" in printed
    assert "undeclared" in printed  # the lakefile turns `autoImplicit` off


def test_nothing_is_proved_by_what_failed(project: GitRepository, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["prove", "--repo", str(project.root), "--theorem", "tempting", "--timeout", "6", "--jobs", "1"]
    assert run(command) == 1
    assert "0 of 1 proved" in capsys.readouterr().out


def test_a_trace_goes_into_the_database_once(project: GitRepository, capsys: pytest.CaptureFixture[str]) -> None:
    from curriculum.database.loading import modules_of, snapshot_of

    command = ["trace", "--repo", str(project.root)]
    assert run(command) == 1  # two modules cannot be traced
    printed, notes = capsys.readouterr()
    assert "its failed declarations count as `sorry`; the first is Traced/Base.lean:" in notes
    assert "3 of 5 modules traced" in printed
    assert "with errors: Traced.Base (2)" in printed
    with database() as db, db.reading() as connection:
        snapshot = snapshot_of(connection, str(project.root))
        assert snapshot is not None
        found = {(m.name, sorry.declaration) for m in modules_of(connection, snapshot) for sorry in m.sorries}
    assert found == {
        ("Traced.Main", "easy"), ("Traced.Main", "both"), ("Traced.Main", "tempting"),
    }  # fmt: skip
    assert run(command) == 1
    assert "0 of them now" in capsys.readouterr().out


def test_sorries_keep_their_ids_when_lines_move(
    project: GitRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def listed(root: Path) -> dict[str, tuple[int, int]]:
        assert run(["sorries", "--repo", str(root), "--json"]) == 1
        return {each["id"]: (each["line"], each["column"]) for each in json.loads(capsys.readouterr().out)}

    before = listed(project.root)
    moved = {path.name: path.read_text() for path in (project.root / "Traced").iterdir()}
    moved["Main.lean"] = MAIN.replace("open Traced\n", "open Traced\n-- ünïcode\n\n")
    copy = {f"Traced/{name}": text for name, text in moved.items()} | {"lakefile.toml": LAKEFILE}
    after = listed(GitRepository.make(tmp_path / "moved", copy).root)
    assert {key: (line + 2, column) for key, (line, column) in before.items()} == after
    assert (6, 2) in before.values()
    assert (8, 13) in before.values()


def test_a_benchmark_in_leandojos_format_has_the_librarys_signatures(
    project: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leandojo, "roots_of", lambda _: ("Init.Data.Nat.Basic",))  # the whole library takes a minute
    out = tmp_path / "benchmark"
    assert run(["trace", "--repo", str(project.root), "--format", "leandojo", "--out", str(out)]) == 1  # two are broken
    corpus = [json.loads(line) for line in (out / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    code = {premise["full_name"]: premise["code"] for file in corpus for premise in file["premises"]}
    assert code["Nat.add_comm"] == "theorem Nat.add_comm (n m : Nat) : n + m = m + n"
    assert "theorem double_add (m n : Nat)" in code["Traced.double_add"]


def test_what_lean_cannot_finish_is_not_tried_again(toolchain: EmbeddedToolchain, tmp_path: Path) -> None:
    files = {
        "lakefile.toml": LAKEFILE,
        "Traced/Ending.lean": "#eval (IO.Process.exit 3 : IO Unit)\n",
        "Traced/Using.lean": "import Traced.Ending\n",
    }
    repository = open_repository(GitRepository.make(tmp_path / "repository", files).root)
    notes: list[str] = []

    def failures() -> dict[str, str]:
        builder = Builder(repository, toolchain, tmp_path / "cache", notes.append)
        try:
            outcomes = list(builder.build(list(repository.modules), traced=True))
            return {each.module.name: str(each.error) for each in outcomes if isinstance(each, NotCompiled)}
        finally:
            builder.close()

    first = failures()
    assert first.keys() == {"Traced.Ending", "Traced.Using"}
    assert "Lean ended with status 3" in first["Traced.Ending"]
    assert "`IO.Process.exit`" in first["Traced.Ending"]
    assert notes.count("tracing Traced.Ending") == 1
    assert failures() == first
    assert notes.count("tracing Traced.Ending") == 1
    (tmp_path / "repository/Traced/Ending.lean").write_text("#eval 3\n")
    assert failures() == {}


def test_a_theorem_is_proved_by_url_and_remembered(
    project: GitRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    where = ["prove", "--repo", f"{project.url}@main", "--file", "Traced/Main.lean", "--line", "5"]
    assert run([*where, "--timeout", "30", "--json", str(report)]) == 0
    (first,) = json.loads(report.read_text())["theorems"]
    assert (first["theorem"], first["status"], first["recalled"]) == ("easy", "proved", False)
    capsys.readouterr()
    assert run([*where, "--apply"]) == 2
    assert "a directory of yours" in capsys.readouterr().err


def test_what_filled_several_places_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "lakefile.toml").write_text('name = "small"\n[[lean_lib]]\nname = "Small"\n')
    halves = "theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  constructor\n  · sorry\n  · sorry\n"
    (tmp_path / "small" / "Small.lean").write_text(halves, encoding="utf-8")
    report = tmp_path / "report.json"
    for recalled in (False, True):
        where = ["prove", "--repo", str(tmp_path / "small"), "--theorem", "both", "--timeout", "30"]
        assert run([*where, "--json", str(report)]) == 0
        (theorem,) = json.loads(report.read_text())["theorems"]
        assert (theorem["status"], theorem["recalled"]) == ("proved", recalled)
