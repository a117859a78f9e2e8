"""What `--repo` names, made ready: checked out, its toolchain chosen, its builder at hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from prover.cli.wiring import choose_toolchain, home
from prover.lean.toolchain.choose import ToolchainChoice
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.project.builders import ModuleBuilder, builder_for
from prover.project.checkout import Checkout, Checkouts
from prover.project.layout import Repository, open_repository
from prover.project.location import parse_location

repo_option = click.option(
    "--repo",
    default=".",
    show_default=True,
    metavar="URL_OR_PATH[@REV]",
    help="A directory or git URL; URL[@REV]#DIR is a directory of it.",
)
jobs_option = click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Lean processes.")

Note = Callable[[str], None]


@dataclass(frozen=True)
class Opened:
    """A repository that is ready to be worked on."""

    checkout: Checkout
    repository: Repository
    toolchain: EmbeddedToolchain | NativeToolchain
    builder: ModuleBuilder


def read_repository(text: str, note: Note) -> tuple[Checkout, Repository]:
    """The repository that a user named, at the revision that was asked for."""
    checkouts = Checkouts(home().checkouts, note)
    checkout = checkouts.get(parse_location(text))
    return checkout, open_repository(checkout.root, checkouts)


@contextmanager
def opened(text: str, toolchain_choice: ToolchainChoice, note: Note, jobs: int = 1) -> Iterator[Opened]:
    """The repository, for as long as the block lasts; no Lean process is left after it."""
    checkout, repository = read_repository(text, note)
    toolchain = choose_toolchain(repository, toolchain_choice, note)
    builder = builder_for(repository, toolchain, home().caches, note, jobs)
    try:
        yield Opened(checkout, repository, toolchain, builder)
    finally:
        builder.close()
