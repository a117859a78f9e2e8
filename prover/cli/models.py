"""`prover models list | show | remove`: the models that were trained here."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from prover.app.model_list import list_models, listed_model, remove_model
from prover.cli.options import JsonCommand, json_option
from prover.cli.output import print_result

if TYPE_CHECKING:
    from curriculum.database.models import ListedModel


@click.group("models")
def command() -> None:
    """List, show and remove the models that `prover train` made."""


@command.command("list", cls=JsonCommand)
@json_option
def list_(json_file: Path | None) -> None:
    """List the models, the newest first: name, kind, held-out loss, number of proofs that used them."""
    models = list_models()
    print_result(msgspec.to_builtins(models), json_file, lambda: _print_models(models))


def _print_models(models: "Sequence[ListedModel]") -> None:
    for model in models:
        loss = model.metrics.get("held_out_loss")
        measured = f"loss {loss:.3f}" if isinstance(loss, float) else "not measured"
        kind = model.kind or "files removed"
        click.echo(f"{model.name}  {kind}  {measured}  {model.proofs} proofs  {_when(model)}")
    if not models:
        click.echo("no models yet: `prover train generator --repo …` makes one", err=True)


@command.command(cls=JsonCommand)
@click.argument("name")
@json_option
def show(name: str, json_file: Path | None) -> None:
    """Show a model: its files, its training data and base, and its metrics."""
    model = listed_model(name)
    print_result(msgspec.to_builtins(model), json_file, lambda: _print_model(model))


def _print_model(model: "ListedModel") -> None:
    facts = {
        "name": model.name,
        "files": model.directory or "removed",
        "kind": model.kind,
        "format": model.format,
        "made": _when(model),
        "parent": model.parent,
        "proofs": model.proofs,
        **{f"on {key}": value for key, value in model.trained_on.items()},
        **model.metrics,
    }
    for key, value in facts.items():
        if value is not None:
            click.echo(f"{key + ':':18}{value}")


@command.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete the files of a model. Its proofs stay, and still name it."""
    removal = remove_model(name)
    if removal.deleted is not None:
        click.echo(f"deleted {removal.deleted}")
    click.echo(f"removed {name}" if removal.forgotten else f"{name} stays in the list: proofs or other models name it")


def _when(model: "ListedModel") -> str:
    return datetime.fromtimestamp(model.made_at).astimezone().isoformat(" ", "minutes")
