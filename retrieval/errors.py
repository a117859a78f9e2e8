"""What retrieval raises on purpose. The command line says them as it says the prover's own.

    RetrievalError
    ├── IndexMissing      there is no index yet
    ├── IndexOutdated     it was made with another toolchain, snapshot or encoder
    ├── IndexBroken       it is damaged or not whole
    ├── EncoderMissing    an encoder's weights, or what runs them, are not here
    ├── TrainingRefused   there is nothing to train on, or what is to be gone on with is another training
    └── CorpusEmpty       there is nothing to search

Each message is one sentence that names the thing at fault, and says what to do.
"""


class RetrievalError(Exception):
    """The root of everything that retrieval raises on purpose."""


class IndexMissing(RetrievalError):
    """There is no index yet."""


class IndexOutdated(RetrievalError):
    """An index was made with another toolchain, snapshot or encoder."""


class IndexBroken(RetrievalError):
    """An index is damaged or not whole."""


class EncoderMissing(RetrievalError):
    """An encoder's weights, or what runs them, are not here."""


class TrainingRefused(RetrievalError):
    """There is nothing to train on, or what is to be gone on with is another training."""


class CorpusEmpty(RetrievalError):
    """There is nothing to search."""
