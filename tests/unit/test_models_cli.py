"""The list of models, and how `--model` finds what it names."""

import json
from pathlib import Path

import pytest

from curriculum.database.database import Database
from curriculum.database.records import AttemptRecord, FoundProof
from curriculum.database.suggestion_counts import suggestion_counts
from prover.app.assembly import generators_named
from prover.app.environment import database
from prover.app.models import ModelChoice, asked_of
from prover.cli.main import run
from prover.errors import ModelMissing, UsageError
from prover.lean.protocol import Goal
from prover.progress import Reporter
from prover.tactics.generator import TheoremRef
from prover.tactics.language.model_tactics import ModelTactics
from tests.model_server import chat, serving
from tests.tiny_models import tiny_causal, tiny_seq2seq

pytestmark = pytest.mark.usefixtures("created_database")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that was trained here, as the database knows it."""
    directory = tiny_seq2seq(tmp_path / "trained")
    with database() as db, db.unit_of_work() as work:
        work.results.record_model("base", "elsewhere", {}, {})
        work.results.record_model("mine", str(directory), {"examples": 7}, {"held_out_loss": 1.25}, parent="base")
        work.results.record_model_files("mine", str(directory), "seq2seq", "reprover-premises")
    return directory


def prove(db: Database, model: str) -> None:
    found = FoundProof(("simp",), (), 3, "model", whole=True, model=model)
    with db.unit_of_work() as work:
        work.results.record_attempt(AttemptRecord("t", "M", "key", "Lean", {}, found, models=(model,)))


@pytest.mark.slow
def test_models_are_listed_with_what_is_known_of_them(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with database() as db:
        prove(db, "mine")
    assert run(["models", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "mine  seq2seq  loss 1.250  1 proofs" in first
    assert "base  files removed  not measured  0 proofs" in second
    assert run(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(m["name"], m["parent"], m["proofs"]) for m in listed] == [("mine", "base", 1), ("base", None, 0)]


def test_a_list_without_models_says_how_to_make_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0
    assert "prover train generator" in capsys.readouterr().err


@pytest.mark.slow
def test_a_model_is_shown(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "show", "mine"]) == 0
    shown = capsys.readouterr().out
    assert str(model) in shown
    assert "reprover-premises" in shown
    assert run(["models", "show", "mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trained_on"] == {"examples": 7}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["show", "remove"])
def test_an_unknown_model_is_named_with_the_known_ones(
    model: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(["models", command, "yours"]) == 2
    message = capsys.readouterr().err
    assert "no model yours" in message
    assert "mine, base" in message


@pytest.mark.slow
def test_a_model_that_nothing_names_is_removed_with_its_files(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "remove", "mine"]) == 0
    assert not model.exists()
    capsys.readouterr()
    run(["models", "list"])
    assert "mine" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_model_that_proved_something_stays_in_the_list(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with database() as db:
        prove(db, "mine")
    assert run(["models", "remove", "mine"]) == 0
    assert not model.exists()
    assert "stays in the list" in capsys.readouterr().out
    run(["models", "list"])
    assert "mine  files removed" in capsys.readouterr().out
    with pytest.raises(ModelMissing, match="were removed"):
        ModelChoice("mine", offline=True).open()


def test_removing_deletes_nothing_but_a_models_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with database() as db, db.unit_of_work() as work:
        work.results.record_model("odd", "here", {}, {})
        work.results.record_model_files("odd", str(tmp_path), "causal", "bfs-prover")
    assert run(["models", "remove", "odd"]) == 0
    assert (tmp_path / "thesis.txt").read_text() == "precious"


@pytest.mark.slow
def test_a_model_is_found_by_its_name_and_asked_in_its_own_format(model: Path) -> None:
    choice = ModelChoice("mine", offline=True)
    loaded = choice.open()
    assert loaded.name == str(model)
    assert choice.asking(loaded, "tactic").name == "reprover-premises"
    assert choice.asking(loaded, "proof").name == "translated-proof"
    assert (choice.known_as(), ModelChoice(str(model)).known_as()) == ("mine", "mine")


@pytest.mark.slow
def test_another_format_may_be_asked_for(model: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "toml"\ntemplate = "G {state}"\nkinds = ["seq2seq"]')
    loaded = ModelChoice("mine", offline=True).open()
    assert ModelChoice("mine", format="reprover").asking(loaded, "tactic").name == "reprover"
    assert ModelChoice("mine", format=str(mine)).asking(loaded, "tactic").name == "toml"
    with pytest.raises(UsageError, match="causal models"):
        ModelChoice("mine", format="llmstep").asking(loaded, "tactic")


def test_a_server_is_asked_in_the_way_of_the_format() -> None:
    address = "http://127.0.0.1:1/v1#m"
    assert ModelChoice(address).open().kind == "chat"
    assert ModelChoice(address, format="bfs-prover").open().kind == "causal"


def test_what_was_asked_of_a_server_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_MODEL_PRICE_IN", "1000")
    with serving(chat("simp", usage=(70, 30))) as served:
        asked = asked_of(ModelChoice(f"{served.url}#m", samples=1), "tactics", 1, Reporter(print))
        assert asked.usage() is None
        assert asked.tactics is not None
        asked.tactics.for_theorem(TheoremRef("M", "t", 0, "k")).suggest(Goal("g", target="p"))
    assert asked.usage() == f"{served.url}#m: 1 requests, 70 + 30 tokens, cost 0.0700"


def test_a_price_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_MODEL_PRICE_IN", "cheap")
    with pytest.raises(UsageError, match="PROVER_MODEL_PRICE_IN"):
        ModelChoice("http://127.0.0.1:1/v1#m").open()


@pytest.mark.slow
def test_the_mode_decides_what_a_model_is_asked_for(tmp_path: Path) -> None:
    choice = ModelChoice(str(tiny_causal(tmp_path / "causal")), offline=True)
    tactics = asked_of(choice, "tactics", 1, Reporter(print))
    proofs = asked_of(choice, "whole-proof", 1, Reporter(print))
    both = asked_of(choice, "both", 1, Reporter(print))
    assert [(a.tactics is not None, a.drafting is not None) for a in (tactics, proofs, both)] == [
        (True, False),
        (False, True),
        (True, True),
    ]
    with pytest.raises(UsageError, match="--mode both needs a language model"):
        asked_of(None, "both", 1, Reporter(print))


@pytest.mark.slow
def test_the_model_is_one_of_the_generators(tmp_path: Path) -> None:
    choice = ModelChoice(str(tiny_causal(tmp_path / "causal")), offline=True)
    tactics = asked_of(choice, "tactics", 1, Reporter(print)).tactics
    assert isinstance(tactics, ModelTactics)
    assert [g.name for g in generators_named("automation", Reporter(), tactics)] == ["automation", "model"]
    assert [g.name for g in generators_named("model,automation", Reporter(), tactics)] == ["model", "automation"]
    with pytest.raises(UsageError, match="needs a model"):
        generators_named("model", Reporter())


@pytest.mark.slow
def test_a_model_that_is_not_there_is_refused_before_lean_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["prove", "--repo", str(tmp_path), "--all", "--model", "no/such-model", "--offline"]
    assert run(arguments) == 2
    message = capsys.readouterr().err
    assert "no/such-model cannot be loaded" in message
    assert len(message.splitlines()) == 1


@pytest.mark.slow
def test_what_generators_did_is_added_up(model: Path) -> None:
    with database() as db:
        with db.unit_of_work() as work:
            here = work.traces.record_repository("here")
            there = work.traces.record_repository("there")
            work.results.count_suggestions(here, {("Eq", "memory"): (3, 2, 1)})
            work.results.count_suggestions(here, {("Eq", "memory"): (10, 0, 0), ("And", "model"): (1, 1, 0)})
            work.results.count_suggestions(there, {("Eq", "memory"): (100, 50, 5)})
        with db.reading() as connection:
            mine, others = suggestion_counts(connection, here)
    assert mine == {("Eq", "memory"): (13, 2, 1), ("And", "model"): (1, 1, 0)}
    assert others == {("Eq", "memory"): (100, 50, 5)}
