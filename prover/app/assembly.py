"""The composition root: from names and options to generators and a prover. The only caller of `Prover`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prover.agent import Agent
from prover.app.environment import database, home
from prover.app.premises import library_indexes
from prover.attempt import Prover, Recall
from prover.check.gate import Judge
from prover.check.levels import DEFAULT_LEVEL
from prover.check.refutation import Refuter
from prover.errors import DatabaseError, UsageError
from prover.extensions import GENERATORS_GROUP, Registry
from prover.progress import Reporter
from prover.search.budget import Budget
from prover.search.engine import Strategy
from prover.tactics.automation import Automation, FixedList
from prover.tactics.ensemble import Ensemble, GeneratorStatistics
from prover.tactics.generator import Generator
from prover.tactics.language.whole_proofs import WholeProofWriter
from prover.tactics.memory.memory import Memory
from prover.tactics.perturbed import PerturbedGenerator
from prover.tactics.policy.log import LoggedGenerator, SearchLogs
from prover.tactics.premises.premises import PremiseTactics
from prover.tactics.structure import Structure

MODEL = "model"
"""The name of the generator that asks the chosen language model."""
DEFAULT_GENERATORS = ("automation", "structure")


def stored_memory() -> Memory:
    """Returns the memory generator, filled from the database.

    Raises:
        DatabaseError: The database cannot be read.
    """
    from curriculum.recollection import recollect  # imports the slowest of all packages here

    with database() as db:
        return recollect(db, home().caches / "memory")


def retrieved_premises(reporter: Reporter) -> PremiseTactics:
    """Returns the premises generator; the library's index is built when the first file is read."""
    return PremiseTactics(library_indexes(reporter))


GeneratorFactory = Callable[[Reporter], Generator]
"""Creates a generator, which can report its preparations to the reporter."""

GENERATORS: Registry[GeneratorFactory] = Registry(
    "generator",
    GENERATORS_GROUP,
    {
        "automation": lambda _: Automation(),
        "structure": lambda _: Structure(),
        "memory": lambda _: stored_memory(),
        "premises": retrieved_premises,
        "fixed": lambda _: FixedList(),
    },
    Callable,
)


def generators_named(text: str, reporter: Reporter, model: Generator | None = None) -> tuple[Generator, ...]:
    """Returns the generators of a comma-separated list of names, and that of the language model if there is one.

    Raises:
        UsageError: A name is unknown, or the list contains `model` and there is no model.
    """
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name != MODEL and GENERATORS.find(name) is None:
            raise UsageError(f"There is no generator {name!r}: choose from {_generator_names()}.")
    if not names:
        raise UsageError(f"Name at least one generator: {_generator_names()}.")
    if MODEL in names and model is None:
        raise UsageError("The generator 'model' needs a model: give one with --model.")
    if model is not None and MODEL not in names:
        names.append(MODEL)
    found = [model if name == MODEL else GENERATORS.named(name)(reporter) for name in names]
    return tuple(generator for generator in found if generator is not None)


def _generator_names() -> str:
    return ", ".join([*GENERATORS.names(), MODEL])


@dataclass(frozen=True)
class ProverOptions:
    """The settings of a prover, apart from its generators and its gate."""

    budget: Budget = Budget()  # noqa: RUF009  # frozen
    strategy: Strategy = Strategy()  # noqa: RUF009  # frozen
    level: int = DEFAULT_LEVEL
    """The gate's level up to which a proof is checked."""
    drafting: WholeProofWriter | Agent | None = None
    """Writes whole proofs before the search begins."""
    recall: Recall = lambda _: ()
    """Returns known proofs of a statement."""
    temperature: float = 0.0
    """The temperature of the noise that makes repeated attempts differ; 0 for no noise."""
    seed: int = 0
    polish_seconds: float = 0.0
    """The time for rewriting each block of a proof as people write it; 0 leaves proofs as they are found."""
    states_facts: bool = False
    """Whether the goals at which an open theorem is stuck are stated as theorems."""
    refuter: Refuter | None = None
    """Looks for a counterexample before the search begins."""
    logs: SearchLogs | None = None
    """Receives the logs of the searches."""


def stored_statistics() -> GeneratorStatistics:
    """Returns the generator statistics of all repositories; empty ones where the database cannot be read."""
    from curriculum.database.suggestion_counts import suggestion_counts

    try:
        with database() as db, db.reading() as connection:
            return GeneratorStatistics(*suggestion_counts(connection, None))
    except DatabaseError:
        return GeneratorStatistics()


def mixture(
    generators: Sequence[Generator], statistics: GeneratorStatistics | None = None, frozen: bool = False
) -> Ensemble:
    """Returns the mixture of generators that every prover uses.

    Args:
        statistics: The success rates of the generators in earlier runs.
        frozen: Learn nothing while proving, so that results do not depend on the order of attempts.
    """
    return Ensemble(generators, statistics, frozen)


def assemble(generator: Generator, gate: Judge, options: ProverOptions) -> Prover:
    """Returns the prover that every command, course and evaluation uses."""
    if options.logs is not None:
        generator = LoggedGenerator(generator, options.logs)
    if options.strategy.policy is not None:
        from prover.tactics.policy.policy import PolicyGenerator  # imports numpy

        generator = PolicyGenerator(generator, options.strategy.policy)
    if options.temperature > 0:
        generator = PerturbedGenerator(generator, options.temperature, options.seed)
    return Prover(
        generator,
        options.strategy,
        gate,
        options.budget,
        options.recall,
        options.level,
        options.drafting,
        options.polish_seconds,
        options.states_facts,
        options.refuter,
    )
