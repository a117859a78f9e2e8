"""The adapter over the real lean-dojo package, with stand-ins for `lake` and `lean`, without a network."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from prover.errors import LeanDied, LeanDojoFailed, LeanDojoMissing, RequestRefused
from prover.lean.dojo.backend import DojoBackend, dojo_backend
from prover.lean.dojo.session import DojoSession
from prover.lean.protocol import Goal
from prover.lean.session import Advanced, Failed, Session, SorryGoal, SourceText, TacticLimits
from prover.lean.toolchain.execute import ProcessLimits, execute
from prover.lean.toolchain.toolchain import EmbeddedToolchain, Program
from prover.lean.traced import TracedModule
from prover.project.leandojo.export import BenchmarkOrigin, export_benchmark
from prover.project.leandojo.modules import traced_modules
from prover.project.leandojo.reading import read_benchmark
from prover.project.patch import replace
from prover.project.proof_layout import layouts
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.generator import StatelessGenerator, Suggestion

HERE = Path(__file__).parent / "leandojo"
pytestmark = pytest.mark.skipif(find_spec("lean_dojo") is None, reason="lean-dojo is not installed")
LIMITS = TacticLimits(milliseconds=500)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with the repository, committed; its stand-ins are the `lake` and `lean` on the PATH."""
    place = tmp_path_factory.mktemp("leandojo")
    shutil.copytree(HERE / "repository", place / "demo")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "all"],
    ):
        subprocess.run(["git", "-C", str(place / "demo"), *command], check=True)
    (place / "bin").mkdir()
    for program in ("lake", "lean"):
        script = place / "bin" / program
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "standin.py"}" {program} "$@"\n')
        script.chmod(0o755)
    library = place / "prefix" / "src" / "lean" / "Init.lean"
    library.parent.mkdir(parents=True)
    library.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{place / 'bin'}:{os.environ['PATH']}")
        patch.setenv("STANDIN_PREFIX", str(place / "prefix"))
        patch.setenv("STANDIN_SEEN", str(place / "seen"))
        patch.setenv("GITHUB_ACCESS_TOKEN", "not-a-token")
        patch.setenv("https_proxy", "http://127.0.0.1:9")  # whoever asks the network gets no answer
        yield place


@pytest.fixture(scope="module")
def backend(place: Path) -> DojoBackend:
    return dojo_backend(place / "demo", place / "cache")


@pytest.fixture(scope="module")
def modules(backend: DojoBackend) -> dict[str, TracedModule]:
    return {module.name: module for module in backend.trace()}


@pytest.fixture
def session(backend: DojoBackend, modules: dict[str, TracedModule]) -> Iterator[DojoSession]:
    before = children()  # other tests' Lean, which lives for the whole run
    session = backend.session()
    yield session
    session.end()
    assert children() <= before


def children() -> set[psutil.Process]:
    """Returns the processes below this one, except those of the database server, which starts some at any time."""
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.name() != "postgres":
                found.add(process)
    return found


def source(name: str) -> SourceText:
    file = f"Demo/{name}.lean"
    return SourceText((HERE / "repository" / file).read_text(), file, f"Demo.{name}")


def open_both(session: Session) -> SorryGoal:
    top = source("Top")
    return session.statement(top, len(top.text[: top.text.index("both")].encode()))


def test_a_trace_says_what_lean_said(modules: dict[str, TracedModule]) -> None:
    assert set(modules) == {"Demo", "Demo.Base", "Demo.Top"}
    base, top = modules["Demo.Base"], modules["Demo.Top"]
    assert [(d.name, d.kind, d.proof) for d in base.declarations] == [
        ("Demo.double", "definition", "term"),
        ("Demo.double_zero", "theorem", "tactic"),
        ("Demo.swap", "theorem", "tactic"),
    ]
    assert [(d.visibility, d.incomplete) for d in top.declarations] == [
        ("public", False),
        ("private", False),
        ("public", False),
        ("public", True),
    ]
    assert base.declarations[0].docstring == "Twice a number."
    assert {d.namespace for d in (*base.declarations, *top.declarations)} == {"Demo"}
    assert top.imports == ("Init", "Demo.Base")
    assert modules["Demo"].imports == ("Init", "Demo.Base", "Demo.Top")


