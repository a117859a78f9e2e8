"""What the two kinds of toolchain turn a program into, and the stand-in `lean` that the native one finds."""

import json
import subprocess
from pathlib import Path

import pytest

from prover.errors import InstallFailed, NativeLeanFailed
from prover.lean.toolchain import gateway
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.install import gateway_directory, install_gateway
from prover.lean.toolchain.native import NativeSearch, find_native
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.toolchain import (
    GATEWAY,
    NODE_FLAGS,
    Command,
    EmbeddedToolchain,
    NativeToolchain,
    Program,
    Toolchain,
)

LEAN = """#!/bin/sh
case "$1" in
--version) echo 'Lean (version 4.28.0, x86_64-unknown-linux-gnu, commit 0123456789abcdef, Release)';;
--print-libdir) echo /opt/lean/lib/lean;;
-R) echo "$LEAN_PATH $*" >> "$(dirname "$0")/asked"; echo olean > "$4";;
--memory=*) shift 2; cat "$1"; echo "$LEAN_PATH $*";;
esac
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A directory with a `lean` that answers as the real one does."""
    return stand_in(tmp_path / "bin" / "lean", LEAN).parent


def stand_in(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def native(home: Home, path: Path) -> NativeToolchain:
    toolchain = find_native(home, NativeSearch(search=f"{path}:/usr/bin:/bin"))
    assert toolchain is not None
    return toolchain


def test_the_embedded_toolchain_hands_its_program_over_in_the_environment() -> None:
    node = NodeRuntime(Path("/n/node"), (24, 0, 0), ())
    toolchain: Toolchain = EmbeddedToolchain("lean-x", node, Path("/t"), Path("/t/lib"), gateway=Path("/g"))
    command = toolchain.command(Program(("Gateway",), (Path("/s.lean"),), ("é", "b")), [Path("/p"), Path("/q")])
    assert command.argv == ("/n/node", *NODE_FLAGS, "/t/lean.js", "program.lean")
    assert command.env["LEAN_PATH"] == "/p:/q:/g:/t/lib"
    assert json.loads(command.env["LEAN_PROGRAM"]) == {
        "imports": ["Gateway"],
        "sources": ["/s.lean"],
        "args": ["é", "b"],
    }
    assert toolchain.describe() == "Lean 4.28.0-pre (embedded, WebAssembly, 38f3c0c4)"
    assert (toolchain.kind, toolchain.trusts_library_axioms) == ("embedded", True)


def test_the_embedded_toolchain_continues_a_saved_process_if_there_is_one(tmp_path: Path) -> None:
    toolchain = EmbeddedToolchain(
        "lean-x", NodeRuntime(Path("/n/node"), (24, 0, 0), ()), Path("/t"), Path("/l"), tmp_path
    )
    program = Program(GATEWAY, (), ("mark",))

    def description(command: Command) -> dict[str, object]:
        return json.loads(command.env["LEAN_PROGRAM"])

    saving = description(toolchain.saving_command(program, ("Gateway.Prepare",)))
    assert saving["imports"] == ["Gateway.Prepare"]
    image = saving["save"]
    assert "image" not in description(toolchain.command(program))
    Path(str(image)).touch()
    assert description(toolchain.command(program))["image"] == image
    assert "image" not in description(toolchain.command(Program(("Lean",), (), ())))
    assert "image" not in description(toolchain.command(Program(GATEWAY, (Path("/s.lean"),), ())))


def test_a_native_lean_is_described_from_what_it_says(home: Home, path: Path) -> None:
    toolchain: Toolchain = native(home, path)
    assert toolchain.describe() == "Lean 4.28.0 (native, x86_64-unknown-linux-gnu, 01234567)"
    assert toolchain.name == "lean-4.28.0-01234567"
    assert toolchain.library == Path("/opt/lean/lib/lean")
    assert (toolchain.kind, toolchain.trusts_library_axioms) == ("native", False)


@pytest.mark.parametrize("companion", ["elan", "lake"])
def test_a_native_lean_is_found_beside_its_companions(home: Home, tmp_path: Path, companion: str) -> None:
    real = stand_in(tmp_path / "bin" / "lean", LEAN)
    real.chmod(0o644)  # not on PATH as a program, so only the companion leads to it
    stand_in(tmp_path / "bin" / companion, "#!/bin/sh\n")
    with pytest.raises(NativeLeanFailed, match=r"does not provide|does not run"):
        find_native(home, NativeSearch(search=str(tmp_path / "bin")))


def test_no_native_lean_is_no_error(home: Home, tmp_path: Path) -> None:
    assert find_native(home, NativeSearch(search=str(tmp_path))) is None


@pytest.mark.parametrize(
    ("script", "says"), [("echo no toolchain >&2; exit 1", "no toolchain"), ("echo Coq", "printed 'Coq'")]
)
def test_a_native_lean_that_does_not_work_is_named(home: Home, tmp_path: Path, script: str, says: str) -> None:
    lean = stand_in(tmp_path / "bin" / "lean", f"#!/bin/sh\n{script}\n")
    with pytest.raises(NativeLeanFailed, match=says) as caught:
        find_native(home, NativeSearch(search=str(lean.parent)))
    assert str(lean) in str(caught.value)


def test_a_native_program_runs_from_a_main_file(home: Home, path: Path, tmp_path: Path) -> None:
    source = tmp_path / "s.lean"
    source.write_text("import Gateway.Source\nopen Lean\ndef main := 1\n")
    command = native(home, path).command(Program(("Gateway", "Lean"), (source,), ("a", "b c")), [tmp_path])
    answer = subprocess.run(command.argv, env=dict(command.env), capture_output=True, text=True, check=True).stdout
    main = command.argv[3]
    assert answer == (
        "import Gateway\nimport Lean\nsection\n\nopen Lean\ndef main := 1\nend\n" + f"{tmp_path} {main} a b c\n"
    )


def test_the_same_program_has_the_same_main_file(home: Home, path: Path) -> None:
    toolchain, program = native(home, path), Program(("Gateway",), (), ())
    assert toolchain.command(program) == toolchain.command(program)
    assert len(list((home.caches / "mains").iterdir())) == 1


def test_the_gateway_is_compiled_natively_in_import_order_and_once(home: Home, path: Path) -> None:
    toolchain = install_gateway(home, native(home, path))
    install_gateway(home, toolchain)
    assert toolchain.gateway == gateway_directory(home, toolchain)
    asked = [line.split()[-1] for line in (path / "asked").read_text().splitlines()]
    assert asked == [str(module.path) for module in gateway.modules()]
    for module in gateway.modules():
        assert (toolchain.gateway / module.compiled).is_file()


def test_an_error_in_the_gateway_is_shown(home: Home, tmp_path: Path) -> None:
    text = LEAN.replace('echo olean > "$4"', "echo 'Compat.lean:1:0: error: unknown'; exit 1")
    with pytest.raises(InstallFailed, match=r"does not compile: Compat\.lean:1:0: error: unknown"):
        install_gateway(home, native(home, stand_in(tmp_path / "bin" / "lean", text).parent))


def test_the_default_home_is_a_directory_of_the_user() -> None:
    assert Home.default().root.is_absolute()
    assert Home.default().toolchains.parent == Home.default().root
