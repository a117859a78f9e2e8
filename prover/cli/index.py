"""`prover index build | update | status`: the index of premises of a repository and of the library below it."""

import time
from pathlib import Path

import click

from prover.app.premises import encoder_named, gather, index_directory, key_of, with_encoder
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_USAGE
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.lean.toolchain.choose import ToolchainChoice
from retrieval.stored import HASHED

encoder_option = click.option(
    "--encoder",
    default=HASHED,
    show_default=True,
    metavar="MODEL_OR_PATH",
    help="What makes vectors: a transformer's name or directory, or the one that needs no weights.",
)


@click.group("index")
def command() -> None:
    """Build and examine the index of premises that `prover search` and the premise generator look into."""


@command.command()
@repo_option
@jobs_option
@encoder_option
@toolchain_option
def build(repo: str, jobs: int, encoder: str, toolchain_choice: ToolchainChoice) -> None:
    """Build the index anew. What Lean says of the library and of unchanged modules is not asked again."""
    _make(repo, jobs, toolchain_choice, encoder)


@command.command()
@repo_option
@jobs_option
@toolchain_option
def update(repo: str, jobs: int, toolchain_choice: ToolchainChoice) -> None:
    """Build the index where it is missing, damaged, or of another revision; else do nothing. The encoder stays."""
    _make(repo, jobs, toolchain_choice)


@command.command()
@repo_option
@toolchain_option
def status(repo: str, toolchain_choice: ToolchainChoice) -> int:
    """Say what the index was made from, and whether it is whole. Exit status 2 when it cannot be used as it is."""
    from retrieval.errors import RetrievalError
    from retrieval.stored import damaged, load, read_manifest

    console = consoles()[0]
    with Workspace.open(repo, toolchain_choice, reporter()) as ready:
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
            encoder = encoder_named(manifest.key.encoder)
            load(directory, with_encoder(key_of(ready), manifest.key.encoder, encoder), encoder)
        except RetrievalError as error:
            console.print(f"  {error}", markup=False)
            return EXIT_USAGE
        console.print("  up to date")
        return 0


def _make(repo: str, jobs: int, toolchain_choice: ToolchainChoice, encoder_name: str | None = None) -> None:
    """Builds an index with an encoder; without one, where it is needed, with the one that it has."""
    from retrieval.errors import RetrievalError
    from retrieval.retriever import Retriever
    from retrieval.stored import load, save

    console = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as ready:
        directory = index_directory(ready.checkout.location.canonical)
        name = encoder_name or _encoder_of(directory)
        encoder = encoder_named(name)
        if encoder_name is None:
            try:
                there = load(directory, with_encoder(key_of(ready), name, encoder), encoder)
                console.print(f"{directory}: up to date, {len(there.corpus):,} premises", markup=False)
                return
            except RetrievalError as error:
                notify(str(error))
        gathered = gather(ready, reporting)
        began = time.monotonic()
        retriever = Retriever.build(gathered.corpus, encoder)
        manifest = save(retriever, with_encoder(gathered.key, name, encoder), directory)
        took = time.monotonic() - began
        made = f"{manifest.premises:,} premises, {sum(manifest.sizes.values()) / 1e6:.0f} MB, built in {took:.1f} s"
        console.print(f"{directory}: {made}", markup=False)


def _encoder_of(directory: Path) -> str:
    """The encoder that an index was made with, as far as it says."""
    from retrieval.errors import RetrievalError
    from retrieval.stored import read_manifest

    try:
        return read_manifest(directory).key.encoder
    except RetrievalError:
        return HASHED
