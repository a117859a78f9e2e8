"""`prover index build | update | status`: the index of premises of a repository and of the library below it."""

import time

import click

from prover.cli.main import EXIT_USAGE
from prover.cli.opening import jobs_option, opened, repo_option
from prover.cli.premises import gather, index_directory, key_of
from prover.cli.wiring import consoles, toolchain_option
from prover.lean.toolchain.choose import Wish


@click.group("index")
def command() -> None:
    """Build and examine the index of premises that `prover search` and the premise generator look into."""


@command.command()
@repo_option
@jobs_option
@toolchain_option
def build(repo: str, jobs: int, wish: Wish) -> None:
    """Build the index anew. What Lean says of the library and of unchanged modules is not asked again."""
    _make(repo, jobs, wish, always=True)


@command.command()
@repo_option
@jobs_option
@toolchain_option
def update(repo: str, jobs: int, wish: Wish) -> None:
    """Build the index where it is missing, damaged, or of another revision; else do nothing."""
    _make(repo, jobs, wish, always=False)


@command.command()
@repo_option
@toolchain_option
def status(repo: str, wish: Wish) -> int:
    """Say what the index was made from, and whether it is whole. Exit status 2 when it cannot be used as it is."""
    from retrieval.errors import RetrievalError
    from retrieval.stored import damaged, load, read_manifest

    console, errors = consoles()
    with opened(repo, wish, lambda text: errors.print(text, style="dim", markup=False)) as ready:
        directory = index_directory(ready.checkout.location.canonical)
        manifest = read_manifest(directory)
        size = sum(manifest.sizes.values()) / 1e6
        console.print(f"{directory}: {manifest.premises:,} premises, {size:.0f} MB, {manifest.key.encoder} encoder")
        for source, revision in sorted(manifest.key.sources.items()):
            console.print(f"  {source} at {revision}", markup=False)
        if broken := damaged(directory, manifest):
            console.print(f"  damaged: {', '.join(broken)}: run `prover index build`", markup=False)
            return EXIT_USAGE
        try:
            load(directory, key_of(ready))
        except RetrievalError as error:
            console.print(f"  {error}", markup=False)
            return EXIT_USAGE
        console.print("  up to date")
        return 0


def _make(repo: str, jobs: int, wish: Wish, always: bool) -> None:
    from retrieval.errors import RetrievalError
    from retrieval.retriever import Retriever
    from retrieval.stored import load, save

    console, errors = consoles()

    def note(text: str) -> None:
        errors.print(text, style="dim", markup=False)

    with opened(repo, wish, note, jobs) as ready:
        directory = index_directory(ready.checkout.location.canonical)
        if not always:
            try:
                there = load(directory, key_of(ready))
                console.print(f"{directory}: up to date, {len(there.corpus):,} premises", markup=False)
                return
            except RetrievalError as error:
                note(str(error))
        gathered = gather(ready, note)
        began = time.monotonic()
        manifest = save(Retriever.build(gathered.corpus), gathered.key, directory)
        took = time.monotonic() - began
        made = f"{manifest.premises:,} premises, {sum(manifest.sizes.values()) / 1e6:.0f} MB, built in {took:.1f} s"
        console.print(f"{directory}: {made}", markup=False)
