"""The packages that a repository requires: which, from where, and the reasons for those that are not available."""

import json
from pathlib import Path
from typing import Any

import pytest
from git_repository import GitRepository

from prover.errors import RepositoryError
from prover.project.checkout import Checkouts
from prover.project.lakefile import FromGit, InDirectory, Requirement
from prover.project.layout import Repository, completed, open_repository
from prover.project.manifest import read_manifest


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def library(name: str, *requires: str) -> str:
    needed = "".join(f'[[require]]\nname = "{each}"\n' for each in requires)
    return f'name = "{name.lower()}"\n[[lean_lib]]\nname = "{name}"\n{needed}'


def pin(name: str, origin: GitRepository, commit: str, inherited: bool = False) -> dict[str, Any]:
    return {"type": "git", "name": name, "url": origin.url, "rev": commit, "inherited": inherited, "subDir": None}


def manifest(*packages: dict[str, Any]) -> str:
    return json.dumps({"version": "1.1.0", "packagesDir": ".lake/packages", "packages": packages, "name": "r"})


@pytest.fixture
def origin(tmp_path: Path) -> GitRepository:
    """A package `b` with the modules `B` and `B.C`."""
    files = {"lakefile.toml": library("B"), "B.lean": "-- one", "B/C.lean": "", "Main.lean": ""}
    return GitRepository.make(tmp_path / "b", files)


@pytest.fixture
def checkouts(tmp_path: Path) -> Checkouts:
    return Checkouts(tmp_path / "cache")


def repository(tmp_path: Path, lakefile: str, pins: str | None = None) -> Path:
    files = {"lakefile.toml": lakefile, "A.lean": ""} | ({"lake-manifest.json": pins} if pins else {})
    return write(tmp_path / "r", files)


def why(repository: Repository) -> dict[str, str]:
    return {package.name: package.why for package in repository.unavailable}


# --- from git ---


def test_a_package_is_checked_out_at_its_pin(tmp_path: Path, origin: GitRepository, checkouts: Checkouts) -> None:
    commit = origin.git("rev-parse", "HEAD")
    origin.commit({"B.lean": "-- two"})
    root = repository(tmp_path, library("A", "b"), manifest(pin("b", origin, commit)))
    found = open_repository(root, checkouts)
    module = found.find("B")
    assert module is not None
    assert (module.text(), module.package, module.kind) == ("-- one", "b", "library")
    assert found.relative(module) == "b/B.lean"
    assert [(package.name, package.commit) for package in found.dependencies] == [("b", commit)]
    assert set(found.modules) == {"A"}
    assert found.unavailable == ()


def test_what_lake_has_fetched_is_used(tmp_path: Path, origin: GitRepository) -> None:
    commit = origin.git("rev-parse", "HEAD")
    root = repository(tmp_path, library("A", "b"), manifest(pin("b", origin, commit)))
    origin.git("clone", "--quiet", ".", str(root / ".lake" / "packages" / "b"))
    module = open_repository(root).find("B.C")
    assert module is not None
    assert module.path == root / ".lake" / "packages" / "b" / "B" / "C.lean"
    assert open_repository(root).relative(module) == ".lake/packages/b/B/C.lean"


def test_what_lake_has_at_another_commit_is_not(tmp_path: Path, origin: GitRepository, checkouts: Checkouts) -> None:
    commit = origin.git("rev-parse", "HEAD")
    root = repository(tmp_path, library("A", "b"), manifest(pin("b", origin, commit)))
    origin.commit({"B.lean": "-- two"})
    origin.git("clone", "--quiet", ".", str(root / ".lake" / "packages" / "b"))
    module = open_repository(root, checkouts).find("B")
    assert module is not None
    assert module.text() == "-- one"
    assert "nothing may be fetched" in why(open_repository(root))["b"]


def test_a_package_in_a_directory_of_its_repository(tmp_path: Path, checkouts: Checkouts) -> None:
    origin = GitRepository.make(
        tmp_path / "mono", {"lean/lakefile.toml": library("B"), "lean/B.lean": "", "X.lean": ""}
    )
    entry = pin("b", origin, origin.git("rev-parse", "HEAD")) | {"subDir": "lean"}
    found = open_repository(repository(tmp_path, library("A", "b"), manifest(entry)), checkouts)
    assert set(found.dependencies[0].modules) == {"B"}


def test_a_directory_that_leads_out_of_it_is_refused(
    tmp_path: Path, origin: GitRepository, checkouts: Checkouts
) -> None:
    entry = pin("b", origin, origin.git("rev-parse", "HEAD")) | {"subDir": "../../.."}
    found = open_repository(repository(tmp_path, library("A", "b"), manifest(entry)), checkouts)
    assert "There is no directory ../../.." in why(found)["b"]


def test_a_package_that_is_not_to_be_had_costs_only_itself(tmp_path: Path, checkouts: Checkouts) -> None:
    entry = {"type": "git", "name": "b", "url": f"file://{tmp_path}/gone", "rev": "0" * 40, "inherited": False}
    found = open_repository(repository(tmp_path, library("A", "b"), manifest(entry)), checkouts)
    assert "There is no git repository" in why(found)["b"]
    assert found.find("A") is not None
    assert found.find("B") is None


