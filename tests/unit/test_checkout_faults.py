"""Checkouts that fail, that several processes make at the same time, or that are killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from git_repository import GitRepository

from prover.errors import CheckoutFailed, NoNetwork, NoSuchRevision
from prover.project.checkout import Checkout, Checkouts
from prover.project.git import reached
from prover.project.location import Location, parse_location
from tests.processes import ends


@pytest.fixture
def origin(tmp_path: Path) -> GitRepository:
    """`main` has `A.lean` saying `two`; `v1` and `old` say `one`; `HEAD` is `main`."""
    repository = GitRepository.make(tmp_path / "origin", {"A.lean": "-- one\n"})
    repository.git("tag", "-a", "v1", "-m", "first")
    repository.git("branch", "old")
    repository.commit({"A.lean": "-- two\n"})
    return repository


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def checkouts(tmp_path: Path, notes: list[str]) -> Checkouts:
    return Checkouts(tmp_path / "cache", notes.append)


def get(checkouts: Checkouts, text: str) -> Checkout:
    return checkouts.get(parse_location(text))


def content(checkout: Checkout) -> str:
    return (checkout.root / "A.lean").read_text()


# --- failures ---


def test_a_wrong_revision_is_answered_with_the_nearest(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.git("tag", "v4.28.0")
    for address in (origin.url, str(origin.root)):
        with pytest.raises(NoSuchRevision, match=r"no branch, tag or commit v4\.280: similar ones are v4\.28\.0"):
            get(checkouts, f"{address}@v4.280")


def test_a_commit_that_is_nowhere(checkouts: Checkouts, origin: GitRepository) -> None:
    with pytest.raises(NoSuchRevision):
        get(checkouts, f"{origin.url}@{'0' * 40}")


def test_an_empty_repository_has_no_revision(checkouts: Checkouts, tmp_path: Path) -> None:
    empty = GitRepository.make(tmp_path / "empty")
    with pytest.raises(NoSuchRevision, match="no branches or tags"):
        get(checkouts, empty.url)


def test_a_url_that_leads_nowhere(checkouts: Checkouts, tmp_path: Path) -> None:
    with pytest.raises(CheckoutFailed, match="There is no git repository"):
        get(checkouts, f"file://{tmp_path}/nowhere@v1")
    assert not list(checkouts.directory.glob("*/mirror.git"))


@pytest.mark.parametrize("address", ["https://127.0.0.1:9/a/b", "git://127.0.0.1:9/a/b", "ssh://git@127.0.0.1:9/a/b"])
def test_a_computer_that_does_not_answer(checkouts: Checkouts, address: str) -> None:
    if address.startswith("ssh") and shutil.which("ssh") is None:
        pytest.skip("there is no ssh here")
    with pytest.raises(NoNetwork, match=r"127\.0\.0\.1.* cannot be reached"):
        get(checkouts, f"{address}@main")


def test_secrets_are_not_repeated(checkouts: Checkouts) -> None:
    with pytest.raises(NoNetwork) as raised:
        get(checkouts, "https://me:word@127.0.0.1:9/a/b@main")
    assert "word" not in str(raised.value)


def test_a_cached_branch_is_used_while_there_is_no_network(
    checkouts: Checkouts, origin: GitRepository, notes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://127.0.0.1:9/a/origin"
    (tmp_path / "gitconfig").write_text(f'[url "{origin.url}"]\n\tinsteadOf = {address}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    first = get(checkouts, f"{address}@main")
    (tmp_path / "gitconfig").write_text("")
    notes.clear()
    assert get(checkouts, f"{address}@main").root == first.root
    assert get(checkouts, address).root == first.root
    assert all("is used instead" in note for note in notes)
    assert len(notes) == 2


def test_a_directory_without_git_has_no_revisions(checkouts: Checkouts, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(CheckoutFailed, match="has no revisions"):
        get(checkouts, f"{tmp_path}/plain@v1")


def test_a_cache_that_cannot_be_made_is_named(origin: GitRepository, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckoutFailed, match="file"):
        Checkouts(tmp_path / "file" / "cache").get(Location(origin.url, "v1"))


def fake_git(directory: Path, script: str) -> Path:
    """A git that does something else in some cases, and is the real one otherwise; its directory for PATH."""
    program = directory / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncase "$*" in {script} ;; esac\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    return program.parent


def test_a_full_disk_is_named_and_leaves_nothing_half(
    checkouts: Checkouts, origin: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "fatal: write error: No space left on device"
    for place, step in enumerate([" fetch ", " checkout "]):
        with monkeypatch.context() as patched:
            (tmp_path / str(place)).mkdir()
            bin_ = fake_git(tmp_path / str(place), f'*"{step}"*) echo "{words}" >&2; exit 128')
            patched.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
            with pytest.raises(CheckoutFailed, match=r"The disk is full at .*: free some space"):
                get(checkouts, f"{origin.url}@v1")
        assert not list(checkouts.directory.glob("*/trees/*"))
        assert not list(checkouts.directory.glob("*/unfinished-*"))
    assert content(get(checkouts, f"{origin.url}@v1")) == "-- one\n"


def test_a_git_that_gives_no_answer_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bin_ = fake_git(tmp_path, f"*ls-remote*) sleep 600 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    with pytest.raises(NoNetwork, match=r"host\.invalid did not answer within 1 s"):
        reached("https://me:word@host.invalid/a", ("ls-remote", "https://host.invalid/a"), seconds=1)
    child = int((tmp_path / "child").read_text())
    assert ends(child)


# --- several processes, and a killed one ---

PROGRAM = """
import sys
from pathlib import Path
from prover.project.checkout import Checkouts
from prover.project.git import reached
from prover.project.location import parse_location
checkout = Checkouts(Path(sys.argv[1])).get(parse_location(sys.argv[2]))
print(checkout.root, (checkout.root / "A.lean").read_text())
"""


def start(checkouts: Checkouts, text: str, **environment: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", PROGRAM, str(checkouts.directory), text]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})


def test_processes_at_once_share_one_checkout(checkouts: Checkouts, origin: GitRepository) -> None:
    running = [start(checkouts, f"{origin.url}@v1") for _ in range(4)]
    answers = {process.communicate(timeout=60)[0] for process in running}
    assert len(answers) == 1
    assert "-- one" in answers.pop()
    assert len(list(checkouts.directory.glob("*/trees/*"))) == 1


def test_a_killed_clone_leaves_nothing_half(checkouts: Checkouts, origin: GitRepository, tmp_path: Path) -> None:
    """A git that stops in the middle of a fetch stands in for a long one; it is killed with its process group."""
    bin_ = fake_git(tmp_path, f'*" fetch "*) touch {tmp_path}/begun; exec sleep 60')
    process = start(checkouts, f"{origin.url}@v1", PATH=f"{bin_}:{os.environ['PATH']}")
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.02)
    children = [child.pid for child in psutil.Process(process.pid).children()]
    process.kill()
    process.communicate()
    for child in children:
        os.killpg(child, signal.SIGKILL)
    assert not list(checkouts.directory.glob("*/mirror.git"))
    assert list(checkouts.directory.glob("*/unfinished-*"))
    assert content(get(checkouts, f"{origin.url}@v1")) == "-- one\n"
    assert not list(checkouts.directory.glob("*/unfinished-*"))
