"""The service with a real Lean: one warm service for all tests, over HTTP and over the Model Context Protocol."""

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from prover.app.service import Directories, Service, ServiceLimits
from prover.app.snippets import SnippetChecker
from prover.app.workspace import Workspace
from prover.lean.session import SourceText
from prover.server.mcp import server
from tests.processes import ends
from tests.unit.served import until

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

TEXT = """\
namespace Pair

def swap (p : Nat × Nat) : Nat × Nat := (p.2, p.1)

theorem swap_swap (p : Nat × Nat) : swap (swap p) = p := by
  sorry

theorem small (n : Nat) : n < 2 := by
  sorry

theorem two (p : Nat × Nat) : swap p = (p.2, p.1) ∧ (swap p).1 = p.2 := by
  constructor
  · sorry
  · sorry

end Pair
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("served") / "pair"
    made.mkdir()
    (made / "lakefile.toml").write_text('name = "pair"\n[[lean_lib]]\nname = "Pair"\n')
    (made / "Pair.lean").write_text(TEXT)
    return made


@pytest.fixture(scope="module")
def service(root: Path) -> Iterator[Service]:
    limits = ServiceLimits(workers=1, processes=1)
    before = lean_processes()  # those of other tests' sessions, which this worker keeps
    with Service(Directories([root.parent], [root.parent]), limits) as made:
        yield made
        assert made.warm.pids()
    assert all(ends(process.pid) for process in lean_processes() - before)


def lean_processes() -> set[psutil.Process]:
    """This process's descendants that run Lean."""
    return {child for child in psutil.Process().children(recursive=True) if "prover-lean-" in str(child.cmdline())}


def call(service: Service, name: str, **arguments: Any) -> Any:
    """The structured result of a call over the protocol, with the library's own client."""

    async def talk() -> Any:
        from mcp import Client

        async with Client(server(service, "0")) as client:
            return await client.call_tool(name, arguments)

    result = asyncio.run(talk())
    assert not result.is_error, result.content
    return result.structured_content


def test_a_theorem_is_proved_refuted_and_proved_again_in_warm_processes(service: Service) -> None:
    place = {"file_path": "pair/Pair.lean"}
    first = call(service, "prove", **place, theorem_name="swap_swap", timeout_s=30)
    assert (first["status"], first["axioms"], first["trust"]) == ("proved", [], "standard")
    assert first["theorem"] == "Pair.swap_swap"
    assert first["patch"].startswith("--- a/Pair.lean")
    before = service.warm.taken
    refuted = call(service, "prove", **place, line=8, timeout_s=30)
    assert (refuted["status"], "n" in refuted["counterexample"]) == ("refuted", True)
    assert service.warm.taken > before


def test_the_gates_next_process_is_prepared_and_judges(service: Service) -> None:
    place = {"file_path": "pair/Pair.lean", "theorem_name": "swap_swap", "timeout_s": 30}
    assert call(service, "prove", **place)["status"] == "proved"
    until(lambda: not any(thread.name == "prepare" for thread in threading.enumerate()))
    (prepared,) = service.warm._prepared.values()
    pid = prepared.session.pid()
    assert pid is not None
    assert prepared.session.has_elaborated_at_most(prepared_for(service))
    assert not prepared.session.has_elaborated_at_most()
    assert call(service, "check", file_path="pair/Pair.lean", theorem_name="Pair.two")["reason"]
    assert ends(pid)  # it has seen a candidate


def prepared_for(service: Service) -> SourceText:
    """The original for whose next candidate a process is prepared."""
    ((_, original),) = service.warm._prepared
    return original


def test_an_edit_elsewhere_keeps_the_processes_and_one_of_an_import_does_not(service: Service, root: Path) -> None:
    both = root.parent / "both"
    (both / "Both").mkdir(parents=True)
    (both / "lakefile.toml").write_text('name = "both"\n[[lean_lib]]\nname = "Both"\n')
    (both / "Both" / "Base.lean").write_text("def base : Nat := 1\n")
    (both / "Both" / "Other.lean").write_text("def other : Nat := 1\n")
    (both / "Both" / "Main.lean").write_text("import Both.Base\ntheorem t : base = 1 := by\n  sorry\n")

    def suggested() -> tuple[bool, set[int]]:
        answer = call(service, "suggest", file_path="both/Both/Main.lean", line=3, k=8)
        closing = {item["snippet"] for item in answer["items"] if item["proof_status"] == "Completed"}
        return "rfl" in closing, {kept.session.pid() or 0 for kept in service.warm._kept if not kept.fresh}

    proved, first = suggested()
    assert proved
    (both / "Both" / "Other.lean").write_text("def other : Nat := 2\n")
    before = service.warm.taken
    assert suggested() == (True, first)
    assert service.warm.taken > before
    (both / "Both" / "Main.lean").write_text("import Both.Base\n\ntheorem t : base = 1 := by\n  sorry\n")
    assert suggested()[1] == first
    (both / "Both" / "Base.lean").write_text("def base : Nat := 2\n")
    proved, last = suggested()
    assert (proved, last > first) == (False, True)


