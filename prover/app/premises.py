"""Indexes of premises: builds, loads, examines and searches that of a repository and that of Lean's library."""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace

from prover.app.environment import database, home
from prover.app.tracing import trace_into_database
from prover.app.workspace import Workspace
from prover.errors import UsageError
from prover.lean.protocol import LibraryModule
from prover.progress import Notify, Reporter
from prover.project.library import LIBRARY_CACHE_VERSION as LIBRARY_VERSION
from prover.project.library import library_name, read_library, roots_of
from prover.project.revision import revision_of
from prover.tactics.premises.premises import Library
from retrieval.errors import RetrievalError
from retrieval.premise import Kind, Premise
from retrieval.stored import HASHED, IndexKey, load, save

if TYPE_CHECKING:
    from curriculum.database.database import Database
    from curriculum.database.steps import Declared
    from prover.lean.toolchain.toolchain import Toolchain
    from retrieval.corpus import Corpus
    from retrieval.encode.encoder import Query
    from retrieval.encode.transformer import TransformerEncoder
    from retrieval.retriever import RetrievedPremise, Retriever
    from retrieval.stored import IndexManifest

KINDS = frozenset(get_args(Kind)) - {"constructor", "recursor", "quotient"}
LIBRARY = "library"
MAX_QUERY_CHARACTERS = 20_000
"""The number of characters of a query that are used."""
KEPT_INDEXES = 4
"""The number of repositories whose indexes stay in memory."""


@dataclass(frozen=True)
class Gathered:
    """The input of an index."""

    corpus: "Corpus"
    key: IndexKey


def index_directory(location: str) -> Path:
    """Returns the directory of the index of a repository."""
    import hashlib

    readable = re.sub(r"[^\w.-]+", "-", location).strip("-")[-60:]
    return home().root / "indexes" / f"{readable}-{hashlib.sha256(location.encode()).hexdigest()[:8]}"


def key_of(ready: Workspace) -> IndexKey:
    """Returns the key that an index of a repository would have if it were built now."""
    revision = revision_of(ready.checkout, ready.repository)
    sources = {ready.checkout.location.canonical: revision, LIBRARY: str(LIBRARY_VERSION)}
    return IndexKey(ready.toolchain.name, sources)


def gather(ready: Workspace, reporter: Reporter) -> Gathered:
    """Returns every premise of a repository and of the library that it imports; traces the repository first.

    Raises:
        UsageError: nothing of the repository could be traced.
    """
    from retrieval.corpus import Corpus

    key = key_of(ready)
    own, imports = traced_premises(ready, reporter)
    library = read_library(ready.toolchain, _library_roots(imports), home().caches / "library", reporter.progress)
    premises = [*own, *of_library(library)]
    return Gathered(Corpus(premises, {**{m.module: m.imports for m in library}, **imports}), key)


def traced_premises(ready: Workspace, reporter: Reporter) -> tuple[list[Premise], dict[str, tuple[str, ...]]]:
    """Traces a repository; returns its premises, and the imports of its modules.

    Raises:
        UsageError: nothing of the repository could be traced.
    """
    from curriculum.database.loading import snapshot_of
    from curriculum.database.steps import declared_in, imports_in

    traced = trace_into_database(ready, reporter.notify)
    for failure in traced.failed:
        reporter.notify(f"{failure.module.name} is left out: {failure.error}")
    location = ready.checkout.location.canonical
    with database() as db, db.reading() as connection:
        snapshot = snapshot_of(connection, location)
        if snapshot is None:
            raise UsageError(f"Nothing of {location} could be traced: see `prover trace`.")
        return list(_of_repository(declared_in(connection, snapshot))), dict(imports_in(connection, snapshot))


