"""A file that does harm when it is elaborated does none: real code, run by the real Lean."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import EmbeddedToolchain

pytestmark = pytest.mark.lean

HARM = """\
import Lean
#eval IO.FS.writeFile "{outside}/written" "x"
#eval IO.FS.removeFile "{outside}/victim"
#eval IO.FS.rename "{outside}/victim" "{outside}/moved"
#eval IO.FS.createDirAll "{outside}/directory"
#eval IO.Process.output {{ cmd := "touch", args := #["{outside}/started"] }}
#eval show IO Unit from do IO.println ((← IO.getEnv "SECRET").getD "nothing there")
#eval IO.FS.writeFile "scratch" "this one is allowed"
theorem still_here : 1 + 1 = 2 := rfl
"""


@pytest.fixture(scope="module")
def session(toolchain: EmbeddedToolchain) -> Iterator[LeanSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET", "a token")
        session = LeanSession(toolchain)
        session.start()
        yield session
    session.end()


def test_elaboration_can_only_write_in_its_scratch_directory(session: LeanSession, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    pid = session.pid()
    messages = session.elaborate(SourceText(HARM.format(outside=tmp_path), "Harm.lean", "Harm"))
    texts = {message.line: message.text.splitlines()[0] for message in messages}
    assert [texts[line] for line in range(2, 6)] == ["permission denied (error code: 2)"] * 4
    assert "unsupported operation" in texts[6]
    assert texts[7] == "nothing there"
    assert 8 not in texts
    assert os.listdir(tmp_path) == ["victim"]
    assert session.pid() == pid


def test_the_scratch_directory_goes_with_the_process(session: LeanSession) -> None:
    scratch = session.start().scratch
    assert scratch.is_dir()
    session.close()
    assert not scratch.exists()
