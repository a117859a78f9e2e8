"""Everything that this program raises on purpose.

    ProverError
    ├── UsageError              the request cannot be carried out as given
    │   ├── RepositoryError       no such repository, or it holds no Lean
    │   ├── UnknownTheorem        no such theorem; the nearest names are in the message
    │   ├── NeedsToolchain        its imports need a library or toolchain that is not here
    │   ├── BrokenFile            a file does not compile; Lean's messages are in `details`
    │   ├── BenchmarkError        a benchmark in LeanDojo's format cannot be written, or is not whole
    │   └── NotWritable           a patch cannot be written
    ├── LeanError               Lean did not do what was asked
    │   ├── LeanDied              its process ended
    │   ├── LeanSilent            it gave no answer in time and was stopped
    │   ├── RequestRefused        the gateway answered with an error
    │   ├── LeanDojoFailed        LeanDojo could not trace or open what it was given; its words are in `details`
    │   └── ReplayFailed          a proof state did not come back after a restart
    └── ToolchainError          there is no Lean to run; see `prover toolchain doctor`
        ├── NodeMissing           no Node.js, which the embedded toolchain runs on
        ├── NodeTooOld            only an older Node.js than it needs
        ├── ToolchainMissing      a toolchain or its gateway is not installed
        ├── LeanDojoMissing       the package lean-dojo is not installed, or something that it needs
        ├── InstallFailed         an installation did not come to its end
        └── NativeLeanFailed      a native Lean was found but does not run

Each message is one sentence that names the thing at fault, and says what to do.
"""


class ProverError(Exception):
    """The root of everything that this program raises on purpose."""

    details: tuple[str, ...] = ()
    """lines to show above the message"""


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


class BenchmarkError(UsageError):
    """A benchmark in LeanDojo's format cannot be written, or is not whole."""


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


class LeanDojoFailed(LeanError):
    """LeanDojo could not trace or open what it was given."""

    def __init__(self, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class ReplayFailed(LeanError):
    """A proof state did not come back after a restart."""


class ToolchainError(ProverError):
    """There is no Lean to run."""


class NodeMissing(ToolchainError):
    """Node.js, or the npm that comes with it, was not found."""


class NodeTooOld(ToolchainError):
    """Node.js was found, but only a version that refuses Lean's module."""


class ToolchainMissing(ToolchainError):
    """A toolchain or its gateway is not installed."""


class LeanDojoMissing(ToolchainError):
    """The package lean-dojo is not installed, or something that it needs."""


class InstallFailed(ToolchainError):
    """An installation did not come to its end; what it had finished is kept for the next try."""


class NativeLeanFailed(ToolchainError):
    """A native Lean was found but does not run."""
