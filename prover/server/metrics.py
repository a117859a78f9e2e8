"""The service's metrics in Prometheus's format."""

from collections.abc import Iterator
from typing import Any

import psutil

from prover.app.service import Service
from prover.errors import UsageError


def exposition(service: Service) -> bytes:
    """Returns the metrics of a service.

    Raises:
        UsageError: prometheus-client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    except ImportError:
        raise UsageError("/metrics needs prometheus-client: pip install 'prover[server]'.") from None

    class Collected:
        def collect(self) -> Iterator[Any]:
            counts = service.counts
            submitted = CounterMetricFamily("prover_jobs_submitted", "jobs by tool", labels=["tool"])
            for tool in service.tools:
                submitted.add_metric([tool], counts.submitted[tool])
            ended = CounterMetricFamily("prover_jobs_ended", "jobs by their last state", labels=["state"])
            for state in ("done", "failed", "cancelled"):
                ended.add_metric([state], counts.ended[state])
            yield submitted
            yield ended
            yield CounterMetricFamily("prover_jobs_refused", "jobs for which the queue had no place", counts.refused)
            yield CounterMetricFamily("prover_job_seconds", "time for which jobs ran", counts.seconds)
            yield CounterMetricFamily("prover_lean_reused", "Lean processes used again", service.warm.taken)
            yield GaugeMetricFamily("prover_jobs_waiting", "jobs in the queue", service.waiting())
            yield GaugeMetricFamily("prover_jobs_running", "jobs at work", service.running())
            yield GaugeMetricFamily("prover_lean_idle", "Lean processes that wait", len(service.warm.pids()))
            own = psutil.Process()
            yield GaugeMetricFamily("prover_resident_bytes", "memory of the server itself", own.memory_info().rss)
            lean = sum(_memory(child) for child in own.children(recursive=True))
            yield GaugeMetricFamily("prover_lean_resident_bytes", "memory of its Lean processes", lean)

    registry = CollectorRegistry()
    registry.register(Collected())
    return generate_latest(registry)


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
