"""Finds the log of an attempt and returns its search tree as a value that can be written as JSON."""

from typing import TYPE_CHECKING, Any

from prover.app.environment import database
from prover.errors import UsageError
from prover.tactics.policy.log import ADVANCED, MalformedLog, SearchLog, unpacked

if TYPE_CHECKING:
    from curriculum.database.search_logs import SearchLogRecord


def replay(run: int | None, theorem: str | None) -> dict[str, Any]:
    """Returns the search tree of an attempt of a run.

    Args:
        run: the number of a run of `prover prove`; None for the last one that has logs.
        theorem: the full name of the theorem, or its last part; None if the run has one theorem only.

    Raises:
        UsageError: there is no such run or theorem, several fit, or the log is damaged.
        DatabaseError: the database cannot be read.
    """
    record = _record(run, theorem)
    try:
        log = unpacked(record.log)
    except MalformedLog as error:
        raise UsageError(f"The search for {record.theorem} in run {record.run} cannot be replayed: {error}.") from None
    place = {"repository": record.repository, "module": record.module, "theorem": record.theorem}
    return {"run": record.run, **place, **tree(log)}


def _record(run: int | None, theorem: str | None) -> "SearchLogRecord":
    from curriculum.database.run_proofs import run_exists
    from curriculum.database.search_logs import LogSelection, latest_logged_run, search_logs

    with database() as db, db.reading() as connection:
        run = latest_logged_run(connection) if run is None else run
        if run is None:
            raise UsageError("No run has logs of searches: prove something first.")
        records = list(search_logs(connection, LogSelection(runs=(run,))))
        known = run_exists(connection, run)
    if not records:
        why = "has no logs: they were pruned, or nothing was searched for" if known else "is not in the database"
        raise UsageError(f"Run {run} {why}; `prover prove` prints the number of each run at its end.")
    latest = {record.theorem: record for record in records}
    if theorem is None and len(latest) == 1:
        return next(iter(latest.values()))
    fitting = [name for name in latest if theorem is None or name == theorem or name.endswith(f".{theorem}")]
    if theorem in latest:
        fitting = [theorem]
    if len(fitting) == 1:
        return latest[fitting[0]]
    listed = ", ".join(sorted(fitting or latest)[:8]) + (", …" if len(fitting or latest) > 8 else "")
    if theorem is None:
        raise UsageError(f"Run {run} searched for several theorems, name one: {listed}.")
    raise UsageError(f"Run {run} searched for {'several such' if fitting else 'no'} {theorem}: name one of {listed}.")


def tree(log: SearchLog) -> dict[str, Any]:
    """Returns the goals and tactics of a log, and which goals are proved, failed or open."""
    proved = log.proved_goals()
    on_proof = {tried.goal for tried in log.trials if tried.used}
    possible = {tried.goal for tried in log.trials if tried.outcome == ADVANCED}
    runs = [0] * len(log.goals)
    for tried in log.trials:
        runs[tried.goal] += 1
    inner = {goal for tried in log.trials for state in tried.children for goal in state}

    def status(number: int) -> str:
        if number in proved:
            return "proved"
        suggested, _ = log.suggested.get(number, (1, 0.0))
        finished = not log.left_out and number in log.suggested and runs[number] >= suggested
        return "failed" if finished and number not in possible else "open"

    goals = [
        {
            "printed": goal.printed() if goal.target else "⊢ a goal that was printed before",
            "case": goal.tag,
            "status": status(number),
            "on_proof": number in on_proof,
            "suggested": log.suggested.get(number, (0, 0.0))[0],
        }
        for number, goal in enumerate(log.goals)
    ]
    tactics = [
        {
            "goal": tried.goal,
            "tactic": tried.replacement or tried.tactic,
            "outcome": tried.outcome,
            "milliseconds": round(tried.microseconds / 1000, 1),
            "prior": tried.prior,
            "sources": list(tried.sources),
            "children": [list(state) for state in tried.children],
            "used": tried.used,
            "proves": tried.outcome == ADVANCED and all(goal in proved for state in tried.children for goal in state),
        }
        for tried in log.trials
    ]
    roots = [number for number in range(len(goals)) if number not in inner] or [0]
    return {"proved": log.proved, "left_out": log.left_out, "roots": roots, "goals": goals, "tactics": tactics}
