"""Proving and building with a native toolchain, which is the embedded Lean in disguise: see `disguise.py`."""

import json
from pathlib import Path

import pytest

from prover.cli.main import run
from prover.errors import LakeFailed, NativeLeanFailed
from prover.lean.toolchain.native import NativeSearch, find_native
from tests.integration import disguise
from tests.integration.computer import NEWER, PIN, Computer

pytestmark = [pytest.mark.lean]

BASE = "def double (n : Nat) : Nat := n + n\n"
MAIN = "import Small.Base\n#check double\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root.resolve()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    lakefile = 'name = "small"\n[[lean_lib]]\nname = "Small"\n'
    files = {"lakefile.toml": lakefile, "lean-toolchain": PIN, "Small/Base.lean": BASE, "Small/Main.lean": MAIN}
    return write(tmp_path / "small", files)


def files_of(root: Path) -> list[Path]:
    return sorted(root.rglob("*"))


def test_a_theorem_is_proved_with_the_native_lean(
    at_work: Computer, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(small, {"Small/Main.lean": "import Small.Base\ntheorem twice (n : Nat) : double n = 2 * n := by\n  sorry\n"})
    before = files_of(small)
    report = tmp_path / "report.json"
    chosen = ["--theorem", "twice", "--toolchain", "native"]
    status = run(["prove", "--repo", str(small), *chosen, "--timeout", "60", "--jobs", "1", "--json", str(report)])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    (row,) = json.loads(report.read_text())["theorems"]
    assert row["status"] == "proved"
    assert row["toolchain"] == "Lean 4.28.0 (native, x86_64-unknown-linux-gnu, 38f3c0c4)"
    assert "--- a/Small/Main.lean" in captured.out
    assert "is used" not in captured.err
    assert files_of(small) == before
    assert not at_work.home.toolchains.exists()  # the embedded Lean was not needed
    called = [call for call in disguise.calls(at_work.elan) if call.startswith("lake")]
    assert called == ["lake env printenv LEAN_PATH", "lake build +Small.Base"]


def test_mathlib_is_fetched_compiled_before_anything_is_built(
    at_work: Computer, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = 'name = "mathlib"\n[[lean_lib]]\nname = "Mathlib"\n'
    mathlib = write(tmp_path / "mathlib", {"lakefile.toml": library, "Mathlib/Init.lean": "def two : Nat := 2\n"})
    required = (small / "lakefile.toml").read_text() + '[[require]]\nname = "mathlib"\npath = "../mathlib"\n'
    main = "import Small.Base\nimport Mathlib.Init\n#eval double two\n"
    write(small, {"lakefile.toml": required, "Small/Main.lean": main})
    before = files_of(small), files_of(mathlib)
    for _ in range(2):
        assert run(["lean", str(small / "Small" / "Main.lean")]) == 0
        captured = capsys.readouterr()
        assert captured.out == "4\n"
    called = [call for call in disguise.calls(at_work.elan) if call.startswith("lake") and "env" not in call]
    built = "lake build +Mathlib.Init +Small.Base"
    assert called == ["lake exe cache get", built, built]
    assert (files_of(small), files_of(mathlib)) == before


def test_what_has_changed_is_built_again(at_work: Computer, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = small / "Small" / "Main.lean"
    write(small, {"Small/Main.lean": "import Small.Base\n#eval double 5\n"})
    assert run(["lean", str(main)]) == 0
    assert capsys.readouterr().out == "10\n"
    write(small, {"Small/Base.lean": BASE.replace("n + n", "n * 3")})
    assert run(["lean", str(main)]) == 0
    assert capsys.readouterr().out == "15\n"


def test_files_without_a_lakefile_are_built(
    at_work: Computer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"lean-toolchain": PIN, "A.lean": "import B.C\n#eval c\n", "B/C.lean": "def c := 7\n"}
    root = write(tmp_path / "loose", files)
    assert run(["lean", str(root / "A.lean"), "--toolchain", "native"]) == 0
    assert capsys.readouterr().out == "7\n"
    assert not (root / "lakefile.toml").exists()


def test_a_directory_that_lake_has_built_is_built_in_place(computer: Computer, small: Path) -> None:
    write(small, {"lake-manifest.json": '{"version": "1.1.0", "packages": []}', ".lake/keep": ""})
    builder = computer.builder(small)
    try:
        builder.prepare(builder.repository.modules["Small.Main"])
        assert builder.search_path() == (small / ".lake" / "build" / "lib" / "lean",)
    finally:
        builder.close()
    assert (small / ".lake" / "build" / "lib" / "lean" / "Small" / "Base.olean").is_file()


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("theorem bad : 1 = 2 := rfl\n", "Small/Base.lean:1:"),
        ("import Small.Main\n", "build cycle detected: Small.Base → Small.Main → Small.Base"),
        ("import Missing\n", "unknown module prefix 'Missing'"),
    ],
)
def test_an_import_that_cannot_be_built_is_shown_in_lakes_words(
    at_work: Computer, small: Path, base: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(small, {"Small/Base.lean": base})
    assert run(["lean", str(small / "Small" / "Main.lean")]) == 2
    captured = capsys.readouterr()
    assert f"prover: lake could not build Small.Base for {small}" in captured.err
    assert says in captured.err
    assert "Traceback" not in captured.err


def test_a_failure_costs_only_the_modules_that_need_it(at_work: Computer, small: Path) -> None:
    write(small, {"Small/Base.lean": "example : 1 = 2 := rfl\n"})
    write(small, {"Small/Other.lean": "", "Small/Fine.lean": "import Small.Other\n"})
    builder = at_work.builder(small)
    try:
        for _ in range(2):
            with pytest.raises(LakeFailed):
                builder.prepare(builder.repository.modules["Small.Main"])
            builder.prepare(builder.repository.modules["Small.Fine"])
    finally:
        builder.close()
    called = [call for call in disguise.calls(at_work.elan) if call.startswith("lake")]
    assert called == ["lake build +Small.Base", "lake build +Small.Other"]


def test_elan_downloads_what_is_pinned_and_says_when_it_cannot(computer: Computer, small: Path) -> None:
    asking = NativeSearch(small, str(computer.elan / "bin"))
    write(small, {"lean-toolchain": NEWER})
    found = find_native(computer.home, asking)
    assert found is not None
    assert found.lean_version == "4.28.1"
    write(small, {"lean-toolchain": "leanprover/lean4:v4.9.0"})
    with pytest.raises(NativeLeanFailed, match=r"could not download leanprover/lean4:v4\.9\.0: the network"):
        find_native(computer.home, asking)


def test_the_embedded_lean_takes_over_where_elan_cannot_serve(
    at_work: Computer, small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(small, {"lean-toolchain": "leanprover/lean4:v4.25.0"})
    monkeypatch.setenv("PROVER_HOME", str(usual_home_before(at_work)))
    assert run(["lean", str(small / "Small" / "Base.lean")]) == 0
    (note,) = [line for line in capsys.readouterr().err.splitlines() if "instead" in line]
    assert note.startswith("the repository asks for leanprover/lean4:v4.25.0; Lean 4.28.0-pre (embedded")
    assert "could not download" in note
    assert run(["lean", str(small / "Small" / "Base.lean"), "--toolchain", "native"]) == 2
    assert "prover: elan does not provide a Lean" in capsys.readouterr().err


def usual_home_before(computer: Computer) -> Path:
    """The home in which the embedded toolchain is."""
    return Path(json.loads((computer.elan / "settings.json").read_text())["home"])
