"""How long an index of over 200,000 premises takes to build and to search, and what memory it needs.

The premises are those of Init and Std, of traced repositories, and, up to the number that is wanted, copies of them in
other modules with some of their words exchanged: no larger library comes with the embedded toolchain.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil

from benchmarks.workload import conditions
from curriculum.database.database import Database
from curriculum.database.loading import latest_snapshots, modules_of
from prover.app.premise_needs import needs_of, spread
from prover.app.premises import traced_index
from prover.lean.toolchain.toolchain import Toolchain
from retrieval.corpus import Corpus
from retrieval.encode.encoder import Query
from retrieval.evaluate import Needed
from retrieval.lean_text import is_name, words_in
from retrieval.premise import Position, Premise
from retrieval.retriever import Retriever
from retrieval.stored import IndexKey, load, save

EXCHANGED = 0.3
"""The share of names in a copied statement that are exchanged."""
ALL = "Everything"
"""The name of a module that imports all others."""


def measure(
    toolchain: Toolchain,
    library: Retriever,
    databases: Sequence[Path],
    count: int,
    queries: int,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Builds, saves, loads and searches an index of `count` premises."""
    progress("reading traced repositories")
    real, goals = _traced(library, databases)
    goals = spread(goals, queries)
    progress(f"making {count:,} premises of {len(real):,}")
    corpus = _enlarged(real, count)
    memory = psutil.Process().memory_info().rss
    progress("building")
    built, build = _timed(lambda: Retriever.build(corpus))
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "index"
        manifest, saving = _timed(lambda: save(built, IndexKey("scale", {}), place))
        there, loading = _timed(lambda: load(place))
        position = Position("New", 0, (ALL,))
        allowed, seeing = _timed(lambda: there.corpus.visible(position))
        progress("searching")
        times = [_search(there, goal, allowed) for goal in goals]
    return {
        "conditions": {**conditions(toolchain), "databases": [file.name for file in databases]},
        "premises": {"all": len(corpus), "real": len(real), "visible": allowed.count(1)},
        "build": build,
        "save": saving,
        "load": loading,
        "visibility": seeing,
        "megabytes_on_disk": round(sum(manifest.sizes.values()) / 1e6),
        "megabytes_resident": round((psutil.Process().memory_info().rss - memory) / 1e6),
        "queries": len(goals),
        "query_ms": {kind: _percentiles([each[kind] for each in times]) for kind in ("wall", "processor")},
    }


def _traced(library: Retriever, databases: Sequence[Path]) -> tuple[Corpus, list[Needed]]:
    """The library's premises with those of all traced repositories, and goals of their proofs."""
    known, goals = library, []
    for file in databases:
        with Database(file) as database:
            with database.reading() as connection:
                snapshots = latest_snapshots(connection)
            for snapshot in snapshots.values():
                known = traced_index(database, snapshot, known)
                with database.reading() as connection:
                    modules = list(modules_of(connection, snapshot))
                goals += [need for module in modules for need in needs_of(module, known.corpus)]
    return known.corpus, goals


def _enlarged(corpus: Corpus, count: int) -> Corpus:
    """A corpus with copies, in modules of their own, until it has so many premises."""
    premises, imports = list(corpus.premises), dict(corpus.imports)
    turn = 0
    while len(premises) < count:
        turn += 1
        chance = random.Random(turn)
        words = sorted({word for each in corpus.premises[:5_000] for word in words_in(each.statement) if is_name(word)})
        exchange = {word: f"{word}{turn}" for word in words if chance.random() < EXCHANGED}
        premises += list(_copies(corpus.premises[: count - len(premises)], turn, exchange))
        for name, given in corpus.imports.items():
            imports[f"Copy{turn}.{name}"] = tuple(f"Copy{turn}.{each}" for each in given)
    return Corpus(premises, {**imports, ALL: tuple(imports)})


def _copies(premises: Sequence[Premise], turn: int, exchange: Mapping[str, str]) -> Iterator[Premise]:
    for each in premises:
        statement = " ".join(exchange.get(word, word) for word in words_in(each.statement))
        yield msgspec.structs.replace(
            each, name=f"Copy{turn}.{each.name}", module=f"Copy{turn}.{each.module}", statement=statement
        )


def _search(retriever: Retriever, goal: Needed, allowed: bytes) -> dict[str, float]:
    _, took = _timed(lambda: retriever.search(Query(goal.goal), 32, allowed))
    return {kind: seconds * 1000 for kind, seconds in took.items()}


def _timed(act: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    wall, processor = time.perf_counter(), time.process_time()
    made = act()
    return made, {
        "wall": round(time.perf_counter() - wall, 6),
        "processor": round(time.process_time() - processor, 6),
    }


def _percentiles(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {f"p{share}": round(ordered[int(len(ordered) * share / 100)], 2) for share in (50, 99)}
