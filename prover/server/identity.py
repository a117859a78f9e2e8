"""Which server answers: the version of the program and what its results depend on, so that a client can compare."""

from importlib.metadata import PackageNotFoundError, version

import msgspec

from prover.app.environment import settings_digest
from prover.lean.toolchain import gateway


class Identity(msgspec.Struct, frozen=True):
    """The facts that a server and a client must have in common for their results to be the same."""

    version: str
    gateway: str
    """The digest of the Lean program that the server asks."""
    settings: str
    """A digest of the home directory and the database."""


def own_identity() -> Identity:
    """Returns the identity of this process."""
    try:
        known = version("prover")
    except PackageNotFoundError:
        known = "unknown"
    return Identity(known, gateway.digest(), settings_digest())
