"""The installed embedded toolchain, with the real Lean."""

import pytest

from prover.lean.toolchain.install import LIBRARY_FILES, self_check
from prover.lean.toolchain.staging import damage
from prover.lean.toolchain.toolchain import EmbeddedToolchain

pytestmark = pytest.mark.lean


def test_it_proves_a_theorem_and_refuses_a_false_one(toolchain: EmbeddedToolchain) -> None:
    self_check(toolchain)


def test_its_files_are_whole(toolchain: EmbeddedToolchain) -> None:
    assert damage(toolchain.root) is None
    assert toolchain.gateway is not None
    assert damage(toolchain.gateway) is None


def test_its_library_is_complete(toolchain: EmbeddedToolchain) -> None:
    assert sum(1 for _ in toolchain.library.rglob("*.olean")) == LIBRARY_FILES
