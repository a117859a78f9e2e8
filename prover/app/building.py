"""Compiles modules of a repository ahead of time, with all that they import."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prover.app.workspace import Workspace
from prover.errors import UsageError
from prover.project.build import Compiled, NotCompiled


@dataclass
class BuildResult:
    """The outcomes of a build, by whether Lean finished the module."""

    compiled: list[Compiled] = field(default_factory=list)
    failed: list[NotCompiled] = field(default_factory=list)

    @property
    def new(self) -> int:
        """The number of modules that had not been compiled before."""
        return sum(not outcome.cached for outcome in self.compiled)

    @property
    def with_errors(self) -> list[Compiled]:
        """The modules with errors, whose failed declarations rest on `sorry`."""
        return [outcome for outcome in self.compiled if outcome.errors]


def build_modules(workspace: Workspace, names: Sequence[str] = ()) -> BuildResult:
    """Compiles modules and all that they import; by default every module of the repository.

    Raises:
        UsageError: A name is not that of a module.
        DiskFull: The compiled modules do not fit on the disk.
    """
    for name in names:
        if workspace.repository.find(name) is None:
            raise UsageError(f"{workspace.repository.root} and its packages have no module {name}: check its name.")
    result = BuildResult()
    for outcome in workspace.builder.build(names or list(workspace.repository.modules)):
        match outcome:
            case Compiled():
                result.compiled.append(outcome)
            case NotCompiled():
                result.failed.append(outcome)
    return result
