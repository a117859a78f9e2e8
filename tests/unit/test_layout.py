"""Repositories on disk: their modules, and messages about broken ones."""

from pathlib import Path

import pytest

from prover.errors import RepositoryError
from prover.project.layout import enclosing_repository, open_repository


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def kinds(root: Path) -> dict[str, str]:
    return {name: module.kind for name, module in open_repository(root).modules.items()}


def test_without_a_lakefile_modules_are_named_from_the_root(tmp_path: Path) -> None:
    repository = open_repository(write(tmp_path, {"A.lean": "", "A/B.lean": "", "notes.txt": ""}))
    assert set(repository.modules) == {"A", "A.B"}
    assert repository.relative(repository.modules["A.B"]) == "A/B.lean"


def test_a_lean_lakefile_is_not_a_module(tmp_path: Path) -> None:
    assert set(open_repository(write(tmp_path, {"lakefile.lean": "", "A.lean": ""})).modules) == {"A"}


def test_source_directories_come_from_the_package_and_its_libraries(tmp_path: Path) -> None:
    lakefile = 'name = "x"\nsrcDir = "src"\n[[lean_lib]]\nname = "A"\n[[lean_lib]]\nname = "T"\nsrcDir = "test"\n'
    files = {"lakefile.toml": lakefile, "src/A.lean": "", "src/test/T.lean": "", "src/test/T/U.lean": ""}
    assert kinds(write(tmp_path, files)) == {"A": "library", "T": "library", "T.U": "library"}


def test_a_package_without_libraries_is_one(tmp_path: Path) -> None:
    files = {"lakefile.toml": 'name = "x"\nsrcDir = "src"\n', "src/A.lean": "", "B.lean": ""}
    assert kinds(write(tmp_path, files)) == {"A": "library", "B": "loose"}


def test_executables_have_source_directories_too(tmp_path: Path) -> None:
    files = {"lakefile.toml": '[[lean_exe]]\nname = "m"\nroot = "Main"\nsrcDir = "app"\n', "app/Main.lean": ""}
    assert kinds(write(tmp_path, files)) == {"Main": "executable"}


def test_files_of_no_library_are_named_from_the_source_directory_they_are_in(tmp_path: Path) -> None:
    lakefile = '[[lean_lib]]\nname = "A"\n[[lean_lib]]\nname = "T"\nsrcDir = "test"\n'
    files = {"lakefile.toml": lakefile, "A/B.lean": "", "test/T.lean": "", "test/U.lean": "", "notes/N.lean": ""}
    assert kinds(write(tmp_path, files)) == {"A.B": "library", "T": "library", "U": "loose", "notes.N": "loose"}


def test_what_is_no_identifier_is_quoted_as_lean_does(tmp_path: Path) -> None:
    repository = open_repository(write(tmp_path, {"2024/day-1.lean": "", "A/α₁.lean": "", "A/b.c.lean": ""}))
    assert set(repository.modules) == {"«2024».«day-1»", "A.α₁", "A.«b.c»"}
    assert repository.find("«A».«b.c»") is repository.modules["A.«b.c»"]


def test_a_package_in_a_package_is_another_repository(tmp_path: Path) -> None:
    files = {"A.lean": "", "docs/lakefile.toml": "", "docs/D.lean": "", "docs/deep/E.lean": ""}
    assert set(open_repository(write(tmp_path, files)).modules) == {"A"}


def test_a_directory_of_packages_names_them(tmp_path: Path) -> None:
    write(tmp_path, {"one/lakefile.toml": "", "two/lakefile.lean": "", "one/A.lean": ""})
    with pytest.raises(RepositoryError, match="no Lean files of its own, but packages in one, two: name one"):
        open_repository(tmp_path)


def test_a_library_in_a_directory_with_a_lakefile_of_its_own_is_read(tmp_path: Path) -> None:
    files = {
        "lakefile.toml": '[[lean_lib]]\nname = "D"\nsrcDir = "docs"\n',
        "docs/lakefile.toml": "",
        "docs/D.lean": "",
    }
    assert kinds(write(tmp_path, files)) == {"D": "library"}


