"""Chooses the Lean for a repository: the native one if it has the pinned version, else the embedded one.

Reports the reason for its choice. The caller hands in how to install the embedded one, which happens only if it is
chosen.
"""

import re
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
"""The toolchain that the user wants; with `auto` the repository and the installed toolchains decide."""

MAX_RELEASES_APART = 6
"""The number of monthly releases between the pinned Lean and the embedded one from which on the choice needs a word."""
MATHLIB_RELEASE = 27
"""The minor version of Lean 4 whose Mathlib the embedded Lean compiles: that of the release before it."""
GET_ELAN = "install elan, Lean's toolchain manager, which brings `lean` and `lake`"


@dataclass(frozen=True)
class ToolchainRequirement:
    """The requirements of a repository for its Lean."""

    directory: Path
    """The directory of the repository."""
    pin: str | None
    """The content of its `lean-toolchain` file."""
    mathlib: bool
    """Whether Mathlib is among its dependencies."""


@dataclass(frozen=True)
class ToolchainSources:
    """How toolchains are found and installed."""

    home: Home
    """The directory for compiled gateways."""
    embedded: Callable[[], EmbeddedToolchain]
    """Returns the embedded toolchain with its gateway; may install it, so it is called only when it is chosen."""
    notify: Notify = lambda _: None
    """Receives remarks about the choice."""
    progress: Progress = no_progress
    """Receives the progress of compiling a gateway."""
    native: NativeSearch = field(default_factory=NativeSearch)
    """How a native Lean is queried; its directory is replaced by the repository's."""


@dataclass(frozen=True)
class ToolchainMismatch:
    """The reason why no native Lean fits a repository."""

    reason: str
    """The reason, as a clause."""
    found: bool
    """Whether there is a native Lean at all."""
    error: NativeLeanFailed | InstallFailed | None = None
    """The error, if there was one."""


def choose_toolchain(
    requirement: ToolchainRequirement, toolchain_choice: ToolchainChoice, sources: ToolchainSources
) -> EmbeddedToolchain | NativeToolchain:
    """Returns a toolchain with its gateway that fits a repository.

    Raises:
        NeedsToolchain: None fits; the message says what to install.
        NativeLeanFailed: The native one was requested and does not run, or elan does not provide it.
        InstallFailed: The gateway, or the embedded toolchain, could not be installed.
    """
    if toolchain_choice == "embedded":
        if requirement.mathlib and not _mathlib_fits(requirement.pin):
            sources.notify(_other_mathlib(requirement))
        return _embedded(requirement, sources, None)
    match _native(requirement, toolchain_choice, sources):
        case NativeToolchain() as native:
            return native
        case ToolchainMismatch() as mismatch if toolchain_choice == "native":
            raise mismatch.error or NeedsToolchain(
                f"No native Lean can be used for {requirement.directory}, {mismatch.reason}: {GET_ELAN}."
            )
        case ToolchainMismatch() as mismatch if requirement.mathlib and not _mathlib_fits(requirement.pin):
            raise NeedsToolchain(
                f"{_other_mathlib(requirement)}, and {mismatch.reason}: {GET_ELAN}; "
                f"or require Mathlib at v4.{MATHLIB_RELEASE}.0; or use `--toolchain embedded` to try it nevertheless."
            )
        case mismatch:
            _refuse_distant(requirement, mismatch)
            return _embedded(requirement, sources, mismatch)


def _native(
    requirement: ToolchainRequirement, toolchain_choice: ToolchainChoice, sources: ToolchainSources
) -> NativeToolchain | ToolchainMismatch:
    """Returns the native Lean with its gateway, if one fits."""
    query = NativeSearch(requirement.directory, sources.native.search, sources.native.download_s)
    lean = lean_on_path(query.search)
    if lean is None:
        return ToolchainMismatch("there is no `lean` on PATH", found=False)
    try:
        native = find_native(sources.home, query)
        assert native is not None
        if native.lake is None:
            return ToolchainMismatch(f"there is no `lake` in the directory of {native.lean}", found=True)
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
    """Returns the embedded Lean; notifies the user if its version, or the choice of it, may be unexpected."""
    embedded = sources.embedded()
    why = f": {mismatch.reason}" if mismatch is not None and mismatch.found else ""
    if not _agrees(requirement.pin, embedded.lean_version):
        sources.notify(f"the repository asks for {requirement.pin}; {embedded.describe()} is used instead{why}")
    elif why:
        sources.notify(f"{embedded.describe()} is used{why}")
    return embedded


def _refuse_distant(requirement: ToolchainRequirement, mismatch: ToolchainMismatch) -> None:
    """Raises an error if the embedded Lean is many releases older or newer than the pinned one.

    Raises:
        NeedsToolchain: It is; `--toolchain embedded` uses it nevertheless.
    """
    version = EmbeddedToolchain.lean_version
    apart = releases_apart(requirement.pin, version)
    if apart is not None and apart > MAX_RELEASES_APART:
        raise NeedsToolchain(
            f"{requirement.directory} asks for {requirement.pin}, which is {apart} releases from the embedded Lean "
            f"({version}), and {mismatch.reason}: {GET_ELAN}; or use `--toolchain embedded` to try it nevertheless."
        )


def _mathlib_fits(pin: str | None) -> bool:
    """Returns whether the embedded Lean is known to compile the Mathlib of a repository, as far as its pin tells."""
    pinned = pinned_version(pin) if pin is not None else None
    return pinned is None or pinned.startswith(f"4.{MATHLIB_RELEASE}.")


def _other_mathlib(requirement: ToolchainRequirement) -> str:
    """Returns a clause which says that Mathlib is for another Lean than the embedded one."""
    return (
        f"{requirement.directory} depends on Mathlib for {requirement.pin}, and the embedded Lean "
        f"({EmbeddedToolchain.lean_version}) compiles Mathlib of v4.{MATHLIB_RELEASE}.0, that is the commits whose "
        f"`lean-toolchain` names that version"
    )


def releases_apart(pin: str | None, version: str) -> int | None:
    """Returns the number of releases between a pin and a version of Lean; None if the pin is no release of Lean 4."""
    pinned = pinned_version(pin) if pin is not None else None
    found = [re.match(r"4\.(\d+)\.", text) for text in (pinned or "", version)]
    return abs(int(found[0][1]) - int(found[1][1])) if found[0] and found[1] else None


def _agrees(pin: str | None, version: str) -> bool:
    """Returns whether an embedded Lean matches a pin; a release matches its pre-releases."""
    if pin is None:
        return True
    pinned = pinned_version(pin)
    return pinned is not None and pinned.split("-")[0] == version.split("-")[0]
