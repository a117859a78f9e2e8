"""Checks whole files that a client sends as text: Lean's messages, its `sorry`s, and what the audit finds.

A client that allows it has its file elaborated in a process that has seen others, which is faster. Such a file could
have been misled by those before it, so that its result says so; a proof counts only where the gate has judged it.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prover.app.workspace import Workspace
from prover.check.audit import FileAudit, FileFinding, audited
from prover.errors import LeanError, LeanTimeout, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.protocol import Message, errors_among
from prover.lean.session import SorryGoal, SourceText

FILE, MODULE = "Snippet.lean", "Snippet"
KEPT_BYTES = 1_200_000_000
"""The resident memory above which a process takes no further file."""


@dataclass(frozen=True)
class SnippetReport:
    """The result of checking a file."""

    messages: tuple[Message, ...] = ()
    sorries: tuple[SorryGoal, ...] = ()
    audit: FileAudit | None = None
    """None if the file has errors."""
    fresh: bool = True
    """Whether its process had elaborated nothing before."""
    error: str | None = None
    """Why Lean did not finish."""
    seconds: float = 0.0

    @property
    def findings(self) -> tuple[FileFinding, ...]:
        """The findings of the audit."""
        return self.audit.found if self.audit is not None else ()


class SnippetChecker:
    """Checks files with a pool of Lean processes. Thread-safe."""

    def __init__(self, workspace: Workspace, pool: Pool) -> None:
        self._workspace = workspace
        self._pool = pool

    def check(self, code: str, seconds: float, reuse: bool) -> SnippetReport:
        """Returns what Lean says of a file.

        Args:
            reuse: whether its process may have elaborated other files.
        """
        source = SourceText(code, FILE, MODULE)
        began = time.monotonic()
        with self._session(reuse) as session:
            before = session.elaboration_seconds
            session.elaboration_seconds = seconds
            try:
                return self._checked(session, source, not reuse, began)
            except LeanTimeout:
                return SnippetReport(error=f"Lean did not finish in {seconds:g} s", seconds=time.monotonic() - began)
            except (LeanError, UsageError) as error:
                return SnippetReport(error=str(error), seconds=time.monotonic() - began)
            finally:
                session.elaboration_seconds = before

    def _checked(self, session: LeanSession, source: SourceText, fresh: bool, began: float) -> SnippetReport:
        known = self._workspace.repository
        needed = [name for name in session.imports(source) if known.find(name) is not None]
        deque(self._workspace.builder.build(needed), maxlen=0)
        messages = session.elaborate(source)
        goals = session.sorries(source, 0, len(source.text.encode()))
        found = None if errors_among(messages) else audited(source, session.audit(source))
        session.forget_files(KEPT_BYTES)
        return SnippetReport(messages, goals, found, fresh, None, time.monotonic() - began)

    @contextmanager
    def _session(self, reuse: bool) -> Iterator[LeanSession]:
        if reuse:
            with self._pool.lend() as session:
                yield session
            return
        session = self._pool.fresh()
        try:
            yield session
        finally:
            session.close()
