"""Which option a misspelt one may have meant: one of the command that shares a word with it or means the same."""

from collections.abc import Iterable
from difflib import SequenceMatcher

import click

SAME: tuple[frozenset[str], ...] = (
    frozenset({"jobs", "workers", "threads", "processes", "parallel", "cores"}),
    frozenset({"timeout", "time", "seconds", "duration"}),
    frozenset({"out", "output", "directory", "dir"}),
    frozenset({"repo", "repository", "project"}),
    frozenset({"theorem", "name", "lemma", "declaration"}),
    frozenset({"sample", "samples", "limit", "count", "max"}),
)
"""Words that people use for the same thing."""
MIN_SHARED = 4
"""The number of letters at the beginning of two words that makes them the same word."""
MIN_RATIO = 0.82
"""The least similarity of two names, by `SequenceMatcher.ratio`, at which one may be the other misspelt."""
SHARE_OF_BEST = 0.75
"""The part of the greatest similarity below which an option is not suggested."""
MAX_SUGGESTED = 3


def with_related(error: click.NoSuchOption) -> click.NoSuchOption:
    """Returns the error with other suggestions than those that click chooses by letters alone."""
    context = error.ctx
    if context is None:
        return error
    options = [each for each in context.command.get_params(context) if isinstance(each, click.Option)]
    known = [name for option in options for name in (*option.opts, *option.secondary_opts) if name.startswith("--")]
    found = related(error.option_name, known)
    hint = f" Did you mean {' or '.join(found)}?" if found else ""
    return click.NoSuchOption(error.option_name, f"No such option {error.option_name}.{hint}", ctx=context)


def related(name: str, known: Iterable[str]) -> list[str]:
    """Returns the options that a name may stand for, the most similar first."""
    scored = [(_similarity(name, option), option) for option in dict.fromkeys(known)]
    best = max((score for score, _ in scored), default=0.0)
    found = [pair for pair in scored if pair[0] > 0 and pair[0] >= SHARE_OF_BEST * best]
    return [option for _, option in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:MAX_SUGGESTED]]


def _similarity(name: str, option: str) -> float:
    """Returns how similar two options are; 0 if they are not related."""
    ratio = SequenceMatcher(None, name, option).ratio()
    if ratio >= MIN_RATIO:
        return 1.0 + ratio
    pairs = [(one, other) for one in _words(name) for other in _words(option)]
    shared = sum(_same_word(one, other) for one, other in pairs)
    return shared / max(len(_words(name)), len(_words(option)))


def _words(option: str) -> list[str]:
    return option.strip("-").lower().replace("_", "-").split("-")


def _spells(word: str, group: frozenset[str]) -> bool:
    """Returns whether a word is one of a group, or nearly."""
    return any(SequenceMatcher(None, word, each).ratio() >= MIN_RATIO for each in group)


def _same_word(one: str, other: str) -> bool:
    if one == other or any(_spells(one, group) and other in group for group in SAME):
        return True
    return len(one) >= MIN_SHARED and len(other) >= MIN_SHARED and (one.startswith(other) or other.startswith(one))