def test_suggestions_are_for_the_sorry_at_the_position(service: Service) -> None:
    first, second = (
        call(service, "suggest", file_path="pair/Pair.lean", line=line, column=5, k=8)["goal"] for line in (13, 14)
    )
    assert (first.endswith("⊢ swap p = (p.snd, p.fst)"), second.endswith("⊢ (swap p).fst = p.snd")) == (True, True)
    items = call(service, "suggest", file_path="pair/Pair.lean", line=6, k=8)["items"]
    assert items[0]["proof_status"] == "Completed"
    assert items[0]["goals"] == []


def test_sorries_and_checks_of_a_file(service: Service) -> None:
    found = call(service, "sorries", path="pair")["items"]
    assert [(each["line"], each["column"], each["theorem"]) for each in found] == [
        (6, 3, "Pair.swap_swap"),
        (9, 3, "Pair.small"),
        (13, 5, "Pair.two"),
        (14, 5, "Pair.two"),
    ]
    checked = call(service, "check", file_path="pair/Pair.lean", theorem_name="Pair.two")
    assert (checked["accepted"], "sorry" in checked["reason"]) == (False, True)
    audited = call(service, "check", file_path="pair/Pair.lean")
    assert (audited["accepted"], len([each for each in audited["findings"] if each["refused"]])) == (False, 3)


def test_a_killed_lean_and_a_changed_file_are_noticed(service: Service, root: Path, tmp_path: Path) -> None:
    other = root.parent / "other"
    shutil.copytree(root, other)
    file = other / "Pair.lean"
    file.write_text("theorem one : 1 + 1 = 2 := by\n  sorry\n")
    for pid in service.warm.pids():
        os.kill(pid, signal.SIGKILL)
    place = {"file_path": "other/Pair.lean", "line": 1, "timeout_s": 30}
    assert call(service, "prove", **place)["status"] == "proved"
    file.write_text("theorem one : 1 + 1 = 3 := by\n  sorry\n")
    assert call(service, "prove", **place)["status"] == "refuted"
    file.write_text("theorem one : 1 + 1 = 2 := by\n  sorry\n")
    assert call(service, "prove", **place, apply=True)["applied"]
    assert "sorry" not in file.read_text()
    assert call(service, "check", file_path="other/Pair.lean")["accepted"]


def test_a_running_proof_is_cancelled_with_its_processes(service: Service, root: Path) -> None:
    hard = root.parent / "hard"
    shutil.copytree(root, hard)
    statement = "∀ a b c n : Nat, 2 < n → a ^ n + b ^ n = c ^ n → a * b * c = 0"
    (hard / "Pair.lean").write_text(f"theorem hard : {statement} := by\n  sorry\n")

    async def talk() -> str:
        from mcp import Client

        async with Client(server(service, "0")) as client:
            started = await client.call_tool(
                "prove_start", {"file_path": "hard/Pair.lean", "line": 1, "timeout_s": 300}
            )
            job = {"job": started.structured_content["job"]}
            while (await client.call_tool("prove_poll", {**job, "wait_s": 1})).structured_content["progress"][
                "tactics"
            ] == 0:
                pass
            await client.call_tool("prove_cancel", job)
            last = await client.call_tool("prove_poll", {**job, "wait_s": 20})
            return str(last.structured_content["state"])

    assert asyncio.run(talk()) == "cancelled"
    assert call(service, "prove", file_path="pair/Pair.lean", theorem_name="swap_swap")["status"] == "proved"


def test_files_are_checked_in_warm_and_in_fresh_processes(root: Path) -> None:
    good, bad = (
        "import Pair\ntheorem t : 1 + 1 = 2 := rfl",
        "theorem t : 1 + 1 = 2 := by sorry\ntheorem u : 1 = 2 := rfl",
    )
    with Workspace.open(str(root), jobs=1) as workspace, workspace.pool(1) as pool:
        checker = SnippetChecker(workspace, pool)
        for reuse in (True, True, False):
            report = checker.check(good, 60, reuse)
            assert (report.error, report.fresh, report.messages) == (None, not reuse, ())
            assert report.audit is not None
            assert report.audit.accepted()
        report = checker.check(bad, 60, True)
        assert (report.audit, [goal.printed for goal in report.sorries]) == (None, ["⊢ 1 + 1 = 2"])
        assert {message.severity for message in report.messages} == {"error", "warning"}
