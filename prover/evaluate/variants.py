"""Robustness: variants of the same theorems that are not harder for a mathematician.

This follows UGMathBench (Xu et al. 2025), GSM-Symbolic (Mirzadeh et al. 2024) and DynaMath (Zou et al. 2024), which
vary problems and count those that are solved in every version. There are three variants of a statement, made from its
text: with renamed binders (pairs whose elaborated statements have different keys do not count), with independent
hypotheses in another order, and with an additional irrelevant hypothesis.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from prover.evaluate.commands import Token, tokens
from prover.evaluate.markdown import heading, percent, table
from prover.evaluate.problem import Benchmark, WrittenProblem
from prover.evaluate.results import VARIANT_SEPARATOR, Run
from prover.evaluate.statistics import wilson

OPENING, CLOSING = ("(", "{", "⦃", "["), (")", "}", "⦄", "]")
RENAMED, PERMUTED, IRRELEVANT = "renamed", "permuted", "irrelevant"
WAYS = (RENAMED, PERMUTED, IRRELEVANT)


@dataclass(frozen=True)
class Parts:
    """A statement, split into its parts."""

    opening: str
    """The keyword and the name."""
    binders: tuple[tuple[Token, ...], ...]
    """The groups of binders, with their brackets."""
    rest: tuple[Token, ...]
    """The text from the colon on."""

    def words(self) -> set[str]:
        """Returns every name in binders and conclusion, without field projections."""
        return {_head(token) for part in (*self.binders, self.rest) for token in part}


def with_variants(benchmark: Benchmark) -> Benchmark:
    """Returns the benchmark with the variants of each problem that has a text after it, named `NAME~WAY`."""
    problems = []
    for problem in benchmark.problems:
        problems.append(problem)
        if isinstance(problem, WrittenProblem):
            found = variants(problem.statement)
            problems += [
                replace(problem, name=f"{problem.name}{VARIANT_SEPARATOR}{way}", statement=s) for way, s in found
            ]
    return replace(benchmark, problems=tuple(problems))


def variants(statement: str) -> Iterator[tuple[str, str]]:
    """Returns the possible variants of a statement, each with its kind."""
    parts = taken_apart(statement)
    if parts is None or not parts.binders:
        return
    yield RENAMED, _renamed(parts)
    if (other := _permuted(parts)) is not None:
        yield PERMUTED, other
    number, fact = _fresh(parts, "spare"), _fresh(parts, "aside")
    yield IRRELEVANT, _said(parts, [*map(_text, parts.binders), f"({number} : Nat) ({fact} : 3 < {number})"])


def taken_apart(statement: str) -> Parts | None:
    """Returns the parts of a statement; None if it has binders without brackets, or no colon."""
    found = list(tokens(statement))
    groups: list[tuple[Token, ...]] = []
    begun = next((i for i, t in enumerate(found) if t.depth == 0 and (t.text in OPENING or t.text == ":")), None)
    if begun is None:
        return None
    at = begun
    while at < len(found):
        token = found[at]
        if token.depth == 0 and token.text == ":":
            return Parts(_text(found[:begun]), tuple(groups), tuple(found[at:]))
        if token.text in OPENING:
            end = next((i for i in range(at + 1, len(found)) if found[i].depth == 0 and found[i].text in CLOSING), None)
            if end is None:
                return None
            groups.append(tuple(found[at : end + 1]))
            at = end
        elif token.text.strip() and token.kind != "comment":
            return None
        at += 1
    return None


def _bound(group: Sequence[Token]) -> list[str]:
    """Returns the names that a group binds; none for instances."""
    if group[0].text == "[":
        return []
    names: list[str] = []
    for token in group[1:]:
        if token.text == ":":
            return names
        if token.text.strip() and token.kind != "comment":
            names.append(token.text)
    return []


def _renamed(parts: Parts) -> str:
    names = dict.fromkeys(name for group in parts.binders for name in _bound(group))
    new = dict(zip(names, _numbered(parts, len(names)), strict=True))

    def said(part: Sequence[Token]) -> str:
        return "".join(new.get(head := _head(token), head) + token.text.removeprefix(head) for token in part)

    return _said(parts, [said(group) for group in parts.binders], said(parts.rest))


def _head(token: Token) -> str:
    """Returns the token without field projections: `x` for `x.den`."""
    return token.text.partition(".")[0] if token.kind == "word" else token.text


def _numbered(parts: Parts, count: int) -> list[str]:
    taken = parts.words()
    names = (f"w{number}" for number in range(1, count + len(taken) + 1))
    return [name for name in names if name not in taken][:count]


def _permuted(parts: Parts) -> str | None:
    """Returns the binders with those to which nothing refers moved to the end, in reverse order."""
    free = [group for group in parts.binders if _referred_to(group, parts) is False]
    if len(free) < 2:
        return None
    others = [group for group in parts.binders if group not in free]
    return _said(parts, [*map(_text, others), *map(_text, reversed(free))])


def _referred_to(group: tuple[Token, ...], parts: Parts) -> bool | None:
    """Returns whether the name of a group occurs elsewhere; None for a group that does not bind exactly one name."""
    names = _bound(group)
    if len(names) != 1:
        return None
    elsewhere = (part for part in (*parts.binders, parts.rest) if part is not group)
    return any(_head(token) == names[0] for part in elsewhere for token in part)


def _fresh(parts: Parts, base: str) -> str:
    taken = parts.words()
    return base if base not in taken else next(n for i in range(len(taken) + 1) if (n := f"{base}{i}") not in taken)


def _said(parts: Parts, binders: Sequence[str], rest: str | None = None) -> str:
    return " ".join([parts.opening.rstrip(), *binders, rest if rest is not None else _text(parts.rest)])


def _text(part: Sequence[Token]) -> str:
    return "".join(token.text for token in part)


def robustness_section(run: Run) -> str:
    """Returns the results of the variants, as a section of a report; empty for a run without variants."""
    return "\n".join(_lines(run.varied)) if run.varied is not None else ""


def _lines(run: Run) -> Iterator[str]:
    whole = complete(run)
    yield heading(run, "Robustness")
    yield ""
    yield (
        f"{len(whole)} theorems that run here in every version: as they are, with binders renamed, with independent "
        "hypotheses in another order, with a hypothesis that has nothing to do with them. Those that a system has not "
        "tried in every version are left out of its row. *All* counts those that are proved in every version; *gap* is "
        "the average less that (UGMathBench's reasoning gap)."
    )
    yield ""
    rows = []
    for system in run.systems:
        proved, tried = run.proved(system), run.tried(system)
        families = [family for family in whole if tried.issuperset(family)]
        shares = [_share([n in proved for family in families for n in family if _way(n) == w]) for w in ("", *WAYS)]
        average = fmean(fmean(n in proved for n in family) for family in families) if families else 0.0
        every = wilson(sum(all(n in proved for n in family) for family in families), len(families))
        rows.append([system, *shares, f"{average:.1%}", percent(every), f"{average - every.estimate:.1%}"])
    yield from table(["system", "as they are", *WAYS, "average", "all", "gap"], rows)


def complete(run: Run) -> list[tuple[str, ...]]:
    """Returns the problems whose variants all run here and have the same meaning."""
    members: dict[str, list[str]] = {}
    for problem in run.problems:
        members.setdefault(problem.name.partition(VARIANT_SEPARATOR)[0], []).append(problem.name)
    return [tuple(names) for names in members.values() if len(names) > 1 and _counts(run, names)]


def _counts(run: Run, names: Sequence[str]) -> bool:
    lines = [run.survey.get(name) for name in names]
    if any(line is None or line.status != "runnable" for line in lines):
        return False
    keys = {_way(line.problem): line.key for line in lines if line is not None}
    return keys.get(RENAMED, keys[""]) == keys[""]


def _way(name: str) -> str:
    return name.partition(VARIANT_SEPARATOR)[2]


def _share(outcomes: Sequence[bool]) -> str:
    return f"{fmean(outcomes):.1%}" if outcomes else ""
