"""Rewrites a finished proof as a maintainer would write it; Lean runs the whole proof after every change.

First the proof is made shorter: tactics, lemmas and parts of `<;>` that it does not need are left out (delta debugging,
Zeller and Hildebrandt 2002, one element at a time). Then it gets the form that people give it: names at `intro`,
alternatives of `induction`, `simp only` with the lemmas that were used where a proof goes on after `simp`.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from prover.lean.session import Advanced, Session, State, TacticLimits
from prover.polish import edits
from prover.polish.block import Block, BlockEdit, Branch, Tactic, everywhere, lines, parse, text_of

POLISH_SECONDS = 5.0
"""The time limit for one proof."""
SIMPLIFIER = re.compile(r"(?P<name>simp|simp_all|dsimp)(?P<rest>(?: [^\n]*)?)\Z")
LIMITS = TacticLimits()


@dataclass
class Polisher:
    """Polishes the proof of one goal."""

    session: Session
    goal: State
    """The state that the proof starts from."""
    seconds: float = POLISH_SECONDS
    _tried: dict[str, bool] = field(default_factory=dict)
    _deadline: float = float("inf")

    def polished(self, script: Sequence[str]) -> tuple[str, ...]:
        """Returns a better form of a proof, or the proof itself if Lean accepts no other.

        Raises:
            LeanError: Lean does not answer.
        """
        self._deadline = time.monotonic() + self.seconds
        block = parse("\n".join(script))
        if not self._holds(block):
            return tuple(script)
        for edit in edits.SHORTENING:
            block = self._improved(block, edit)
        block = self._improved(self._simplified(self._introduced(block)), edits.structured)
        block = self._improved(self._improved(block, edits.without_tactic), edits.without_rename)
        return tuple(lines(block))

    def _improved(self, block: Block, edit: BlockEdit) -> Block:
        """Applies an edit wherever Lean accepts the result, until it changes nothing more."""
        while (better := next(filter(self._holds, everywhere(block, edit)), None)) is not None:
            block = better
        return block

    def _holds(self, block: Block) -> bool:
        """Returns whether a block proves the goal. After the time limit nothing does."""
        text = text_of(block)
        if text not in self._tried:
            if time.monotonic() > self._deadline:
                return False
            (outcome,) = self.session.run(self.goal, [text], LIMITS)
            self._tried[text] = isinstance(outcome, Advanced) and not outcome.states
        return self._tried[text]

    def _introduced(self, block: Block) -> Block:
        """Gives names to what `intros` introduces."""

        def edit(found: "PlacedTactic") -> Iterator[Block]:
            after = self._run(found.state, "intros")
            if after is not None and len(after) == 1:
                yield from edits.introduced(found.block, found.index, _new_names(found.state, after[0]))

        return self._edited(block, edit)

    def _simplified(self, block: Block) -> Block:
        """Replaces each simplifier that a proof goes on after by one that names the lemmas it used."""

        def edit(found: "PlacedTactic") -> Iterator[Block]:
            node = found.block[found.index]
            is_last = found.index == len(found.block) - 1
            text, combined, rest = node.text.partition(edits.COMBINED) if isinstance(node, Tactic) else ("", "", "")
            call = SIMPLIFIER.match(text)
            if call is None or call["rest"].startswith(" only") or (is_last and not combined):
                return
            (outcome,) = self.session.run(found.state, [f"{call['name']}?{call['rest']}"], LIMITS)
            if isinstance(outcome, Advanced) and outcome.replacement:
                new = Tactic(" ".join(outcome.replacement.split()) + combined + rest)
                yield (*found.block[: found.index], new, *found.block[found.index + 1 :])

        return self._edited(block, edit)

    def _edited(self, block: Block, edit: "PlaceEdit") -> Block:
        """Applies an edit that depends on the goal at a place, once at every place where Lean accepts the result."""
        done = 0
        while True:
            places = list(self._places(self.goal, block, lambda changed: changed))
            if done >= len(places):
                return block
            candidates = (places[done].whole(changed) for changed in edit(places[done]))
            block = next(filter(self._holds, candidates), block)
            done += 1

    def _places(self, state: State, block: Block, whole: "Whole") -> Iterator["PlacedTactic"]:
        """Yields each tactic with the goal that it runs on, as far as the tactics can be run one by one."""
        waiting = [state]
        for index, node in enumerate(block):
            if not waiting:
                return
            if isinstance(node, Branch):
                state = _chosen(waiting, node)
                waiting.remove(state)

                def nested(body: Block, index: int = index) -> Block:
                    return whole(edits.with_body(block, index, body))

                yield from self._places(state, node.body, nested)
                continue
            first, *rest = waiting
            yield PlacedTactic(first, block, index, whole)
            if edits.RENAME.match(node.text):
                continue  # the gateway has renamed already
            left = self._run(first, node.text)
            if left is None:
                return
            waiting = [*left, *rest]

    def _run(self, state: State, tactic: str) -> list[State] | None:
        if time.monotonic() > self._deadline:
            return None
        (outcome,) = self.session.run(state, [tactic], LIMITS)
        return list(outcome.states) if isinstance(outcome, Advanced) else None


@dataclass(frozen=True)
class PlacedTactic:
    """A tactic of a block at any depth."""

    state: State
    """The state that it runs on."""
    block: Block
    """The innermost block."""
    index: int
    """Its index in that block."""
    whole: "Whole"
    """Returns the whole proof in which another block replaces the innermost one."""


Whole = Callable[[Block], Block]
PlaceEdit = Callable[[PlacedTactic], Iterator[Block]]


def _new_names(before: State, after: State) -> tuple[str, ...]:
    old = before.goals[0].names
    return tuple(name for name in after.goals[0].names if name not in old)


def _chosen(waiting: Sequence[State], branch: Branch) -> State:
    """Returns the state that a branch is for: the one with its tag, or the first."""
    found = edits.CASE.match(branch.header)
    tagged = (state for state in waiting if found and state.goals[0].tag == found["tag"])
    return next(tagged, waiting[0])
