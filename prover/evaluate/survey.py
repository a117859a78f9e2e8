"""Whether a problem runs here: Lean elaborates its statement, and says which theorem it declares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from prover.attempt import Task
from prover.errors import BrokenFile, LeanError, ProverError, RepositoryError, UsageError
from prover.evaluate.header import Fitted, Headers, composed
from prover.evaluate.problem import LocatedProblem, Problem, WrittenProblem
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration, Message, errors_among
from prover.lean.session import SourceText
from prover.project.build import errors_of, source_of
from prover.project.builders import ModuleBuilder
from prover.project.layout import Repository
from prover.project.stand_in import StandIn

EXCERPT_CHARS = 24
"""The number of characters of unparsable text in a reason."""


@dataclass(frozen=True)
class Runnable:
    """The statement elaborates here."""

    task: Task
    fitted: Fitted | None = None
    """The adapted header; None for a problem in a repository."""


@dataclass(frozen=True)
class NotRunnable:
    """The statement does not elaborate here."""

    reason: str
    """Lean's message."""
    fitted: Fitted | None = None
    """The adapted header, if the problem has one."""


@dataclass(frozen=True)
class Crashed:
    """Lean died or timed out while elaborating the statement."""

    reason: str


Found = Runnable | NotRunnable | Crashed


class ProblemEnvironment(Protocol):
    """The environment in which Lean elaborates problems."""

    def survey(self, session: LeanSession, problem: Problem) -> Found:
        """Returns whether the problem runs here, with its elaborated form."""
        ...


@dataclass
class FileEnvironment:
    """The environment of problems that are given by their text: each is a file of its own."""

    has_module: Callable[[str], bool]
    """Returns whether a module can be imported."""
    stand_ins: Sequence[StandIn] = ()
    """What `import Mathlib` stands for, if not for all of it."""
    _headers: Headers = field(init=False)

    def __post_init__(self) -> None:
        self._headers = Headers(self.has_module, shortened=bool(self.stand_ins))

    def survey(self, session: LeanSession, problem: Problem) -> Found:
        """See `ProblemEnvironment`."""
        assert isinstance(problem, WrittenProblem)
        try:
            fitted = self._headers.fit(session, problem.header, problem.statement)
            source = SourceText(
                composed(fitted, problem.statement),
                f"{problem.name}.lean",
                f"Problem_{problem.digest[:12]}",
                fitted.options,
            )
            messages = session.elaborate(source)
            if errors := errors_among(messages):
                reason = _reason(errors[0], source.text)
                return NotRunnable(f"{self._missing(source, errors)}{reason}", fitted)
            return _stated(session.declarations(source, detail=True), source, fitted)
        except LeanError as error:
            session.close()
            return Crashed(str(error))

    def _missing(self, source: SourceText, errors: Sequence[Message]) -> str:
        """Returns what a statement needs that is not imported, as the beginning of a reason."""
        printed = [error.text for error in errors]
        needs = [need for each in self.stand_ins for need in each.missing_for(source.text, printed)]
        modules = dict.fromkeys(need.modules[0] for need in needs)
        named = (f"{module} ({', '.join(n.name for n in needs if n.modules[0] == module)})" for module in modules)
        return f"needs {', '.join(named)}, which is not imported: " if needs else ""


@dataclass
class RepositoryEnvironment:
    """The environment of problems that are declarations of a repository, each in its file."""

    repository: Repository
    builder: ModuleBuilder

    def survey(self, session: LeanSession, problem: Problem) -> Found:
        """See `ProblemEnvironment`."""
        assert isinstance(problem, LocatedProblem)
        try:
            module = self.repository.at(self.repository.root / problem.file)
            self.builder.prepare(module)
            source = source_of(self.repository, module)
            if errors := errors_of(session.elaborate(source)):
                raise BrokenFile(f"{source.file} does not compile: {errors[0].splitlines()[0]}")
            return _declared(session.declarations(source, detail=True), source, problem)
        except LeanError as error:
            session.close()
            return Crashed(str(error))
        except (UsageError, RepositoryError) as error:
            return NotRunnable(str(error))


@dataclass(frozen=True)
class MissingRepository:
    """The environment of problems whose repository is unavailable."""

    error: ProverError

    def survey(self, session: LeanSession, problem: Problem) -> Found:
        """See `ProblemEnvironment`."""
        return NotRunnable(str(self.error))


def _stated(declarations: tuple[Declaration, ...], source: SourceText, fitted: Fitted) -> Found:
    """Returns the last theorem that the file states, if there is one and no proof above it is missing."""
    if not declarations:
        return NotRunnable("it declares nothing", fitted)
    *above, last = declarations
    if last.kind != "theorem":
        return NotRunnable(f"it is a {last.kind}, not a theorem", fitted)
    if missing := next((each.name for each in above if each.incomplete), None):
        return NotRunnable(f"{missing}, which it stands below, is left to `sorry`", fitted)
    return Runnable(Task(source, last), fitted)


def _declared(declarations: tuple[Declaration, ...], source: SourceText, problem: LocatedProblem) -> Found:
    named = [each for each in declarations if problem.theorem and each.name == problem.theorem]
    around = [each for each in declarations if problem.line is not None and _covers(each, source, problem.line)]
    if not (found := named or sorted(around, key=lambda each: each.stop - each.start)):
        return NotRunnable(f"{source.file} declares no {problem.theorem or f'theorem at line {problem.line}'}")
    if found[0].kind != "theorem" and not found[0].incomplete:
        return NotRunnable(f"{found[0].name} is a {found[0].kind} without `sorry`")
    return Runnable(Task(source, found[0]))


def _covers(declaration: Declaration, source: SourceText, line: int) -> bool:
    lines = source.text.encode().splitlines(keepends=True)
    start, stop = (sum(map(len, lines[:count])) for count in (line - 1, line))
    return declaration.start < stop and start < declaration.stop


def _reason(error: Message, text: str) -> str:
    """Returns Lean's message without its hints, and the position for a syntax error."""
    words = error.text.strip().split("\n")[0].strip()
    if "expected" not in words:
        return words
    here = text.split("\n")[error.line - 1][error.column :].strip()
    return f"{words}, at `{here[:EXCERPT_CHARS]}{'…' if len(here) > EXCERPT_CHARS else ''}`" if here else words
