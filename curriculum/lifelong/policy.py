"""The policy that courses and the daemon share: how many tactics an attempt may run, and at which temperature."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from curriculum.database.theorem_queue import AttemptCounts, QueuedTheorem
from curriculum.lifelong.executor import AttemptRequest
from curriculum.scheduling import Candidate, SuccessRecord, Temperatures, prioritise, shares

DEFAULT_TACTICS = 200
DEFAULT_ATTEMPT_S = 60.0
MIN_SHARE_DIVISOR = 4
"""A theorem gets at least the average number of tactics divided by this."""


@dataclass(frozen=True)
class ProvingPolicy:
    """The budget of attempts, and the temperatures that make later tries differ from the first."""

    tactics: int = DEFAULT_TACTICS
    """Tactics that an attempt may run, on average; promising theorems get more."""
    seconds: float = DEFAULT_ATTEMPT_S
    """Time limit of an attempt, in seconds."""
    temperatures: Temperatures = field(default_factory=Temperatures)
    """The temperatures of further tries."""

    def requests(
        self, queue: Sequence[QueuedTheorem], chances: Mapping[str, float], results: Mapping[float, SuccessRecord]
    ) -> list[AttemptRequest]:
        """Returns an attempt for each theorem of a repository's queue, in the same order, with seed 0.

        Args:
            chances: by the theorem's id as text, the chance that an attempt succeeds; see `success_chances`.
            results: by temperature, the results of earlier attempts.
        """
        if not queue:
            return []
        given = shares(chances, self.tactics * len(queue), max(1, self.tactics // MIN_SHARE_DIVISOR))
        temperatures = self.temperatures.choose([each.tried for each in queue], results)
        return [
            AttemptRequest(each.module, each.name, given[f"{each.theorem}"], temperature)
            for each, temperature in zip(queue, temperatures, strict=True)
        ]


def success_chances(
    queue: Sequence[QueuedTheorem], counted: Collection[AttemptCounts], proofs_known: int, now: float | None = None
) -> dict[str, float]:
    """Returns the chance that an attempt at each theorem of a repository's queue succeeds, by its id as text.

    Args:
        counted: the results of earlier attempts, of any repositories.
        proofs_known: the number of proofs that are known now.
        now: the time in seconds, on the database's clock; None where the result must not depend on a clock.
    """
    if not queue:
        return {}
    here = queue[0].repository
    own = {c.tried: SuccessRecord(c.attempts, c.proved, c.seconds) for c in counted if c.repository == here}
    return {
        f"{each.theorem}": prioritise(
            Candidate(
                each.theorem,
                each.tried,
                0.0 if now is None else now - each.tried_at,
                proofs_known - each.known_proofs,
                own.get(each.tried, SuccessRecord()),
            ),
            budget=DEFAULT_ATTEMPT_S,
        ).chance
        for each in queue
    }
