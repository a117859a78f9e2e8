"""The pool of Lean sessions, without a Lean."""

from pathlib import Path

import pytest

from prover.errors import LeanDied
from prover.lean.pool import Pool
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.toolchain import EmbeddedToolchain

TOOLCHAIN = EmbeddedToolchain("lean-x", NodeRuntime(Path("/n"), (24, 0, 0), ()), Path("/t"), Path("/l"), gateway=None)


def test_a_closed_pool_starts_no_process() -> None:
    pool = Pool(TOOLCHAIN, (), 1)
    pool.close()
    pool.close()
    pool.prepare_fresh()
    assert pool.pids() == []
    with pool.lend() as session, pytest.raises(LeanDied, match="has been ended"):
        session.start()
    with pytest.raises(LeanDied, match="has been ended"):
        pool.fresh().start()


def test_leaving_the_context_closes_the_pool() -> None:
    with Pool(TOOLCHAIN, (), 1) as pool, pool.lend() as session:
        pass
    with pytest.raises(LeanDied, match="has been ended"):
        session.start()
