"""What Lean's processes are held to: which sandbox is taken, and what a confined command may do."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prover.lean.isolation import BUBBLEWRAP, UNSHARE, confined, isolation_of, sandbox
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.toolchain import Command, EmbeddedToolchain, NativeToolchain

WORKS = '#!/bin/sh\nwhile [ "$1" != "--" ]; do shift; done; shift; exec "$@"\n'
FORBIDDEN = "#!/bin/sh\necho 'Operation not permitted' >&2; exit 1\n"


@pytest.fixture(autouse=True)
def tried_anew() -> Iterator[None]:
    sandbox.cache_clear()
    yield
    sandbox.cache_clear()


@pytest.fixture
def embedded(tmp_path: Path) -> EmbeddedToolchain:
    return EmbeddedToolchain("e", NodeRuntime(Path("/node"), (24, 0, 0), ()), tmp_path, tmp_path)


@pytest.fixture
def native(tmp_path: Path) -> NativeToolchain:
    return NativeToolchain(tmp_path / "lean", "4.28.0", "c", "p", tmp_path, tmp_path / "mains")


def programs(place: Path, **scripts: str) -> str:
    place.mkdir(exist_ok=True)
    for name, script in scripts.items():
        (place / name).write_text(script)
        (place / name).chmod(0o755)
    return f"{place}:/usr/bin:/bin"


def test_the_better_sandbox_is_taken(tmp_path: Path) -> None:
    found = sandbox(programs(tmp_path / "bin", bwrap=WORKS, unshare=WORKS))
    assert found is not None
    assert found.name == BUBBLEWRAP


def test_one_that_the_kernel_forbids_is_passed_over(tmp_path: Path) -> None:
    found = sandbox(programs(tmp_path / "bin", bwrap=FORBIDDEN, unshare=WORKS))
    assert found is not None
    assert found.name == UNSHARE
    assert sandbox(programs(tmp_path / "none", bwrap=FORBIDDEN, unshare=FORBIDDEN)) is None


def test_what_does_not_hold_is_said(native: NativeToolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", programs(tmp_path / "bin", bwrap=FORBIDDEN, unshare=WORKS))
    assert isolation_of(native).missing == ("writes", "programs")
    assert "NOT held: writes, programs" in isolation_of(native).describe()


def test_the_embedded_lean_needs_no_sandbox(embedded: EmbeddedToolchain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert isolation_of(embedded).missing == ()


def test_node_may_write_in_the_scratch_directory_alone(embedded: EmbeddedToolchain, tmp_path: Path) -> None:
    words = confined(Command(("/node", "lean.js"), {}), embedded, tmp_path).argv
    assert [word for word in words if word.startswith("--allow-fs-write")] == [f"--allow-fs-write={tmp_path}"]
    assert "--permission" in words
    assert words.index("--permission") < words.index("lean.js")


def test_secrets_of_the_environment_are_not_handed_on(
    native: NativeToolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    output = run(confined(Command((sys.executable, "-c", "import os; print(sorted(os.environ))")), native, tmp_path))
    assert "GITHUB_TOKEN" not in output
    assert "PATH" in output


def run(command: Command) -> str:
    done = subprocess.run(command.argv, env=command.environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_file_cannot_grow_without_bounds(native: NativeToolchain, tmp_path: Path) -> None:
    ask = "from resource import *; print(getrlimit(RLIMIT_FSIZE)[0], getrlimit(RLIMIT_CORE)[0])"
    size, core = run(confined(Command((sys.executable, "-c", ask)), native, tmp_path)).split()
    assert (int(size), int(core)) == (2 << 30, 0)


@pytest.mark.skipif(
    (found := sandbox()) is None or not found.writes, reason="bubblewrap is not installed, or not permitted"
)
def test_bubblewrap_confines_writes_and_the_network(native: NativeToolchain, tmp_path: Path) -> None:
    scratch, outside = tmp_path / "scratch", tmp_path / "outside"
    scratch.mkdir()
    tries = f"""
import socket
open({str(scratch / "mine")!r}, "w").close()
try:
    open({str(outside)!r}, "w")
except OSError as error:
    print(error.strerror)
print(*(name for _, name in socket.if_nameindex()))
"""
    output = run(confined(Command((sys.executable, "-c", tries)), native, scratch))
    assert output.splitlines() == ["Read-only file system", "lo"]
    assert (scratch / "mine").exists()
    assert not outside.exists()
