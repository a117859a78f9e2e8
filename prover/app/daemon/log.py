"""The daemon's log: one JSON object a line, in files that are rotated. docs/lifelong.md lists the events."""

import json
import logging
import logging.handlers
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MAX_LOG_BYTES, LOG_FILES = 20_000_000, 5


class JsonLog:
    """A log of events. One that cannot be written stops nobody."""

    def __init__(self, file: Path) -> None:
        handler = logging.handlers.RotatingFileHandler(file, "a", MAX_LOG_BYTES, LOG_FILES, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(message)s"))
        self._logger = logging.Logger("prover daemon")
        self._logger.addHandler(handler)
        logging.raiseExceptions = False

    def __call__(self, event: str, **facts: Any) -> None:
        """Writes an event, named by a machine word; facts that are None are left out."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        known = {name: value for name, value in facts.items() if value is not None}
        self._logger.info(json.dumps({"at": at, "event": event, **known}, ensure_ascii=False))
