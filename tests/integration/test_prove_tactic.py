"""`docs/ProveTactic.lean`, elaborated by the embedded Lean, and its request, answered by a real service.

The embedded Lean starts no programs, so that `curl` itself is never run here.
"""

import json
import shutil
import time
from pathlib import Path

import pytest

from prover.app.service import Directories, Service, ServiceLimits
from prover.app.tools import FillResult
from prover.app.workspace import Workspace
from prover.lean.protocol import Message
from prover.project.build import source_of

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

FILE = Path(__file__).parents[2] / "docs" / "ProveTactic.lean"
SPY = """\
import ProveTactic
open Lean Elab Tactic

/-- says what would be sent -/
@[tactic ProverClient.proveTactic] def spy : Tactic := fun stx => do
  logInfo (← ProverClient.request stx 20).compress
  admitGoal (← getMainGoal)

theorem «größer» (n : Nat) : n + 0 = n ∧ 2 < 1 + 2 := by
  constructor
  · /- ∀ -/ prove?
  · sorry
"""
PLAIN = 'import ProveTactic\nexample : True := by prove? 1\n#eval ProverClient.proofIn "{\\"proof\\": \\"rfl\\"}"\n'
PLAIN += '#eval ProverClient.proofIn "{\\"error\\": {\\"message\\": \\"full\\"}}"\n#eval ProverClient.proofIn "no"\n'


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("asking") / "project"
    made.mkdir()
    (made / "lakefile.toml").write_text('name = "p"\n[[lean_lib]]\nname = "Main"\n[[lean_lib]]\nname = "ProveTactic"\n')
    shutil.copy(FILE, made / "ProveTactic.lean")
    (made / "Main.lean").write_text("-- not saved yet\n")
    return made


def messages(root: Path, text: str) -> tuple[Message, ...]:
    """Lean's messages about a text of the main file."""
    with Workspace.open(str(root), jobs=1) as opened:
        module = opened.repository.modules["Main"]
        workspace = opened.with_text(module, text)
        module = workspace.repository.modules["Main"]
        with workspace.pool(1) as pool, pool.lend() as session:
            workspace.builder.prepare(module)
            return session.messages(source_of(workspace.repository, module))


def test_the_request_names_the_place_and_the_service_answers_it(root: Path) -> None:
    said = messages(root, SPY)
    assert [message.text for message in said if message.severity == "error"] == []
    (request,) = [json.loads(each.text) for each in said if each.severity == "information"]
    assert (request["line"], request["column"], request["timeout_s"]) == (11, 13, 20)
    assert request["text"] == SPY.replace("prove?", "sorry")
    with Service(Directories([root]), ServiceLimits(workers=1, processes=1)) as service:
        job = service.submit("fill", {**request, "file_path": "Main.lean"})
        while not job.ended:
            time.sleep(0.05)
        assert isinstance(job.result, FillResult), job.failure
        assert (job.result.status, bool(job.result.proof)) == ("filled", True)
    filled = SPY.replace("prove?", job.result.proof or "")
    assert not [each for each in messages(root, filled) if each.severity == "error"]


def test_answers_are_read_and_a_server_that_is_not_there_is_an_error_of_the_tactic(root: Path) -> None:
    said = messages(root, PLAIN)
    errors = [message for message in said if message.severity == "error"]
    assert {message.line for message in errors} <= {2, 4, 5}
    assert errors[0].line == 2
    assert any("rfl" in message.text for message in said if message.line == 3)
    assert any("full" in message.text for message in said if message.line == 4)
