"""The scheduler's next decision, from the database: which theorem of all repositories to try."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from curriculum.database.database import Connection
from curriculum.database.theorem_queue import (
    NOTHING_EXCLUDED,
    AttemptCounts,
    QueuedTheorem,
    attempt_counts,
    candidates,
    proofs_known,
    queued_theorem,
)
from curriculum.scheduling import Candidate, PrioritisedCandidate, SuccessRecord, best, staleness

NOTHING = SuccessRecord()


def next_theorem(
    connection: Connection,
    now: float,
    budget: float,
    without: Collection[int] = (),
    among: Collection[int] | None = None,
    stale: float = 0.0,
    left: Mapping[int, Sequence[str]] = NOTHING_EXCLUDED,
) -> tuple[QueuedTheorem, PrioritisedCandidate] | None:
    """The theorem that is worth most per second now, and what it is worth; None where none waits.

    Args:
        now: on the database's clock.
        budget: seconds an attempt may take.
        without: repositories that cannot be worked on, by id: somebody else has them, or they do not build.
        among: the repositories that are worked on; None for all.
        stale: how much of a failure must be out of date, at least, for the theorem to be tried again.
        left: by repository, the names of theorems that are never tried, with `*` for any part.
    """
    known = proofs_known(connection)
    counted = attempt_counts(connection)
    own = {(each.repository, each.tried): SuccessRecord(each.attempts, each.proved, each.seconds) for each in counted}
    everywhere = _by_tries(counted)
    prospects = [
        Candidate(
            each.theorem,
            each.tried,
            now - each.tried_at,
            known - each.known_proofs,
            own.get((each.repository, each.tried), NOTHING),
            everywhere.get(each.tried, NOTHING),
        )
        for each in candidates(connection, left)
        if each.repository not in without and (among is None or each.repository in among)
    ]
    if stale:
        prospects = [p for p in prospects if p.tried == 0 or staleness(p.learnt_since, p.since_s) >= stale]
    chosen = best(prospects, budget)
    if chosen is None:
        return None
    found = queued_theorem(connection, chosen.prospect.theorem)
    return None if found is None else (found, chosen)


def _by_tries(counted: Iterable[AttemptCounts]) -> dict[int, SuccessRecord]:
    """What attempts came to in all repositories, by how often the theorem had been tried."""
    sums: dict[int, list[AttemptCounts]] = defaultdict(list)
    for each in counted:
        sums[each.tried].append(each)
    return {
        tried: SuccessRecord(sum(c.attempts for c in same), sum(c.proved for c in same), sum(c.seconds for c in same))
        for tried, same in sums.items()
    }
