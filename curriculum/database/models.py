"""Queries on trained models, and their removal, which needs a unit of work."""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select, union_all

from curriculum.database.tables import ConfigurationModelRow, ModelFilesRow, ModelRow, ProofRow


class ListedModel(msgspec.Struct, frozen=True):
    """A model with its training data, measurements and files."""

    name: str
    origin: str
    trained_on: dict[str, Any]
    metrics: dict[str, Any]
    parent: str | None
    made_at: float
    directory: str | None
    """The directory of its files; None for models of another origin, and after the files were removed."""
    kind: str | None
    format: str | None
    proofs: int
    """The number of proofs to which it contributed."""


def listed_models(connection: Connection) -> list[ListedModel]:
    """Returns all models, the newest first."""
    parent = ModelRow.__table__.alias("parent")
    proofs = select(func.count()).where(ProofRow.model_id == ModelRow.id).scalar_subquery()
    asked = (
        select(
            ModelRow.name,
            ModelRow.origin,
            ModelRow.trained_on,
            ModelRow.metrics,
            parent.c.name,
            ModelRow.made_at,
            ModelFilesRow.directory,
            ModelFilesRow.kind,
            ModelFilesRow.format,
            proofs,
        )
        .outerjoin(parent, parent.c.id == ModelRow.parent_id)
        .outerjoin(ModelFilesRow, ModelFilesRow.model_id == ModelRow.id)
        .order_by(ModelRow.made_at.desc(), ModelRow.id.desc())
    )
    return [ListedModel(*row) for row in connection.execute(asked)]


def model_named(connection: Connection, name: str) -> ListedModel | None:
    """Returns the model of a name; None if there is none."""
    return next((model for model in listed_models(connection) if model.name == name), None)


def model_in(connection: Connection, directory: str) -> ListedModel | None:
    """Returns the model whose files are in a directory; None if there is none."""
    return next((model for model in listed_models(connection) if model.directory == directory), None)


def forget_model(connection: Connection, name: str) -> bool:
    """Deletes the location of a model's files, and the model unless a proof, configuration or model refers to it.

    Returns:
        Whether the model itself was deleted.
    """
    model = connection.scalar(select(ModelRow.id).where(ModelRow.name == name))
    connection.execute(delete(ModelFilesRow).where(ModelFilesRow.model_id == model))
    naming = union_all(
        select(ProofRow.id).where(ProofRow.model_id == model),
        select(ConfigurationModelRow.model_id).where(ConfigurationModelRow.model_id == model),
        select(ModelRow.id).where(ModelRow.parent_id == model),
    ).subquery()
    if connection.scalar(select(func.count()).select_from(naming)):
        return False
    connection.execute(delete(ModelRow).where(ModelRow.id == model))
    return True
