"""Repositories on disk: their modules, and what is said of those that are broken."""

from pathlib import Path

import pytest

from prover.errors import RepositoryError
from prover.project.layout import enclosing_repository, open_repository


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_without_a_lakefile_modules_are_named_from_the_root(tmp_path: Path) -> None:
    repository = open_repository(write(tmp_path, {"A.lean": "", "A/B.lean": "", "notes.txt": ""}))
    assert set(repository.modules) == {"A", "A.B"}
    assert repository.relative(repository.modules["A.B"]) == "A/B.lean"


def test_a_lean_lakefile_is_not_a_module(tmp_path: Path) -> None:
    assert set(open_repository(write(tmp_path, {"lakefile.lean": "", "A.lean": ""})).modules) == {"A"}


def test_source_directories_come_from_the_package_and_its_libraries(tmp_path: Path) -> None:
    lakefile = 'name = "x"\nsrcDir = "src"\n[[lean_lib]]\nname = "A"\n[[lean_lib]]\nname = "T"\nsrcDir = "test"\n'
    files = {"lakefile.toml": lakefile, "src/A.lean": "", "src/test/T.lean": "", "stray/S.lean": ""}
    modules = open_repository(write(tmp_path, files)).modules
    assert {"A", "T"} <= set(modules)
    assert not any(name.endswith("S") for name in modules)


def test_a_package_without_libraries_is_read_from_its_source_directory(tmp_path: Path) -> None:
    files = {"lakefile.toml": 'name = "x"\nsrcDir = "src"\n', "src/A.lean": "", "B.lean": ""}
    assert set(open_repository(write(tmp_path, files)).modules) == {"A"}


def test_executables_have_source_directories_too(tmp_path: Path) -> None:
    files = {"lakefile.toml": '[[lean_exe]]\nname = "m"\nsrcDir = "app"\n', "app/Main.lean": ""}
    assert set(open_repository(write(tmp_path, files)).modules) == {"Main"}


def test_built_and_hidden_directories_are_passed_over(tmp_path: Path) -> None:
    files = {".lake/packages/P.lean": "", ".git/G.lean": "", "build/B.lean": "", "A.lean": ""}
    assert set(open_repository(write(tmp_path, files)).modules) == {"A"}


def test_the_pin_is_read(tmp_path: Path) -> None:
    files = {"A.lean": "", "lean-toolchain": "leanprover/lean4:v4.28.0\n"}
    assert open_repository(write(tmp_path, files)).toolchain == "leanprover/lean4:v4.28.0"


def test_there_may_be_no_pin(tmp_path: Path) -> None:
    assert open_repository(write(tmp_path, {"A.lean": ""})).toolchain is None


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match=r"There is no directory .*nowhere"):
        open_repository(tmp_path / "nowhere")


def test_a_directory_without_lean_files_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="has no Lean files"):
        open_repository(write(tmp_path, {"README.md": ""}))


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


def test_text_is_read_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "A.lean").write_bytes("-- ∀\r\n-- b".encode())
    assert open_repository(tmp_path).modules["A"].text() == "-- ∀\r\n-- b"


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
