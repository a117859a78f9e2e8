"""`prover index build | update | status`: the index of premises of a repository and of the library that it imports."""

from collections.abc import Iterable

import click

from prover.app.premises import index_status, make_index
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
    help="Encoder of premises: a transformer's name or directory, or `hashed`, which needs no weights.",
)


@click.group("index")
def command() -> None:
    """Build and examine the index of premises that `prover search` and the premise generator use."""


@command.command()
@repo_option
@jobs_option
@encoder_option
@toolchain_option
def build(repo: str, jobs: int, encoder: str, toolchain_choice: ToolchainChoice) -> None:
    """Build the index from scratch. The traces of the library and of unchanged modules are reused."""
    _make(repo, jobs, toolchain_choice, encoder)


@command.command()
@repo_option
@jobs_option
@toolchain_option
def update(repo: str, jobs: int, toolchain_choice: ToolchainChoice) -> None:
    """Build the index if it is missing, damaged, or of another revision. It keeps its encoder."""
    _make(repo, jobs, toolchain_choice)


def _make(repo: str, jobs: int, toolchain_choice: ToolchainChoice, encoder_name: str | None = None) -> None:
    reporting = reporter()
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as workspace:
        index = make_index(workspace, reporting, encoder_name)
    premises = f"{index.manifest.premises:,} premises"
    if index.seconds is None:
        text = f"up to date, {premises}"
    else:
        text = f"{premises}, {_megabytes(index.manifest.sizes.values())}, built in {index.seconds:.1f} s"
    consoles()[0].print(f"{index.directory}: {text}", markup=False)


@command.command()
@repo_option
@toolchain_option
def status(repo: str, toolchain_choice: ToolchainChoice) -> int:
    """Show what the index was built from, and whether it is whole. Exit status 2 when it cannot be used as it is."""
    console = consoles()[0]
    with Workspace.open(repo, toolchain_choice, reporter()) as workspace:
        found = index_status(workspace)
    manifest = found.manifest
    size = _megabytes(manifest.sizes.values())
    console.print(f"{found.directory}: {manifest.premises:,} premises, {size}, {manifest.key.encoder} encoder")
    for source, revision in sorted(manifest.key.sources.items()):
        console.print(f"  {source} at {revision}", markup=False)
    if found.damaged:
        console.print(f"  damaged: {', '.join(found.damaged)}: run `prover index build`", markup=False)
    else:
        console.print(f"  {found.problem or 'up to date'}", markup=False)
    return 0 if found.usable else EXIT_USAGE


def _megabytes(sizes: Iterable[int]) -> str:
    return f"{sum(sizes) / 1e6:.0f} MB"
