"""What a traced or found proof teaches: on a goal like this one, this tactic, or this proof; made fit for other goals.

Constants get their full names, so that they mean the same elsewhere; names of hypotheses become slots.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from prover.lean.traced import TracedModule, TracedStep
from prover.tactics.memory.goal_features import GoalFeatures, Local, features_of_text
from retrieval.lean_text import WORD

LONGEST = 1_200
"""characters of a tactic that is worth trying again"""
LONGEST_PROOF = 12_000
"""characters of a whole proof that is worth following"""
LONGEST_BLOCK = 12
"""tactics that are tried as one where they proved a goal together"""
FOCUSING = ("·", ".", "case ", "case' ", "next", "all_goals", "any_goals", "focus", "{", "<;>", "| ")
"""tactics whose work is done by those inside them, on goals that are not the first"""
SPLITTING = ("induction ", "cases ", "fun_induction ", "fun_cases ", "rcases ")
ASSERTING = re.compile(r"\A(have\b.*?:=\s*)by\s*\Z", re.DOTALL)
FORBIDDEN = ("sorry", "admit", "stop")
BINDING = re.compile(r"\A(intros?|rintro|obtain|rcases|funext|ext|rename_i|by_cases|have|let|set|generalize)\b")


@dataclass(frozen=True)
class Template:
    """A tactic, and the hypotheses of its own goal that it names."""

    text: str
    slots: tuple[Local, ...]
    """in the order of their first use"""
    target: tuple[str, ...] = ()
    """the words of what it was used on, without names"""


@dataclass(frozen=True)
class Neighbour:
    """A goal that was met in a proof, and what was done."""

    declaration: str
    """the full name of what was being proved"""
    key: str
    """of the goal; equal for goals that differ in hypothesis names only"""
    bag: dict[int, float]
    """the features of the goal"""
    templates: tuple[Template, ...]
    """the most literal first; never empty"""
    whole: Template | None = None
    """all of the proof, where this is its first goal"""


def neighbours_of_module(module: TracedModule) -> Iterator[Neighbour]:
    """What the proofs of a module teach, in the order of its text."""
    steps = module.steps
    for number, step in enumerate(steps):
        sketch = features_of_text(step.before)
        texts = dict.fromkeys([*_block(steps, number), *literal_texts(steps, number)])
        templates = tuple(template(text, sketch) for text in texts if _fit(text))
        if templates:
            key = step.keys_before[0] if len(step.keys_before) == 1 else ""
            whole = None if (text := _whole(steps, number)) is None else template(text, sketch)
            yield Neighbour(step.declaration, key, sketch.bag, templates, whole)


def neighbours_of_found_proof(declaration: str, steps: Sequence[tuple[str, GoalFeatures, str]]) -> list[Neighbour]:
    """What a proof teaches that the search has found; its constants mean the same elsewhere, or do not.

    Args:
        steps: each goal's key, the goal, and the tactic used on it; parents before children, these in order.
    """
    proof = "\n".join(tactic for _, _, tactic in steps)  # each acts on the first goal that is left
    found = []
    for number, (key, sketch, tactic) in enumerate(steps):
        whole = template(proof, sketch) if number == 0 and _followable(proof) else None
        found.append(Neighbour(declaration, key, sketch.bag, (template(tactic, sketch),), whole))
    return found


def template(text: str, sketch: GoalFeatures) -> Template:
    """A tactic with the hypotheses that it names as slots."""
    locals_ = {local.name: local for local in sketch.locals}
    used = dict.fromkeys(word[0].split(".", 1)[0] for word in WORD.finditer(text))
    return Template(text, tuple(locals_[name] for name in used if name in locals_), sketch.target)


def _fit(text: str) -> bool:
    return 0 < len(text) <= LONGEST and _sound(text)


def _followable(proof: str) -> bool:
    return len(proof) <= LONGEST_PROOF and _sound(proof)


def _sound(text: str) -> bool:
    return not any(word[0] in FORBIDDEN for word in WORD.finditer(text))


def literal_texts(steps: Sequence[TracedStep], number: int) -> Iterator[str]:
    """The tactic as it was written, and its beginning alone where others stand in it."""
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
    """The first tactic that stands inside another."""
    following = steps[number + 1] if number + 1 < len(steps) else None
    return following if following is not None and following.start < steps[number].stop else None


def _whole(steps: Sequence[TracedStep], number: int) -> str | None:
    """The proof that a tactic is the first of, where it is not too long."""
    first = steps[number]
    if first.depth or (number and steps[number - 1].declaration == first.declaration):
        return None
    text = "\n".join(written(step) for step in _onwards(steps, number) if not step.depth)
    return text if _followable(text) else None


def _onwards(steps: Sequence[TracedStep], number: int) -> Iterator[TracedStep]:
    """The steps of one proof, from one of them on."""
    following = map(steps.__getitem__, range(number, len(steps)))
    return takewhile(lambda step: step.declaration == steps[number].declaration, following)


def _block(steps: Sequence[TracedStep], number: int) -> Iterator[str]:
    """This tactic with those that follow it up to where its goals are proved, where they are few but not one."""
    first = steps[number]
    block = [first]
    for step in islice(_onwards(steps, number), 1, None):
        if not block[-1].after or step.depth < first.depth or len(block) > LONGEST_BLOCK:
            break
        if step.depth == first.depth:
            if step.before != block[-1].after:
                return
            block.append(step)
    if 1 < len(block) <= LONGEST_BLOCK and not block[-1].after:
        yield "\n".join(written(step) for step in block)


def written(step: TracedStep, upto: int | None = None) -> str:
    """A tactic's text with constants by their full names, its lines moved to the left together."""
    text = step.text.encode()
    parts: list[bytes] = []
    done = step.start
    for use in step.premises:
        if use.start < done or (upto is not None and use.stop > upto):
            continue
        short = text[use.start - step.start : use.stop - step.start].decode()
        above = text[: use.start - step.start].rstrip()
        # after a bar stands the name of a case, which has no full form
        if use.name.endswith("." + short) and not above.endswith((b".", b"|")):
            parts += [text[done - step.start : use.start - step.start], use.name.encode()]
            done = use.stop
    end = None if upto is None else upto - step.start
    parts.append(text[done - step.start : end])
    return _moved_left(b"".join(parts).decode(errors="ignore").strip())


def _moved_left(text: str) -> str:
    first, *rest = text.splitlines() or [""]
    indents = [len(line) - len(line.lstrip()) for line in rest if line.strip()]
    by = max(0, min(indents, default=0) - 2)
    return "\n".join([first.rstrip(), *(line[by:].rstrip() for line in rest if line.strip())])
