"""A retriever on disk: written whole or not at all, with what it was made from; refused where that differs."""

import hashlib
from pathlib import Path

import msgspec

from retrieval.corpus import Corpus
from retrieval.encode.encoder import Encoder
from retrieval.encode.hashed import HashedEncoder
from retrieval.errors import IndexBroken, IndexMissing, IndexOutdated
from retrieval.files import atomic_directory
from retrieval.index import VectorIndex
from retrieval.postings import Postings
from retrieval.premise import Premise
from retrieval.retriever import Retriever

VERSION = 2
"""The version of the files' format and of the parsing of statements."""
HASHED = "hashed"
KEY, PREMISES, VECTORS, RARITY = "key.json", "premises.msgpack", "vectors.faiss", "rarity.npy"


class IndexKey(msgspec.Struct, frozen=True):
    """The sources from which an index was built."""

    toolchain: str
    sources: dict[str, str]
    """The revision of each repository; that of the library is the toolchain's."""
    encoder: str = HASHED
    """The name of the encoder: `hashed`, or the name or path of a model."""
    weights: str = ""
    """The version of that model; empty for the hashed encoder, which is fitted to the indexed premises."""
    version: int = VERSION


class IndexManifest(msgspec.Struct, frozen=True):
    """The manifest of an index: its sources, and its files."""

    key: IndexKey
    premises: int
    digests: dict[str, str]
    """SHA-256 of each file"""
    sizes: dict[str, int]


class StoredCorpus(msgspec.Struct, frozen=True):
    """A corpus as it is written."""

    premises: list[Premise]
    imports: dict[str, tuple[str, ...]]


def save(retriever: Retriever, key: IndexKey, directory: Path) -> IndexManifest:
    """Writes a retriever to a directory, in place of what was there.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    with atomic_directory(directory) as staging:
        _write(retriever, staging)
        files = sorted(file for file in staging.iterdir())
        manifest = IndexManifest(
            key, len(retriever.corpus), {f.name: _digest(f) for f in files}, {f.name: f.stat().st_size for f in files}
        )
        (staging / KEY).write_bytes(msgspec.json.encode(manifest))
    return manifest


def load(directory: Path, key: IndexKey | None = None, encoder: Encoder | None = None) -> Retriever:
    """The retriever of a directory.

    Args:
        key: what it must have been made from; None where anything will do.
        encoder: that it was made with, where that is not the hashed one.

    Raises:
        IndexMissing: there is none.
        IndexOutdated: it was made from something else.
        IndexBroken: it is not whole.
    """
    manifest = read_manifest(directory)
    if key is not None and manifest.key != key:
        raise IndexOutdated(f"The index {directory} {_difference(manifest.key, key)}: run `prover index update`.")
    try:
        for name, size in manifest.sizes.items():
            if (directory / name).stat().st_size != size:
                raise IndexBroken(f"{directory / name} is not whole: run `prover index build` again.")
        return _read(directory, encoder)
    except (OSError, ValueError, EOFError, msgspec.MsgspecError) as error:
        raise IndexBroken(f"The index {directory} cannot be read ({error}): run `prover index build` again.") from None


def read_manifest(directory: Path) -> IndexManifest:
    """Returns the manifest of an index.

    Raises:
        IndexMissing: There is no index.
        IndexBroken: The manifest cannot be read.
    """
    try:
        return msgspec.json.decode((directory / KEY).read_bytes(), type=IndexManifest)
    except FileNotFoundError:
        raise IndexMissing(f"There is no index {directory}: run `prover index build`.") from None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise IndexBroken(f"{directory / KEY} cannot be read ({error}): run `prover index build` again.") from None


def damaged(directory: Path, manifest: IndexManifest) -> list[str]:
    """The files of an index that are not as they were written; reads them all."""
    wanted = manifest.digests.items()
    return [name for name, digest in wanted if not (directory / name).is_file() or _digest(directory / name) != digest]


def _write(retriever: Retriever, directory: Path) -> None:
    import numpy as np

    corpus = StoredCorpus(list(retriever.corpus.premises), dict(retriever.corpus.imports))
    (directory / PREMISES).write_bytes(msgspec.msgpack.encode(corpus))
    retriever.vectors.save(directory / VECTORS)
    retriever.words.postings.save(directory, "words")
    retriever.symbols.postings.save(directory, "symbols")
    if isinstance(retriever.encoder, HashedEncoder):
        np.save(directory / RARITY, retriever.encoder.rarity)


def _read(directory: Path, encoder: Encoder | None) -> Retriever:
    import numpy as np

    kept = msgspec.msgpack.decode((directory / PREMISES).read_bytes(), type=StoredCorpus)
    return Retriever(
        Corpus(kept.premises, kept.imports),
        encoder or HashedEncoder(np.load(directory / RARITY)),
        VectorIndex.load(directory / VECTORS),
        Postings.load(directory, "words"),
        Postings.load(directory, "symbols"),
    )


def _difference(was: IndexKey, wanted: IndexKey) -> str:
    if was.version != wanted.version:
        return "has the form of another version of this program"
    if was.toolchain != wanted.toolchain:
        return f"was made with {was.toolchain}, not {wanted.toolchain}"
    if was.encoder != wanted.encoder:
        return f"was made with the encoder {was.encoder}, not {wanted.encoder}"
    if was.weights != wanted.weights:
        return f"was made with other weights of {was.encoder}"
    changed = sorted(n for n in {*was.sources, *wanted.sources} if was.sources.get(n) != wanted.sources.get(n))
    return f"is of other revisions of {', '.join(changed)}"


def _digest(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()
