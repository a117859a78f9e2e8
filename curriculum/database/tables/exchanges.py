"""Exchanges with language models: questions about theorems, their answers, and how people rated them."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from curriculum.database.tables.base import STRICT, Base, Json, not_empty, not_negative


class ExchangeRow(Base):
    """A question to a language model with its answers. No key of a server is part of it."""

    __tablename__ = "exchanges"
    __table_args__ = (
        UniqueConstraint("uid"),
        Index(None, "run_id"),
        Index(None, "statement_key"),
        not_empty("uid", "theorem", "model", "purpose"),
        not_negative("round", "requests", "tokens_in", "tokens_out"),
        CheckConstraint("correct BETWEEN 0 AND 6 AND helpful BETWEEN 0 AND 6", name="is_rated_from_0_to_6"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    """An id that its maker chose."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    theorem: Mapped[str]
    """The full name of the theorem."""
    module: Mapped[str]
    statement_key: Mapped[str]
    model: Mapped[str]
    round: Mapped[int]
    """The round of the conversation, from 0."""
    purpose: Mapped[str]
    """`plan`, `repair` or `hole`."""
    system: Mapped[str]
    """The system message; empty if there was none."""
    prompt: Mapped[str]
    answers: Mapped[Any] = mapped_column(Json)
    """A JSON list of the answers as the model gave them."""
    outcome: Mapped[str]
    """What became of the answers; empty if that is not known."""
    requests: Mapped[int]
    """The number of requests, retries included."""
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    cost: Mapped[float]
    """The price, in the currency of the configured prices."""
    seconds: Mapped[float]
    """The time that the model took."""
    asked_at: Mapped[float]
    correct: Mapped[int | None]
    """How correct a person found the answers, from 0 to 6."""
    helpful: Mapped[int | None]
    """How helpful a person found them, from 0 to 6."""
    remark: Mapped[str | None]
    """What the person said about them."""
