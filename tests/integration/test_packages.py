"""A package in the manner of Mathlib, required by path, is built by the closure of what is imported of it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from prover.cli.main import run
from prover.evaluate.results import read_run
from prover.lean.gateway_session import LeanSession
from prover.lean.saved import saved_process
from prover.lean.session import Advanced, SourceText, TacticLimits
from prover.lean.toolchain import gateway
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from prover.project.build import Builder, Compiled, errors_of, source_of
from prover.project.layout import Repository, completed, open_repository

pytestmark = pytest.mark.lean

PACKAGES = Path(__file__).parents[1] / "packages"
CLOSURE = {
    "Mathlib.Init", "Mathlib.Tactic.Attr", "Mathlib.Tactic.Clash", "Mathlib.Tactic.Evaluate", "Mathlib.Tactic.Unify",
    "Mathlib.Data.Double", "Mathlib.Widget",
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("packages")
    shutil.copytree(PACKAGES, place, dirs_exist_ok=True)
    return place / "user"


@pytest.fixture(scope="module")
def repository(root: Path) -> Repository:
    return completed(open_repository(root), None)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of all tests here, so that each module is compiled once."""
    return tmp_path_factory.mktemp("cache")


def build(repository: Repository, toolchain: EmbeddedToolchain, cache: Path, notes: list[str]) -> list[Compiled]:
    builder = Builder(repository, toolchain, cache, notes.append)
    try:
        outcomes = list(builder.build(["User.Main"]))
    finally:
        builder.close()
    compiled = [outcome for outcome in outcomes if isinstance(outcome, Compiled)]
    assert outcomes == compiled
    return compiled


def test_only_what_is_imported_is_built_and_without_an_error(
    repository: Repository, toolchain: EmbeddedToolchain, cache: Path
) -> None:
    notes: list[str] = []
    built = build(repository, toolchain, cache, notes)
    assert {outcome.module.name for outcome in built} == {*CLOSURE, "User.Main"}
    assert {outcome.module.name: outcome.errors for outcome in built if outcome.errors} == {}
    assert [note for note in notes if "script.js" in note and "taken to be empty" in note]
    assert [note for note in notes if note.startswith("Mathlib.Tactic.Clash declares what Lean.Elab.AssertExists")]


def test_a_build_that_was_killed_goes_on_where_it_was(
    repository: Repository, toolchain: EmbeddedToolchain, cache: Path
) -> None:
    build(repository, toolchain, cache, [])
    assert all(outcome.cached for outcome in build(repository, toolchain, cache, []))
    lost = Builder(repository, toolchain, cache)
    module = repository.find("Mathlib.Data.Double")
    assert module is not None
    (cache / "modules" / f"{lost.key(module)}.olean").unlink()  # it is written last
    notes: list[str] = []
    again = build(repository, toolchain, cache, notes)
    assert [outcome.module.name for outcome in again if not outcome.cached] == ["Mathlib.Data.Double"]
    assert [note for note in notes if note.startswith("building")] == ["building Mathlib.Data.Double"]


