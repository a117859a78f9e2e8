"""Statistics of generators as a JSON value, so that a course can store the mixture that attempts start with."""

from collections.abc import Mapping
from typing import Any

from curriculum.lifelong.executor import SuggestionCounts


def statistics_record(statistics: tuple[SuggestionCounts, SuggestionCounts]) -> dict[str, Any]:
    """Returns statistics of a repository and of all others as a JSON object of sorted rows."""
    here, elsewhere = statistics
    return {"here": _rows(here), "elsewhere": _rows(elsewhere)}


def statistics_from(record: Mapping[str, Any] | None) -> tuple[SuggestionCounts, SuggestionCounts]:
    """Returns the statistics in a JSON object; empty ones for None."""
    return ({}, {}) if record is None else (_counts(record["here"]), _counts(record["elsewhere"]))


def _rows(counts: SuggestionCounts) -> list[list[Any]]:
    return [[shape, generator, *numbers] for (shape, generator), numbers in sorted(counts.items())]


def _counts(rows: list[list[Any]]) -> SuggestionCounts:
    return {(shape, generator): (tried, advanced, used) for shape, generator, tried, advanced, used in rows}
