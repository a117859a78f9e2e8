"""Retrieval-augmented generation: a language model gets retrieved premises with the goal, as in ReProver."""

from collections.abc import Callable, Sequence

from prover.lean.protocol import Goal
from prover.project.contents import FileContents
from prover.tactics.generator import TheoremRef
from prover.tactics.language.formats import PromptFormat, premise_text
from prover.tactics.language.model import Decoding, LanguageModel
from prover.tactics.language.model_tactics import FindPremises, ModelTactics
from prover.tactics.premises.premises import PremiseTactics


class RetrievalAugmentedTactics(ModelTactics):
    """Proposes tactics of a model that gets retrieved premises with the goal.

    It must read the files of theorems; in other files the model gets the goal alone.
    """

    reads_files = True

    def __init__(
        self,
        model: LanguageModel,
        format: PromptFormat,
        found: PremiseTactics,
        decoding: Decoding | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(model, format, decoding, premise_texts(found), note)
        self._found = found

    def read_file(self, file: FileContents) -> None:
        """See `Generator`."""
        self._found.read_file(file)


def premise_texts(found: PremiseTactics) -> FindPremises:
    """Returns what finds premises for a goal as prompts contain them."""

    def texts(theorem: TheoremRef, goal: Goal) -> Sequence[str]:
        return [premise_text(each.name, each.statement, each.kind) for each in found.relevant(theorem, goal)]

    return texts
