"""Reads goals as Lean prints them, for programs that send nothing else.

What only Lean knows of a goal is missing then: the heads of its types, definitions and lemmas in scope. So suggestions
for such a goal are fewer than for one that the gateway has sent.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence

from prover.lean.protocol import Goal, Hypothesis

TURNSTILE = "⊢ "
CASE = "case "
MAX_CHARACTERS = 50_000
_HYPOTHESIS = re.compile(r"(?P<names>[^:]+?) : (?P<type>.*)", re.DOTALL)


def goals_in(text: str) -> tuple[Goal, ...]:
    """Returns the goals in a text, in its order; none if it has no `⊢`."""
    return tuple(_goals(text[:MAX_CHARACTERS].split("\n")))


def _goals(lines: Sequence[str]) -> Iterator[Goal]:
    above: list[str] = []
    target: list[str] | None = None
    for line in (*lines, ""):
        if target is not None and line[:1].isspace() and line.strip():
            target.append(line)
            continue
        if target is not None:
            yield _goal(above, "\n".join(target))
            above, target = [], None
        if line.startswith(TURNSTILE):
            target = [line.removeprefix(TURNSTILE)]
        elif line[:1].isspace() and above:
            above[-1] += f"\n{line}"
        elif line.strip():
            above.append(line)


def _goal(above: Sequence[str], target: str) -> Goal:
    tag = next((line.removeprefix(CASE).strip() for line in above if line.startswith(CASE)), "")
    hypotheses = tuple(_hypotheses(line for line in above if not line.startswith(CASE)))
    digest = hashlib.sha256("\n".join([*above, target]).encode()).hexdigest()[:16]
    names = tuple(hypothesis.name for hypothesis in hypotheses)
    return Goal(f"{digest}:{len(names)}", names, target=target, tag=tag, hypotheses=hypotheses)


def _hypotheses(lines: Iterator[str]) -> Iterator[Hypothesis]:
    for line in lines:
        if match := _HYPOTHESIS.fullmatch(line):
            kind, _, value = match["type"].partition(" := ")
            for name in match["names"].split():
                yield Hypothesis(name, kind, head="", let=bool(value))
