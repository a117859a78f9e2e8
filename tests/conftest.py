"""What tests share: the embedded toolchain and one Lean session for the whole run."""

import os
from collections.abc import Iterator

import pytest

from prover.app.environment import home
from prover.lean.gateway_session import LeanSession
from prover.lean.toolchain.install import install
from prover.lean.toolchain.node import find_node
from prover.lean.toolchain.toolchain import EmbeddedToolchain

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""The models of the tests are tiny and two pytest workers share the computer: more threads would only wait."""


@pytest.fixture(autouse=True)
def own_database(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database for each test, made at its first use: it neither changes the user's nor knows proofs from it."""
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('database')}/prover.db")


@pytest.fixture(scope="session")
def toolchain() -> EmbeddedToolchain:
    """The embedded toolchain in `PROVER_HOME` or the user's directory, installed if it is not there."""
    return install(home(), find_node())


@pytest.fixture(scope="session")
def lean_session(toolchain: EmbeddedToolchain) -> Iterator[LeanSession]:
    """The session that all tests use which do not need one of their own."""
    session = LeanSession(toolchain)
    yield session
    session.end()
