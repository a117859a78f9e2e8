"""Every cheat under `tests/cheats` is refused, for the reason it should be; every honest twin is accepted."""

from collections.abc import Iterator

import pytest

from prover.check.audit import audit
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from tests.cheat_files import CHEATS, Attempt, all_attempts
from tests.integration.cheat_bench import ATTEMPTS, Bench, decided, on_bench

AUDITS = all_attempts(CHEATS / "audit")


@pytest.fixture(scope="module")
def bench(toolchain: EmbeddedToolchain) -> Iterator[Bench]:
    yield from on_bench(toolchain)


@pytest.mark.lean
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_attempt(bench: Bench, attempt: Attempt) -> None:
    decided(bench.judge(attempt), attempt)


@pytest.mark.lean
@pytest.mark.parametrize("attempt", AUDITS, ids=lambda attempt: attempt.name)
def test_audit(bench: Bench, attempt: Attempt) -> None:
    found = audit(lambda: bench.opener, SourceText(attempt.text, f"{attempt.file}.lean", attempt.file))
    assert found.accepted() is attempt.honest, found
    reasons = [each.what for each in found.found if each.refused]
    assert attempt.honest or any(attempt.reason in reason for reason in reasons), found


@pytest.mark.parametrize("attempts", [ATTEMPTS, AUDITS], ids=["proofs", "audits"])
def test_every_cheat_has_an_honest_twin(attempts: list[Attempt]) -> None:
    kinds: dict[str, set[bool]] = {}
    for attempt in attempts:
        kinds.setdefault(attempt.file, set()).add(attempt.honest)
    assert all(found == {True, False} for found in kinds.values()), kinds


def test_there_are_many_ways_to_cheat() -> None:
    assert len({attempt.file for attempt in ATTEMPTS}) >= 40