@pytest.mark.parametrize(
    ("url", "revision"), [("ext::touch x", "v1"), ("--upload-pack=x", "v1"), ("https://127.0.0.1:9/b", "--help")]
)
def test_what_git_could_take_for_an_order_is_refused(
    tmp_path: Path, checkouts: Checkouts, url: str, revision: str
) -> None:
    entry = {"type": "git", "name": "b", "url": url, "rev": revision, "inherited": False}
    found = open_repository(repository(tmp_path, library("A", "b"), manifest(entry)), checkouts)
    assert "is not the address" in why(found)["b"] or "cannot be a revision" in why(found)["b"]


def test_an_address_may_be_a_path_from_the_repository(
    tmp_path: Path, origin: GitRepository, checkouts: Checkouts
) -> None:
    entry = pin("b", origin, origin.git("rev-parse", "HEAD")) | {"url": "../b"}
    found = open_repository(repository(tmp_path, library("A", "b"), manifest(entry)), checkouts)
    assert found.find("B") is not None


# --- which ---


def test_mathlib_and_what_only_it_needs_are_left_out(
    tmp_path: Path, origin: GitRepository, checkouts: Checkouts
) -> None:
    commit = origin.git("rev-parse", "HEAD")
    mathlib = {"type": "git", "name": "mathlib", "url": "https://127.0.0.1:9/m", "rev": "0" * 40, "inherited": False}
    only = {"type": "git", "name": "only", "url": "https://127.0.0.1:9/o", "rev": "0" * 40, "inherited": True}
    root = repository(tmp_path, library("A", "mathlib", "b"), manifest(mathlib, only, pin("b", origin, commit)))
    found = open_repository(root, checkouts)
    assert [package.name for package in found.dependencies] == ["b"]
    assert list(why(found)) == ["mathlib"]
    assert "left to Lake" in why(found)["mathlib"]


def test_a_build_with_the_embedded_lean_needs_mathlib_too(
    tmp_path: Path, origin: GitRepository, checkouts: Checkouts
) -> None:
    mathlib = GitRepository.make(tmp_path / "m", {"lakefile.toml": library("Mathlib", "b"), "Mathlib.lean": ""})
    pins = manifest(
        pin("mathlib", mathlib, mathlib.git("rev-parse", "HEAD")),
        pin("b", origin, origin.git("rev-parse", "HEAD"), inherited=True),
    )
    found = open_repository(repository(tmp_path, library("A", "mathlib"), pins), checkouts)
    assert found.find("Mathlib") is None
    whole = completed(found, checkouts)
    assert [package.name for package in whole.dependencies] == ["mathlib", "b"]
    assert whole.find("Mathlib") is not None
    assert whole.unavailable == ()


def test_what_a_package_needs_is_needed(tmp_path: Path, origin: GitRepository, checkouts: Checkouts) -> None:
    middle = GitRepository.make(tmp_path / "middle", {"lakefile.toml": library("M", "b"), "M.lean": ""})
    pins = manifest(
        pin("middle", middle, middle.git("rev-parse", "HEAD")),
        pin("b", origin, origin.git("rev-parse", "HEAD"), inherited=True),
    )
    found = open_repository(repository(tmp_path, library("A", "middle"), pins), checkouts)
    assert [package.name for package in found.dependencies] == ["middle", "b"]


def test_without_a_manifest_the_lakefiles_say(tmp_path: Path, origin: GitRepository, checkouts: Checkouts) -> None:
    origin.git("tag", "v1")
    origin.commit({"B.lean": "-- two"})
    middle = f'{library("M")}[[require]]\nname = "b"\ngit = "{origin.url}"\nrev = "v1"\n'
    write(tmp_path / "middle", {"lakefile.toml": middle, "M.lean": ""})
    lakefile = f'{library("A", "registered")}[[require]]\nname = "middle"\npath = "../middle"\n'
    found = open_repository(repository(tmp_path, lakefile), checkouts)
    assert [package.name for package in found.dependencies] == ["middle", "b"]
    module = found.find("B")
    assert module is not None
    assert module.text() == "-- one"
    assert "let `lake update` write a lake-manifest.json" in why(found)["registered"]


def test_packages_that_need_each_other_are_read_once(tmp_path: Path) -> None:
    for name, other in (("r", "m"), ("m", "r")):
        lakefile = f'{library(name.upper())}[[require]]\nname = "{other}"\npath = "../{other}"\n'
        write(tmp_path / name, {"lakefile.toml": lakefile, f"{name.upper()}.lean": ""})
    found = open_repository(tmp_path / "r")
    assert [package.name for package in found.dependencies] == ["m", "r"]
    assert found.find("R") is not None


