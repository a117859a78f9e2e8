"""`prover replay`: the tree of a search as JSON, as text and as a page."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from curriculum.database.database import Database
from curriculum.database.search_logs import SearchLogRecord, record_search_log
from prover.app.replay.drawing import page_of
from prover.app.replay.replaying import tree
from prover.cli.main import run
from prover.lean.protocol import Goal
from prover.lean.toolchain.node import find_node
from prover.tactics.policy.log import ADVANCED, SearchLog, TriedTactic

AUTOMATION = ("automation",)
LOG = SearchLog(
    (
        Goal("root", target="a ∧ b </script><b>"),
        Goal("left", target="a"),
        Goal("right", target="b"),
        Goal("x", target="c"),
    ),
    {0: (3, -0.1), 1: (1, -0.1), 2: (2, -0.1), 3: (1, -0.1)},
    (
        TriedTactic(0, "rfl", -0.1, 0, AUTOMATION, "elaboration", 900),
        TriedTactic(0, "grind", -0.2, 1, AUTOMATION, "timeout", 1_500_000),
        TriedTactic(0, "constructor", -0.3, 2, ("structure",), ADVANCED, 2_000, ((1,), (2,)), used=True),
        TriedTactic(1, "assumption", -0.1, 0, AUTOMATION, ADVANCED, 1_000, used=True),
        TriedTactic(2, "exact?", -0.1, 0, AUTOMATION, ADVANCED, 4_000, used=True, replacement="exact h"),
        TriedTactic(2, "apply h'", -0.1, 1, AUTOMATION, ADVANCED, 4_000, ((3,),)),
        TriedTactic(3, "rfl", -0.1, 0, AUTOMATION, "elaboration", 4_000),
    ),
    proved=True,
)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with a run that has logs of two theorems, one of them damaged."""
    file = tmp_path / "prover.db"
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{file}")
    with Database(file) as db:
        number = db.perform(lambda work: work.results.begin_run("prove", [], {}))
        for name, log in (("A.t", LOG.packed()), ("A.broken", b"broken")):
            record = SearchLogRecord("/r", "A", name, "key", True, 4, 7, log, number, uid=name)
            db.perform(lambda work, record=record: record_search_log(work.connection, record, 1.0))  # type: ignore[misc]
    return tmp_path


def test_goals_have_their_status_and_the_proof_is_marked() -> None:
    found = tree(LOG)
    assert [goal["status"] for goal in found["goals"]] == ["proved", "proved", "proved", "failed"]
    assert [goal["on_proof"] for goal in found["goals"]] == [True, True, True, False]
    assert found["roots"] == [0]
    assert [tactic["tactic"] for tactic in found["tactics"] if tactic["used"]] == [
        "constructor",
        "assumption",
        "exact h",
    ]
    assert [tactic["tactic"] for tactic in found["tactics"] if not tactic["proves"]] == [
        "rfl",
        "grind",
        "apply h'",
        "rfl",
    ]


def test_a_replay_is_json(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "1", "t", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["theorem"], found["run"], len(found["goals"]), len(found["tactics"])) == ("A.t", 1, 4, 7)
    assert run(["replay", "last", "A.t"]) == 0
    assert "proved, 4 goals, 7 tactics" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["9"], "Run 9 is not in the database"),
        (["1"], "name one: A.broken, A.t"),
        (["1", "A.other"], "searched for no A.other"),
        (["1", "A.broken"], "cannot be replayed: the log cannot be read"),
        (["one"], "neither the number of a run"),
    ],
)
def test_what_cannot_be_replayed_is_said(
    runs: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert run(["replay", *words]) == 2
    assert says in capsys.readouterr().err


def test_nothing_to_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path}/empty.db")
    assert run(["replay", "last"]) == 2
    assert "No run has logs" in capsys.readouterr().err


def test_the_page_is_one_file_with_its_library_and_licence(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = runs / "made" / "tree.html"
    assert run(["replay", "1", "A.t", "--html", str(file)]) == 0
    page = file.read_text(encoding="utf-8")
    assert "Permission to use, copy, modify" in page
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", page)
    assert len(page) < 1_000_000
    (content,) = re.findall(r'<script type="application/json" id="replay">(.*?)</script>', page, re.DOTALL)
    assert json.loads(content)["goals"][0]["printed"] == "⊢ a ∧ b </script><b>"


def test_the_scripts_of_the_page_are_well_formed(tmp_path: Path) -> None:
    page = page_of({"theorem": "t", **tree(LOG)})
    for number, script in enumerate(re.findall(r"<script>(.*?)</script>", page, re.DOTALL)):
        file = tmp_path / f"{number}.js"
        file.write_text(script, encoding="utf-8")
        subprocess.run([str(find_node().executable), "--check", str(file)], check=True)
