"""What is asked of Lake, and what becomes of its answers, with a stand-in that is a shell script."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prover.errors import LakeFailed, NeedsToolchain
from prover.lean.toolchain.execute import ProcessLimits, execute
from prover.lean.toolchain.toolchain import Command, NativeToolchain
from prover.project.layout import open_repository
from prover.project.native_build import LakeLimits, NativeBuilder
from tests.processes import ends

LIMITS = LakeLimits(ask=20.0, cache=20.0, build=20.0)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository. A sandbox, if there is one, lets Lake write next to the programs, as in elan's directory."""
    monkeypatch.setenv("ELAN_HOME", str(tmp_path / "bin"))
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "lakefile.toml").write_text('name = "r"\n[[lean_lib]]\nname = "R"\n')
    (tmp_path / "r" / "R.lean").write_text("")
    return tmp_path / "r"


def builder(root: Path, script: str | None, limits: LakeLimits = LIMITS) -> NativeBuilder:
    lake = root.parent / "bin" / "lake"
    if script is not None:
        lake.parent.mkdir(exist_ok=True)
        lake.write_text(f"#!/bin/sh\n{script}\n")
        lake.chmod(0o755)
    toolchain = NativeToolchain(
        lean=lake.with_name("lean"), lean_version="4.28.0", commit="0", platform="p", library=root / "library",
        mains=root.parent / "mains", lake=lake if script is not None else None,
    )  # fmt: skip
    return NativeBuilder(open_repository(root), toolchain, root.parent / "caches", limits=limits)


def test_the_search_path_is_what_lake_says_last(root: Path) -> None:
    made = builder(root, 'echo "info: cloning" >&2; pwd > "$0.asked"; echo "./.lake/build/lib:/opt/x/lib"')
    tree = made.tree().root
    assert made.search_path() == (tree / ".lake" / "build" / "lib", Path("/opt/x/lib"))
    assert made.search_path() is made.search_path()
    assert Path((root.parent / "bin" / "lake.asked").read_text().strip()) == tree


def test_a_repository_that_lake_cannot_load_is_named_with_lakes_words(root: Path) -> None:
    made = builder(root, 'echo "info: x"; echo "error: lakefile.toml:1:1: expected"; echo "error: y"; exit 1')
    with pytest.raises(LakeFailed) as caught:
        made.search_path()
    assert str(caught.value) == (f"lake could not load {root} (error: lakefile.toml:1:1: expected): fix that first.")
    assert caught.value.details == ("error: lakefile.toml:1:1: expected", "error: y")


def test_a_lake_that_does_not_end_is_stopped(root: Path) -> None:
    made = builder(root, "sleep 60", LakeLimits(ask=0.3))
    with pytest.raises(LakeFailed, match="it did not end in time"):
        made.search_path()


def test_a_toolchain_without_lake_says_what_to_install(root: Path) -> None:
    with pytest.raises(NeedsToolchain, match="install elan"):
        builder(root, None).search_path()


def test_lake_works_where_it_may_write(root: Path) -> None:
    before = sorted(root.rglob("*"))
    builder(root, 'mkdir -p .lake; echo "{}" > lake-manifest.json; echo /p').search_path()
    assert sorted(root.rglob("*")) == before


def test_what_a_stopped_command_has_started_is_stopped_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = Command(("/bin/sh", "-c", f"sleep 60 & echo $! > {note}; wait"))
    finished = execute(command, ProcessLimits(tmp_path, 0.5))
    assert finished.status is None
    pid = int(note.read_text())
    assert ends(pid)


FETCHES = """
echo "$*" >> "$0.asked"
case "$1" in
env) echo ./built;;
exe) echo "{}" > lake-manifest.json; if test -e "$0.offline"; then echo "error: offline"; exit 1; fi;;
esac
"""


def needing_mathlib(root: Path, script: str) -> NativeBuilder:
    (root / "lakefile.toml").write_text('name = "r"\n[[require]]\nname = "mathlib"\nscope = "x"\n')
    made = builder(root, script)
    # what the header names is known, so that no Lean is asked
    source = open_repository(root).modules["R"].text()
    known = made.cache / "headers" / made.toolchain.name / hashlib.sha256(source.encode()).hexdigest()[:32]
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_text("Init\nMathlib.A")
    (root / "library").mkdir(exist_ok=True)
    (root / "library" / "Init.olean").touch()
    return made


def asked(root: Path) -> list[str]:
    return (root.parent / "bin" / "lake.asked").read_text().splitlines()


def test_mathlib_is_fetched_once(root: Path) -> None:
    for _ in range(2):
        made = needing_mathlib(root, FETCHES)
        made.prepare(made.repository.modules["R"])
        made.prepare(made.repository.modules["R"])
    assert asked(root) == ["exe cache get", "build +Mathlib.A", "build +Mathlib.A"]


def test_mathlib_that_cannot_be_fetched_is_never_compiled_from_its_sources(root: Path) -> None:
    made = needing_mathlib(root, FETCHES)
    (root.parent / "bin" / "lake.offline").touch()
    with pytest.raises(LakeFailed, match=r"could not download the compiled Mathlib for .* \(error: offline\)"):
        made.prepare(made.repository.modules["R"])
    assert not any(line.startswith("build") for line in asked(root))


def test_mathlib_that_is_there_serves_without_the_network(root: Path) -> None:
    made = needing_mathlib(root, FETCHES)
    (root.parent / "bin" / "lake.offline").touch()
    compiled = made.tree().root / "built" / "Mathlib" / "A.olean"
    compiled.parent.mkdir(parents=True)
    compiled.touch()
    made.prepare(made.repository.modules["R"])
    assert asked(root)[-1] == "build +Mathlib.A"


def test_lake_is_alone_in_its_directory(root: Path) -> None:
    notes: list[str] = []
    waits = threading.Event()

    def progress(text: str) -> None:
        notes.append(text)
        waits.set()

    first, second = builder(root, "echo /p"), builder(root, "echo /p")
    second.notify = progress
    with ThreadPoolExecutor() as executor, first._locked():
        found = executor.submit(second.search_path)
        assert waits.wait(20)
        assert not found.done()
    assert found.result() == (Path("/p"),)
    assert notes == [f"another process builds {root}: waiting for it"]
