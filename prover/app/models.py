"""Language models as the user names them: loaded, and made into generators of tactics and of whole proofs."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from prover.app.environment import database, home, model_key, model_prices
from prover.errors import DatabaseError, ModelMissing, UsageError
from prover.progress import Reporter

if TYPE_CHECKING:
    from curriculum.database.models import ListedModel
    from prover.agent import Agent
    from prover.tactics.language.formats import PromptFormat
    from prover.tactics.language.model import LanguageModel
    from prover.tactics.language.model_tactics import ModelTactics
    from prover.tactics.language.transformer import Quantised
    from prover.tactics.language.whole_proofs import WholeProofWriter

Mode = Literal["tactics", "whole-proof", "both", "agent"]
"""A language model is asked for tactics, for whole proofs, for both, or in rounds with the search."""


@dataclass(frozen=True)
class ModelChoice:
    """A language model by name, and how it is asked."""

    name: str
    """a directory, a name on the hub, one of `prover models list`, or the URL of a server and a name there"""
    format: str | None = None
    """a prompt format's name, or a TOML file; None for the usual one of the model's kind"""
    samples: int = 8
    sampling: Literal["beam", "sample"] | None = None
    """None: beams where the model runs here"""
    temperature: float = 1.0
    device: str = "auto"
    quantised: "Quantised | None" = None
    offline: bool = False

    def open(self) -> "LanguageModel":
        """Returns the model, loaded, or a client of its server.

        Raises:
            ModelMissing: it cannot be loaded.
            UsageError: the URL is not one.
        """
        if self.name.startswith(("http://", "https://")):
            return self._server()
        from prover.tactics.language.transformer import Loading, load

        return load(self.location(), Loading(self.device, quantised=self.quantised, offline=self.offline))

    def location(self) -> str:
        """Returns the directory of the model, or its name on the hub.

        Raises:
            ModelMissing: it was trained here, and its files were removed.
        """
        directory = Path(self.name).expanduser()
        if directory.is_dir():
            return str(directory.resolve())
        known = self.registered()
        if known is not None and known.directory is None:
            raise ModelMissing(f"The files of the model {self.name} were removed: train it again.")
        return self.name if known is None or known.directory is None else known.directory

    def known_as(self) -> str:
        """Returns the name of the model in the database."""
        known = self.registered()
        return known.name if known is not None else self.name

    def registered(self) -> "ListedModel | None":
        """Returns the database's record of the model; None where there is none or the database fails."""
        from curriculum.database.models import model_in, model_named

        try:
            with database() as db, db.reading() as connection:
                directory = str(Path(self.name).expanduser().resolve())
                return model_named(connection, self.name) or model_in(connection, directory)
        except DatabaseError:
            return None

    def _server(self) -> "LanguageModel":
        from prover.tactics.language.server import Calling, Server, parse_address

        format = self._format()
        chat = format is None or "chat" in format.kinds
        price_in, price_out = model_prices()
        calling = Calling(
            "chat" if chat else "completion",
            price_in=price_in,
            price_out=price_out,
        )
        return Server(parse_address(self.name), calling, model_key())

    def tactics(self, model: "LanguageModel", reporter: Reporter) -> "ModelTactics":
        """Returns the generator that asks the model for tactics."""
        from prover.tactics.language.model import Decoding
        from prover.tactics.language.model_tactics import ModelTactics

        decoding = Decoding(self.samples, self.sampling or "beam", self.temperature)
        format = self.asking(model, "tactic")
        if not format.wants_premises:
            return ModelTactics(model, format, decoding, note=reporter.notify)
        from prover.app.assembly import retrieved_premises
        from prover.tactics.language.augmented import RetrievalAugmentedTactics

        return RetrievalAugmentedTactics(model, format, retrieved_premises(reporter), decoding, reporter.notify)

    def drafting(self, model: "LanguageModel", revisions: int, reporter: Reporter) -> "WholeProofWriter":
        """Returns the writer that asks the model for whole proofs."""
        from prover.tactics.language.model import Decoding
        from prover.tactics.language.whole_proofs import WholeProofWriter

        decoding = Decoding(self.samples, self.sampling or "sample", self.temperature)
        return WholeProofWriter(model, self.asking(model, "proof"), decoding, revisions, reporter.notify)

    def agent(self, model: "LanguageModel", rounds: "Rounds", reporter: Reporter) -> "Agent":
        """Returns the agent that asks the model in rounds with the search."""
        from prover.agent import Agent, AgentPlan
        from prover.app.answers import StoredAnswers
        from prover.tactics.language.agent_prompts import AgentPrompts
        from prover.tactics.language.model import Decoding

        return Agent(
            model,
            AgentPrompts(model.kind),
            Decoding(self.samples, self.sampling or "sample", self.temperature, tokens=rounds.answer_tokens),
            AgentPlan(rounds.rounds, self.samples, frozenset(rounds.parts)),
            model_prices(),
            reporter.notify,
            StoredAnswers(home().caches / "answers") if rounds.cache else None,
        )

    def asking(self, model: "LanguageModel", wanted: Literal["tactic", "proof"]) -> "PromptFormat":
        """Returns the prompt format for tactics or for proofs.

        Raises:
            UsageError: there is no such format, or it does not suit the model.
        """
        from prover.tactics.language.formats import DEFAULT_FORMATS, format_named

        found = self._format()
        if found is None or found.asks_for != wanted:
            found = format_named(DEFAULT_FORMATS[model.kind, wanted])
        if model.kind not in found.kinds:
            suiting = ", ".join(found.kinds)
            raise UsageError(
                f"The format {found.name} is for {suiting} models, and {model.name} is a {model.kind} one."
            )
        return found

    def _format(self) -> "PromptFormat | None":
        """Returns the format that the user chose, or None."""
        from prover.tactics.language.formats import format_named, read_format

        if self.format is None:
            known = self.registered()
            return format_named(known.format) if known is not None and known.format is not None else None
        if self.format.endswith(".toml"):
            return read_format(Path(self.format).expanduser().read_text(encoding="utf-8"), self.format)
        return format_named(self.format)


