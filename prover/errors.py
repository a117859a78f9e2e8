"""Everything that this program raises on purpose.

    ProverError
    ├── UsageError              the request cannot be carried out as given
    │   ├── RepositoryError       no such repository, or it holds no Lean
    │   ├── UnknownTheorem        no such theorem; the nearest names are in the message
    │   ├── NeedsToolchain        its imports need a library or toolchain that is not here
    │   ├── BrokenFile            a file does not compile; Lean's messages are in `details`
    │   └── NotWritable           a patch cannot be written
    ├── LeanError               Lean did not do what was asked
    │   ├── LeanDied              its process ended
    │   ├── LeanSilent            it gave no answer in time and was stopped
    │   ├── RequestRefused        the gateway answered with an error
    │   └── ReplayFailed          a proof state did not come back after a restart
    └── ToolchainError          no usable toolchain; see `prover toolchain doctor`

Each message is one sentence that names the thing at fault, and says what to do.
"""

from prover.lean.errors import ProverError


class UsageError(ProverError):
    """The request cannot be carried out as given."""


class RepositoryError(UsageError):
    """There is no such repository, or it holds no Lean."""


class UnknownTheorem(UsageError):
    """No such theorem."""


class NeedsToolchain(UsageError):
    """What the repository imports is not here."""


class BrokenFile(UsageError):
    """A file does not compile."""

    def __init__(self, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class NotWritable(UsageError):
    """A patch cannot be written."""


class LeanError(ProverError):
    """Lean did not do what was asked."""


class LeanDied(LeanError):
    """Lean's process ended."""


class LeanSilent(LeanError):
    """Lean gave no answer in time and was stopped."""


class RequestRefused(LeanError):
    """The gateway answered with an error."""


class ReplayFailed(LeanError):
    """A proof state did not come back after a restart."""
