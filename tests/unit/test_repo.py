"""`prover repo`, with real git repositories and a real database. No Lean is started or installed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from git_repository import GitRepository

from prover.cli.main import run

TOML = 'name = "origin"\n[[lean_lib]]\nname = "A"\n'


pytestmark = pytest.mark.usefixtures("created_database")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and a PATH with nothing but git, so that no elan is asked."""
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def origin(tmp_path: Path) -> GitRepository:
    files = {"lakefile.toml": TOML, "lean-toolchain": "leanprover/lean4:v4.28.0\n", "A.lean": "", "A/B.lean": ""}
    repository = GitRepository.make(tmp_path / "origin", files)
    repository.git("tag", "v1")
    return repository


def say(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """What a command prints."""
    capsys.readouterr()
    assert run(["repo", *words]) == status
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.out + captured.err


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(say(capsys, "list", "--json"))
    return found


def shown(capsys: pytest.CaptureFixture[str], name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(say(capsys, "show", name, "--json"))
    return found


def trees(home: Path) -> list[str]:
    return sorted(path.name for path in home.glob("caches/git/*/trees/*"))


def test_a_repository_is_added_listed_and_shown(origin: GitRepository, capsys: pytest.CaptureFixture[str]) -> None:
    commit = origin.git("rev-parse", "HEAD")
    assert f"added {origin.url} at {commit[:12]}: 2 modules" in say(capsys, "add", f"{origin.url}@v1")
    (line,) = listed(capsys)
    assert (line["location"], line["commit"], line["modules"]) == (f"{origin.url}@v1", commit, 2)
    facts = shown(capsys, "origin")
    assert facts["follows"] == "v1"
    assert facts["libraries"] == ["A  (library, from .)"]
    assert facts["wants"] == "leanprover/lean4:v4.28.0"
    assert "embedded" in facts["uses"]
    assert "not traced" in facts["snapshots"][0]
    assert commit[:12] in say(capsys, "list")
    assert "libraries:" in say(capsys, "show", origin.url)


def test_adding_it_again_changes_what_is_followed(origin: GitRepository, capsys: pytest.CaptureFixture[str]) -> None:
    say(capsys, "add", f"{origin.url}@v1")
    origin.commit({"A/C.lean": ""})
    say(capsys, "add", f"{origin.url}@main")
    (line,) = listed(capsys)
    assert (line["location"], line["modules"]) == (f"{origin.url}@main", 3)
    assert len(shown(capsys, "origin")["snapshots"]) == 2


def test_an_own_directory_is_read_as_it_is(origin: GitRepository, capsys: pytest.CaptureFixture[str]) -> None:
    say(capsys, "add", str(origin.root))
    origin.write({"A.lean": "-- changed\n"})
    assert "→" in say(capsys, "update")
    (line,) = listed(capsys)
    assert line["dirty"]
    assert line["commit"].startswith("files-")
    assert "nothing new" in say(capsys, "update", "origin")
    origin.write({"A.lean": "-- changed again\n"})
    assert "→" in say(capsys, "update")


def test_a_package_in_a_directory_of_a_repository(origin: GitRepository, capsys: pytest.CaptureFixture[str]) -> None:
    nested = GitRepository.make(origin.root.with_name("nested"), {"one/lakefile.toml": TOML, "one/A.lean": ""})
    assert "packages in one: name one of them after a `#`, as in …#one" in say(capsys, "add", nested.url, status=2)
    assert "added" in say(capsys, "add", f"{nested.url}@main#one")
    assert listed(capsys)[0]["location"] == f"{nested.url}@main#one"
    commit = nested.commit({"one/A/B.lean": ""})
    assert commit[:12] in say(capsys, "update")
    assert listed(capsys)[0]["modules"] == 2
    assert "#one" in say(capsys, "remove", "nested/one")
    assert listed(capsys) == []


def test_a_directory_without_git_is_kept_by_its_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "A.lean").write_text("")
    say(capsys, "add", str(tmp_path / "plain"))
    assert listed(capsys)[0]["commit"].startswith("files-")
    assert "nothing new" in say(capsys, "update")


def test_an_update_follows_the_branch(origin: GitRepository, capsys: pytest.CaptureFixture[str]) -> None:
    say(capsys, "add", origin.url)
    before = origin.git("rev-parse", "HEAD")
    assert "nothing new" in say(capsys, "update")
    after = origin.commit({"A/C.lean": ""})
    assert f"{before[:12]} → {after[:12]}" in say(capsys, "update")
    assert listed(capsys)[0]["modules"] == 3


def test_what_cannot_be_updated_does_not_keep_the_others(
    origin: GitRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = GitRepository.make(tmp_path / "another", {"A.lean": ""})
    say(capsys, "add", other.url)
    say(capsys, "add", origin.url)
    shutil.rmtree(other.root)
    origin.commit({"A/C.lean": ""})
    message = say(capsys, "update", status=1)
    assert "There is no git repository" in message
    assert "→" in message


def test_removing_deletes_what_nobody_else_uses(
    origin: GitRepository, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = origin.git("rev-parse", "HEAD")
    pins = {"version": 7, "packages": [{"type": "git", "name": "origin", "url": origin.url, "rev": commit}]}
    files = {"lakefile.toml": '[[lean_lib]]\nname = "X"\n', "X.lean": "", "lake-manifest.json": json.dumps(pins)}
    users = [GitRepository.make(tmp_path / name, files) for name in ("one", "two")]
    for user in users:
        say(capsys, "add", user.url)
    assert len(trees(home)) == 3
    assert "origin" not in say(capsys, "remove", "one")
    assert len(trees(home)) == 2
    assert f"deleted {origin.url}@{commit}" in say(capsys, "remove", "two")
    assert trees(home) == []
    assert listed(capsys) == []


def test_a_checkout_of_a_repository_in_the_list_stays(
    origin: GitRepository, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = origin.git("rev-parse", "HEAD")
    pins = {"version": 7, "packages": [{"type": "git", "name": "origin", "url": origin.url, "rev": commit}]}
    user = GitRepository.make(tmp_path / "user", {"X.lean": "", "lake-manifest.json": json.dumps(pins)})
    say(capsys, "add", origin.url)
    say(capsys, "add", user.url)
    say(capsys, "remove", "user")
    assert trees(home) == [commit]


def test_an_own_directory_is_never_touched(origin: GitRepository, capsys: pytest.CaptureFixture[str]) -> None:
    origin.write({"A.lean": "-- mine\n"})
    before = {path: path.stat().st_mtime_ns for path in origin.root.rglob("*")}
    say(capsys, "add", str(origin.root))
    say(capsys, "remove", str(origin.root))
    assert {path: path.stat().st_mtime_ns for path in origin.root.rglob("*")} == before


def test_a_repository_whose_directory_is_gone_can_be_removed(
    origin: GitRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    say(capsys, "add", str(origin.root))
    shutil.rmtree(origin.root)
    assert "not here" in say(capsys, "list")
    say(capsys, "show", "origin")
    assert f"There is no directory {origin.root}" in say(capsys, "update", status=1)
    say(capsys, "remove", str(origin.root))
    assert listed(capsys) == []


def test_a_deleted_cache_is_fetched_again(
    origin: GitRepository, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(capsys, "add", origin.url)
    shutil.rmtree(home / "caches")
    assert listed(capsys)[0]["modules"] is None
    assert "prover repo update" in shown(capsys, "origin")["files"]
    say(capsys, "update")
    assert listed(capsys)[0]["modules"] == 2


def test_what_is_not_in_the_list_or_not_clear_is_said(
    origin: GitRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is not among the repositories" in say(capsys, "show", "origin", status=2)
    same = GitRepository.make(tmp_path / "more" / "origin", {"A.lean": ""})
    say(capsys, "add", origin.url)
    say(capsys, "add", same.url)
    assert "give the whole address" in say(capsys, "remove", "origin", status=2)
    assert len(listed(capsys)) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "/nowhere"], "There is no directory /nowhere"),
        (["add", "ORIGIN@v2"], "no branch, tag or commit v2: similar ones are v1"),
        (["add", "https://127.0.0.1:9/a@v1"], "cannot be reached"),
        (["add", "EMPTY"], "has no Lean files"),
    ],
)
def test_what_cannot_be_added_leaves_no_row(
    origin: GitRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    words = [word.replace("ORIGIN", origin.url).replace("EMPTY", str(tmp_path / "empty")) for word in words]
    assert message in say(capsys, *words, status=2)
    assert listed(capsys) == []


def test_an_empty_list_says_how_to_fill_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert "prover repo add" in say(capsys, "list")
