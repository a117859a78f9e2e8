"""${message}."""

import sqlalchemy as sa
from alembic import op

from curriculum.database.tables.base import Flag, Json

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Makes the change."""
    ${upgrades if upgrades else "pass"}
