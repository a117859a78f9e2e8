"""Counts of generators' suggestions by goal shape. Changes nothing."""

from typing import Any

from sqlalchemy import Connection, func, select

from curriculum.database.tables import GeneratorCountRow

SuggestionCounts = dict[tuple[str, str], tuple[int, int, int]]
"""By goal shape and generator: the number of tactics that were run, that Lean accepted, and that stand in a proof."""


def suggestion_counts(connection: Connection, repository: int | None) -> tuple[SuggestionCounts, SuggestionCounts]:
    """Returns the counts of a repository, and those of all other repositories together."""
    table = GeneratorCountRow
    sums = func.sum(table.tried), func.sum(table.advanced), func.sum(table.used)
    grouped = select(table.shape, table.generator, *sums).group_by(table.shape, table.generator)

    def counts(condition: Any) -> SuggestionCounts:
        rows = connection.execute(grouped.where(condition))
        return {(shape, name): (int(tried), int(advanced), int(used)) for shape, name, tried, advanced, used in rows}

    return counts(table.repository_id == repository), counts(table.repository_id != repository)
