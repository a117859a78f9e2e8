"""The choice of a Lean and the remarks about it, with stand-ins for `lean`, `lake` and `elan`."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prover.errors import InstallFailed, NativeLeanFailed, NeedsToolchain
from prover.lean.toolchain.choose import ToolchainChoice, ToolchainRequirement, ToolchainSources, choose_toolchain
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.install import gateway_directory
from prover.lean.toolchain.native import NativeSearch, find_native, is_served_by, pinned_version
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain

LEAN = """#!/bin/sh
case "$1" in
--version) echo 'Lean (version 4.28.0, x86_64-unknown-linux-gnu, commit 0123456789abcdef, Release)';;
--print-prefix) echo "${0%/bin/*}";;
--print-libdir) echo /opt/lean/lib/lean;;
-R) echo olean > "$4";;
esac
"""
BY_ELAN = """#!/bin/sh
pin=$(cat lean-toolchain)
real="${0%/bin/*}/toolchains/$pin/bin/lean"
if test -x "$real"; then exec "$real" "$@"; fi
echo "info: downloading $pin" >&2
echo "error: could not download $pin: no route to host" >&2
echo "see elan help" >&2
exit 1
"""
SILENT = "#!/bin/sh\n"
PIN = "leanprover/lean4:v4.28.0"
OTHER = "leanprover/lean4:v4.22.0"
FAR = "leanprover/lean4:v4.9.0"


def program(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


@dataclass
class Desk:
    """A computer with some programs on PATH, and a repository."""

    root: Path
    notes: list[str] = field(default_factory=list)
    embedded_used: int = 0

    @property
    def bin(self) -> Path:
        return self.root / "lean" / "bin"

    @property
    def home(self) -> Home:
        return Home(self.root / "home")

    def embedded(self) -> EmbeddedToolchain:
        self.embedded_used += 1
        return EmbeddedToolchain("lean-x", NodeRuntime(Path("/n"), (24, 0, 0), ()), Path("/t"), Path("/t/lib"))

    def put(self, **programs: str) -> None:
        for name, text in programs.items():
            program(self.bin / name, text)

    def choose(
        self,
        toolchain_choice: ToolchainChoice = "auto",
        pin: str | None = PIN,
        mathlib: bool = False,
        wait: float = 10.0,
    ) -> EmbeddedToolchain | NativeToolchain:
        repository = self.root / "repository"
        repository.mkdir(exist_ok=True)
        if pin is not None:
            (repository / "lean-toolchain").write_text(pin.rpartition(":")[2] + "\n")
        search = NativeSearch(search=f"{self.bin}:/usr/bin:/bin", download_s=wait)
        sources = ToolchainSources(self.home, self.embedded, self.notes.append, native=search)
        return choose_toolchain(ToolchainRequirement(repository, pin, mathlib), toolchain_choice, sources)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_native_lean_that_serves_is_taken_with_its_gateway_and_nothing_said(desk: Desk) -> None:
    desk.put(lean=LEAN, lake=SILENT)
    chosen = desk.choose(mathlib=True)
    assert isinstance(chosen, NativeToolchain)
    assert (chosen.lean, chosen.lake) == (desk.bin / "lean", desk.bin / "lake")
    assert chosen.gateway == gateway_directory(desk.home, chosen)
    assert (chosen.gateway / "Gateway.olean").is_file()
    assert (desk.embedded_used, desk.notes) == (0, [])


def test_without_a_native_lean_the_embedded_one_is_taken_quietly(desk: Desk) -> None:
    assert isinstance(desk.choose(), EmbeddedToolchain)
    assert isinstance(desk.choose(pin=None), EmbeddedToolchain)
    assert desk.notes == []


def test_another_version_of_the_embedded_lean_is_told_in_one_line(desk: Desk) -> None:
    desk.choose(pin=OTHER)
    (note,) = desk.notes
    assert note.startswith(f"the repository asks for {OTHER}; Lean 4.28.0-pre (embedded")
    assert note.endswith("is used instead")


def test_a_native_lean_of_another_version_is_passed_over_and_named(desk: Desk) -> None:
    desk.put(lean=LEAN, lake=SILENT)
    assert isinstance(desk.choose(pin=OTHER), EmbeddedToolchain)
    (note,) = desk.notes
    assert note.endswith(f"is used instead: {desk.bin / 'lean'} is Lean 4.28.0")


@pytest.mark.parametrize(("pin", "apart"), [(FAR, 19), ("v4.21.0", 7), ("leanprover/lean4:v4.35.0-rc1", 7)])
def test_a_distant_version_is_refused_unless_the_embedded_lean_is_wanted(desk: Desk, pin: str, apart: int) -> None:
    with pytest.raises(NeedsToolchain, match=f"is {apart} releases from the embedded Lean .* `--toolchain embedded`"):
        desk.choose(pin=pin)
    assert desk.embedded_used == 0
    assert isinstance(desk.choose("embedded", pin=pin), EmbeddedToolchain)
    assert "is used instead" in desk.notes[0]


@pytest.mark.parametrize("pin", ["v4.34.0", OTHER, "leanprover/lean4-nightly:nightly-2024-01-01", "my-fork"])
def test_a_version_that_is_near_or_cannot_be_compared_is_only_noted(desk: Desk, pin: str) -> None:
    assert isinstance(desk.choose(pin=pin), EmbeddedToolchain)
    assert len(desk.notes) == 1


def test_a_native_lean_of_another_version_is_used_when_it_is_wanted(desk: Desk) -> None:
    desk.put(lean=LEAN, lake=SILENT)
    assert isinstance(desk.choose("native", pin=OTHER), NativeToolchain)
    (note,) = desk.notes
    assert note.startswith(f"the repository asks for {OTHER}; Lean 4.28.0 (native")


def test_the_embedded_lean_is_used_when_it_is_wanted(desk: Desk) -> None:
    desk.put(lean="#!/bin/sh\nexit 1\n")
    assert isinstance(desk.choose("embedded"), EmbeddedToolchain)
    assert desk.notes == []


def test_mathlib_of_the_release_that_the_embedded_lean_compiles_is_compiled_without_elan(desk: Desk) -> None:
    assert isinstance(desk.choose(pin="leanprover/lean4:v4.27.0", mathlib=True), EmbeddedToolchain)
    assert len(desk.notes) == 1  # that it is another Lean


def test_mathlib_of_another_release_is_tried_on_request_and_the_fitting_one_named(desk: Desk) -> None:
    assert isinstance(desk.choose("embedded", pin=FAR, mathlib=True), EmbeddedToolchain)
    assert "compiles Mathlib of v4.27.0" in desk.notes[0]


def test_a_lean_without_lake_is_not_enough(desk: Desk) -> None:
    desk.put(lean=LEAN)
    assert isinstance(desk.choose(), EmbeddedToolchain)
    assert "no `lake` in the directory of" in desk.notes[0]
    with pytest.raises(NeedsToolchain, match=r"no `lake` in the directory of .* install elan"):
        desk.choose("native")


def test_elan_serves_what_the_repository_pins(desk: Desk) -> None:
    desk.put(lean=BY_ELAN, lake=SILENT, elan=SILENT)
    for version in ("v4.28.0", "v4.9.0"):
        place = desk.bin.parent / "toolchains" / version / "bin"
        program(place / "lean", LEAN.replace("4.28.0", version[1:]))
        program(place / "lake", SILENT)
    for pin, version in ((PIN, "4.28.0"), (FAR, "4.9.0")):
        chosen = desk.choose(pin=pin)
        assert isinstance(chosen, NativeToolchain)
        assert chosen.lean_version == version
        assert chosen.lean == desk.bin.parent / "toolchains" / f"v{version}" / "bin" / "lean"
        assert chosen.lake == chosen.lean.with_name("lake")
    assert desk.notes == []


def test_elan_that_cannot_download_leads_to_the_embedded_lean(desk: Desk) -> None:
    desk.put(lean=BY_ELAN, lake=SILENT, elan=SILENT)
    assert isinstance(desk.choose(), EmbeddedToolchain)
    (note,) = desk.notes
    assert "Lean 4.28.0-pre (embedded" in note
    assert "elan does not provide a Lean" in note
    assert "(error: could not download v4.28.0: no route to host)" in note


def test_elan_that_cannot_download_is_an_error_where_a_native_lean_is_wanted(desk: Desk) -> None:
    desk.put(lean=BY_ELAN, lake=SILENT, elan=SILENT)
    with pytest.raises(NativeLeanFailed, match=r"could not download v4\.28\.0: no route to host.* check the network"):
        desk.choose("native")


def test_elan_that_does_not_come_to_an_end_is_stopped(desk: Desk) -> None:
    desk.put(lean="#!/bin/sh\nexec sleep 60\n", lake=SILENT, elan=SILENT)
    with pytest.raises(NativeLeanFailed, match=r"no answer within 0\.3 s"):
        desk.choose("native", wait=0.3)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("#!/bin/sh\necho Coq\n", "--version printed 'Coq'"),
        ("#!/bin/sh\nexit 3\n", "--version failed (it printed nothing)"),
        ("#!/nowhere\n", "does not run"),
    ],
)
def test_a_lean_that_talks_nonsense_is_passed_over_and_named(desk: Desk, script: str, says: str) -> None:
    desk.put(lean=script, lake=SILENT)
    assert isinstance(desk.choose(), EmbeddedToolchain)
    assert says in desk.notes[0]
    with pytest.raises(NativeLeanFailed) as caught:
        desk.choose("native")
    assert says in str(caught.value)
    assert str(desk.bin / "lean") in str(caught.value)


def test_a_lean_that_the_gateway_does_not_compile_with_is_passed_over(desk: Desk) -> None:
    desk.put(lean=LEAN.replace('echo olean > "$4"', 'echo "$5:1:0: error: unknown"; exit 1'), lake=SILENT)
    assert isinstance(desk.choose(), EmbeddedToolchain)
    assert "The gateway does not compile" in desk.notes[0]
    with pytest.raises(InstallFailed, match="does not compile"):
        desk.choose("native")


@pytest.mark.parametrize("pin", [PIN, OTHER])
def test_mathlib_without_a_native_lean_says_what_to_install(desk: Desk, pin: str) -> None:
    if pin == OTHER:
        desk.put(lean=LEAN, lake=SILENT)
    with pytest.raises(NeedsToolchain) as caught:
        desk.choose(pin=pin, mathlib=True)
    message = str(caught.value)
    assert str(desk.root / "repository") in message
    assert "depends on Mathlib" in message
    assert "require Mathlib at v4.27.0" in message
    assert "install elan" in message
    assert desk.embedded_used == 0


def test_a_native_lean_that_is_wanted_and_not_there_says_what_to_install(desk: Desk) -> None:
    with pytest.raises(NeedsToolchain, match=r"no `lean` on PATH: install elan"):
        desk.choose("native")


def test_a_lean_whose_prefix_holds_no_programs_is_used_as_it_is(desk: Desk) -> None:
    desk.put(lean=LEAN.replace('echo "${0%/bin/*}"', "echo /nowhere"), lake=SILENT)
    found = find_native(desk.home, NativeSearch(search=str(desk.bin)))
    assert found is not None
    assert (found.lean, found.lake) == (desk.bin / "lean", desk.bin / "lake")


@pytest.mark.parametrize(
    ("pin", "version"),
    [
        ("leanprover/lean4:v4.28.0", "4.28.0"),
        ("leanprover/lean4:v4.28.0-rc1\n", "4.28.0-rc1"),
        ("v4.9.0", "4.9.0"),
        ("4.9.0", "4.9.0"),
        ("leanprover-community/lean:3.51.1", "3.51.1"),
        ("leanprover/lean4:stable", None),
        ("leanprover/lean4:nightly-2026-01-01", None),
        ("my-own", None),
    ],
)
def test_the_version_in_a_pin(pin: str, version: str | None) -> None:
    assert pinned_version(pin) == version


def test_only_a_pin_that_names_a_version_can_be_missed() -> None:
    assert is_served_by(None, "4.28.0")
    assert is_served_by("leanprover/lean4:stable", "4.28.0")
    assert is_served_by("leanprover/lean4:v4.28.0", "4.28.0")
    assert not is_served_by("leanprover/lean4:v4.28.0-rc1", "4.28.0")
