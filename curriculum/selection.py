"""Selects the theorem to attempt next, of all repositories in the database."""

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

NO_ATTEMPTS = SuccessRecord()


def next_theorem(
    connection: Connection,
    now: float,
    budget: float,
    without: Collection[int] = (),
    among: Collection[int] | None = None,
    stale: float = 0.0,
    excluded: Mapping[int, Sequence[str]] = NOTHING_EXCLUDED,
) -> tuple[QueuedTheorem, PrioritisedCandidate] | None:
    """Returns the theorem with the most expected proofs per second, with its priority; None if the queue is empty.

    Args:
        now: the time in seconds, on the database's clock.
        budget: the time limit of an attempt, in seconds.
        without: the ids of repositories that cannot be worked on: another process has them, or they do not build.
        among: the ids of the repositories that are worked on; None for all.
        stale: how much of a failure must be out of date, at least, for a theorem to be tried again.
        excluded: by repository, the names of theorems that are never attempted, with `*` for any part.
    """
    known = proofs_known(connection)
    counted = attempt_counts(connection)
    own = {(each.repository, each.tried): SuccessRecord(each.attempts, each.proved, each.seconds) for each in counted}
    everywhere = _by_tries(counted)
    options = [
        Candidate(
            each.theorem,
            each.tried,
            now - each.tried_at,
            known - each.known_proofs,
            own.get((each.repository, each.tried), NO_ATTEMPTS),
            everywhere.get(each.tried, NO_ATTEMPTS),
        )
        for each in candidates(connection, excluded)
        if each.repository not in without and (among is None or each.repository in among)
    ]
    if stale:
        options = [p for p in options if p.tried == 0 or staleness(p.learned_since, p.since_s) >= stale]
    chosen = best(options, budget)
    if chosen is None:
        return None
    found = queued_theorem(connection, chosen.candidate.theorem)
    return None if found is None else (found, chosen)


def _by_tries(counted: Iterable[AttemptCounts]) -> dict[int, SuccessRecord]:
    """Returns the results of attempts in all repositories, by the number of earlier tries."""
    sums: dict[int, list[AttemptCounts]] = defaultdict(list)
    for each in counted:
        sums[each.tried].append(each)
    return {
        tried: SuccessRecord(sum(c.attempts for c in same), sum(c.proved for c in same), sum(c.seconds for c in same))
        for tried, same in sums.items()
    }
