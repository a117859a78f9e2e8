"""The exceptions that this program raises on purpose.

    ProverError
    ├── UsageError              the request cannot be carried out as given
    │   ├── RepositoryError       there is no such repository, or it holds no Lean
    │   │   └── CheckoutFailed        git cannot fetch it
    │   │       ├── NoNetwork           its host does not answer
    │   │       ├── NoSuchRevision      it has no such branch, tag or commit; the message lists similar ones
    │   │       └── GitMissing          git is not installed
    │   ├── UnknownTheorem        there is no such theorem; the message lists similar names
    │   ├── NeedsToolchain        its imports need a library or toolchain that is not installed
    │   ├── BrokenFile            a file does not compile; `details` holds Lean's messages
    │   ├── DiskFull              the disk has no room for compiled modules
    │   ├── LakeFailed            Lake cannot load or build a repository; `details` holds its output
    │   ├── BenchmarkError        a benchmark in LeanDojo's format cannot be written, or is incomplete
    │   ├── DatasetError          the problems to evaluate on cannot be read or are invalid
    │   ├── ModelMissing          a language model is missing, cannot be loaded, or is of the wrong kind
    │   ├── ExtensionFailed       an installed package offers an extension that cannot be loaded
    │   ├── RunError              the directory of an evaluation is missing, damaged, in use, or of another run
    │   ├── NotWritable           a patch cannot be written
    │   ├── NotAllowed            the server was not started with permission for that
    │   └── NoSuchJob             the server has no job of that number
    ├── LeanError               Lean did not do what was requested
    │   ├── LeanDied              its process ended
    │   ├── LeanTimeout           it did not answer in time and was stopped
    │   ├── RequestRefused        the gateway answered with an error
    │   ├── LeanDojoFailed        LeanDojo could not trace or open a theorem; `details` holds its output
    │   └── RestoreFailed         a proof state could not be restored after a restart
    ├── ServerBusy              the queue of the server is full
    ├── BothProved              a theorem and its negation are proved; `details` holds both proofs
    ├── ModelError              a language model did not do what was requested
    │   └── ServerFailed          its server is down, slow, refuses, or sends invalid answers
    ├── DatabaseError           the database cannot be used; no change was stored in part
    │   ├── DatabaseUnavailable   it cannot be opened, reached or written
    │   ├── WrongDatabase         its tables are of another version, or of another program
    │   ├── DatabaseCorrupt       it is damaged
    │   ├── DatabaseBusy          other writers held it for too long
    │   ├── DatabaseFull          its disk is full
    │   ├── RowRefused            a row violates a constraint
    │   ├── ImportRefused         a file is not a complete export of this version
    │   └── LeaseLost             another process holds the lease
    └── ToolchainError          there is no Lean to run; see `prover toolchain doctor`
        ├── NodeMissing           Node.js, which the embedded toolchain needs, is not installed
        ├── NodeTooOld            the installed Node.js is too old
        ├── ToolchainMissing      a toolchain or its gateway is not installed
        ├── LeanDojoMissing       the package lean-dojo, or a program that it needs, is not installed
        ├── InstallFailed         an installation failed
        └── NativeLeanFailed      a native Lean was found but does not run, or elan cannot provide it

Each message is one sentence that names the thing at fault and says what to do.
"""


class ProverError(Exception):
    """The base of all exceptions that this program raises on purpose."""

    details: tuple[str, ...] = ()
    """Lines to show above the message."""


class UsageError(ProverError):
    """The request cannot be carried out as given."""


class RepositoryError(UsageError):
    """There is no such repository, or it holds no Lean."""


class CheckoutFailed(RepositoryError):
    """Git cannot fetch a repository."""


class NoNetwork(CheckoutFailed):
    """The host of a repository does not answer."""


class NoSuchRevision(CheckoutFailed):
    """A repository has no such branch, tag or commit."""


class GitMissing(CheckoutFailed):
    """Git is not installed."""


class UnknownTheorem(UsageError):
    """There is no such theorem."""


class NeedsToolchain(UsageError):
    """A repository imports a library, or needs a toolchain, that is not installed."""