def _library_roots(imports: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return roots_of(name for names in imports.values() for name in names)


def traced_index(database: "Database", snapshot: int, library: "Retriever") -> "Retriever":
    """Returns an index of the premises of a traced repository and of the library."""
    from curriculum.database.steps import declared_in, imports_in

    with database.reading() as connection:
        declared, imports = declared_in(connection, snapshot), imports_in(connection, snapshot)
    return library.extended(_of_repository(declared), imports)


def load_index(ready: Workspace, notify: Notify) -> "Retriever":
    """Returns the index of a repository; if it is of another revision, it is used and a note says so.

    Raises:
        RetrievalError: there is none, it was built with another toolchain or other weights, or it is damaged.
    """
    from retrieval import stored

    directory = index_directory(ready.checkout.location.canonical)
    there, wanted = stored.read_manifest(directory).key, key_of(ready)
    if there.toolchain == wanted.toolchain and there.sources != wanted.sources:
        notify("the index is of another revision: `prover index update` brings it up to date")
        wanted = replace(wanted, sources=there.sources)
    encoder = encoder_named(there.encoder)
    return stored.load(directory, with_encoder(wanted, there.encoder, encoder), encoder)


def encoder_named(name: str) -> "TransformerEncoder | None":
    """Returns the encoder with a name or path; None for the hashed encoder, of which each index has its own.

    Raises:
        EncoderMissing: the model is not on this computer and cannot be downloaded.
    """
    if name == HASHED:
        return None
    from retrieval.encode.transformer import TransformerEncoder

    return TransformerEncoder.load(name, home().caches / "vectors.db")


def text_encoder(name: str) -> "Callable[[str], list[float]]":
    """Returns a function that encodes texts as they are, with the encoder with a name or path.

    Raises:
        UsageError: the encoder is one that each index has for itself.
        EncoderMissing: the model is not on this computer and cannot be downloaded.
    """
    encoder = encoder_named(name)
    if encoder is None:
        raise UsageError(f"The encoder {name} encodes no text without an index: name a model.")
    return lambda text: [float(each) for each in encoder.texts([text])[0]]


def with_encoder(key: IndexKey, name: str, encoder: "TransformerEncoder | None") -> IndexKey:
    """Returns the key of an index that is built with an encoder."""
    return replace(key, encoder=name, weights=encoder.version if encoder is not None else "")


def _of_repository(declared: "Iterable[Declared]") -> Iterator[Premise]:
    for each in declared:
        if each.kind in KINDS:
            statement = _without_name(each.statement, each.name)
            yield Premise(each.name, each.module, each.kind, statement, each.docstring, each.start)  # type: ignore[arg-type]  # as checked


def of_library(modules: Iterable[LibraryModule]) -> Iterator[Premise]:
    """Yields the premises of a library as they are indexed."""
    for module in modules:
        for place, each in enumerate(module.premises):
            yield Premise(each.name, module.module, each.kind, each.statement, each.docstring, place)


def _without_name(signature: str, name: str) -> str:
    """Returns a signature without the name and the universes at its start."""
    rest = signature.removeprefix(name)
    if rest == signature:
        rest = signature[len(signature.split(maxsplit=1)[0]) :] if signature.strip() else ""
    if rest.startswith(".{"):
        rest = rest.partition("}")[2]
    return rest.strip()


def library_indexes(reporter: Reporter) -> Library:
    """Returns a function that loads the index of a toolchain's library, each one once, also for several threads."""
    known: dict[tuple[str, tuple[str, ...]], Retriever] = {}
    loading = threading.Lock()

    def library(toolchain: "Toolchain", imports: Sequence[str]) -> "Retriever":
        roots = roots_of(imports)
        with loading:
            if (toolchain.name, roots) not in known:
                known[toolchain.name, roots] = library_index(toolchain, roots, reporter)
        return known[toolchain.name, roots]

    return library


def library_index(toolchain: "Toolchain", roots: Sequence[str], reporter: Reporter) -> "Retriever":
    """Returns the index of a toolchain's library below some roots; builds it if it is missing or damaged.

    Raises:
        LeanError: Lean failed several times to list them.
    """
    name = library_name(toolchain)
    directory = home().root / "indexes" / f"{name}-{'-'.join(roots)}"
    key = IndexKey(name, {f"{LIBRARY} {root}": str(LIBRARY_VERSION) for root in roots})
    try:
        return load(directory, key)
    except RetrievalError:
        return _build(toolchain, roots, key, directory, reporter)


class PremiseIndexes:
    """The indexes of repositories in memory, each brought up to date when its repository has changed. Thread-safe.

    The library's premises are embedded once, and only those of the repository anew. An index that was built with an
    encoder of its own is brought up to date on the disk.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._libraries: dict[tuple[str, tuple[str, ...]], Retriever] = {}
        self._known: dict[str, tuple[IndexKey, Retriever]] = {}
        """By the location of the repository, those that were used last at the end."""

    def of(self, ready: Workspace, reporter: Reporter) -> "Retriever":
        """Returns the index of a repository as it is now; traces what has changed.

        Raises:
            UsageError: nothing of the repository could be traced.
            RetrievalError: its encoder cannot be loaded.
        """
        location = ready.checkout.location.canonical
        with self._lock:
            lock = self._locks[location]
        with lock:
            key, known = key_of(ready), self._known.get(location)
            index = known[1] if known is not None and known[0] == key else self._made(ready, reporter)
            with self._lock:
                self._known.pop(location, None)
                self._known[location] = key, index
                for oldest in list(self._known)[:-KEPT_INDEXES]:
                    del self._known[oldest]
        return index

    def _made(self, ready: Workspace, reporter: Reporter) -> "Retriever":
        if _encoder_of(index_directory(ready.checkout.location.canonical)) != HASHED:
            build_index(ready, reporter)
            return load_index(ready, reporter.notify)
        own, imports = traced_premises(ready, reporter)
        return self._library(ready, _library_roots(imports), reporter).extended(own, imports)

    def _library(self, ready: Workspace, roots: tuple[str, ...], reporter: Reporter) -> "Retriever":
        place = ready.toolchain.name, roots
        with self._lock:
            known = self._libraries.get(place)
        made = known or library_index(ready.toolchain, roots, reporter)
        with self._lock:
            return self._libraries.setdefault(place, made)


def _build(
    toolchain: "Toolchain", roots: Sequence[str], key: IndexKey, directory: Path, reporter: Reporter
) -> "Retriever":
    from retrieval.corpus import Corpus
    from retrieval.retriever import Retriever

    modules = read_library(toolchain, roots, home().caches / "library", reporter.progress)
    reporter.progress("index the library's premises", 0.0)
    corpus = Corpus(of_library(modules), {module.module: module.imports for module in modules})
    retriever = Retriever.build(corpus)
    reporter.progress("index the library's premises", 1.0)
    try:
        save(retriever, key, directory)
    except OSError as error:
        reporter.notify(f"the index cannot be stored: {error}")
    return retriever


def build_index(ready: Workspace, reporter: Reporter, encoder_name: str | None = None) -> "IndexManifest | None":
    """Builds the index of a repository, and returns its manifest.

    Args:
        encoder_name: the encoder to build with; None to keep the present one, and to return None where the index is
            up to date.
    """
    from retrieval.retriever import Retriever

    directory = index_directory(ready.checkout.location.canonical)
    name = encoder_name or _encoder_of(directory)
    encoder = encoder_named(name)
    if encoder_name is None:
        try:
            load(directory, with_encoder(key_of(ready), name, encoder), encoder)
            return None
        except RetrievalError as error:
            reporter.notify(str(error))
    gathered = gather(ready, reporter)
    retriever = Retriever.build(gathered.corpus, encoder)
    return save(retriever, with_encoder(gathered.key, name, encoder), directory)


@dataclass(frozen=True)
class IndexStatus:
    """The state of the index of a repository."""

    directory: Path
    manifest: "IndexManifest"
    damaged: tuple[str, ...]
    """The names of damaged files."""
    problem: str | None = None
    """Why the index cannot be used as it is, apart from damage."""

    @property
    def usable(self) -> bool:
        """Returns whether the index is whole and up to date."""
        return not self.damaged and self.problem is None


def index_status(ready: Workspace) -> IndexStatus:
    """Returns the state of the index of a repository.

    Raises:
        RetrievalError: there is none.
    """
    from retrieval import stored

    directory = index_directory(ready.checkout.location.canonical)
    manifest = stored.read_manifest(directory)
    if broken := stored.damaged(directory, manifest):
        return IndexStatus(directory, manifest, tuple(broken))
    try:
        encoder = encoder_named(manifest.key.encoder)
        load(directory, with_encoder(key_of(ready), manifest.key.encoder, encoder), encoder)
    except RetrievalError as error:
        return IndexStatus(directory, manifest, (), str(error))
    return IndexStatus(directory, manifest, ())


@dataclass(frozen=True)
class BuiltIndex:
    """The index of a repository after it was brought up to date."""

    directory: Path
    manifest: "IndexManifest"
    seconds: float | None
    """The time that building took, in seconds; None if the index was up to date."""


def make_index(ready: Workspace, reporter: Reporter, encoder_name: str | None = None) -> BuiltIndex:
    """Builds the index of a repository where that is needed; see `build_index` for the arguments."""
    from retrieval.stored import read_manifest

    directory = index_directory(ready.checkout.location.canonical)
    started = time.monotonic()
    manifest = build_index(ready, reporter, encoder_name)
    if manifest is None:
        return BuiltIndex(directory, read_manifest(directory), None)
    return BuiltIndex(directory, manifest, time.monotonic() - started)


def _encoder_of(directory: Path) -> str:
    """Returns the name of the encoder that an index was built with, if there is one."""
    from retrieval.stored import read_manifest

    try:
        return read_manifest(directory).key.encoder
    except RetrievalError:
        return HASHED


def find_premises(
    ready: Workspace, words: str = "", goal: str = "", count: int = 20, notify: Notify = lambda _: None
) -> "list[RetrievedPremise]":
    """Returns the premises that match plain words, a part of a name, or a goal, the best first.

    Raises:
        UsageError: neither words nor a goal are given.
        RetrievalError: there is no index that can be used.
    """
    query = query_of(words, goal)
    return list(load_index(ready, notify).search(query, count))


def query_of(words: str, goal: str) -> "Query":
    """Returns the query for plain words, a part of a name, or a goal.

    Raises:
        UsageError: neither words nor a goal are given.
    """
    from retrieval.encode.encoder import Query

    if not words.strip() and not goal.strip():
        raise UsageError('Say what to look for: prover search "WORDS", or --goal.')
    return Query(goal_text(goal)[-MAX_QUERY_CHARACTERS:], words[:MAX_QUERY_CHARACTERS])


def goal_text(goal: str) -> str:
    """Returns a goal as Lean prints it, given as such or as its target alone."""
    return f"⊢ {goal}" if goal and "⊢" not in goal else goal
