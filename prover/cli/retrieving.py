"""The premises generator, with the library's premises from an index that is built at its first use."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prover.cli.premises import LIBRARY, of_library
from prover.cli.wiring import consoles, home, steps_shown
from prover.project.library import VERSION, read_library, roots_of
from prover.tactics.premises.premises import Library, Premises
from retrieval.errors import RetrievalError
from retrieval.stored import Key, load, save

if TYPE_CHECKING:
    from prover.lean.toolchain.toolchain import Toolchain
    from retrieval.retriever import Retriever


def retrieved() -> Premises:
    """The generator; the index is looked for when the first file is read."""
    return Premises(libraries())


def libraries() -> Library:
    """The indexes of toolchains' libraries, each loaded once."""
    known: dict[tuple[str, tuple[str, ...]], Retriever] = {}

    def library(toolchain: "Toolchain", imports: Sequence[str]) -> "Retriever":
        roots = roots_of(imports)
        if (toolchain.name, roots) not in known:
            known[toolchain.name, roots] = library_index(toolchain, roots)
        return known[toolchain.name, roots]

    return library


def library_index(toolchain: "Toolchain", roots: Sequence[str]) -> "Retriever":
    """The premises of a toolchain's library below some roots; read and indexed where that was not done, or is damaged.

    Raises:
        LeanError: Lean failed several times to list them.
    """
    directory = home().root / "indexes" / f"{toolchain.name}-{'-'.join(roots)}"
    key = Key(toolchain.name, {f"{LIBRARY} {root}": str(VERSION) for root in roots})
    try:
        return load(directory, key)
    except RetrievalError:
        return _build(toolchain, roots, key)


def _build(toolchain: "Toolchain", roots: Sequence[str], key: Key) -> "Retriever":
    from retrieval.corpus import Corpus
    from retrieval.retriever import Retriever

    with steps_shown() as progress:
        modules = read_library(toolchain, roots, home().caches / "library", progress)
        progress("index the library's premises", 0.0)
        corpus = Corpus(of_library(modules), {module.module: module.imports for module in modules})
        retriever = Retriever.build(corpus)
        progress("index the library's premises", 1.0)
    try:
        save(retriever, key, home().root / "indexes" / f"{toolchain.name}-{'-'.join(roots)}")
    except OSError as error:
        consoles()[1].print(f"the index is not kept: {error}", style="dim", markup=False)
    return retriever
