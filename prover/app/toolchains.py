"""The Lean toolchains of this computer: lists, examines and prunes them. `environment` installs and chooses them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prover.app.environment import home
from prover.errors import ProverError
from prover.lean.toolchain.doctor import DoctorFinding, diagnose
from prover.lean.toolchain.install import installed, superseded
from prover.lean.toolchain.native import find_native
from prover.lean.toolchain.node import find_node


@dataclass(frozen=True)
class ToolchainListing:
    """A toolchain of this computer, or why it cannot be used."""

    text: str
    usable: bool = True


def listed_toolchains() -> Iterator[ToolchainListing]:
    """Yields the toolchains that can be used in the current directory, and those that cannot, with the reason."""
    try:
        yield ToolchainListing(installed(home(), find_node()).describe())
    except ProverError as error:
        yield ToolchainListing(f"embedded: {error}", usable=False)
    try:
        if (native := find_native(home())) is not None:
            yield ToolchainListing(f"{native.describe()}: {native.lean}")
    except ProverError as error:
        yield ToolchainListing(f"native: {error}", usable=False)


def prune_toolchains() -> Iterator[Path]:
    """Deletes what earlier versions of this program installed and this one does not use; yields each path."""
    for place in superseded(home(), find_node()):
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        yield place


def examine_installation() -> list[DoctorFinding]:
    """Returns the findings about this installation, each with a remedy where something is wrong."""
    return diagnose(home())
