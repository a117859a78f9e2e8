"""What the doctor sees in homes of several kinds."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from prover.lean.toolchain import doctor, install
from prover.lean.toolchain.doctor import DoctorFinding, diagnose
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.node import NodeRuntime, npm_of
from prover.lean.toolchain.staging import RECORD

NODE = NodeRuntime(Path("/n/node"), (24, 0, 0), ("/n/npm",))
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_node", lambda search: NODE)


def findings(home: Home, search: str = "/nowhere") -> dict[str, DoctorFinding]:
    return {finding.what: finding for finding in diagnose(home, search)}


def put(directory: Path) -> None:
    """A finished directory with one file."""
    directory.mkdir(parents=True)
    (directory / "file").write_text("12345")
    (directory / RECORD).write_text('{"file": 5}')


def test_an_empty_home_lacks_what_is_installed_and_nothing_else(tmp_path: Path) -> None:
    found = findings(Home(tmp_path / "home"))
    assert {what for what, finding in found.items() if not finding.ok} == {"embedded Lean", "gateway"}
    assert found["embedded Lean"].remedy == "run `prover toolchain install`"
    assert not (tmp_path / "home").exists()


def test_a_whole_home_has_nothing_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path)
    toolchain = install.embedded(home, NODE)
    put(toolchain.root)
    put(install.gateway_directory(home, toolchain))
    assert [finding for finding in diagnose(home, "/nowhere") if not finding.ok or finding.remedy] == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    root = install.embedded(home, NODE).root
    put(root)
    (root / "file").write_text("123")
    assert findings(home)["embedded Lean"].detail == "file has 3 bytes, not 5"


def test_leftovers_are_shown(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (home.toolchains / "lean-x.staging").mkdir(parents=True)
    put(home.toolchains / "lean-4.27.0-wasm-01234567")
    found = findings(home)
    assert "lean-x.staging" in found["interrupted installation"].detail
    assert "lean-4.27.0-wasm-01234567" in found["older embedded Lean"].detail


def test_a_missing_node_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_node", lambda search: npm_of(NodeRuntime(Path("/n"), (24, 0, 0), ())))
    found = findings(Home(tmp_path))
    assert not found["Node.js"].ok
    assert "npm" not in found


def test_a_node_without_npm_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_node", lambda search: NodeRuntime(Path("/n"), (24, 0, 0), ()))
    assert not findings(Home(tmp_path))["npm"].ok


def test_a_full_disk_matters_only_before_installing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10, 9, 1_000_000))
    home = Home(tmp_path)
    assert "1.2 GB" in findings(home)["disk"].remedy
    put(install.embedded(home, NODE).root)
    assert findings(home)["disk"].ok


def test_a_home_that_is_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    assert not findings(Home(tmp_path / "home"))["home"].ok


def test_a_native_lean_that_does_not_run_is_told(tmp_path: Path) -> None:
    lean = tmp_path / "bin" / "lean"
    lean.parent.mkdir()
    lean.write_text("#!/bin/sh\nexit 1\n")
    lean.chmod(0o755)
    assert not findings(Home(tmp_path), str(lean.parent))["native Lean"].ok


LEAN = """#!/bin/sh
case "$1" in
--version) echo 'Lean (version 4.28.0, x86_64-unknown-linux-gnu, commit 0123456789abcdef, Release)';;
--print-libdir) echo /opt/lean/lib/lean;;
esac
"""


def test_an_embedded_lean_that_is_not_there_is_no_fault_beside_a_native_one(tmp_path: Path) -> None:
    lean = tmp_path / "bin" / "lean"
    lean.parent.mkdir()
    lean.write_text(LEAN)
    lean.chmod(0o755)
    home = Home(tmp_path / "home")
    found = findings(home, str(lean.parent))
    assert found["native Lean"].detail.startswith("Lean 4.28.0 (native")
    assert found["embedded Lean"].ok
    assert "only for repositories that the native Lean does not serve" in found["embedded Lean"].detail
    put(install.embedded(home, NODE).root)
    (install.embedded(home, NODE).root / "file").write_text("123")
    assert not findings(home, str(lean.parent))["embedded Lean"].ok
