"""How much of a benchmark was seen before: each statement beside what was trained on or remembered.

Four degrees, the closest counts: *exact* (the same text, its name and blanks aside), *renamed* (the same up
to the names of variables and hypotheses), *near* (most of its runs of five tokens occur together in one known
statement), *none*. Works on text, so that statements can be compared that do not elaborate here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from prover.evaluate.commands import tokens
from prover.evaluate.markdown import percent, table
from prover.evaluate.results import Run
from prover.evaluate.statistics import wilson

Degree = Literal["exact", "renamed", "near", "none"]
DEGREES: tuple[Degree, ...] = ("exact", "renamed", "near", "none")
RUN = 5
"""tokens in a run"""
NEAR = 0.8
"""the share of a statement's runs that one known statement must have"""
OPENING_WORDS = ("∀", "∃", "λ", "fun", "∑", "∏", "∃!")
ENDS_BINDERS = (":", ",", "=>", "↦", "∈", "<", ">", "≤", "≥")


@dataclass(frozen=True)
class Overlap:
    """What of a statement is known."""

    degree: Degree
    seen_in: str = ""
    """the known statement that is closest"""
    share: float = 0.0
    """of its runs of tokens that occur there"""


@dataclass
class Corpus:
    """Statements that are known, indexed."""

    _exact: dict[tuple[str, ...], str] = field(default_factory=dict)
    _renamed: dict[tuple[str, ...], str] = field(default_factory=dict)
    _runs: dict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, name: str, statement: str) -> None:
        """Takes in a statement."""
        words = _words(statement)
        renamed = _canonical(words)
        self._exact.setdefault(words, name)
        self._renamed.setdefault(renamed, name)
        for run in _runs(renamed):
            self._runs[run].add(name)

    def overlap(self, statement: str) -> Overlap:
        """How much of a statement is known."""
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
        return Overlap("near" if share >= NEAR else "none", name, share)


def corpus_of(statements: Iterable[tuple[str, str]]) -> Corpus:
    """A corpus of names and statements."""
    corpus = Corpus()
    for name, statement in statements:
        corpus.add(name, statement)
    return corpus


def contamination_section(run: Run, overlaps: Mapping[str, Overlap], known: str) -> str:
    """Results split by overlap, as a section of a report.

    Args:
        known: what the statements were compared with, in words.
    """
    return "\n".join(_lines(run, overlaps, known))


def _lines(run: Run, overlaps: Mapping[str, Overlap], known: str) -> Iterator[str]:
    runnable = [name for name, line in run.survey.items() if line.status == "runnable"]
    proved = {system: run.proved(system) for system in run.systems}
    yield "## Contamination"
    yield ""
    yield f"Each statement beside {known}: the same, the same up to names, nearly the same, or none of these."
    yield ""
    rows = []
    for degree in DEGREES:
        all_ = [problem.name for problem in run.problems if overlaps[problem.name].degree == degree]
        names = [name for name in runnable if overlaps[name].degree == degree]
        shares = [percent(wilson(len(proved[system].intersection(names)), len(names))) for system in run.systems]
        rows.append([degree, len(all_), len(names), *(shares if names else ["" for _ in shares])])
    yield from table(["overlap", "all", "runnable", *(f"{system} proved" for system in run.systems)], rows)
    seen = [(p.name, overlaps[p.name]) for p in run.problems if overlaps[p.name].degree != "none"]
    if seen:
        yield ""
        yield from table(["problem", "overlap", "seen in"], [[name, o.degree, o.seen_in] for name, o in seen])


def _words(statement: str) -> tuple[str, ...]:
    """The tokens of a statement, without its kind and name."""
    found = [token.text for token in tokens(statement) if token.kind != "comment" and token.text.strip()]
    if found and found[0] in ("theorem", "lemma"):
        found = found[2:]
        while found and found[0] == ".":  # the rest of a name with dots in it
            found = found[2:]
    return tuple(found)


def _canonical(words: Sequence[str]) -> tuple[str, ...]:
    """The tokens with every bound name replaced by the number of its first binding."""
    names = dict.fromkeys(_bound(words))
    numbers = {name: f"#{number}" for number, name in enumerate(names)}
    return tuple(numbers.get(word, word) for word in words)


def _bound(words: Sequence[str]) -> Iterator[str]:
    """Names that are bound: before the colon of a group in brackets, or after a quantifier."""
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
    if len(words) <= RUN:
        yield tuple(words)
    for start in range(len(words) - RUN):
        yield tuple(words[start : start + RUN])