def test_every_place_of_a_trace_is_in_the_text(modules: dict[str, TracedModule]) -> None:
    for module in (modules["Demo.Base"], modules["Demo.Top"]):
        text = source(module.name.removeprefix("Demo.")).text.encode()
        for declaration in module.declarations:
            assert text[declaration.start : declaration.stop].decode() == declaration.text
            name = declaration.name.removeprefix("Demo.").encode()
            assert text[declaration.selection :].startswith(name)
        for step in module.steps:
            assert text[step.start : step.stop].decode() == step.text
            for use in step.premises:
                assert use.name.endswith(text[use.start : use.stop].decode())
        for sorry in module.sorries:
            assert text[sorry.start : sorry.stop] == b"sorry"


def test_steps_have_states_premises_and_depth(modules: dict[str, TracedModule]) -> None:
    steps = {(step.declaration, step.text): step for module in modules.values() for step in module.steps}
    last = steps["Demo.both", "exact double_zero"]
    assert (last.before, last.after, last.depth) == ("case right\na b : Nat\nh : a = b\n⊢ double 0 = 0", "", 1)
    assert [(use.name, use.module) for use in last.premises] == [("Demo.double_zero", "Demo.Base")]
    rewrite = steps["Demo.swap", "rw [Nat.add_comm]"]
    assert [(use.name, use.module) for use in rewrite.premises] == [("Nat.add_comm", "Init.Data.Nat.Basic")]
    assert len(steps["Demo.both", "constructor"].keys_after) == 2
    (missing,) = modules["Demo.Top"].sorries
    assert (missing.declaration, missing.goal) == ("Demo.missing", "p q : Prop\nhp : p\n⊢ p ∨ q")


def test_a_token_is_hidden_from_the_import_only(place: Path, modules: dict[str, TracedModule]) -> None:
    """With it in the environment, LeanDojo's import fails without a network; Lake may still want it."""
    calls = (place / "seen").read_text().splitlines()
    assert any(call.startswith("lake build ") for call in calls)
    assert all(call.endswith("token=not-a-token") for call in calls)


