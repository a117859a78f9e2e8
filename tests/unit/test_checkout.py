"""Checkouts, from real git repositories: what they hold, what is cached, what is removed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from git_repository import GitRepository

from prover.errors import CheckoutFailed, GitMissing
from prover.project.checkout import Checkout, Checkouts
from prover.project.location import Location, parse_location


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


# --- what is checked out ---


@pytest.mark.parametrize(("revision", "text"), [("", "two"), ("@main", "two"), ("@v1", "one"), ("@old", "one")])
def test_a_branch_a_tag_or_the_default(checkouts: Checkouts, origin: GitRepository, revision: str, text: str) -> None:
    checkout = get(checkouts, origin.url + revision)
    assert content(checkout) == f"-- {text}\n"
    assert checkout.cached
    assert not checkout.dirty
    assert checkout.name == "origin"


def test_a_directory_of_the_repository_at_a_url(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.commit({"lean/core/B.lean": "-- below\n"})
    whole, below = get(checkouts, origin.url), get(checkouts, f"{origin.url}@main#lean/core")
    assert below.root == whole.root / "lean" / "core"
    assert (below.root / "B.lean").is_file()
    assert below.commit == whole.commit
    assert below.commit is not None
    assert checkouts.cached(below.location, below.commit) == below.root
    assert len(list(checkouts.directory.glob("*.lock"))) == 1


def test_a_directory_that_is_not_there_or_leads_out(
    checkouts: Checkouts, origin: GitRepository, tmp_path: Path
) -> None:
    (origin.root / "out").symlink_to(tmp_path)
    origin.commit({"B.lean": ""})
    for name in ("nowhere", "A.lean", "out"):
        with pytest.raises(CheckoutFailed, match=f"has no directory {name}"):
            get(checkouts, f"{origin.url}@main#{name}")


def test_a_commit_in_full_or_abbreviated(checkouts: Checkouts, origin: GitRepository) -> None:
    commit = origin.git("rev-parse", "v1^{commit}")
    for revision in (commit, commit[:8]):
        checkout = get(checkouts, f"{origin.url}@{revision}")
        assert (checkout.commit, content(checkout)) == (commit, "-- one\n")


def test_a_full_commit_is_fetched_without_its_history_and_branches_later(
    checkouts: Checkouts, origin: GitRepository
) -> None:
    second = origin.git("rev-parse", "main")
    assert content(get(checkouts, f"{origin.url}@{second}")) == "-- two\n"
    (mirror,) = checkouts.directory.glob("*/mirror.git")
    count = subprocess.run(
        ["git", "--git-dir", mirror, "rev-list", "--all", "--count"], capture_output=True, text=True, check=True
    )
    assert count.stdout.strip() == "1"
    assert content(get(checkouts, f"{origin.url}@old")) == "-- one\n"
    origin.commit({"A.lean": "-- three\n"})
    assert content(get(checkouts, f"{origin.url}@main")) == "-- three\n"


def test_a_commit_that_no_branch_leads_to(checkouts: Checkouts, origin: GitRepository) -> None:
    lost = origin.commit({"A.lean": "-- lost\n"})
    origin.git("reset", "--quiet", "--hard", "HEAD~1")
    assert content(get(checkouts, f"{origin.url}@{lost}")) == "-- lost\n"


def test_a_reference_in_full(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.git("update-ref", "refs/pull/7/head", "old")
    assert content(get(checkouts, f"{origin.url}@refs/pull/7/head")) == "-- one\n"


def test_a_branch_with_a_slash_and_a_tag_with_an_at_sign(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.git("branch", "feature/x", "old")
    origin.git("tag", "pkg@1.0", "old")
    assert content(get(checkouts, f"{origin.url}@feature/x")) == "-- one\n"
    assert content(get(checkouts, f"{origin.url}@pkg@1.0")) == "-- one\n"


def test_the_default_branch_need_not_be_main(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.git("checkout", "--quiet", "old")
    assert content(get(checkouts, origin.url)) == "-- one\n"


def test_a_branch_is_asked_for_each_time(checkouts: Checkouts, origin: GitRepository) -> None:
    first = get(checkouts, f"{origin.url}@main")
    origin.commit({"A.lean": "-- three\n"})
    second = get(checkouts, f"{origin.url}@main")
    assert (content(first), content(second)) == ("-- two\n", "-- three\n")


def test_a_branch_that_was_rewritten_is_followed(checkouts: Checkouts, origin: GitRepository) -> None:
    get(checkouts, f"{origin.url}@main")
    origin.git("reset", "--quiet", "--hard", "old")
    origin.commit({"A.lean": "-- other\n"})
    assert content(get(checkouts, f"{origin.url}@main")) == "-- other\n"


def test_line_endings_are_those_of_the_commit(
    checkouts: Checkouts, origin: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gitconfig").write_text("[core]\n\tautocrlf = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    assert (get(checkouts, f"{origin.url}@v1").root / "A.lean").read_bytes() == b"-- one\n"


def test_nobodys_hooks_are_run(
    checkouts: Checkouts, origin: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    (template / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    (template / "post-checkout").chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template.parent))
    get(checkouts, f"{origin.url}@v1")
    assert not (tmp_path / "hooked").exists()


def test_what_a_hook_hands_on_does_not_lead_git_astray(
    checkouts: Checkouts, origin: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = GitRepository.make(tmp_path / "other", {"B.lean": ""})
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git" / "index"))
    assert get(checkouts, str(origin.root)).commit == origin.git("rev-parse", "HEAD")
    assert content(get(checkouts, f"{origin.url}@v1")) == "-- one\n"


# --- the user's own directory ---


def test_an_own_directory_is_read_where_it_is(checkouts: Checkouts, origin: GitRepository) -> None:
    checkout = get(checkouts, str(origin.root))
    assert (checkout.root, checkout.cached, checkout.dirty) == (origin.root, False, False)
    assert checkout.commit == origin.git("rev-parse", "HEAD")
    assert not checkouts.directory.exists()


@pytest.mark.parametrize("files", [{"A.lean": "-- changed\n"}, {"New.lean": ""}], ids=["changed", "new"])
def test_changes_make_it_dirty(checkouts: Checkouts, origin: GitRepository, files: dict[str, str]) -> None:
    origin.write(files)
    assert get(checkouts, str(origin.root)).dirty


def test_what_git_ignores_does_not_make_it_dirty(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.commit({".gitignore": "/.lake\n"})
    origin.write({".lake/x": ""})
    assert not get(checkouts, str(origin.root)).dirty


def test_changes_elsewhere_do_not_make_a_directory_dirty(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.commit({"lean/B.lean": ""})
    origin.write({"A.lean": "-- changed\n"})
    assert not get(checkouts, str(origin.root / "lean")).dirty
    assert get(checkouts, str(origin.root)).dirty


def test_nothing_is_written_into_it(checkouts: Checkouts, origin: GitRepository) -> None:
    os.utime(origin.root / "A.lean", (1, 1))  # git's index would be refreshed for this
    before = {path: path.stat().st_mtime_ns for path in origin.root.rglob("*")}
    get(checkouts, str(origin.root))
    get(checkouts, f"{origin.root}@v1")
    assert {path: path.stat().st_mtime_ns for path in origin.root.rglob("*")} == before


def test_a_directory_without_git_has_no_commit(checkouts: Checkouts, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    checkout = get(checkouts, str(tmp_path / "plain"))
    assert (checkout.commit, checkout.dirty) == (None, False)


def test_a_repository_before_its_first_commit_has_no_commit(checkouts: Checkouts, tmp_path: Path) -> None:
    assert get(checkouts, str(GitRepository.make(tmp_path / "new").root)).commit is None


def test_an_own_repository_at_a_revision_is_copied(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.write({"A.lean": "-- changed\n"})
    checkout = get(checkouts, f"{origin.root}@HEAD~1")
    assert (content(checkout), checkout.cached, checkout.dirty) == ("-- one\n", True, False)
    assert origin.root not in checkout.root.parents


def test_a_directory_in_a_repository_at_a_revision(checkouts: Checkouts, origin: GitRepository) -> None:
    origin.commit({"lean/A.lean": "-- inner\n"})
    checkout = get(checkouts, f"{origin.root}/lean@main")
    assert content(checkout) == "-- inner\n"
    with pytest.raises(CheckoutFailed, match="has no directory lean"):
        get(checkouts, f"{origin.root}/lean@v1")


def test_a_commit_made_after_the_copy(checkouts: Checkouts, origin: GitRepository) -> None:
    get(checkouts, f"{origin.root}@main")
    origin.git("checkout", "--quiet", "--detach")
    origin.commit({"A.lean": "-- detached\n"})
    assert content(get(checkouts, f"{origin.root}@HEAD")) == "-- detached\n"


def test_a_bare_repository_and_a_shallow_one(checkouts: Checkouts, origin: GitRepository, tmp_path: Path) -> None:
    origin.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    origin.git("clone", "--quiet", "--depth=1", origin.url, str(tmp_path / "shallow"))
    assert content(get(checkouts, f"{tmp_path}/bare.git@v1")) == "-- one\n"
    assert content(get(checkouts, f"{tmp_path}/shallow@HEAD")) == "-- two\n"


def test_without_git_an_own_directory_is_still_read(
    checkouts: Checkouts, origin: GitRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert get(checkouts, str(origin.root)).commit is None
    with pytest.raises(GitMissing, match="install it"):
        get(checkouts, f"{origin.url}@v1")


# --- what is cached ---


@pytest.mark.parametrize("revision", ["v1", "COMMIT", "SHORT"])
def test_what_is_cached_for_good_needs_no_origin(
    checkouts: Checkouts, origin: GitRepository, notes: list[str], revision: str
) -> None:
    commit = origin.git("rev-parse", "v1^{commit}")
    text = f"{origin.url}@{revision.replace('COMMIT', commit).replace('SHORT', commit[:9])}"
    first = get(checkouts, text)
    notes.clear()
    shutil.rmtree(origin.root)
    assert get(checkouts, text).root == first.root
    assert notes == []


def test_a_tag_that_was_moved_is_seen_on_request(checkouts: Checkouts, origin: GitRepository) -> None:
    location = parse_location(f"{origin.url}@v1")
    checkouts.get(location)
    origin.git("tag", "-f", "-a", "v1", "-m", "again", "main")
    assert content(checkouts.get(location)) == "-- one\n"
    assert content(checkouts.get(location, refresh=True)) == "-- two\n"


def test_two_checkouts_of_a_commit_are_one(checkouts: Checkouts, origin: GitRepository) -> None:
    assert get(checkouts, f"{origin.url}@v1").root == get(checkouts, f"{origin.url}@old").root


def test_an_address_with_and_without_its_ending_is_one_repository(checkouts: Checkouts, tmp_path: Path) -> None:
    assert checkouts.place(Location("https://h/a/b.git")) == checkouts.place(Location("https://h/a/b/"))
    assert checkouts.place(Location("https://h/a/b")) != checkouts.place(Location("https://h/a/c"))
    assert checkouts.place(Location("file:///a/b.git")) != checkouts.place(Location("file:///a/b"))


def test_only_what_is_not_kept_is_removed(checkouts: Checkouts, origin: GitRepository) -> None:
    one, two = get(checkouts, f"{origin.url}@v1"), get(checkouts, f"{origin.url}@main")
    assert one.commit is not None
    assert checkouts.cached(two.location, one.commit) == one.root
    assert checkouts.cached(two.location, "0" * 40) is None
    assert checkouts.remove(two.location, frozenset({one.commit})) == {two.commit}
    assert one.root.is_dir()
    assert not two.root.exists()
    assert checkouts.remove(one.location) == {one.commit}
    assert not [path for path in checkouts.directory.iterdir() if path.is_dir()]
    assert content(get(checkouts, f"{origin.url}@v1")) == "-- one\n"


def test_removing_an_own_directory_removes_nothing_of_it(checkouts: Checkouts, origin: GitRepository) -> None:
    checkout = get(checkouts, f"{origin.root}@v1")
    assert checkouts.remove(parse_location(str(origin.root))) == {checkout.commit}
    assert (origin.root / "A.lean").exists()


def test_what_is_cached_of_a_directory_that_is_gone_can_be_removed(checkouts: Checkouts, origin: GitRepository) -> None:
    checkout = get(checkouts, f"{origin.root}@v1")
    shutil.rmtree(origin.root)
    assert checkouts.remove(checkout.location) == {checkout.commit}
    assert not checkout.root.exists()


def test_a_mirror_that_is_broken_is_made_again(checkouts: Checkouts, origin: GitRepository) -> None:
    get(checkouts, f"{origin.url}@main")
    (mirror,) = checkouts.directory.glob("*/mirror.git")
    shutil.rmtree(mirror / "objects")
    (mirror / "HEAD").write_text("nonsense")
    origin.commit({"A.lean": "-- three\n"})
    assert content(get(checkouts, f"{origin.url}@main")) == "-- three\n"


def test_a_damaged_origin_gives_the_revision_that_is_whole(checkouts: Checkouts, tmp_path: Path) -> None:
    origin = GitRepository.make(tmp_path / "damaged", {"A.lean": "-- lost\n"})
    blob = origin.git("rev-parse", "HEAD:A.lean")
    origin.commit({"A.lean": "-- whole\n"})
    origin.git("tag", "v2")
    (origin.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert content(get(checkouts, f"{origin.url}@v2")) == "-- whole\n"
    with pytest.raises(CheckoutFailed):
        get(checkouts, f"{origin.url}@main~1")


# --- submodules ---


def test_submodules_are_there(checkouts: Checkouts, origin: GitRepository, tmp_path: Path) -> None:
    inner = GitRepository.make(tmp_path / "inner", {"B.lean": "-- inner\n"})
    origin.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.url, "sub")
    origin.commit({})
    checkout = get(checkouts, f"{origin.url}@main")
    assert (checkout.root / "sub" / "B.lean").read_text() == "-- inner\n"


def test_a_submodule_that_cannot_be_had_is_noted(
    checkouts: Checkouts, origin: GitRepository, tmp_path: Path, notes: list[str]
) -> None:
    inner = GitRepository.make(tmp_path / "inner", {"B.lean": ""})
    origin.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.url, "sub")
    origin.commit({})
    shutil.rmtree(inner.root)
    assert content(get(checkouts, f"{origin.url}@main")) == "-- two\n"
    assert any("its submodules are incomplete" in note for note in notes)
