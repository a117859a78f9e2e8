"""`URL_OR_PATH[@rev]` taken apart, with an `@` wherever one may stand."""

import re
from pathlib import Path

import pytest

from prover.errors import UsageError
from prover.project.location import Location, host_of, location_of, parse_location, without_secrets


@pytest.mark.parametrize(
    ("text", "address", "revision"),
    [
        ("https://host/a/b", "https://host/a/b", None),
        ("https://host/a/b.git@v1.0", "https://host/a/b.git", "v1.0"),
        ("https://host/a/b@feature/x", "https://host/a/b", "feature/x"),
        ("https://host/a/b@pkg@1.0", "https://host/a/b", "pkg@1.0"),
        ("https://me@host/a/b", "https://me@host/a/b", None),
        ("https://me:word@host:8443/a/b@main", "https://me:word@host:8443/a/b", "main"),
        ("https://host/@me/b@v1", "https://host/@me/b", "v1"),
        ("HTTPS://host/a@b", "https://host/a", "b"),
        ("ssh://git@host/a/b", "ssh://git@host/a/b", None),
        ("ssh://git@host:22/a/b@main", "ssh://git@host:22/a/b", "main"),
        ("git@host:a/b", "git@host:a/b", None),
        ("git@host:a/b.git@v1", "git@host:a/b.git", "v1"),
        ("host:a/b@v1", "host:a/b", "v1"),
        ("git://host/a@0123abc", "git://host/a", "0123abc"),
        ("file:///not/there/a@v1", "file:///not/there/a", "v1"),
        ("  https://host/a  ", "https://host/a", None),
    ],
)
def test_an_address_is_split_from_its_revision(text: str, address: str, revision: str | None) -> None:
    location = parse_location(text)
    assert (location.address, location.revision) == (address, revision)


def test_a_directory_that_exists_is_taken_at_its_word(tmp_path: Path) -> None:
    (tmp_path / "a@b").mkdir()
    (tmp_path / "a").mkdir()
    assert parse_location(str(tmp_path / "a@b")).address == tmp_path / "a@b"
    assert parse_location(f"{tmp_path}/a@b@v1").address == tmp_path / "a@b"
    assert parse_location(f"{tmp_path}/a@c").revision == "c"


def test_the_directories_say_which_sign_of_a_file_url_starts_the_revision(tmp_path: Path) -> None:
    (tmp_path / "a@b" / "c").mkdir(parents=True)
    location = parse_location(f"file://{tmp_path}/a@b/c@feature/x")
    assert (location.address, location.revision) == (f"file://{tmp_path}/a@b/c", "feature/x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://host/a/b#lean", Location("https://host/a/b", None, "lean")),
        ("https://host/a/b.git@v1#lean/core/", Location("https://host/a/b.git", "v1", "lean/core")),
        ("git@host:a/b@main#x", Location("git@host:a/b", "main", "x")),
        ("file:///not/there/a@v1#x", Location("file:///not/there/a", "v1", "x")),
    ],
)
def test_an_address_may_end_in_a_directory_of_the_repository(text: str, expected: Location) -> None:
    assert parse_location(text) == expected
    assert parse_location(str(expected)) == expected
    assert location_of(expected.canonical, expected.revision) == expected
    assert expected.whole == Location(expected.address, expected.revision)


def test_the_directory_is_part_of_the_name_and_of_what_is_kept() -> None:
    location = Location("https://host/a/b.git", "v1", "lean/core")
    assert location.name == "b/lean/core"
    assert location.canonical == "https://host/a/b.git#lean/core"
    assert str(location) == "https://host/a/b.git@v1#lean/core"


def test_a_file_url_whose_directory_has_the_sign(tmp_path: Path) -> None:
    (tmp_path / "a#b").mkdir()
    location = parse_location(f"file://{tmp_path}/a#b@v1")
    assert location == Location(f"file://{tmp_path}/a#b", "v1")
    assert location_of(location.canonical, "v1") == location


def test_a_path_from_here_and_from_home_is_made_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_location("here").address == tmp_path / "here"
    assert parse_location("here@HEAD~1").address == tmp_path / "here"
    assert parse_location("~/here@v1").address == tmp_path / "here"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty name"),
        ("/nowhere", "There is no directory /nowhere:"),
        ("/nowhere@v1", "There is no directory /nowhere:"),
        ("ext::sh -c x", "There is no directory ext::sh"),
        ("ftp://host/a", "ftp:// is not fetched"),
        ("https://host/a@", "ends in `@`"),
        ("git@host:a@", "ends in `@`"),
        ("/tmp@", "ends in `@`"),
        ("/tmp@--upload-pack=x", "cannot be a revision"),
        ("/tmp@HEAD:file", "cannot be a revision"),
        ("https://host/a#", "does not name a directory"),
        ("https://host/a@v1#../b", "does not name a directory"),
        ("https://me:word@host/a#/b", "https://host/a#/b does not name a directory"),
    ],
)
def test_what_is_no_location_is_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_location(text)


def test_secrets_are_in_no_text() -> None:
    location = parse_location("https://me:word@host/a/b@main")
    assert str(location) == "https://host/a/b@main"
    assert (
        without_secrets("fatal: https://me:word@host/a and https://host/b")
        == "fatal: https://host/a and https://host/b"
    )


@pytest.mark.parametrize(
    ("text", "name", "host"),
    [
        ("https://me@host:1/a/b.git/", "b", "host"),
        ("git@host:b.git@v1", "b", "host"),
        ("ssh://git@host/a/b@x", "b", "host"),
    ],
)
def test_a_location_has_a_name_and_a_host(text: str, name: str, host: str) -> None:
    location = parse_location(text)
    assert (location.name, host_of(location.address)) == (name, host)


def test_a_path_may_have_a_revision_and_a_directory(tmp_path: Path) -> None:
    (tmp_path / "a" / "lean").mkdir(parents=True)
    for text, expected in (
        (f"{tmp_path}/a@v1#lean", Location(tmp_path / "a", "v1", "lean")),
        (f"{tmp_path}/a@feature/x#lean/core", Location(tmp_path / "a", "feature/x", "lean/core")),
        (f"{tmp_path}/a@v1#was/there", Location(tmp_path / "a", "v1", "was/there")),
    ):
        location = parse_location(text)
        assert location == expected
        assert parse_location(str(location)) == location
        assert location_of(location.canonical, location.revision) == location
    assert parse_location(f"{tmp_path}/a#lean") == Location(tmp_path / "a" / "lean")


def test_a_directory_after_a_path_must_be_there_and_below_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(UsageError, match=r"no directory lean in .*/a: check the path after the `#`"):
        parse_location(f"{tmp_path}/a#lean")
    for below in ("../b", "", "/etc"):
        with pytest.raises(UsageError, match="does not name a directory"):
            parse_location(f"{tmp_path}/a@v1#{below}")
