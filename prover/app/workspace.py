"""A repository that is open for work: its checkout, its toolchain, the builder of its modules, and Lean processes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from prover.app.environment import choose_toolchain, home
from prover.app.packages import as_requirement, with_packages, with_stand_ins
from prover.check.challenge import challenge_directory
from prover.check.gate import GATE_SECONDS, Gate
from prover.lean.pool import Pool
from prover.lean.toolchain.choose import ToolchainChoice
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.lean.warm import WarmSessions
from prover.progress import Notify, Reporter
from prover.project.build import Builder
from prover.project.builders import ModuleBuilder, builder_for
from prover.project.checkout import Checkout, Checkouts
from prover.project.contents import ContentsReader
from prover.project.file_builder import FileBuilder
from prover.project.layout import Module, Repository, open_repository
from prover.project.location import parse_location
from prover.project.stand_in import StandIn


@dataclass(frozen=True)
class Workspace:
    """A repository at a revision, with a toolchain. A context manager: leaving it ends its Lean processes."""

    checkout: Checkout
    repository: Repository
    toolchain: EmbeddedToolchain | NativeToolchain
    builder: ModuleBuilder
    jobs: int = 1
    """The number of Lean processes that run at once."""
    warm: WarmSessions | None = None
    """Has Lean processes of earlier workspaces, and takes over those of this one; None to end them."""
    stand_ins: tuple[StandIn, ...] = ()
    """What files import in place of whole large packages, with the embedded Lean."""
    _reporter: Reporter = field(default_factory=Reporter)
    _resources: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def open(
        cls,
        location: str,
        choice: ToolchainChoice = "auto",
        reporter: Reporter | None = None,
        jobs: int | None = None,
        warm: WarmSessions | None = None,
        texts: Sequence[str] = (),
        only_compiled: bool = False,
    ) -> "Workspace":
        """Opens the repository that a path or URL names; see `prover.project.location` for the forms.

        Args:
            jobs: the number of Lean processes; without it, modules are built by as many as fit, and one does the rest.
            texts: files outside of the repository that import what it, or a package that it requires, has.
            only_compiled: whether `import Mathlib` stands for modules only that have been compiled before.

        Raises:
            ProverError: The repository cannot be read, or no toolchain fits it.
        """
        reporter = reporter or Reporter()
        checkout, repository = read_repository(location, reporter.notify)
        toolchain = choose_toolchain(repository, choice, reporter)
        repository = with_packages(repository, toolchain, reporter.notify)
        if texts:
            repository = as_requirement(repository)
        repository, stand_ins = with_stand_ins(repository, toolchain, reporter.notify, texts, only_compiled)
        builder = builder_for(repository, toolchain, home().caches, reporter, jobs, warm)
        workspace = cls(checkout, repository, toolchain, builder, jobs or 1, warm, stand_ins, reporter)
        workspace._resources.callback(builder.close)
        return workspace

    def describe(self) -> str:
        """Returns with what proofs are checked: the toolchain, and how much of large packages is imported."""
        parts = [self.toolchain.describe(), *(f"with {each.summary()}" for each in self.stand_ins)]
        return ", ".join(parts)

    def one_by_one(self, modules: Iterable[Module]) -> Iterator[Module]:
        """Yields modules that are to be read, and reports how many have been."""
        listed = list(modules)
        for number, module in enumerate(listed):
            if len(listed) > 1:
                self._reporter.progress("reading files", number / len(listed))
            yield module
        if len(listed) > 1:
            self._reporter.progress("reading files", 1.0)

    def pool(self, size: int | None = None) -> Pool:
        """Returns a new pool of `size` Lean sessions, by default as many as there are jobs."""
        warm = self.warm if self.toolchain.kind == "embedded" else None  # Lake changes what is in a search path
        pool = Pool(self.toolchain, self.builder.search_path(), size or self.jobs, warm=warm)
        self._resources.callback(pool.close)
        return pool

    def gate(self, pool: Pool, axioms: Sequence[str] = (), seconds: float = GATE_SECONDS) -> Gate:
        """Returns a gate that compiles each original file once and caches it.

        Args:
            axioms: further axioms that proofs may use; see `Gate`.
            seconds: its time limit for one proof.
        """
        directory = challenge_directory(home().caches, self.toolchain, self.builder.search_path())
        return Gate(pool.fresh, directory, axioms, seconds, ahead=pool)

    def rewritten(self, contents: Mapping[str, str]) -> "Workspace":
        """Returns the same repository with other contents of some modules. No file is changed.

        It ends with this workspace. A native Lean builds what is on the disk: with one, it is this workspace itself.

        Args:
            contents: the new contents by the name of the module.
        """
        if not contents or isinstance(self.toolchain, NativeToolchain):
            return self
        modules = {
            name: replace(module, content=contents.get(name)) for name, module in self.repository.modules.items()
        }
        repository = replace(self.repository, modules=modules)
        builder = builder_for(repository, self.toolchain, home().caches, self._reporter, self.jobs, self.warm)
        self._resources.callback(builder.close)
        return replace(self, repository=repository, builder=builder)

    def for_module(self, module: Module) -> "Workspace":
        """Returns the same repository for work on one module alone; it ends with this workspace.

        Lean processes are kept warm for it as long as nothing changes that the module imports.
        """
        builder = self.builder.inner if isinstance(self.builder, FileBuilder) else self.builder
        builder = FileBuilder(builder, module) if isinstance(builder, Builder) else builder
        return replace(self, builder=builder)

    def with_text(self, module: Module, text: str) -> "Workspace":
        """Returns the repository with another text of a module, for work on this module alone; see `for_module`."""
        module = replace(module, content=text)
        repository = replace(self.repository, modules={**self.repository.modules, module.name: module})
        return replace(self.for_module(module), repository=repository)

    def contents(self) -> ContentsReader:
        """Returns the reader of the repository's files for generators."""
        return ContentsReader(self.repository, self.toolchain)

    def close(self) -> None:
        """Ends every Lean process of the workspace. Safe to call twice."""
        self._resources.close()

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_repository(location: str, notify: Notify) -> tuple[Checkout, Repository]:
    """Returns the checkout and the repository that a path or URL names, at the requested revision."""
    checkouts = Checkouts(home().checkouts, notify)
    checkout = checkouts.get(parse_location(location))
    return checkout, open_repository(checkout.root, checkouts)
