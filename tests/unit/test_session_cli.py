"""`prover session`: exchanges with models are listed, shown, rated and exported."""

import json
from pathlib import Path

import pytest

from curriculum.database.database import Database
from curriculum.database.exchanges import ExchangeRecord, record_exchange
from prover.cli.main import run


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path))
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path / 'exchanges.db'}")
    asked = ("M", "key", "http://model#name", 0, "plan", "system", "a question", ("one", "two"))
    with Database(f"sqlite:///{tmp_path / 'exchanges.db'}") as db:
        for uid in ("a", "b"):
            db.perform(
                lambda work, uid=uid: record_exchange(
                    work.connection, ExchangeRecord(uid, f"M.{uid}", *asked), None, 1.0
                )
            )
        again = ExchangeRecord("a", "M.a", *asked, outcome="proved")
        db.perform(lambda work: record_exchange(work.connection, again, None, 2.0))


@pytest.mark.usefixtures("stored")
def test_exchanges_are_listed_shown_rated_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["session", "list", "--theorem", "M.a", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["purpose"], listed["outcome"], listed["answers"]) == ("plan", "proved", ["one", "two"])
    number = str(listed["id"])
    assert run(["session", "rate", number, "--correct", "5", "--helpful", "4"]) == 0
    assert run(["session", "rate", number, "--remark", "short"]) == 0
    assert run(["session", "show", number]) == 0
    shown = capsys.readouterr().out
    assert "correct 5" in shown
    assert "a question" in shown
    out = tmp_path / "out.jsonl"
    assert run(["session", "export", "--out", str(out), "--rated", "4"]) == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["messages"][-1]["content"] for line in lines] == ["one", "two"]


@pytest.mark.usefixtures("stored")
def test_an_unknown_exchange_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["session", "show", "99"]) == 2
    assert run(["session", "rate", "99", "--correct", "1"]) == 2
    assert "There is no exchange 99" in capsys.readouterr().err
    assert run(["session", "rate", "1"]) == 2
