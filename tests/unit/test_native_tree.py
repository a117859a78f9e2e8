"""Where Lake builds: copies that are kept up to date, and the user's own directories, which are not written."""

import json
import os
from pathlib import Path

import pytest

from prover.errors import RepositoryError
from prover.project.native_tree import build_tree, depends_on_mathlib


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root.resolve()


def contents(root: Path) -> dict[str, str]:
    return {str(f.relative_to(root)): f.read_text() for f in sorted(root.rglob("*")) if f.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "home" / "caches" / "lake" / "x"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "r", {"lakefile.toml": 'name = "r"\n', "R.lean": "one", "R/A.lean": "two"})


def test_a_repository_is_copied_without_what_was_built(root: Path, place: Path) -> None:
    write(root, {".lake/build/x": "", ".git/HEAD": "", "build/y": "", "R/build/B.lean": "", "node_modules/z": ""})
    before = contents(root)
    tree = build_tree(root, place, [])
    assert not tree.in_place
    assert set(contents(tree.root)) == {"lakefile.toml", "R.lean", "R/A.lean", "R/build/B.lean"}
    assert contents(root) == before


def test_a_copy_follows_the_original_and_keeps_what_lake_made(root: Path, place: Path) -> None:
    copy = build_tree(root, place, []).root
    write(copy, {".lake/build/lib/R.olean": "built", "lake-manifest.json": '{"version": "1.1.0"}'})
    kept = (copy / "R.lean").stat().st_mtime_ns
    (root / "R" / "A.lean").unlink()
    write(root, {"R/B.lean": "three"})
    assert build_tree(root, place, []).root == copy
    assert contents(copy) == {
        ".lake/build/lib/R.olean": "built",
        "lake-manifest.json": '{"version": "1.1.0"}',
        "lakefile.toml": 'name = "r"\n',
        "R.lean": "one",
        "R/B.lean": "three",
    }
    assert (copy / "R.lean").stat().st_mtime_ns == kept


def test_a_changed_file_of_the_same_length_is_copied(root: Path, place: Path) -> None:
    copy = build_tree(root, place, []).root
    (root / "R.lean").write_text("ONE")
    os.utime(root / "R.lean", ns=(1, 1))
    build_tree(root, place, [])
    assert (copy / "R.lean").read_text() == "ONE"


def test_a_directory_in_which_lake_runs_anyway_is_built_in_place(root: Path, place: Path) -> None:
    write(root, {".lake/x": "", "lake-manifest.json": '{"version": "1.1.0"}'})
    tree = build_tree(root, place, [])
    assert (tree.root, tree.in_place) == (root, True)
    assert not place.exists()


def test_directories_required_by_path_are_copied_to_where_they_are_looked_for(tmp_path: Path, place: Path) -> None:
    write(tmp_path / "far" / "b", {"lakefile.toml": 'name = "b"\n', "B.lean": "b"})
    write(tmp_path / "a", {"lakefile.lean": 'import Lake\nrequire b from ".." / "far" / "b"\n', "A.lean": "a"})
    manifest = {"version": "1.1.0", "packages": [{"type": "path", "name": "b", "dir": "../far/b", "inherited": True}]}
    root = write(
        tmp_path / "r",
        {
            "lakefile.toml": 'name = "r"\n[[require]]\nname = "a"\npath = "../a"\n[[require]]\nname="i"\npath="in"\n',
            "lake-manifest.json": json.dumps(manifest),
            "in/lakefile.toml": 'name = "i"\n',
        },
    )
    copy = build_tree(root, place, []).root
    assert (copy / ".." / "a" / "A.lean").read_text() == "a"
    assert (copy / ".." / "far" / "b" / "B.lean").read_text() == "b"
    assert (copy / "in" / "lakefile.toml").is_file()


def test_files_without_a_lakefile_get_one(tmp_path: Path, place: Path) -> None:
    root = write(tmp_path / "r", {"A.lean": "", "B/C.lean": "", "é-1.lean": ""})
    for _ in range(2):
        copy = build_tree(root, place, ["A", "B.C", "B.D", "«é-1»"]).root
        assert 'roots = ["A", "B", "«é-1»"]' in (copy / "lakefile.toml").read_text()
    assert not (root / "lakefile.toml").exists()


def test_a_home_within_the_repository_is_not_copied_into_itself(root: Path) -> None:
    home = root / ".prover"
    write(home, {"toolchains/big": "", "caches/x": ""})
    copy = build_tree(root, home / "caches" / "lake" / "x", [], (home / "caches", home)).root
    assert set(contents(copy)) == {"lakefile.toml", "R.lean", "R/A.lean"}


@pytest.mark.parametrize(
    ("files", "needs"),
    [
        ({"lakefile.toml": 'name = "r"\n'}, False),
        ({"lakefile.toml": 'name = "mathlib"\n'}, True),
        ({"lakefile.toml": 'name = "r"\n[[require]]\nname = "mathlib"\nscope = "leanprover-community"\n'}, True),
        ({"lakefile.lean": 'import Lake\nrequire "leanprover-community" / "mathlib"\n'}, True),
        ({"lake-manifest.json": '{"version": "1.1.0", "packages": []}'}, False),
        (
            {
                "lake-manifest.json": json.dumps(
                    {"version": 7, "packages": [{"type": "git", "name": "mathlib", "url": "u", "rev": "r"}]}
                )
            },
            True,
        ),
        ({}, False),
    ],
)
def test_whether_mathlib_is_needed(tmp_path: Path, files: dict[str, str], needs: bool) -> None:
    assert depends_on_mathlib(write(tmp_path, {"R.lean": "", **files})) is needs


def test_a_manifest_that_cannot_be_read_is_named(root: Path, place: Path) -> None:
    write(root, {"lake-manifest.json": "{"})
    with pytest.raises(RepositoryError, match=r"lake-manifest\.json cannot be read"):
        build_tree(root, place, [])
