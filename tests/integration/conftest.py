"""Fixtures of the integration tests, besides the embedded toolchain."""

import pytest

from prover.app.environment import home
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from tests.integration.computer import Computer


@pytest.fixture(scope="session")
def computer(toolchain: EmbeddedToolchain, tmp_path_factory: pytest.TempPathFactory) -> Computer:
    """A computer with elan, and a home in which only the gateway has been compiled."""
    return Computer.make(tmp_path_factory.mktemp("native"), home())


@pytest.fixture
def at_work(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> Computer:
    """The computer as the command line sees it."""
    monkeypatch.setenv("PATH", f"{computer.elan / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PROVER_HOME", str(computer.home.root))
    monkeypatch.setenv("ELAN_HOME", str(computer.elan))
    (computer.elan / "calls").unlink(missing_ok=True)
    return computer
