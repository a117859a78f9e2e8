"""Chooses the Lean for a repository: the computer's own where it is the one asked for, else the embedded one.

Decides and says why; installing the embedded one is handed in, and happens only when it is chosen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from prover.errors import InstallFailed, NativeLeanFailed, NeedsToolchain
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.install import install_gateway
from prover.lean.toolchain.native import NativeSearch, find_native, is_served_by, lean_on_path, pinned_version
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.progress import Notify, Progress, no_progress

ToolchainChoice = Literal["auto", "native", "embedded"]
"""which toolchain the user wants; `auto` leaves it to the repository and to what is there"""

GET_ELAN = "install elan, Lean's toolchain manager, which brings `lean` and `lake`"


@dataclass(frozen=True)
class ToolchainRequirement:
    """What a repository asks of its Lean."""

    directory: Path
    """where it is"""
    pin: str | None
    """what its `lean-toolchain` file says"""
    mathlib: bool
    """whether Mathlib is among its dependencies"""


@dataclass(frozen=True)
class ToolchainSources:
    """Where toolchains are taken from."""

    home: Home
    """for compiled gateways"""
    embedded: Callable[[], EmbeddedToolchain]
    """the embedded toolchain with its gateway; installs it if it must, so it is called only when it is chosen"""
    notify: Notify = lambda _: None
    """Receives remarks about the choice."""
    progress: Progress = no_progress
    """Receives the progress of compiling a gateway."""
    asking: NativeSearch = field(default_factory=NativeSearch)
    """how a native Lean is asked; its directory is the repository's"""


@dataclass(frozen=True)
class ToolchainMismatch:
    """There is no native Lean for this repository."""

    reason: str
    """why, to stand in a sentence"""
    found: bool
    """whether there is a native Lean at all"""
    error: NativeLeanFailed | InstallFailed | None = None
    """what went wrong, if something did"""


def choose_toolchain(
    requirement: ToolchainRequirement, toolchain_choice: ToolchainChoice, sources: ToolchainSources
) -> EmbeddedToolchain | NativeToolchain:
    """A toolchain with its gateway, fit for the repository.

    Raises:
        NeedsToolchain: none fits; the message says what to install.
        NativeLeanFailed: the native one is wanted and does not run, or elan does not provide it.
        InstallFailed: the gateway, or the embedded toolchain, could not be made.
    """
    if toolchain_choice == "embedded":
        return _embedded(requirement, sources, None)
    match _native(requirement, toolchain_choice, sources):
        case NativeToolchain() as native:
            return native
        case ToolchainMismatch() as mismatch if toolchain_choice == "native":
            raise mismatch.error or NeedsToolchain(
                f"No native Lean can be used for {requirement.directory}, {mismatch.reason}: {GET_ELAN}."
            )
        case ToolchainMismatch() as mismatch if requirement.mathlib:
            raise NeedsToolchain(
                f"{requirement.directory} depends on Mathlib, which the embedded Lean does not have, "
                f"and {mismatch.reason}: {GET_ELAN}; "
                "or say `--toolchain embedded` for the modules that do without Mathlib."
            )
        case mismatch:
            return _embedded(requirement, sources, mismatch)


def _native(
    requirement: ToolchainRequirement, toolchain_choice: ToolchainChoice, sources: ToolchainSources
) -> NativeToolchain | ToolchainMismatch:
    """The native Lean with its gateway, if there is one that serves."""
    asking = NativeSearch(requirement.directory, sources.asking.search, sources.asking.download_s)
    lean = lean_on_path(asking.search)
    if lean is None:
        return ToolchainMismatch("there is no `lean` on PATH", found=False)
    try:
        native = find_native(sources.home, asking)
        assert native is not None
        if native.lake is None:
            return ToolchainMismatch(f"there is no `lake` beside {native.lean}", found=True)
        if not is_served_by(requirement.pin, native.lean_version):
            if toolchain_choice == "auto":
                return ToolchainMismatch(f"{lean} is Lean {native.lean_version}", found=True)
            sources.notify(f"the repository asks for {requirement.pin}; {native.describe()} is used, as requested")
        return install_gateway(sources.home, native, sources.progress)
    except (NativeLeanFailed, InstallFailed) as error:
        return ToolchainMismatch(str(error).rstrip("."), found=True, error=error)


def _embedded(
    requirement: ToolchainRequirement, sources: ToolchainSources, mismatch: ToolchainMismatch | None
) -> EmbeddedToolchain:
    """The embedded Lean, with one line where its version, or the choice of it, may surprise."""
    embedded = sources.embedded()
    why = f": {mismatch.reason}" if mismatch is not None and mismatch.found else ""
    if not _agrees(requirement.pin, embedded.lean_version):
        sources.notify(f"the repository asks for {requirement.pin}; {embedded.describe()} is used instead{why}")
    elif why:
        sources.notify(f"{embedded.describe()} is used{why}")
    return embedded


def _agrees(pin: str | None, version: str) -> bool:
    """Whether an embedded Lean is near enough to say nothing: a release and what led to it count as the same."""
    if pin is None:
        return True
    wanted = pinned_version(pin)
    return wanted is not None and wanted.split("-")[0] == version.split("-")[0]