class BrokenFile(UsageError):
    """A file does not compile."""

    def __init__(self, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class DiskFull(UsageError):
    """The disk has no room for compiled modules."""


class LakeFailed(UsageError):
    """Lake cannot load or build a repository."""

    def __init__(self, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class BenchmarkError(UsageError):
    """A benchmark in LeanDojo's format cannot be written, or is incomplete."""


class DatasetError(UsageError):
    """The problems to evaluate on cannot be read or are invalid."""


class ModelMissing(UsageError):
    """A language model is missing, cannot be loaded, or is of the wrong kind."""


class ExtensionFailed(UsageError):
    """An installed package offers an extension that cannot be loaded."""


class RunError(UsageError):
    """The directory of an evaluation is missing, damaged, in use, or of another run."""


class NotWritable(UsageError):
    """A patch cannot be written."""


class NotAllowed(UsageError):
    """The server was not started with permission for a request."""


class NoSuchJob(UsageError):
    """The server has no job of a number."""


class ServerBusy(ProverError):
    """The queue of the server is full; the same request may succeed later."""


class ServerGone(ProverError):
    """A server of this program did not do what it was asked for: it refuses, has failed, or answers no more."""


class LeaderboardFailed(ProverError):
    """A leaderboard refuses a request, cannot be reached, or answers what cannot be read."""


class BothProved(ProverError):
    """A theorem and its negation are both proved, so that one of the proofs is wrong, or the axioms contradict."""

    def __init__(self, theorem: str, proof: str, disproof: str) -> None:
        super().__init__(
            f"{theorem} is both proved and refuted: nothing here can be relied on. Report it with both proofs, unless "
            "axioms of the repository contradict each other."
        )
        self.details = (f"a proof of {theorem}:", proof, "a proof of its negation:", disproof)


class LeanError(ProverError):
    """Lean did not do what was requested."""


class LeanDied(LeanError):
    """Lean's process ended."""

    def __init__(self, message: str, killed: bool = True) -> None:
        super().__init__(message)
        self.killed = killed
        """Whether a signal ended it from outside; otherwise the request itself did."""


class LeanTimeout(LeanError):
    """Lean did not answer in time and was stopped."""


class RequestRefused(LeanError):
    """The gateway answered with an error."""

    def __init__(self, message: str, clash: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.clash = clash
        """The two modules that declare the same name, if that is why the request failed."""


class LeanDojoFailed(LeanError):
    """LeanDojo could not trace a repository or open a theorem."""

    def __init__(self, message: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class RestoreFailed(LeanError):
    """A proof state could not be restored after a restart."""


class ModelError(ProverError):
    """A language model did not do what was requested."""


class ServerFailed(ModelError):
    """The server of a language model is down, slow, refuses, or sends invalid answers."""


class DatabaseError(ProverError):
    """The database cannot be used. No change was stored in part."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be opened, reached or written."""


class WrongDatabase(DatabaseError):
    """The tables of the database are of another version, or of another program."""


class DatabaseCorrupt(DatabaseError):
    """The database is damaged, or the file is not a database."""


class DatabaseBusy(DatabaseError):
    """Other writers held the database for too long; the same request may succeed later."""


class DatabaseFull(DatabaseError):
    """The disk of the database is full."""


class RowRefused(DatabaseError):
    """A row violates a constraint."""


class ImportRefused(DatabaseError):
    """A file is not a complete export of this version."""


class LeaseLost(DatabaseError):
    """Another process holds the lease."""


class ToolchainError(ProverError):
    """There is no Lean to run."""


class NodeMissing(ToolchainError):
    """Node.js, or the npm that comes with it, was not found."""


class NodeTooOld(ToolchainError):
    """Only versions of Node.js were found that cannot load Lean's WebAssembly module."""


class ToolchainMissing(ToolchainError):
    """A toolchain or its gateway is not installed."""


class LeanDojoMissing(ToolchainError):
    """The package lean-dojo, or a program that it needs, is not installed."""


class InstallFailed(ToolchainError):
    """An installation failed. Its finished steps are kept for the next try."""


class NativeLeanFailed(ToolchainError):
    """A native Lean was found but does not run, or elan cannot provide the requested version."""
