"""The generator that requests the next tactic from a language model."""

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
"""Returns premises for a goal of a theorem as prompts contain them, the most relevant first; see `premise_text`."""

CACHED_GOALS = 4096
"""the number of goals whose suggestions are cached"""
MAX_CONSECUTIVE_FAILURES = 3
"""the number of failures in a row after which a model is not used any more"""


@dataclass(frozen=True)
class RejectedAnswer:
    """An answer of a model that was not run."""

    text: str
    reason: str


class ModelTactics(Generator):
    """Proposes the tactics of a model. Goals that are known in advance are sent to it in batches.

    If the model fails, its suggestions are missing, and the search continues.
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
        """the latest answers that were not run"""
        self._note = note
        self._failures = 0
        self._lock = threading.Lock()

    def for_theorem(self, theorem: TheoremRef) -> "BoundModel":
        """Returns the generator bound to one theorem."""
        return BoundModel(self, theorem)

    def ask(self, theorem: TheoremRef, goals: Sequence[Goal]) -> list[list[Suggestion]]:
        """Returns suggestions for each goal, the most probable first; none if the model fails."""
        if self._failures >= MAX_CONSECUTIVE_FAILURES:
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
            last = self._failures == MAX_CONSECUTIVE_FAILURES
        self._note(f"{error}" + (" It is not asked any more." if last else ""))


class BoundModel(BoundGenerator):
    """The tactics of a model for one theorem. Suggestions are cached by goal."""

    name = ModelTactics.name

    def __init__(self, tactics: ModelTactics, theorem: TheoremRef) -> None:
        self._tactics = tactics
        self._theorem = theorem
        self._known: OrderedDict[tuple[str, tuple[str, ...]], list[Suggestion]] = OrderedDict()

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the tactics of the model for a goal."""
        self.prefetch([goal])
        return self._known[_identity(goal)]

    def prefetch(self, goals: Sequence[Goal]) -> None:
        """Requests suggestions for all new goals in one batch."""
        new = {key: goal for goal in goals if (key := _identity(goal)) not in self._known}
        if not new:
            return
        for key, suggestions in zip(new, self._tactics.ask(self._theorem, list(new.values())), strict=True):
            self._known[key] = suggestions
        while len(self._known) > max(CACHED_GOALS, len(new)):
            self._known.popitem(last=False)


def _identity(goal: Goal) -> tuple[str, tuple[str, ...]]:
    """Returns the key of a goal's prompt: the goal and the names of its hypotheses."""
    return goal.key, goal.names
