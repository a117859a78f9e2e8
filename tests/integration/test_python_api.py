"""The examples of docs/python-api.md and the README, run as they stand; and that a session ends its processes."""

import re
from pathlib import Path

import pytest

import prover
from prover.errors import UnknownTheorem, UsageError

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.lean


PATCH = "--- a/Basics/Tree.lean\n+++ b/Basics/Tree.lean\n"


def example(document: str) -> str:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), flags=re.DOTALL)
    return str(block)


@pytest.mark.parametrize(
    ("document", "start", "later"),
    [("docs/python-api.md", "", "True ()"), ("README.md", PATCH, "\n-  sorry\n+")],
)
def test_the_example_of_the_documentation_runs(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    document: str,
    start: str,
    later: str,
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path / 'prover.db'}")
    exec(compile(example(document), document, "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith(start)
    assert later in printed


def test_a_session_says_what_is_wrong_and_ends_its_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path / 'prover.db'}")
    (tmp_path / "lakefile.toml").write_text('name = "small"\n[[lean_lib]]\nname = "Small"\n')
    (tmp_path / "Small.lean").write_text("theorem Small.self (n : Nat) : n = n := rfl\n")
    with prover.open(str(tmp_path)) as repo:
        with pytest.raises(UnknownTheorem, match=r"did you mean .*Small\.self"):
            repo.prove("Small.selfs", seconds=1)
        with pytest.raises(UsageError, match="Say what to look for"):
            repo.search()
        pool = repo._workspace.pool(1)
        with pool.lend() as session:
            session.start()
        assert pool.pids()
    assert pool.pids() == []
