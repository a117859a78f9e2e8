"""`prover index build | update | status`: the index of premises of a repository and of the library below it."""

import time

import click

from prover.app.premises import build_index, encoder_named, index_directory, key_of, with_encoder
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
    console = consoles()[0]
    reporting = reporter()
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as workspace:
        directory = index_directory(workspace.checkout.location.canonical)
        began = time.monotonic()
        manifest = build_index(workspace, reporting, encoder_name)
        seconds = time.monotonic() - began
    if manifest is None:
        from retrieval.stored import read_manifest

        console.print(f"{directory}: up to date, {read_manifest(directory).premises:,} premises", markup=False)
        return
    size = sum(manifest.sizes.values()) / 1e6
    made = f"{manifest.premises:,} premises, {size:.0f} MB, built in {seconds:.1f} s"
    console.print(f"{directory}: {made}", markup=False)
