"""Planning what to learn in which order: orders by name, and the plan of `prover curriculum plan`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prover.app.environment import database

if TYPE_CHECKING:
    from curriculum.ordering import Order, RepositoryProfile
    from curriculum.plan import CurriculumPlan

ORDERS = ("easy", "closure", "similar", "predicted", "random")


def planned_order(locations: Sequence[str], order: str, reverse: bool, seed: int, timeout: float) -> "CurriculumPlan":
    """Returns the plan for repositories, from what the database knows of them.

    Args:
        locations: their canonical locations.
        timeout: the time limit of an attempt, in seconds.
    """
    from curriculum.database.provable import attempt_totals
    from curriculum.ordering import Reversed
    from curriculum.plan import plan
    from curriculum.profiles import profile_of

    known, untraced = [], []
    with database() as db, db.reading() as connection:
        for location in dict.fromkeys(locations):
            profile = profile_of(connection, location)
            if profile is None:
                untraced.append(location)
            else:
                known.append((profile, attempt_totals(connection, location)))
    chosen = order_named(order, [profile for profile, _ in known], seed)
    return replace(plan(known, Reversed(chosen) if reverse else chosen, timeout), untraced=tuple(untraced))


def order_named(name: str, profiles: "Sequence[RepositoryProfile]", seed: int) -> "Order":
    """Returns the order of a name, one of `ORDERS`, made for these repositories."""
    from curriculum import ordering

    match name:
        case "easy":
            return ordering.EasyFirst()
        case "closure":
            return ordering.SmallClosures()
        case "similar":
            return ordering.Similar(_embedding(profiles))
        case "predicted":
            return ordering.Predicted(_critic(profiles))
        case _:
            return ordering.Shuffled(seed)


def plan_facts(planned: "CurriculumPlan") -> dict[str, Any]:
    """Returns a plan as a JSON object."""
    from curriculum.difficulty import Category

    return {
        "order": planned.order,
        "log_complexity": {"easy_up_to": planned.thresholds.easy, "medium_up_to": planned.thresholds.medium},
        "repositories": [
            {
                "location": entry.location,
                "theorems": entry.histogram.total,
                **{category.value: entry.histogram[category] for category in Category},
                "attempts": entry.experience.attempts,
                "proved_attempts": entry.experience.proved,
                "estimated_seconds": round(entry.seconds, 1),
            }
            for entry in planned.entries
        ],
        "not_traced": list(planned.untraced),
        "estimated_seconds": round(planned.seconds, 1),
    }


def _embedding(profiles: "Sequence[RepositoryProfile]") -> Callable[[Sequence[str]], Sequence[Sequence[float]]]:
    """Returns a function from statements to vectors: hashed words, weighted by their rarity in these repositories."""
    from retrieval.encode.encoder import premise_features
    from retrieval.encode.hashed import HashedEncoder
    from retrieval.premise import Premise

    def features(statements: Sequence[str]) -> list[Any]:
        return [premise_features(Premise("", "", "theorem", text.partition(" ")[2])) for text in statements]

    encoder = HashedEncoder.fit(one for profile in profiles for one in features(profile.statements))

    def embed(statements: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[float(value) for value in row] for row in encoder.encoded(features(statements))]

    return embed


def _critic(profiles: "Sequence[RepositoryProfile]") -> Callable[[Sequence[str]], Sequence[float]]:
    """Returns a predictor of the number of steps of a statement's proof, fitted to the known proofs of repositories."""
    from curriculum.critic import StepCritic

    known = [
        (statement, complexity)
        for profile in profiles
        for statement, theorem in zip(profile.statements, profile.theorems, strict=True)
        if (complexity := theorem.log_complexity) is not None
    ]
    return StepCritic.fit([statement for statement, _ in known], [complexity for _, complexity in known]).predict
