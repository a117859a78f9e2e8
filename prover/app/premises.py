"""From a repository and its toolchain to an index of premises: what `index`, `search`, `eval` and `prove` share."""

import re
from collections.abc import Iterable, Iterator, Sequence
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
from prover.project.library import read_library, roots_of
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
    from retrieval.encode.transformer import TransformerEncoder
    from retrieval.retriever import RetrievedPremise, Retriever
    from retrieval.stored import IndexManifest

KINDS = frozenset(get_args(Kind)) - {"constructor", "recursor", "quotient"}
LIBRARY = "library"
MAX_QUERY_CHARACTERS = 20_000
"""characters of a query that are read"""


@dataclass(frozen=True)
class Gathered:
    """What an index is built from."""

    corpus: "Corpus"
    key: IndexKey


def index_directory(location: str) -> Path:
    """Where the index of a repository lies."""
    import hashlib

    readable = re.sub(r"[^\w.-]+", "-", location).strip("-")[-60:]
    return home().root / "indexes" / f"{readable}-{hashlib.sha256(location.encode()).hexdigest()[:8]}"


def key_of(ready: Workspace) -> IndexKey:
    """What an index of a repository would be made from now."""
    revision = revision_of(ready.checkout, ready.repository)
    sources = {ready.checkout.location.canonical: revision, LIBRARY: str(LIBRARY_VERSION)}
    return IndexKey(ready.toolchain.name, sources)


def gather(ready: Workspace, reporter: Reporter) -> Gathered:
    """Every premise of a repository and of the library below it; traces the repository first.

    Raises:
        UsageError: nothing of the repository could be traced.
    """
    from curriculum.database.loading import snapshot_of
    from curriculum.database.steps import declared_in, imports_in
    from retrieval.corpus import Corpus

    key = key_of(ready)
    traced = trace_into_database(ready, reporter.notify)
    for failure in traced.failed:
        reporter.notify(f"{failure.module.name} is left out: {failure.error}")
    location = ready.checkout.location.canonical
    with database() as db, db.reading() as connection:
        snapshot = snapshot_of(connection, location)
        if snapshot is None:
            raise UsageError(f"Nothing of {location} could be traced: see `prover trace`.")
        declared = declared_in(connection, snapshot)
        imports = imports_in(connection, snapshot)
    roots = roots_of(name for names in imports.values() for name in names)
    library = read_library(ready.toolchain, roots, home().caches / "library", reporter.progress)
    premises = [*_of_repository(declared), *of_library(library)]
    return Gathered(Corpus(premises, {**{m.module: m.imports for m in library}, **imports}), key)


def traced_index(database: "Database", snapshot: int, library: "Retriever") -> "Retriever":
    """The premises of a traced repository beside those of the library."""
    from curriculum.database.steps import declared_in, imports_in

    with database.reading() as connection:
        declared, imports = declared_in(connection, snapshot), imports_in(connection, snapshot)
    return library.extended(_of_repository(declared), imports)


def load_index(ready: Workspace, notify: Notify) -> "Retriever":
    """The index of a repository; one of other revisions is used, with a word about it.

    Raises:
        RetrievalError: there is none, it was made with another toolchain or other weights, or it is damaged.
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
    """The model of a name or path; nothing for the hashed encoder, which each index has its own of.

    Raises:
        EncoderMissing: the model is not here and cannot be fetched.
    """
    if name == HASHED:
        return None
    from retrieval.encode.transformer import TransformerEncoder

    return TransformerEncoder.load(name, home().caches / "vectors.db")


def with_encoder(key: IndexKey, name: str, encoder: "TransformerEncoder | None") -> IndexKey:
    """The key of an index that is made with an encoder."""
    return replace(key, encoder=name, weights=encoder.version if encoder is not None else "")


def _of_repository(declared: "Iterable[Declared]") -> Iterator[Premise]:
    for each in declared:
        if each.kind in KINDS:
            statement = _without_name(each.statement, each.name)
            yield Premise(each.name, each.module, each.kind, statement, each.docstring, each.start)  # type: ignore[arg-type]  # as checked


def of_library(modules: Iterable[LibraryModule]) -> Iterator[Premise]:
    """The premises of a library, as they are indexed."""
    for module in modules:
        for place, each in enumerate(module.premises):
            yield Premise(each.name, module.module, each.kind, each.statement, each.docstring, place)


def _without_name(signature: str, name: str) -> str:
    """A signature without the name and the universes that it begins with."""
    rest = signature.removeprefix(name)
    if rest == signature:
        rest = signature[len(signature.split(maxsplit=1)[0]) :] if signature.strip() else ""
    if rest.startswith(".{"):
        rest = rest.partition("}")[2]
    return rest.strip()


def library_indexes(reporter: Reporter) -> Library:
    """The indexes of toolchains' libraries, each loaded once."""
    known: dict[tuple[str, tuple[str, ...]], Retriever] = {}

    def library(toolchain: "Toolchain", imports: Sequence[str]) -> "Retriever":
        roots = roots_of(imports)
        if (toolchain.name, roots) not in known:
            known[toolchain.name, roots] = library_index(toolchain, roots, reporter)
        return known[toolchain.name, roots]

    return library


def library_index(toolchain: "Toolchain", roots: Sequence[str], reporter: Reporter) -> "Retriever":
    """The premises of a toolchain's library below some roots; read and indexed where that was not done, or is damaged.

    Raises:
        LeanError: Lean failed several times to list them.
    """
    directory = home().root / "indexes" / f"{toolchain.name}-{'-'.join(roots)}"
    key = IndexKey(toolchain.name, {f"{LIBRARY} {root}": str(LIBRARY_VERSION) for root in roots})
    try:
        return load(directory, key)
    except RetrievalError:
        return _build(toolchain, roots, key, reporter)


def _build(toolchain: "Toolchain", roots: Sequence[str], key: IndexKey, reporter: Reporter) -> "Retriever":
    from retrieval.corpus import Corpus
    from retrieval.retriever import Retriever

    modules = read_library(toolchain, roots, home().caches / "library", reporter.progress)
    reporter.progress("index the library's premises", 0.0)
    corpus = Corpus(of_library(modules), {module.module: module.imports for module in modules})
    retriever = Retriever.build(corpus)
    reporter.progress("index the library's premises", 1.0)
    try:
        save(retriever, key, home().root / "indexes" / f"{toolchain.name}-{'-'.join(roots)}")
    except OSError as error:
        reporter.notify(f"the index is not kept: {error}")
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
    from retrieval.encode.encoder import Query

    if not words.strip() and not goal.strip():
        raise UsageError('Say what to look for: prover search "WORDS", or --goal.')
    query = Query(goal_text(goal)[-MAX_QUERY_CHARACTERS:], words[:MAX_QUERY_CHARACTERS])
    return list(load_index(ready, notify).search(query, count))


def goal_text(goal: str) -> str:
    """Returns a goal as Lean prints it, given as such or as its target alone."""
    return f"⊢ {goal}" if goal and "⊢" not in goal else goal
