"""The generator that asks a language model for the next tactic."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from prover.errors import ModelError
from prover.lean.protocol import Goal
from prover.tactics.generator import BoundGenerator, Generator, Suggestion, TheoremRef
from prover.tactics.language.formats import PromptFields, PromptFormat, state_text
from prover.tactics.language.model import Completion, Decoding, LanguageModel
from prover.tactics.language.rejection import in_code_block, rejection_reason

FindPremises = Callable[[TheoremRef, Goal], Sequence[str]]
"""premises for a goal of a theorem as prompts have them, the most relevant first; see `formats.premise_text`"""

REMEMBERED = 4096
"""goals whose suggestions are kept"""
FAILURES = 3
"""times in a row that a model may fail before it is not asked any more"""


@dataclass(frozen=True)
class RejectedAnswer:
    """What a model said that was not shown to Lean."""

    text: str
    reason: str


class ModelTactics(Generator):
    """Proposes what a model says. It is asked about several goals at once where they are known in time.

    A model that fails costs its suggestions, not the search.
    """

    name = "model"

    def __init__(
        self,
        model: LanguageModel,
        format: PromptFormat,
        decoding: Decoding | None = None,
        premises: FindPremises | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.model = model
        self.format = format
        decoding = decoding or Decoding()
        stops = tuple(dict.fromkeys([*decoding.stops, *format.stops]))
        self.decoding = replace(decoding, stops=stops, tokens=min(decoding.tokens, format.answer_tokens))
        self.premises = premises
        self.refused: list[RejectedAnswer] = []
        """the latest of what was not shown to Lean"""
        self._note = note
        self._failures = 0
        self._lock = threading.Lock()

    def for_theorem(self, theorem: TheoremRef) -> "BoundModel":
        """Returns the generator for one theorem."""
        return BoundModel(self, theorem)

    def ask(self, theorem: TheoremRef, goals: Sequence[Goal]) -> list[list[Suggestion]]:
        """Suggestions for each goal, the most probable first; none where the model fails."""
        if self._failures >= FAILURES:
            return [[] for _ in goals]
        prompts = [self.format.prompt(self._asked(theorem, goal)) for goal in goals]
        try:
            answers = self.model.complete(prompts, self.decoding)
        except ModelError as error:
            self._failed(error)
            return [[] for _ in goals]
        self._failures = 0
        return [self._suggestions(answer) for answer in answers]

    def _asked(self, theorem: TheoremRef, goal: Goal) -> PromptFields:
        wanted = self.premises is not None and self.format.wants_premises
        premises = tuple(self.premises(theorem, goal)) if self.premises is not None and wanted else ()
        return PromptFields(state=state_text(goal), declaration=theorem.name, premises=premises)

    def _suggestions(self, answer: Sequence[Completion]) -> list[Suggestion]:
        found: dict[str, float] = {}
        for completion in answer:
            tactic = self._tactic(completion.text)
            reason = rejection_reason(tactic) if completion.finished else "not finished"
            if reason is not None:
                with self._lock:
                    self.refused = [*self.refused[-99:], RejectedAnswer(completion.text[:200], reason)]
                continue
            found[tactic] = max(completion.log_probability, found.get(tactic, completion.log_probability))
        return [Suggestion(tactic, score) for tactic, score in sorted(found.items(), key=lambda pair: -pair[1])]

    def _tactic(self, text: str) -> str:
        if self.model.kind == "chat":
            text = in_code_block(text)
        return "\n".join(line.rstrip() for line in self.format.answer(text).splitlines()).strip()

    def _failed(self, error: ModelError) -> None:
        with self._lock:
            self._failures += 1
            last = self._failures == FAILURES
        self._note(f"{error}" + (" It is not asked any more." if last else ""))


class BoundModel(BoundGenerator):
    """A model's tactics for one theorem. Suggestions are remembered by goal."""

    name = ModelTactics.name

    def __init__(self, tactics: ModelTactics, theorem: TheoremRef) -> None:
        self._tactics = tactics
        self._theorem = theorem
        self._known: OrderedDict[tuple[str, tuple[str, ...]], list[Suggestion]] = OrderedDict()

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """What the model says of a goal."""
        self.prefetch([goal])
        return self._known[_identity(goal)]

    def prefetch(self, goals: Sequence[Goal]) -> None:
        """Asks about goals that are likely to come, all at once."""
        new = {key: goal for goal in goals if (key := _identity(goal)) not in self._known}
        if not new:
            return
        for key, suggestions in zip(new, self._tactics.ask(self._theorem, list(new.values())), strict=True):
            self._known[key] = suggestions
        while len(self._known) > max(REMEMBERED, len(new)):
            self._known.popitem(last=False)


def _identity(goal: Goal) -> tuple[str, tuple[str, ...]]:
    """Goals that a model sees alike: the same one, with the same names."""
    return goal.key, goal.names
