"""Everything that this program raises on purpose.

    ProverError
    ├── UsageError              the request cannot be carried out as given
    │   ├── RepositoryError       no such repository, or it holds no Lean
    │   │   └── CheckoutFailed        git cannot bring it
    │   │       ├── NoNetwork           its computer does not answer
    │   │       ├── NoSuchRevision      no such branch, tag or commit; the nearest are in the message
    │   │       └── GitMissing          there is no git
    │   ├── UnknownTheorem        no such theorem; the nearest names are in the message
    │   ├── NeedsToolchain        its imports need a library or toolchain that is not here
    │   ├── BrokenFile            a file does not compile; Lean's messages are in `details`
    │   ├── LakeFailed            Lake cannot load or build a repository; its words are in `details`
    │   ├── BenchmarkError        a benchmark in LeanDojo's format cannot be written, or is not whole
    │   ├── DatasetError          the problems to evaluate on cannot be read, or are not what they should be
    │   ├── ModelMissing          a language model is not there, cannot be loaded, or is of the wrong kind
    │   ├── RunError              an evaluation's directory is missing, damaged, in use, or another's
    │   └── NotWritable           a patch cannot be written
    ├── LeanError               Lean did not do what was asked
    │   ├── LeanDied              its process ended
    │   ├── LeanTimeout            it gave no answer in time and was stopped
    │   ├── RequestRefused        the gateway answered with an error
    │   ├── LeanDojoFailed        LeanDojo could not trace or open what it was given; its words are in `details`
    │   └── RestoreFailed          a proof state did not come back after a restart
    ├── ModelError              a language model did not do what was asked
    │   └── ServerFailed          its server is down, slow, refuses, or answers nonsense
    ├── DatabaseError           the database cannot be used; nothing was half stored
    │   ├── DatabaseUnavailable   it cannot be opened, reached or written
    │   ├── WrongDatabase         it has newer or older tables, or is another program's
    │   ├── DatabaseCorrupt       it is damaged
    │   ├── DatabaseBusy          other writers did not let go in time
    │   ├── DatabaseFull          its disk is full
    │   ├── RowRefused            a row breaks one of its rules
    │   ├── ImportRefused         a file is no whole export of this version
    │   └── LeaseLost             somebody else has what was leased
    └── ToolchainError          there is no Lean to run; see `prover toolchain doctor`
        ├── NodeMissing           no Node.js, which the embedded toolchain runs on
        ├── NodeTooOld            only an older Node.js than it needs
        ├── ToolchainMissing      a toolchain or its gateway is not installed
        ├── LeanDojoMissing       the package lean-dojo is not installed, or something that it needs
        ├── InstallFailed         an installation did not come to its end
        └── NativeLeanFailed      a native Lean was found but does not run, or elan does not provide it

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


class CheckoutFailed(RepositoryError):
    """Git cannot bring a repository."""


class NoNetwork(CheckoutFailed):
    """The computer that a repository is on does not answer."""


class NoSuchRevision(CheckoutFailed):
    """A repository has no such branch, tag or commit."""


class GitMissing(CheckoutFailed):
    """There is no git program."""


class UnknownTheorem(UsageError):
    """No such theorem."""


class NeedsToolchain(UsageError):
    """What the repository imports is not here."""


class BrokenFile(UsageError):
    """A file does not compile."""

    def __init__(self, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class LakeFailed(UsageError):
    """Lake cannot load or build a repository."""

    def __init__(self, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class BenchmarkError(UsageError):
    """A benchmark in LeanDojo's format cannot be written, or is not whole."""


class DatasetError(UsageError):
    """The problems to evaluate on cannot be read, or are not what they should be."""


class ModelMissing(UsageError):
    """A language model is not there, cannot be loaded, or is of the wrong kind."""


class RunError(UsageError):
    """An evaluation's directory is missing, damaged, in use, or another's."""


class NotWritable(UsageError):
    """A patch cannot be written."""


class LeanError(ProverError):
    """Lean did not do what was asked."""


class LeanDied(LeanError):
    """Lean's process ended."""

    def __init__(self, message: str, killed: bool = True) -> None:
        super().__init__(message)
        self.killed = killed
        """by somebody or something else; otherwise what it was given ended it"""


class LeanTimeout(LeanError):
    """Lean gave no answer in time and was stopped."""


class RequestRefused(LeanError):
    """The gateway answered with an error."""


class LeanDojoFailed(LeanError):
    """LeanDojo could not trace or open what it was given."""

    def __init__(self, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class RestoreFailed(LeanError):
    """A proof state did not come back after a restart."""


class ModelError(ProverError):
    """A language model did not do what was asked."""


class ServerFailed(ModelError):
    """The server of a language model is down, slow, refuses, or answers nonsense."""


class DatabaseError(ProverError):
    """The database cannot be used; nothing was half stored."""


class DatabaseUnavailable(DatabaseError):
    """It cannot be opened, reached or written."""


class WrongDatabase(DatabaseError):
    """It has newer or older tables, or is another program's."""


class DatabaseCorrupt(DatabaseError):
    """It is damaged, or no database."""


class DatabaseBusy(DatabaseError):
    """Other writers did not let go in time; the same may succeed later."""


class DatabaseFull(DatabaseError):
    """Its disk is full."""


class RowRefused(DatabaseError):
    """A row breaks one of its rules."""


class ImportRefused(DatabaseError):
    """A file is no whole export of this version."""


class LeaseLost(DatabaseError):
    """Somebody else has what was leased."""


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
    """A native Lean was found but does not run, or elan does not provide the one that is asked for."""
