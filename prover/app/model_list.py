"""The list of the models that were trained here: reading it, and removing models from it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prover.app.environment import database
from prover.errors import UsageError

if TYPE_CHECKING:
    from curriculum.database.models import ListedModel


@dataclass(frozen=True)
class ModelRemoval:
    """The result of removing a model."""

    deleted: Path | None
    """The directory that was deleted; None if there were no files of a model."""
    forgotten: bool
    """Whether it is no longer in the list; it stays there if proofs or other models refer to it."""


def list_models() -> "list[ListedModel]":
    """Returns all models, the newest first."""
    from curriculum.database.models import listed_models

    with database() as db, db.reading() as connection:
        return listed_models(connection)


def listed_model(name: str) -> "ListedModel":
    """Returns the model of a name.

    Raises:
        UsageError: there is no such model.
    """
    models = list_models()
    for model in models:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in models[:5]) or "there is none yet"
    raise UsageError(f"There is no model {name}: see `prover models list` ({known}).")


def remove_model(name: str) -> ModelRemoval:
    """Deletes the files of a model, and removes it from the list unless something refers to it.

    Raises:
        UsageError: there is no such model.
    """
    model = listed_model(name)
    with database() as db:
        forgotten = bool(db.perform(lambda work: work.results.forget_model(name)))
    directory = Path(model.directory) if model.directory is not None else None
    if directory is None or not (directory / "config.json").is_file():
        return ModelRemoval(None, forgotten)
    shutil.rmtree(directory, ignore_errors=True)
    return ModelRemoval(directory, forgotten)
