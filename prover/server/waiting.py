"""How servers wait for jobs without blocking: all of them the same way, each looking after its own client meanwhile."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from prover.app.service import POLL_S, Job

Look = Callable[[], Awaitable[None]]
"""What a server does for its client while a job runs: sends progress, or notices that the client is gone."""


async def until_ended(job: Job, seconds: float | None = None, look: Look | None = None, every: float = POLL_S) -> None:
    """Waits until a job has ended.

    Args:
        seconds: the longest time to wait; None for as long as it takes.
        look: is called meanwhile.
        every: the time between two of its calls, in seconds.
    """
    began = looked = time.monotonic()
    while not job.ended and (seconds is None or time.monotonic() - began < seconds):
        await asyncio.sleep(POLL_S)
        if look is not None and time.monotonic() - looked >= every:
            looked = time.monotonic()
            await look()