def test_programs_with_one_root_name_are_told_apart(tmp_path: Path) -> None:
    lakefile = "".join(f'[[lean_exe]]\nname = "{x}"\nroot = "Main"\nsrcDir = "{x}"\n' for x in ("one", "two"))
    files = {"lakefile.toml": lakefile, "one/Main.lean": "", "two/Main.lean": ""}
    assert kinds(write(tmp_path, files)) == {"one.Main": "executable", "two.Main": "executable"}


def test_a_name_that_two_libraries_define_is_an_error_when_it_is_needed(tmp_path: Path) -> None:
    lakefile = "".join(f'[[lean_lib]]\nname = "{x}"\nroots = ["{x}", "T"]\nsrcDir = "{x}"\n' for x in ("a", "b"))
    files = {"lakefile.toml": lakefile, "a/a.lean": "", "a/T.lean": "", "b/T.lean": ""}
    repository = open_repository(write(tmp_path, files))
    assert repository.find("a") is repository.modules["a"]
    with pytest.raises(RepositoryError, match=r"a/T\.lean and .*b/T\.lean are both the module T: rename one"):
        repository.find("T")
    with pytest.raises(RepositoryError, match="are both the module T"):
        repository.at(tmp_path / "b" / "T.lean")


def test_a_name_that_nobody_defines_is_not_found(tmp_path: Path) -> None:
    assert open_repository(write(tmp_path, {"A.lean": ""})).find("B") is None


def test_a_lakefile_in_lean_is_read(tmp_path: Path) -> None:
    lakefile = 'package p\nlean_lib A where\n  srcDir := "src"\n'
    assert kinds(write(tmp_path, {"lakefile.lean": lakefile, "src/A.lean": ""})) == {"A": "library"}


def test_built_and_hidden_directories_are_passed_over(tmp_path: Path) -> None:
    files = {".lake/packages/P.lean": "", ".git/G.lean": "", "build/B.lean": "", "A.lean": ""}
    assert set(open_repository(write(tmp_path, files)).modules) == {"A"}


def test_the_pin_is_read(tmp_path: Path) -> None:
    files = {"A.lean": "", "lean-toolchain": "leanprover/lean4:v4.28.0\n"}
    assert open_repository(write(tmp_path, files)).toolchain == "leanprover/lean4:v4.28.0"


def test_there_may_be_no_pin(tmp_path: Path) -> None:
    assert open_repository(write(tmp_path, {"A.lean": ""})).toolchain is None


def test_the_pin_may_stand_above_up_to_the_git_repository(tmp_path: Path) -> None:
    write(tmp_path, {"lean-toolchain": "outer", "repo/.git/HEAD": "", "repo/lean/A.lean": ""})
    assert open_repository(tmp_path / "repo" / "lean").toolchain is None
    (tmp_path / "repo" / "lean-toolchain").write_text("inner\n")
    assert open_repository(tmp_path / "repo" / "lean").toolchain == "inner"


def test_a_pin_that_is_not_text_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"A.lean": ""})
    (tmp_path / "lean-toolchain").write_bytes(b"\xff")
    with pytest.raises(RepositoryError, match=r"lean-toolchain cannot be read"):
        open_repository(tmp_path)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match=r"There is no directory .*nowhere"):
        open_repository(tmp_path / "nowhere")


def test_a_directory_without_lean_files_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="has no Lean files"):
        open_repository(write(tmp_path, {"README.md": ""}))
    with pytest.raises(RepositoryError, match=r"bare git repository: .* as in \S+@main"):
        open_repository(write(tmp_path / "bare.git", {"HEAD": "ref: refs/heads/main", "objects/info/packs": ""}))


def test_a_broken_lakefile_is_named(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match=r"lakefile\.toml cannot be read"):
        open_repository(write(tmp_path, {"lakefile.toml": "name = ", "A.lean": ""}))


def test_a_lakefile_that_is_not_text_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"A.lean": ""})
    (tmp_path / "lakefile.toml").write_bytes(b"name = \xff")
    with pytest.raises(RepositoryError, match=r"lakefile\.toml cannot be read"):
        open_repository(tmp_path)


