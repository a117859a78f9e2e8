"""The example of docs/python-api.md, run as it stands; and that a session ends its processes."""

import re
from pathlib import Path

import pytest

import prover
from prover.errors import UnknownTheorem, UsageError

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.lean


def example() -> str:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python-api.md").read_text(), flags=re.DOTALL)
    return str(block)


def test_the_example_of_the_documentation_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path / 'prover.db'}")
    exec(compile(example(), "docs/python-api.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("proved\n--- a/Basics/Tree.lean\n+++ b/Basics/Tree.lean\n")
    assert "True ()" in printed


def test_a_session_says_what_is_wrong_and_ends_its_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path / 'prover.db'}")
    notes: list[str] = []
    with prover.open(str(ROOT / "lean_projects" / "basics"), reporter=prover.Reporter(notes.append)) as repo:
        with pytest.raises(UnknownTheorem, match=r"did you mean .*Basics\.length_rev"):
            repo.prove("Basics.length_revs", seconds=1)
        with pytest.raises(UsageError, match="Say what to look for"):
            repo.search()
        pool = repo._workspace.pool(1)
        with pool.lend() as session:
            session.start()
        assert pool.pids()
    assert pool.pids() == []