@pytest.mark.parametrize(
    ("theorem", "proof", "status"),
    [
        ("evaluated", "evaluate", 0),
        ("unified", "unify", 0),
        ("texts", "constructor <;> rfl", 0),
        ("evaluated", "unify", 3),
    ],
)
def test_proofs_with_its_tactics_are_judged(
    root: Path, tmp_path: Path, theorem: str, proof: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proof").write_text(proof)
    chosen = ["--theorem", theorem, "--proof", str(tmp_path / "proof"), "--toolchain", "embedded"]
    assert run(["check", "--repo", str(root), *chosen]) == status, capsys.readouterr().out


# --- import Mathlib ---


WHOLE = """\
import Mathlib

theorem doubled (n : Nat) : double n = n + n := by
  sorry
"""


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the package count as one that is not compiled whole."""
    monkeypatch.setattr("prover.project.stand_in.MIN_MODULES", 5)


@pytest.fixture
def whole(root: Path) -> Iterator[None]:
    """Adds a file that imports all of the package to the repository, for one test."""
    file = root / "User" / "Whole.lean"
    file.write_text(WHOLE)
    yield
    file.unlink()


@pytest.mark.usefixtures("large", "whole")
def test_a_file_that_imports_all_of_it_is_proved_with_what_it_uses(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    chosen = ["--repo", str(root), "--theorem", "doubled", "--toolchain", "embedded", "--jobs", "1"]
    assert run(["prove", *chosen, "--timeout", "20", "--json", str(report)]) == 0, capsys.readouterr().err
    said = capsys.readouterr().err
    assert "`import Mathlib` stands for 4 of 9 modules: Mathlib.Data.Double" in said
    assert "Mathlib.Unused" not in said  # it has an error
    (row,) = json.loads(report.read_text())["theorems"]
    assert row["toolchain"].endswith("with 4 of the 9 modules of Mathlib")
    assert "-import" not in row["patch"]


@pytest.mark.usefixtures("large")
def test_statements_are_run_with_what_is_compiled(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = tmp_path / "problems.jsonl"
    statements = {
        "known": "theorem known (n : Nat) : double n = n + n",
        "unknown": "theorem unknown (n : Nat) : triple n = 3 * n",
        "automatic": "theorem automatic (x : Unheard) : x = x",
    }
    lines = [
        {"name": name, "header": "import Mathlib\n\nopen Absent Mathlib", "statement": text}
        for name, text in statements.items()
    ]
    problems.write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = ["eval", str(problems), "--mathlib", str(root), "--toolchain", "embedded", "--baselines", "none"]
    assert run(["build", "--repo", str(root), "--module", "Mathlib.Data.Double", "--toolchain", "embedded"]) == 0
    assert run([*words, "--timeout", "20", "--out", str(tmp_path / "run")]) == 0, capsys.readouterr().err
    found = capsys.readouterr()
    assert "✓ known" in found.out
    survey = {line.problem: line for line in read_run(tmp_path / "run").survey.values()}
    assert {name: line.status for name, line in survey.items()} == {
        "known": "runnable", "unknown": "not runnable", "automatic": "not runnable",
    }  # fmt: skip
    assert survey["unknown"].reason.startswith("needs Mathlib.Data.Triple (triple), which is not imported: ")
    assert "Unheard" in survey["automatic"].reason
    assert survey["known"].left_out == ("open Absent",)
    manifest = read_run(tmp_path / "run").manifest
    assert manifest.imports[0].startswith("`import Mathlib` stands for")
    assert manifest.project == str(root)


def test_modules_with_errors_are_listed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--repo", str(root), "--module", "Mathlib.Unused", "--jobs", "1", "--toolchain", "embedded"]
    assert run(["build", *words]) == 1
    out = capsys.readouterr().out
    assert "with errors: Mathlib.Unused (1)" in out
    assert "1 of 1 modules compiled" in out
    assert run(["build", "--repo", str(root), "--module", "Mathlib.Nowhere", "--toolchain", "embedded"]) == 2
    assert "no module Mathlib.Nowhere" in capsys.readouterr().err


def test_no_module_of_a_repository_stands_in_for_one_of_the_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A module that is named like the place of stand-ins is imported under its own name only."""
    stand_in = tmp_path / gateway.REPLACED / "Lean" / "Elab" / "AssertExists.lean"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text("axiom wrong : False\n")
    (tmp_path / "Main.lean").write_text("import Lean.Elab.AssertExists\ntheorem false : False := by\n  sorry\n")
    (tmp_path / "lakefile.toml").write_text(
        f'name = "p"\n[[lean_lib]]\nname = "Main"\n[[lean_lib]]\nname = "{gateway.REPLACED}"\n'
        f'globs = ["{gateway.REPLACED}.+"]\n'
    )
    (tmp_path / "proof").write_text("exact wrong")
    chosen = ["--repo", str(tmp_path), "--toolchain", "embedded"]
    assert run(["build", *chosen]) == 0, capsys.readouterr().err
    assert run(["check", *chosen, "--theorem", "false", "--proof", str(tmp_path / "proof")]) == 3
    assert "wrong" in capsys.readouterr().out


def test_processes_continue_one_that_has_imported_what_a_file_imports(
    repository: Repository, toolchain: EmbeddedToolchain, cache: Path
) -> None:
    builder = Builder(repository, toolchain, cache, saved_from=3)
    module = repository.find("User.Main")
    assert module is not None
    try:
        builder.prepare(module)
    finally:
        builder.close()
    source = source_of(repository, module)
    place = saved_process(builder.search_path(), source)
    assert place is not None
    session = LeanSession(toolchain, builder.search_path())
    try:
        session.start()  # ahead of the file, without its imports
        (goal, *_) = session.sorries(source, 0, len(source.text.encode()))
        assert session.start().saved == place
        assert [type(outcome) for outcome in session.run(goal.state, ["evaluate"], TacticLimits())] == [Advanced]
        other = SourceText("theorem other : 1 = 2 := by evaluate\n", "Other.lean", "User.Other")
        assert errors_of(session.messages(other))  # what another file imports is not there
        assert session.start().saved == place
    finally:
        session.end()