def test_a_directory_is_seen_from_the_package_that_requires_it(tmp_path: Path) -> None:
    inner = f'{library("M")}[[require]]\nname = "b"\npath = "deps/b"\n'
    write(
        tmp_path / "m",
        {"lakefile.toml": inner, "M.lean": "", "deps/b/lakefile.toml": library("B"), "deps/b/B.lean": ""},
    )
    found = open_repository(repository(tmp_path, f'{library("A")}[[require]]\nname = "m"\npath = "../m"\n'))
    assert found.find("B") is not None


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    found = open_repository(repository(tmp_path, f'{library("A")}[[require]]\nname = "m"\npath = "../m"\n'))
    assert "There is no directory" in why(found)["m"]


def test_a_broken_lakefile_of_a_package_costs_only_that(tmp_path: Path) -> None:
    write(tmp_path / "m", {"lakefile.toml": "name = "})
    found = open_repository(repository(tmp_path, f'{library("A")}[[require]]\nname = "m"\npath = "../m"\n'))
    assert "cannot be read" in why(found)["m"]


# --- whose module ---


def test_a_name_of_two_packages_is_an_error_when_it_is_needed(tmp_path: Path) -> None:
    for name in ("m", "n"):
        files = {"lakefile.toml": '[[lean_lib]]\nname = "T"\n', "T.lean": "", "T/Only" + name + ".lean": ""}
        write(tmp_path / name, files)
    lakefile = library("A") + "".join(f'[[require]]\nname = "{x}"\npath = "../{x}"\n' for x in ("m", "n"))
    found = open_repository(repository(tmp_path, lakefile))
    assert found.find("T.Onlym") is not None
    with pytest.raises(RepositoryError, match=r"m/T\.lean and .*n/T\.lean are both the module T"):
        found.find("T")


def test_programs_and_loose_files_of_packages_are_not_imported(tmp_path: Path, origin: GitRepository) -> None:
    lakefile = f'{library("A")}[[require]]\nname = "b"\npath = "{origin.root}"\n'
    found = open_repository(write(tmp_path / "r", {"lakefile.toml": lakefile, "A.lean": "", "Main.lean": ""}))
    assert found.find("Main") is found.modules["Main"]


# --- manifests ---


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 5, "packages": [{"git": {"url": "u", "rev": "c", "name": "b", "inputRev?": "m", "subDir?": "d"}},'
        ' {"path": {"name": "p", "dir": "./p", "inherited": true}}]}',
        '{"version": 6, "packagesDir": "lake-packages", "packages": [{"git": {"url": "u", "rev": "c", "name": "b",'
        ' "opts": {}, "inherited": false, "inputRev?": null, "subDir?": "d"}},'
        ' {"path": {"name": "p", "dir": "./p", "opts": {}, "inherited": true}}]}',
        '{"version": 7, "packages": [{"type": "git", "url": "u", "rev": "c", "name": "«b»", "subDir": "d"},'
        ' {"type": "path", "name": "p", "dir": "./p", "inherited": true}]}',
        '{"version": "1.1.0", "packages": [{"type": "git", "url": "u", "rev": "c", "name": "b", "scope": "s",'
        ' "subDir": "d"}, {"type": "path", "scope": "", "name": "p", "dir": "./p", "inherited": true}]}',
        '{"version": "1.2.0", "fixedToolchain": false, "packages": [{"type": "git", "url": "u", "rev": "c",'
        ' "name": "b", "subDir": "d"}, {"type": "path", "name": "p", "dir": "./p", "inherited": true}]}',
    ],
)
def test_every_version_of_the_manifest(tmp_path: Path, text: str) -> None:
    found = read_manifest(write(tmp_path, {"lake-manifest.json": text}))
    assert found is not None
    assert found.packages == {
        "b": Requirement("b", FromGit("u", "c", "d")),
        "p": Requirement("p", InDirectory("./p"), inherited=True),
    }
    assert found.packages_dir == ("lake-packages" if '"lake-packages"' in text else ".lake/packages")


def test_the_users_overrides_win(tmp_path: Path) -> None:
    entry = '{"type": "git", "url": "u", "rev": "c", "name": "b"}'
    override = '{"schemaVersion": "1.2.0", "packages": [{"type": "path", "name": "b", "dir": "/mine"}]}'
    write(tmp_path, {"lake-manifest.json": f'{{"version": 7, "packages": [{entry}]}}'})
    write(tmp_path, {".lake/package-overrides.json": override})
    found = read_manifest(tmp_path)
    assert found is not None
    assert found.packages["b"].source == InDirectory("/mine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "is not a manifest"),
        ('{"version": 4}', "has version 4"),
        ('{"version": "2.0.0"}', "newer than this program"),
        ('{"version": 7, "packages": {}}', "has an invalid entry"),
        ('{"version": 7, "packages": [3]}', "has an invalid entry"),
        ('{"version": 7, "packages": [{"type": "git", "name": "b"}]}', "has an invalid entry"),
        ('{"version": 7, "packages": [{"type": "zip", "name": "b"}]}', "has an invalid entry"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RepositoryError, match=rf"lake-manifest\.json .*{message}"):
        open_repository(write(tmp_path, {"lake-manifest.json": text, "A.lean": ""}))