@dataclass(frozen=True)
class AskedModel:
    """A language model that is loaded, with the generators that ask it."""

    name: str | None = None
    """its name in the database"""
    tactics: "ModelTactics | None" = None
    drafting: "WholeProofWriter | Agent | None" = None
    model: "LanguageModel | None" = None

    def usage(self) -> str | None:
        """Returns the use of a server; None where the model runs here, or was not asked."""
        from prover.tactics.language.server import Server

        if not isinstance(self.model, Server) or not self.model.usage.requests:
            return None
        used = self.model.usage
        cost = f", cost {used.cost:.4f}" if used.cost else ""
        return f"{self.name}: {used.requests} requests, {used.tokens_in} + {used.tokens_out} tokens{cost}"


NOBODY = AskedModel()


@dataclass(frozen=True)
class Rounds:
    """The settings of agent mode; `prover.agent.AgentPlan` describes them."""

    rounds: int = 6
    parts: tuple[str, ...] = ("resume", "repair", "holes", "questions", "refute")
    answer_tokens: int = 4_096
    cache: bool = True
    """Whether answers are kept on disk, so that the same question is sent once."""


DEFAULT_ROUNDS = Rounds()


def asked_of(
    choice: ModelChoice | None, mode: Mode, revisions: int, reporter: Reporter, rounds: Rounds = DEFAULT_ROUNDS
) -> AskedModel:
    """Opens the chosen model once, for tactics and for whole proofs as the mode says.

    Raises:
        UsageError: none was chosen, and the mode needs one.
        ModelMissing: it cannot be loaded.
    """
    if choice is None:
        if mode != "tactics":
            raise UsageError(f"--mode {mode} needs a language model: give one with --model.")
        return NOBODY
    model = choice.open()
    if mode == "agent":
        return AskedModel(choice.known_as(), None, choice.agent(model, rounds, reporter), model)
    return AskedModel(
        choice.known_as(),
        choice.tactics(model, reporter) if mode != "whole-proof" else None,
        choice.drafting(model, revisions, reporter) if mode != "tactics" else None,
        model,
    )


def model_limits(tokens: int | None, cost: float | None, model: ModelChoice | None) -> dict[str, Any]:
    """Returns the limits on a language model as keyword arguments of a budget.

    Raises:
        UsageError: they could never bind.
    """
    if model is None and (tokens is not None or cost is not None):
        raise UsageError("--tokens and --cost limit a language model: give one with --model.")
    if cost is not None and not any(model_prices()):
        raise UsageError("--cost needs prices: set PROVER_MODEL_PRICE_IN and PROVER_MODEL_PRICE_OUT.")
    return {"tokens": tokens, "cost": cost}
