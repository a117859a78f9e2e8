"""What tests share: the embedded toolchain and one Lean session for the whole run."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from prover.app.environment import home
from prover.lean.gateway_session import LeanSession
from prover.lean.toolchain.install import install
from prover.lean.toolchain.node import find_node
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from tests.properties import register_profiles

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""The models of the tests are tiny and two pytest workers share the computer: more threads would only wait."""

register_profiles()  # before pytest reads --hypothesis-profile


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Directories for the databases of the tests, of which most make none."""
    directory = tmp_path_factory.mktemp("databases")
    return (directory / str(number) for number in count())


@pytest.fixture(autouse=True)
def own_database(databases: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database for each test, made at its first use: it neither changes the user's nor knows proofs from it."""
    file = next(databases) / "prover.db"
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{file}")
    return file


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
