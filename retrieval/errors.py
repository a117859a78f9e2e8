"""The exceptions that retrieval raises on purpose. The command line reports them like the prover's own.

    RetrievalError
    ├── IndexMissing      there is no index yet
    ├── IndexOutdated     it was built with another toolchain, snapshot or encoder
    ├── IndexBroken       it is damaged or incomplete
    ├── EncoderMissing    the weights of an encoder cannot be loaded
    ├── PackageMissing    an optional package, such as torch, is not installed
    ├── TrainingRefused   there is nothing to train on, or the checkpoint is of another training
    └── CorpusEmpty       there are no premises to search

Each message is one sentence that names the thing at fault and says what to do.
"""


class RetrievalError(Exception):
    """The root of all exceptions that retrieval raises on purpose."""


class IndexMissing(RetrievalError):
    """There is no index yet."""


class IndexOutdated(RetrievalError):
    """An index was built with another toolchain, snapshot or encoder."""


class IndexBroken(RetrievalError):
    """An index is damaged or incomplete."""


class EncoderMissing(RetrievalError):
    """The weights of an encoder cannot be loaded, or a package that runs it is not installed."""


class PackageMissing(RetrievalError):
    """An optional package is not installed."""

    def __init__(self, message: str, package: str) -> None:
        super().__init__(message)
        self.package = package
        """The name of the package."""


class TrainingRefused(RetrievalError):
    """There is nothing to train on, or the checkpoint in the directory is of another training."""


class CorpusEmpty(RetrievalError):
    """There are no premises to search."""
