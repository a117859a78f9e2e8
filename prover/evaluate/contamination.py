"""Contamination: the overlap of a benchmark's statements with training data or memory.

There are four degrees, of which the closest counts: *exact* (equal up to the name and white space), *renamed* (equal
up to the names of variables and hypotheses), *near* (most n-grams of five tokens occur in one known statement), and
*none*. The comparison uses the text, so that it includes statements that do not elaborate here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from prover.evaluate.commands import tokens
from prover.evaluate.markdown import heading, percent, table
from prover.evaluate.results import Run
from prover.evaluate.statistics import wilson

Degree = Literal["exact", "renamed", "near", "none"]
DEGREES: tuple[Degree, ...] = ("exact", "renamed", "near", "none")
NGRAM_TOKENS = 5
"""The number of tokens in an n-gram."""
NEAR_SHARE = 0.8
"""The share of a statement's n-grams that one known statement must contain."""
OPENING_WORDS = ("∀", "∃", "λ", "fun", "∑", "∏", "∃!")
ENDS_BINDERS = (":", ",", "=>", "↦", "∈", "<", ">", "≤", "≥")


@dataclass(frozen=True)
class Overlap:
    """The overlap of a statement with known ones."""

    degree: Degree
    seen_in: str = ""
    """The closest known statement."""
    share: float = 0.0
    """The share of its n-grams that occur there."""


@dataclass
class StatementIndex:
    """An index of known statements."""

    _exact: dict[tuple[str, ...], str] = field(default_factory=dict)
    _renamed: dict[tuple[str, ...], str] = field(default_factory=dict)
    _runs: dict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, name: str, statement: str) -> None:
        """Adds a statement."""
        words = _words(statement)
        renamed = _canonical(words)
        self._exact.setdefault(words, name)
        self._renamed.setdefault(renamed, name)
        for run in _runs(renamed):
            self._runs[run].add(name)

    def overlap(self, statement: str) -> Overlap:
        """Returns the overlap of a statement with the known ones."""
        words = _words(statement)
        renamed = _canonical(words)
        if (name := self._exact.get(words)) is not None:
            return Overlap("exact", name, 1.0)
        if (name := self._renamed.get(renamed)) is not None:
            return Overlap("renamed", name, 1.0)
        runs = set(_runs(renamed))
        common = Counter(name for run in runs for name in self._runs.get(run, ()))
        if not common:
            return Overlap("none")
        name, count = min(common.items(), key=lambda pair: (-pair[1], pair[0]))
        share = count / len(runs)
        return Overlap("near" if share >= NEAR_SHARE else "none", name, share)


def corpus_of(statements: Iterable[tuple[str, str]]) -> StatementIndex:
    """Returns an index of statements, given with their names."""
    corpus = StatementIndex()
    for name, statement in statements:
        corpus.add(name, statement)
    return corpus


def contamination_section(run: Run, overlaps: Mapping[str, Overlap], known: str) -> str:
    """Returns the results by degree of overlap, as a section of a report.

    Args:
        known: A description of the statements that were compared with.
    """
    return "\n".join(_lines(run, overlaps, known))


def _lines(run: Run, overlaps: Mapping[str, Overlap], known: str) -> Iterator[str]:
    runnable = run.runnable()
    proved, tried = ({s: found(s) for s in run.systems} for found in (run.proved, run.tried))
    yield heading(run, "Contamination")
    yield ""
    yield f"Each statement beside {known}: the same, the same up to names, nearly the same, or none of these."
    yield ""
    rows = []
    for degree in DEGREES:
        all_ = [problem.name for problem in run.problems if overlaps[problem.name].degree == degree]
        names = [name for name in runnable if overlaps[name].degree == degree]
        counted = {system: tried[system].intersection(names) for system in run.systems}
        shares = [_share(proved[system], counted[system]) for system in run.systems]
        rows.append([degree, len(all_), len(names), *shares])
    yield from table(["overlap", "all", "runnable", *(f"{system} proved" for system in run.systems)], rows)
    seen = [(p.name, overlaps[p.name]) for p in run.problems if overlaps[p.name].degree != "none"]
    if seen:
        yield ""
        yield from table(["problem", "overlap", "seen in"], [[name, o.degree, o.seen_in] for name, o in seen])


def _share(proved: set[str], tried: set[str]) -> str:
    """Returns the share of the problems tried that are proved; empty if none was tried."""
    return percent(wilson(len(proved & tried), len(tried))) if tried else ""


def _words(statement: str) -> tuple[str, ...]:
    """Returns the tokens of a statement, without its keyword and name."""
    found = [token.text for token in tokens(statement) if token.kind != "comment" and token.text.strip()]
    if found and found[0] in ("theorem", "lemma"):
        found = found[2:]
        while found and found[0] == ".":  # the rest of a name with dots in it
            found = found[2:]
    return tuple(found)


def _canonical(words: Sequence[str]) -> tuple[str, ...]:
    """Returns the tokens with every bound name replaced by the number of its first binding."""
    names = dict.fromkeys(_bound(words))
    numbers = {name: f"#{number}" for number, name in enumerate(names)}
    return tuple(numbers.get(word, word) for word in words)


def _bound(words: Sequence[str]) -> Iterator[str]:
    """Returns the bound names: those before the colon of a group in brackets, or after a quantifier."""
    for place, word in enumerate(words):
        if word not in (*OPENING_WORDS, "(", "{", "⦃", "["):
            continue
        group: list[str] = []
        for following in words[place + 1 :]:
            if following in ENDS_BINDERS:
                if following == ":" or word in OPENING_WORDS:
                    yield from group
                break
            if not _is_name(following):
                break
            group.append(following)


def _is_name(word: str) -> bool:
    return word[0].isalpha() or word[0] == "_"


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if len(words) <= NGRAM_TOKENS:
        yield tuple(words)
    for start in range(len(words) - NGRAM_TOKENS):
        yield tuple(words[start : start + NGRAM_TOKENS])
