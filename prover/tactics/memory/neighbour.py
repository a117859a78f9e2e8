"""Goals of known proofs with the tactics that were used on them, prepared for use on other goals.

Constants get their full names, so that they mean the same elsewhere; names of hypotheses become slots.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from prover.lean.traced import TracedModule, TracedStep
from prover.tactics.memory.goal_features import GoalFeatures, Local, features_of_text
from retrieval.lean_text import WORD

MAX_TACTIC_CHARACTERS = 1_200
MAX_PROOF_CHARACTERS = 12_000
MAX_BLOCK_TACTICS = 12
"""the maximum number of tactics that are remembered as one because they proved a goal together"""
FOCUSING = ("·", ".", "case ", "case' ", "next", "all_goals", "any_goals", "focus", "{", "<;>", "| ")
"""beginnings of tactics that only contain other tactics, often for goals that are not the first"""
SPLITTING = ("induction ", "cases ", "fun_induction ", "fun_cases ", "rcases ")
ASSERTING = re.compile(r"\A(have\b.*?:=\s*)by\s*\Z", re.DOTALL)
FORBIDDEN = ("sorry", "admit", "stop")
BINDING = re.compile(r"\A(intros?|rintro|obtain|rcases|funext|ext|rename_i|by_cases|have|let|set|generalize)\b")


@dataclass(frozen=True)
class Template:
    """A tactic, and the hypotheses of its original goal that it names."""

    text: str
    slots: tuple[Local, ...]
    """the hypotheses, in the order of their first use"""
    target: tuple[str, ...] = ()
    """the words of the original target, without names of variables"""


@dataclass(frozen=True)
class Neighbour:
    """A goal of a known proof, and the tactics that were used on it."""

    declaration: str
    """the full name of the theorem"""
    key: str
    """the key of the goal; equal for goals that differ only in the names of hypotheses"""
    bag: dict[int, float]
    """the features of the goal"""
    templates: tuple[Template, ...]
    """the tactics, the most literal first; never empty"""
    whole: Template | None = None
    """the whole proof, if this is its first goal"""


def neighbours_of_module(module: TracedModule) -> Iterator[Neighbour]:
    """Yields the goals of a module's proofs, in the order of its text."""
    steps = module.steps
    for number, step in enumerate(steps):
        features = features_of_text(step.before)
        texts = dict.fromkeys([*_block(steps, number), *literal_texts(steps, number)])
        templates = tuple(template(text, features) for text in texts if _usable_tactic(text))
        if templates:
            key = step.keys_before[0] if len(step.keys_before) == 1 else ""
            whole = None if (text := _whole(steps, number)) is None else template(text, features)
            yield Neighbour(step.declaration, key, features.bag, templates, whole)


def neighbours_of_found_proof(declaration: str, steps: Sequence[tuple[str, GoalFeatures, str]]) -> list[Neighbour]:
    """Returns the goals of a proof that the search has found. Its constants may mean something else elsewhere.

    Args:
        steps: for each goal its key, its features and the tactic used on it; parents before children, in order.
    """
    proof = "\n".join(tactic for _, _, tactic in steps)  # each acts on the first open goal
    found = []
    for number, (key, features, tactic) in enumerate(steps):
        whole = template(proof, features) if number == 0 and _usable_proof(proof) else None
        found.append(Neighbour(declaration, key, features.bag, (template(tactic, features),), whole))
    return found


def template(text: str, features: GoalFeatures) -> Template:
    """Returns a tactic with the hypotheses that it names as slots."""
    locals_ = {local.name: local for local in features.locals}
    used = dict.fromkeys(word[0].split(".", 1)[0] for word in WORD.finditer(text))
    return Template(text, tuple(locals_[name] for name in used if name in locals_), features.target)


def _usable_tactic(text: str) -> bool:
    return 0 < len(text) <= MAX_TACTIC_CHARACTERS and _has_no_forbidden_word(text)


def _usable_proof(proof: str) -> bool:
    return len(proof) <= MAX_PROOF_CHARACTERS and _has_no_forbidden_word(proof)


def _has_no_forbidden_word(text: str) -> bool:
    return not any(word[0] in FORBIDDEN for word in WORD.finditer(text))


def literal_texts(steps: Sequence[TracedStep], number: int) -> Iterator[str]:
    """Yields the tactic as it was written, and its beginning alone if it contains other tactics."""
    step = steps[number]
    if step.text.startswith(FOCUSING):
        return
    yield written(step)
    inner = _inner(steps, number)
    if inner is None:
        return
    if step.text.startswith(SPLITTING) and " with" in step.text:
        head = written(step, upto=step.start + len(step.text.split(" with", 1)[0].encode()))
        yield head.split(" with", 1)[0].rstrip()
    elif found := ASSERTING.match(written(step, upto=inner.start)):
        yield found[1] + "?_"


def _inner(steps: Sequence[TracedStep], number: int) -> TracedStep | None:
    """Returns the first tactic inside another, if there is one."""
    following = steps[number + 1] if number + 1 < len(steps) else None
    return following if following is not None and following.start < steps[number].stop else None


def _whole(steps: Sequence[TracedStep], number: int) -> str | None:
    """Returns the proof that begins with a tactic, if it is short enough."""
    first = steps[number]
    if first.depth or (number and steps[number - 1].declaration == first.declaration):
        return None
    text = "\n".join(written(step) for step in _proof_from(steps, number) if not step.depth)
    return text if _usable_proof(text) else None


def _proof_from(steps: Sequence[TracedStep], number: int) -> Iterator[TracedStep]:
    """Yields the steps of one proof from a given one on."""
    following = map(steps.__getitem__, range(number, len(steps)))
    return takewhile(lambda step: step.declaration == steps[number].declaration, following)


def _block(steps: Sequence[TracedStep], number: int) -> Iterator[str]:
    """Yields the tactic with those after it until its goals are proved, if these are few but several."""
    first = steps[number]
    block = [first]
    for step in islice(_proof_from(steps, number), 1, None):
        if not block[-1].after or step.depth < first.depth or len(block) > MAX_BLOCK_TACTICS:
            break
        if step.depth == first.depth:
            if step.before != block[-1].after:
                return
            block.append(step)
    if 1 < len(block) <= MAX_BLOCK_TACTICS and not block[-1].after:
        yield "\n".join(written(step) for step in block)


def written(step: TracedStep, upto: int | None = None) -> str:
    """Returns a tactic's text with the full names of constants, without common indentation."""
    text = step.text.encode()
    parts: list[bytes] = []
    done = step.start
    for use in step.premises:
        if use.start < done or (upto is not None and use.stop > upto):
            continue
        short = text[use.start - step.start : use.stop - step.start].decode()
        above = text[: use.start - step.start].rstrip()
        # a bar is followed by the name of a case, which has no full form
        if use.name.endswith("." + short) and not above.endswith((b".", b"|")):
            parts += [text[done - step.start : use.start - step.start], use.name.encode()]
            done = use.stop
    end = None if upto is None else upto - step.start
    parts.append(text[done - step.start : end])
    return _dedented(b"".join(parts).decode(errors="ignore").strip())


def _dedented(text: str) -> str:
    first, *rest = text.splitlines() or [""]
    indents = [len(line) - len(line.lstrip()) for line in rest if line.strip()]
    by = max(0, min(indents, default=0) - 2)
    return "\n".join([first.rstrip(), *(line[by:].rstrip() for line in rest if line.strip())])
