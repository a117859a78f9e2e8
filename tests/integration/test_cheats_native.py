"""The same cheats judged by a native Lean, or what stands in for one; apart, so that another worker can run them."""

import os
from collections.abc import Iterator

import pytest

from tests.cheat_files import Attempt
from tests.integration.cheat_bench import ATTEMPTS, Bench, decided, on_bench
from tests.integration.computer import Computer

FIRST = ATTEMPTS if "ALL_NATIVE" in os.environ else list({(a.file, a.honest): a for a in reversed(ATTEMPTS)}.values())
"""those that a native Lean is asked about: of each file a cheat and a twin, since the gate's program is the same"""


@pytest.fixture(scope="module")
def native_bench(computer: Computer) -> Iterator[Bench]:
    yield from on_bench(computer.toolchain)


@pytest.mark.lean
@pytest.mark.parametrize("attempt", FIRST, ids=lambda attempt: attempt.name)
def test_attempt_with_a_native_lean(native_bench: Bench, attempt: Attempt) -> None:
    decided(native_bench.judge(attempt), attempt)
