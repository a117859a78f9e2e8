"""`prover models list | show | remove`: the models that were trained here."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from prover.app.environment import database
from prover.errors import UsageError

if TYPE_CHECKING:
    from curriculum.database.database import Database
    from curriculum.database.models import ListedModel


@click.group("models")
def command() -> None:
    """List, show and remove the models that `prover train` made."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_(as_json: bool) -> None:
    """List the models, the newest first: name, kind, held-out loss, proofs that it has had a part in."""
    from curriculum.database.models import listed_models

    with database() as db, db.reading() as connection:
        models = listed_models(connection)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(models), ensure_ascii=False))
        return
    for model in models:
        loss = model.metrics.get("held_out_loss")
        measured = f"loss {loss:.3f}" if isinstance(loss, float) else "not measured"
        place = model.kind or "files removed"
        click.echo(f"{model.name}  {place}  {measured}  {model.proofs} proofs  {_when(model)}")
    if not models:
        click.echo("no models yet: `prover train generator --repo …` makes one", err=True)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(name: str, as_json: bool) -> None:
    """Show a model: where it lies, what it was trained on and from, what was measured of it."""
    with database() as db:
        model = _named(db, name)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(model), ensure_ascii=False))
        return
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
    """Delete the files of a model. What it has proved stays, and names it."""
    with database() as db:
        model = _named(db, name)
        forgotten = db.perform(lambda work: work.results.forget_model(name))
    if model.directory is not None and (Path(model.directory) / "config.json").is_file():
        shutil.rmtree(model.directory, ignore_errors=True)
        click.echo(f"deleted {model.directory}")
    click.echo(f"removed {name}" if forgotten else f"{name} stays in the list: proofs or other models name it")


def _named(db: "Database", name: str) -> "ListedModel":
    from curriculum.database.models import listed_models

    with db.reading() as connection:
        models = listed_models(connection)
    for model in models:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in models[:5]) or "there is none yet"
    raise UsageError(f"There is no model {name}: see `prover models list` ({known}).")


def _when(model: "ListedModel") -> str:
    return datetime.fromtimestamp(model.made_at).astimezone().isoformat(" ", "minutes")
