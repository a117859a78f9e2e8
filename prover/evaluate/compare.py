"""Paired comparison of two runs on the same problems: problems gained and lost, a significance test, and costs."""

from collections.abc import Iterator
from dataclasses import dataclass

from prover.errors import RunError
from prover.evaluate.journal import Trial
from prover.evaluate.markdown import further_axioms, table, title
from prover.evaluate.results import Run
from prover.evaluate.statistics import mcnemar
from retrieval.statistics import Interval, bootstrap_mean


@dataclass(frozen=True)
class Side:
    """A system of a run, as one side of a comparison."""

    run: Run
    system: str

    @property
    def label(self) -> str:
        """The run's directory and the name of the system, and the further axioms that its proofs may use."""
        return f"{self.run.root.name}: {self.system}{further_axioms(self.run)}"


@dataclass(frozen=True)
class SideCost:
    """The cost of a side on the problems that are compared."""

    seconds: float
    expansions: int
    tactics: int


@dataclass(frozen=True)
class Comparison:
    """The comparison of two sides on the problems that both attempted."""

    first: Side
    second: Side
    compared: tuple[str, ...]
    """The number of problems with equal statements that both sides attempted."""
    left_out: int
    """The number of problems that only one run has, has with another statement, or has not attempted."""
    both: tuple[str, ...]
    gained: tuple[str, ...]
    """The problems that only the second side proved."""
    lost: tuple[str, ...]
    """The problems that only the first side proved."""
    neither: tuple[str, ...]
    p: float
    """The p-value of McNemar's exact two-sided test; a problem counts as proved if any pass proved it."""
    difference: Interval
    """The difference of the shares proved, second minus first, with a bootstrap interval over problems."""
    costs: tuple[SideCost, SideCost]
    differing: tuple[str, ...]
    """The settings in which the runs differ."""


def compare(first: Side, second: Side) -> Comparison:
    """Compares two sides.

    Raises:
        RunError: No problem was attempted by both sides, or a run has no such system.
    """
    for side in (first, second):
        if side.system not in side.run.systems:
            known = ", ".join(side.run.systems)
            raise RunError(f"{side.run.root} has no system {side.system}: choose from {known}.")
    tried = [side.run.of(side.system) for side in (first, second)]
    digests = [{problem.name: problem.digest for problem in side.run.problems} for side in (first, second)]
    names = [
        problem.name
        for problem in first.run.problems
        if problem.name in tried[0]
        and problem.name in tried[1]
        and digests[0][problem.name] == digests[1].get(problem.name)
    ]
    if not names:
        raise RunError(f"{first.run.root} and {second.run.root} have tried no problem with the same statement.")
    won = [side.run.proved(side.system) for side in (first, second)]
    gained = tuple(name for name in names if name in won[1] - won[0])
    lost = tuple(name for name in names if name in won[0] - won[1])
    return Comparison(
        first,
        second,
        tuple(names),
        len(set(digests[0]) | set(digests[1])) - len(names),
        tuple(name for name in names if name in won[0] & won[1]),
        gained,
        lost,
        tuple(name for name in names if name not in won[0] | won[1]),
        mcnemar(len(lost), len(gained)),
        bootstrap_mean([float(name in won[1]) - float(name in won[0]) for name in names]),
        (_cost(tried[0], names), _cost(tried[1], names)),
        _differing(first, second),
    )


def comparison_report(found: Comparison) -> str:
    """Returns the comparison as Markdown."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Comparison) -> Iterator[str]:
    first, second = found.first, found.second
    yield f"# {title(first.run)}: {second.label} beside {first.label}"
    yield ""
    total = len(found.compared)
    yield f"{total} problems with the same statement were tried by both; {found.left_out} others are left out."
    if found.differing:
        yield f"The runs differ in {', '.join(found.differing)}."
    yield ""
    rows = []
    for side, cost, only in ((first, found.costs[0], found.lost), (second, found.costs[1], found.gained)):
        proved = len(found.both) + len(only)
        rows.append(
            [side.label, f"{proved} ({proved / total:.1%})", f"{cost.seconds:.0f}", cost.expansions, cost.tactics]
        )
    yield from table(["run", "proved", "seconds", "expansions", "tactics"], rows)
    yield ""
    d = found.difference
    yield (
        f"Gained {len(found.gained)}, lost {len(found.lost)}: p = {found.p:.3g} (McNemar, exact, two-sided). "
        f"Difference {d.estimate:+.1%} [{d.low:+.1%}, {d.high:+.1%}] (bootstrapped over problems)."
    )
    for heading, names in (("Gained", found.gained), ("Lost", found.lost)):
        yield f"\n## {heading}\n"
        yield from (f"- {name}" for name in names)
        if not names:
            yield "none"


def _cost(tried: dict[str, list[Trial]], names: list[str]) -> SideCost:
    trials = [trial for name in names for trial in tried[name]]
    return SideCost(sum(t.seconds for t in trials), sum(t.expansions for t in trials), sum(t.tactics for t in trials))


def _differing(first: Side, second: Side) -> tuple[str, ...]:
    fields = first.run.manifest.differences(second.run.manifest)
    found = [field for field in fields if field not in ("systems", "digest", "problems")]
    one, other = (
        next(each for each in side.run.manifest.systems if each["name"] == side.system) for side in (first, second)
    )
    found += [key for key in one if key != "name" and one[key] != other.get(key)]
    return tuple(found)