def test_a_module_that_is_not_utf_8_is_named_with_the_byte(tmp_path: Path) -> None:
    (tmp_path / "A.lean").write_bytes(b"-- \xe9\n")
    with pytest.raises(RepositoryError, match=r"A\.lean is not UTF-8 \(byte 3\)"):
        open_repository(tmp_path).modules["A"].text()


def test_a_file_as_long_as_no_source_is_named(tmp_path: Path) -> None:
    with (tmp_path / "A.lean").open("wb") as file:
        file.truncate(10_000_000)
    with pytest.raises(RepositoryError, match=r"A\.lean has 10 MB; files from 10 MB on are not read: split it"):
        open_repository(tmp_path).modules["A"].text()


def test_text_is_read_as_lean_reads_it(tmp_path: Path) -> None:
    (tmp_path / "A.lean").write_bytes("-- ∀\r\n-- b".encode())
    module = open_repository(tmp_path).modules["A"]
    assert (module.written(), module.text()) == ("-- ∀\r\n-- b", "-- ∀\n-- b")


def test_a_module_is_found_by_its_path(tmp_path: Path) -> None:
    repository = open_repository(write(tmp_path, {"A/B.lean": ""}))
    assert repository.at(tmp_path / "A" / ".." / "A" / "B.lean").name == "A.B"


def test_a_path_outside_is_refused(tmp_path: Path) -> None:
    repository = open_repository(write(tmp_path / "in", {"A.lean": ""}))
    write(tmp_path, {"B.lean": ""})
    with pytest.raises(RepositoryError, match=r"B\.lean is not a module of"):
        repository.at(tmp_path / "B.lean")


@pytest.mark.parametrize("mark", ["lakefile.toml", "lakefile.lean", "lean-toolchain"])
def test_the_enclosing_repository_is_the_nearest_marked_directory(tmp_path: Path, mark: str) -> None:
    write(tmp_path, {mark: "", "A/B/C.lean": ""})
    assert enclosing_repository(tmp_path / "A" / "B" / "C.lean") == tmp_path.resolve()


def test_a_file_on_its_own_is_in_its_directory(tmp_path: Path) -> None:
    write(tmp_path, {"A/B/C.lean": ""})
    assert enclosing_repository(tmp_path / "A" / "B" / "C.lean") == (tmp_path / "A" / "B").resolve()


@pytest.mark.parametrize(
    "lakefile",
    [
        "lean_lib = 3\n",
        'lean_lib = "A"\n',
        "srcDir = 3\n",
        '[[lean_lib]]\nname = "A"\nsrcDir = ["a"]\n',
        "[lean_lib]\nx = 1\n",
    ],
)
def test_a_lakefile_of_another_shape_is_an_error_of_the_repository(tmp_path: Path, lakefile: str) -> None:
    with pytest.raises(RepositoryError):
        open_repository(write(tmp_path, {"lakefile.toml": lakefile, "A.lean": ""}))


def test_a_file_with_several_names_is_one_module_that_can_be_imported_by_each(tmp_path: Path) -> None:
    root = write(tmp_path / "r", {"lakefile.toml": '[[lean_lib]]\nname = "A"\n', "A/B.lean": "", "notes/N.lean": ""})
    (root / "A" / "C.lean").symlink_to("B.lean")
    (root / "A" / "N.lean").symlink_to("../notes/N.lean")
    outside = write(tmp_path, {"elsewhere.lean": ""}) / "elsewhere.lean"
    for name in ("O", "P"):
        (root / "A" / f"{name}.lean").symlink_to(outside)
    repository = open_repository(root)
    assert set(repository.modules) == {"A.B", "A.N", "A.O"}
    assert repository.at(root / "A" / "C.lean").name == "A.B"
    assert repository.relative(repository.modules["A.N"]) == "notes/N.lean"
    assert repository.relative(repository.modules["A.O"]) == "A/O.lean"
    for name in ("A.B", "A.C", "A.N", "A.O", "A.P"):
        found = repository.find(name)
        assert found is not None
        assert found.name == name
