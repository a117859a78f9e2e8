"""`prover repo add | list | show | update | remove`: the list of repositories in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from prover.app.repositories import (
    RepositorySummary,
    add_repository,
    remove_repository,
    repository_facts,
    repository_summaries,
    update_repositories,
)
from prover.cli.options import JsonCommand, json_option
from prover.cli.output import notifier, print_result


@click.group("repo")
def command() -> None:
    """Keep a list of repositories in the database.

    URL_OR_PATH[@REV] names one: the URL of a git repository or a directory, at a branch, tag or commit;
    URL[@REV]#DIR a directory in a repository. A repository of the list can also be named by the last part of its
    address.
    """


@command.command()
@click.argument("location", metavar="URL_OR_PATH[@REV]")
def add(location: str) -> None:
    """Check a repository out and add it to the list. Adding it again changes the revision that is followed."""
    click.echo(f"added {add_repository(location, notifier()).describe()}")


@command.command("list", cls=JsonCommand)
@json_option
def list_(json_file: Path | None) -> None:
    """List the repositories: location, commit, when it was read, how many modules it has."""
    summaries = repository_summaries(notifier())
    print_result([asdict(each) for each in summaries], json_file, lambda: _print_summaries(summaries))


def _print_summaries(summaries: Sequence[RepositorySummary]) -> None:
    for each in summaries:
        click.echo(each.describe())
    if not summaries:
        click.echo("no repositories yet: `prover repo add URL_OR_PATH` adds one", err=True)


@command.command(cls=JsonCommand)
@click.argument("location", metavar="REPOSITORY")
@json_option
def show(location: str, json_file: Path | None) -> None:
    """Show a repository: libraries, modules, required packages, toolchains, snapshots."""
    facts = repository_facts(location, notifier())
    print_result(facts, json_file, lambda: _print_facts(facts))


def _print_facts(facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        label = f"{name}:"
        for line in value if isinstance(value, list) else [value]:
            click.echo(f"{label:14}{line}")
            label = ""


@command.command()
@click.argument("locations", metavar="[REPOSITORY]...", nargs=-1)
def update(locations: tuple[str, ...]) -> int:
    """Fetch the newest commit of what each repository follows; of all repositories when none is named.

    Exit status 1 when a repository cannot be read; the others are updated.
    """
    failed = 0
    for each in update_repositories(locations, notifier()):
        failed |= each.error is not None
        click.echo(f"{each.location}: {each.describe()}", err=each.error is not None)
    return int(failed)


@command.command()
@click.argument("location", metavar="REPOSITORY")
def remove(location: str) -> None:
    """Remove a repository from the list, with its traces and the cached checkouts that no other repository uses.

    Proofs and attempts stay in the database; your own directories are never touched.
    """
    removed = remove_repository(location, notifier())
    click.echo(f"removed {removed.location}: snapshots {removed.snapshots}, cached checkouts {len(removed.deleted)}")
    for checkout in removed.deleted:
        click.echo(f"  deleted {checkout}")