def test_what_is_traced_once_is_not_built_again(
    backend: DojoBackend, modules: dict[str, TracedModule], place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before, directory = (place / "seen").read_text(), Path.cwd()
    assert {module.name: module for module in backend.trace()} == modules
    assert (place / "seen").read_text() == before
    assert Path.cwd() == directory
    assert capfd.readouterr() == ("", "")


def test_a_trace_makes_a_benchmark(modules: dict[str, TracedModule], tmp_path: Path) -> None:
    texts = {m.path: (HERE / "repository" / m.path).read_text() for m in modules.values()}
    exported = export_benchmark(modules.values(), texts, BenchmarkOrigin("demo", "0" * 40, "4.20.0"), tmp_path / "out")
    assert (exported.theorems, exported.tactics) == (5, 8)
    back = {module.name: module for module in traced_modules(read_benchmark(tmp_path / "out"), texts)}
    for module in modules.values():
        assert [d.name for d in back[module.name].declarations] == [d.name for d in module.declarations]
    codes = [json.loads(line)["premises"] for line in (tmp_path / "out" / "corpus.jsonl").read_text().splitlines()]
    assert "theorem swap (α β : Nat) : α + β = β + α" in {p["code"] for premises in codes for p in premises}


def test_a_session_proves_a_theorem(session: DojoSession) -> None:
    sorry_goal = open_both(session)
    assert sorry_goal.declaration == "Demo.both"
    (goal,) = sorry_goal.state.goals
    assert (goal.names, goal.target) == (("a", "b", "h"), "b = a ∧ double 0 = 0")
    (split,) = session.run(sorry_goal.state, ["constructor"], LIMITS)
    assert isinstance(split, Advanced)
    assert [goal.tag for goal in split.states[0].goals] == ["left", "right"]
    (half,) = session.run(split.states[0], ["exact h.symm"], LIMITS)
    assert isinstance(half, Advanced)
    (whole,) = session.run(half.states[0], ["exact double_zero"], LIMITS)
    assert isinstance(whole, Advanced)
    assert whole.states == ()


def test_a_search_runs_on_it(session: DojoSession) -> None:
    class Table(StatelessGenerator):
        name = "table"

        def suggest(self, goal: Goal) -> Sequence[Suggestion]:
            tactics = ("omega", "constructor", "exact h.symm", "exact double_zero")
            return [Suggestion(tactic, -1.0) for tactic in tactics]

    sorry_goal = open_both(session)
    found = BestFirstSearch(session, sorry_goal.state, Table(), Strategy(limits=LIMITS), Budget(seconds=60)).run()
    assert isinstance(found, Proved)
    assert "exact double_zero" in "\n".join(found.scripts[0])


def test_a_late_answer_is_not_taken_for_the_next_one(session: DojoSession) -> None:
    sorry_goal = open_both(session)
    (split,) = session.run(sorry_goal.state, ["constructor"], LIMITS)
    assert isinstance(split, Advanced)
    late, next_, after = session.run(split.states[0], ["hang", "exact h.symm", "exact double_zero"], LIMITS)
    assert isinstance(late, Failed)
    assert late.kind == "timeout"
    assert isinstance(next_, Advanced)
    assert [goal.tag for goal in next_.states[0].goals] == ["right"]
    assert isinstance(after, Failed)
    assert session.restarts == 1


def test_a_tactic_that_ends_lean_is_a_failure_of_its_own(session: DojoSession) -> None:
    died, advanced = session.run(open_both(session).state, ["die", "constructor"], LIMITS)
    assert isinstance(died, Failed)
    assert died.kind == "died"
    assert isinstance(advanced, Advanced)


def test_a_killed_process_is_replayed(session: DojoSession) -> None:
    (split,) = session.run(open_both(session).state, ["constructor"], LIMITS)
    assert isinstance(split, Advanced)
    pid = session.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    (half,) = session.run(split.states[0], ["exact h.symm"], LIMITS)
    assert isinstance(half, Advanced)
    assert session.pid() != pid


@pytest.mark.parametrize(
    ("tactic", "kind", "words"),
    [
        ("omega", "elaboration", "unknown tactic"),
        ("sorry", "cheat", "sorry"),
        ("odd", "elaboration", "cannot read"),
        ("exact " + "(f x) " * 2000, "elaboration", "4000 words"),
    ],
)
def test_failures_are_values(session: DojoSession, tactic: str, kind: str, words: str) -> None:
    """The last is longer than a terminal's line, on which LeanDojo by itself would wait for ever."""
    failed, again = session.run(open_both(session).state, [tactic, "constructor"], LIMITS)
    assert isinstance(failed, Failed)
    assert failed.kind == kind
    assert words in failed.message
    assert isinstance(again, Advanced)


def test_a_script_is_checked_by_a_fresh_lean(session: DojoSession) -> None:
    sorry_goal = open_both(session)
    assert session.close_proof(sorry_goal.state, "constructor\n· exact h.symm\n· exact double_zero") is None
    assert session.close_proof(sorry_goal.state, "constructor") is not None


def test_the_bytes_of_a_body_are_those_that_a_patch_replaces(session: DojoSession) -> None:
    top, sorry_goal = source("Top"), open_both(session)
    made = layouts(top.text, sorry_goal.start, sorry_goal.stop, sorry_goal.place, ["simp [h]"])
    patched = replace(top.text, made)
    assert "(h : a = b) : b = a ∧ double 0 = 0 := by simp [h]\n\nprivate theorem" in patched
    assert top.text.encode()[slice(*sorry_goal.command)].startswith(b"theorem both")


def test_declarations_messages_and_sorries_of_a_file(session: DojoSession) -> None:
    declarations = session.declarations(source("Top"))
    assert [(d.name, d.private, d.incomplete) for d in declarations] == [
        ("Demo.both", False, False),
        ("Demo.zero_or_more", True, False),
        ("Demo.swapped", False, False),
        ("Demo.missing", False, True),
    ]
    (message,) = session.elaborate(source("Top"))
    assert (message.severity, message.line, message.column) == ("warning", 19, 2)
    assert session.sorries(source("Top"), 0, 1000) == ()


def test_a_session_forgets_and_ends(session: DojoSession) -> None:
    sorry_goal = open_both(session)
    session.forget()
    assert psutil.Process(session.pid()).children(recursive=True) == []
    (outcome,) = session.run(sorry_goal.state, ["constructor"], LIMITS)
    assert isinstance(outcome, Advanced)
    session.close()
    assert session.pid() is None
    (outcome,) = session.run(sorry_goal.state, ["constructor"], LIMITS)
    assert isinstance(outcome, Advanced)
    session.end()
    with pytest.raises(LeanDied, match="has been ended"):
        list(session.run(sorry_goal.state, ["constructor"], LIMITS))


def test_no_scratch_file_is_left_in_the_traced_copy(session: DojoSession, place: Path) -> None:
    def files() -> set[Path]:
        return set((place / "cache" / "traced").rglob("*.lean"))

    before = files()
    sorry_goal = open_both(session)
    assert len(files() - before) == 1
    list(session.run(sorry_goal.state, ["hang", "constructor", "die"], LIMITS))
    session.close()
    assert files() == before


def test_a_text_that_is_not_committed_is_refused(session: DojoSession) -> None:
    changed = SourceText(source("Top").text + "\n", "Demo/Top.lean", "Demo.Top")
    with pytest.raises(RequestRefused, match=r"Demo/Top\.lean differs: commit it"):
        session.elaborate(changed)
    with pytest.raises(LeanDojoFailed, match="knows no theorem at byte 0 of Demo/Top"):
        session.statement(source("Top"), 0)


@pytest.mark.parametrize(
    ("step", "words", "expected"),
    [("build", "`lake build` ended with status 1", "unexpected token"), ("extract", "between v4.3.0", "'String.Pos'")],
)
def test_a_repository_that_leandojo_cannot_trace_is_explained(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, words: str, expected: str
) -> None:
    monkeypatch.setenv("STANDIN_BROKEN", step)
    with pytest.raises(LeanDojoFailed, match=words) as caught:
        list(dojo_backend(place / "demo", tmp_path).trace())
    assert any(expected in line for line in caught.value.details)


def test_what_is_missing_is_named(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LeanDojoFailed, match="commit your work first"):
        dojo_backend(place / "demo", tmp_path, "nowhere")
    with pytest.raises(LeanDojoFailed, match="commit your work first"):
        dojo_backend(place / "prefix", tmp_path)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "/usr/bin:/bin")
        with pytest.raises(LeanDojoMissing, match="needs lake"):
            dojo_backend(place / "demo", tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 13, 0))
        with pytest.raises(LeanDojoMissing, match=r"Python 3\.13: use Python 3\.12"):
            dojo_backend(place / "demo", tmp_path)


def test_a_package_that_does_not_load_is_named(
    backend: DojoBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lean_dojo.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(LeanDojoMissing, match=r"a_module_that_is_not_there.*pip install 'prover\[leandojo\]'"):
        list(backend.trace())


@pytest.mark.lean
def test_the_trees_of_the_stand_in_are_those_of_a_real_lean(toolchain: EmbeddedToolchain, tmp_path: Path) -> None:
    """So that the stand-in hands LeanDojo what Lean would."""
    for name in ("Base", "Top"):
        tree, olean = tmp_path / f"{name}.ast.json", tmp_path / "Demo" / f"{name}.olean"
        olean.parent.mkdir(exist_ok=True)
        arguments = (str(HERE / "repository" / "Demo" / f"{name}.lean"), f"Demo.{name}", str(tree), str(olean))
        program = Program(("Lean",), (HERE / "Record.lean",), arguments)
        finished = execute(toolchain.command(program, [tmp_path]), ProcessLimits(tmp_path, 300.0))
        assert finished.status == 0, finished.lines
        assert json.loads(tree.read_text()) == json.loads((HERE / "trees" / "Demo" / f"{name}.ast.json").read_text())
