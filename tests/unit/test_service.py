"""The queue of jobs, their limits and ends, and what a service may read; with tools that start no Lean."""

from pathlib import Path

import pytest

from prover.app.service import Directories, Service, ServiceLimits
from prover.app.tools import TOOLS, ProveResult
from prover.errors import NoSuchJob, NotAllowed, ServerBusy, UsageError
from tests.unit.served import Stage, arguments, ended, until

# --- jobs ---


def test_a_job_runs_and_keeps_its_result(service: Service, repository: Path, stage: Stage) -> None:
    job = ended(service.submit("prove", arguments("t")))
    assert (job.state, job.result) == ("done", ProveResult("proved", theorem="t", proof="rfl"))
    assert service.job(job.id).report()["result"]["proof"] == "rfl"
    assert stage.seen == [repository]
    until(lambda: service.counts.ended["done"] == 1)


def test_progress_is_that_of_the_search(service: Service, stage: Stage) -> None:
    job = service.submit("prove", arguments("searches", timeout_s=50))
    until(lambda: job.progress().tactics > 2)
    progress = job.progress()
    assert (progress.phase, progress.goal, progress.open_goals) == ("searching", "⊢ p", 1)
    assert progress.seconds_left is not None
    assert 0 < progress.seconds_left <= 50
    stage.go_on.set()
    assert ended(job).progress().phase == "ended"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("unknown", "UsageError", "no theorem"), ("faulty", "internal", "oh"), ("full", "OSError", "No space left")],
)
def test_a_job_that_fails_says_why_and_others_go_on(service: Service, name: str, code: str, said: str) -> None:
    job = ended(service.submit("prove", arguments(name)))
    assert job.failure is not None
    assert (job.state, job.failure.code) == ("failed", code)
    assert said in job.failure.message
    assert ended(service.submit("prove", arguments("t"))).state == "done"


def test_a_client_cannot_have_all_places(repository: Path, stage: Stage) -> None:
    limits = ServiceLimits(workers=1, queue=9, per_client=2)
    with Service(Directories([repository]), limits, stage.open, stage.tools()) as service:
        jobs = [service.submit("prove", arguments("waits"), "one") for _ in range(2)]
        with pytest.raises(ServerBusy, match="2 unfinished jobs"):
            service.submit("prove", arguments("t"), "one")
        other = service.submit("prove", arguments("t"), "other")
        stage.go_on.set()
        assert [ended(job).state for job in (*jobs, other)] == ["done"] * 3
        assert ended(service.submit("prove", arguments("t"), "one")).state == "done"


def test_what_to_do_is_a_field_of_its_own(service: Service) -> None:
    failure = ended(service.submit("prove", arguments("unknown"))).failure
    assert failure is not None
    assert failure.hint == "check the name."


def test_the_queue_is_bounded(service: Service, stage: Stage) -> None:
    jobs = [service.submit("prove", arguments("waits")) for _ in range(2)]
    for _ in jobs:
        stage.running.acquire()
    jobs += [service.submit("prove", arguments("t")) for _ in range(3)]
    with pytest.raises(ServerBusy, match="3 jobs are waiting"):
        service.submit("prove", arguments("t"))
    assert service.waiting() == 3
    stage.go_on.set()
    assert [ended(job).state for job in jobs] == ["done"] * 5
    assert service.counts.refused == 1


def test_cancelled_jobs_leave_their_place(service: Service, stage: Stage) -> None:
    running = [service.submit("prove", arguments("waits")) for _ in range(2)]
    for _ in running:
        stage.running.acquire()
    waiting = [service.submit("prove", arguments("t")) for _ in range(3)]
    for job in waiting:
        job.cancel()
    assert [job.state for job in waiting] == ["cancelled"] * 3
    another = service.submit("prove", arguments("t"))
    assert service.counts.ended["cancelled"] == 3
    stage.go_on.set()
    assert ended(another).state == "done"


def test_an_ended_job_holds_no_repository(service: Service, stage: Stage) -> None:
    job = ended(service.submit("prove", arguments("t")))
    assert job._workspace is None
    job.cancel()
    assert job.state == "done"


