"""The models that are known: listed, found by name or place, and removed. Removing needs a unit of work."""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select, union_all

from curriculum.database.tables import ConfigurationModel, Model, ModelFiles, Proof


class ListedModel(msgspec.Struct, frozen=True):
    """A model."""

    name: str
    origin: str
    trained_on: dict[str, Any]
    metrics: dict[str, Any]
    parent: str | None
    made_at: float
    directory: str | None
    """where its files lie; None for one of another origin, and once they were removed"""
    kind: str | None
    format: str | None
    proofs: int
    """that it has had a part in"""


def listed_models(connection: Connection) -> list[ListedModel]:
    """Every model, the newest first."""
    parent = Model.__table__.alias("parent")
    proofs = select(func.count()).where(Proof.model_id == Model.id).scalar_subquery()
    asked = (
        select(
            Model.name,
            Model.origin,
            Model.trained_on,
            Model.metrics,
            parent.c.name,
            Model.made_at,
            ModelFiles.directory,
            ModelFiles.kind,
            ModelFiles.format,
            proofs,
        )
        .outerjoin(parent, parent.c.id == Model.parent_id)
        .outerjoin(ModelFiles, ModelFiles.model_id == Model.id)
        .order_by(Model.made_at.desc(), Model.id.desc())
    )
    return [ListedModel(*row) for row in connection.execute(asked)]


def model_named(connection: Connection, name: str) -> ListedModel | None:
    """The model of a name; None when there is none."""
    return next((model for model in listed_models(connection) if model.name == name), None)


def model_in(connection: Connection, directory: str) -> ListedModel | None:
    """The model whose files lie in a directory; None when there is none."""
    return next((model for model in listed_models(connection) if model.directory == directory), None)


def forget_model(connection: Connection, name: str) -> bool:
    """Forgets where a model's files lie; and the model, unless a proof, a configuration or another model names it.

    Whether the model itself was forgotten.
    """
    model = connection.scalar(select(Model.id).where(Model.name == name))
    connection.execute(delete(ModelFiles).where(ModelFiles.model_id == model))
    naming = union_all(
        select(Proof.id).where(Proof.model_id == model),
        select(ConfigurationModel.model_id).where(ConfigurationModel.model_id == model),
        select(Model.id).where(Model.parent_id == model),
    ).subquery()
    if connection.scalar(select(func.count()).select_from(naming)):
        return False
    connection.execute(delete(Model).where(Model.id == model))
    return True