@pytest.mark.parametrize("name", ["waits", "searches"])
def test_a_running_job_can_be_cancelled(service: Service, stage: Stage, name: str) -> None:
    job = service.submit("prove", arguments(name))
    stage.running.acquire()
    job.cancel()
    assert ended(job).state == "cancelled"
    assert (job.result, job.failure) == (None, None)


def test_results_of_old_jobs_are_forgotten(service: Service) -> None:
    first = ended(service.submit("prove", arguments("t")))
    for _ in range(6):
        ended(service.submit("prove", arguments("t")))
    with pytest.raises(NoSuchJob, match=first.id):
        service.job(first.id)


def test_closing_ends_what_runs(repository: Path, stage: Stage) -> None:
    service = Service(Directories([repository]), ServiceLimits(workers=1), stage.open, stage.tools())
    running, waiting = (service.submit("prove", arguments("waits")) for _ in range(2))
    stage.running.acquire()
    service.close()
    assert (ended(running).state, ended(waiting).state) == ("cancelled", "cancelled")
    with pytest.raises(ServerBusy, match="ending"):
        service.submit("prove", arguments("t"))


# --- what is asked for ---


@pytest.mark.parametrize(
    ("tool", "wanted", "said"),
    [
        ("fly", {}, "There is no tool fly: choose from prove, sorries"),
        ("prove", {}, "file_path"),
        ("prove", [], "Expected `object`"),
        ("prove", {"file_path": "A/B.lean", "lien": 3}, "lien"),
        ("prove", {"file_path": "A/B.lean", "line": 0}, "line"),
        ("prove", {"file_path": "A/B.lean", "line": "3"}, "line"),
        ("prove", {"file_path": 3}, "file_path"),
        ("prove", {"file_path": "A/B.lean", "timeout_s": -1}, "timeout_s"),
        ("prove", {"file_path": "A/C.lean"}, "There is no A/C.lean"),
        ("prove", {"file_path": "A/\0.lean"}, "character 0"),
    ],
)
def test_wrong_requests_are_refused(service: Service, tool: str, wanted: object, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        service.submit(tool, wanted)
    assert said in str(refused.value)
    assert service.jobs() == []


def test_the_time_of_a_job_is_limited(service: Service) -> None:
    with pytest.raises(NotAllowed, match="at most 100 s"):
        service.submit("prove", arguments("t", timeout_s=101))


# --- directories ---


def test_paths_outside_are_refused_after_links_are_followed(service: Service, repository: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.lean"
    outside.write_text("")
    (repository / "A" / "link.lean").symlink_to(outside)
    (repository / "up").symlink_to(tmp_path)
    for path in ("../secret.lean", "A/../../secret.lean", str(outside), "A/link.lean", "up/secret.lean", "/etc/passwd"):
        with pytest.raises(NotAllowed, match="outside the directories"):
            service.submit("prove", {"file_path": path})
    assert service.submit("prove", {"file_path": str(repository / "A" / ".." / "A" / "B.lean")}).path.name == "B.lean"


def test_a_repository_that_begins_above_is_refused(repository: Path) -> None:
    directories = Directories([repository / "A"])
    with pytest.raises(NotAllowed, match=f"--repo {repository}"):
        directories.repository_of(directories.existing("B.lean"))


def test_writing_must_be_allowed(repository: Path, tmp_path: Path, stage: Stage) -> None:
    with (
        Service(Directories([repository]), opener=stage.open, tools=stage.tools()) as service,
        pytest.raises(NotAllowed, match=f"--allow-write {repository}"),
    ):
        service.submit("prove", arguments("t", apply=True))
    with Service(Directories([tmp_path], [repository]), opener=stage.open, tools=stage.tools()) as service:
        place = str(repository / "A" / "B.lean")
        assert ended(service.submit("prove", arguments("t", apply=True) | {"file_path": place})).state == "done"


def test_a_directory_belongs_to_the_repository_that_it_is(repository: Path) -> None:
    directories = Directories([repository])
    for text in (".", "A", "A/B.lean"):
        assert directories.repository_of(directories.existing(text)) == repository


def test_every_tool_has_a_description_and_a_name_of_its_own() -> None:
    assert list(TOOLS) == ["prove", "fill", "suggest", "check", "premises", "refute", "sorries"]
    assert all(tool.description.endswith(".") for tool in TOOLS.values())
