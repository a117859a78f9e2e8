"""Four clients ask one server for long, hostile requests among theirs, while Lean's processes are killed at random.

    python -m benchmarks.server_soak [--minutes 30] [--kills-every 20] [--seed 0] [--json FILE]

Wrong would be: a verdict that is not the known one, a proof claimed of a false theorem, a job without an end, memory of
the server that grows, a process that is left over. A job may say `open` or fail, since Lean is killed, but must say so.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

SOCKET = "soak.sock"
TRUE_FILE = """\
namespace Soak

def double (n : Nat) : Nat := n + n

theorem double_eq (n : Nat) : double n = 2 * n := by
  sorry

theorem swap (p q : Prop) (hp : p) (hq : q) : q ∧ p := by
  sorry

theorem append_nil (xs : List Nat) : xs ++ [] = xs := by
  sorry

end Soak
"""
FALSE_FILE = """\
theorem small (n : Nat) : n < 3 := by
  sorry

theorem finished (n : Nat) : n + 0 = n := rfl

theorem cheat : 1 + 1 = 3 := by
  exact (by decide : 1 + 1 = 3)
"""
HARD_FILE = "theorem hard : ∀ a b c n : Nat, 2 < n → a ^ n + b ^ n = c ^ n → a * b * c = 0 := by\n  sorry\n"
TRUE_NAMES = ("double_eq", "swap", "append_nil")
HOSTILE: tuple[tuple[str, bytes, int], ...] = (
    ("/v1/prove", b"{", 400),
    ("/v1/prove", b'{"file_path": "../../etc/passwd", "line": 1}', 403),
    ("/v1/prove", b'{"file_path": "True.lean", "line": -1}', 400),
    ("/v1/prove", b'{"file_path": "True.lean", "theorem_name": "swap", "apply": true}', 403),
    ("/v1/prove", b'{"file_path": "True.lean", "theorem_name": "swap", "timeout_s": 3000}', 403),
    ("/v1/fly", b"{}", 400),
    ("/v1/prove", b" " * 3_000_000, 413),
    ("/v1/prove", b'{"file_path": "True.lean", "theorem_name": "missing"}', 422),
)


@dataclass
class Seen:
    """The answers so far, and what was wrong with them."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    kills: int = 0
    memory: list[tuple[float, int]] = field(default_factory=list)
    """The server's resident memory, each with the seconds since the beginning."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: str) -> None:
        """Counts an answer."""
        with self.lock:
            self.answers[answer] += 1

    def must(self, holds: bool, what: str) -> None:
        """Notes what is wrong if something does not hold."""
        if not holds:
            with self.lock:
                self.wrong.append(what)


class Customer:
    """One client: its requests, one after another, until the time is over."""

    def __init__(self, place: Path, seed: int, seen: Seen) -> None:
        transport = httpx.HTTPTransport(uds=str(place))
        self._http = httpx.Client(transport=transport, base_url="http://localhost", timeout=300)
        self._random = random.Random(seed)
        self._seen = seen

    def work(self, end: float) -> None:
        """Asks until a time of the monotonic clock."""
        requests = (self.proves, self.proves, self.refutes, self.checks, self.suggests, self.sorries)
        more = (self.cancels, self.leaves, self.hostile, self.hostile)
        while time.monotonic() < end:
            asked = self._random.choice((*requests, *more))
            try:
                asked()
            except httpx.HTTPError as error:
                with self._seen.lock:
                    self._seen.lost.append(f"{asked.__name__}: {error!r}")
        self._http.close()

    def proves(self) -> None:
        """A true theorem is never refuted; a proof of it has no axiom but Lean's three."""
        name = self._random.choice(TRUE_NAMES)
        answer = self._post("prove", {"file_path": "True.lean", "theorem_name": name, "timeout_s": 20})
        status = answer.get("status")
        self._seen.must(status != "refuted", f"{name} is said to be refuted")
        if status == "proved":
            own = set(answer["axioms"]) <= {"propext", "Quot.sound", "Classical.choice"}
            self._seen.must(own and "sorry" not in answer["proof"], f"{name}: {answer}")

    def refutes(self) -> None:
        """A false theorem is never proved."""
        tool = self._random.choice(("prove", "refute"))
        answer = self._post(tool, {"file_path": "False.lean", "theorem_name": "small", "timeout_s": 10})
        self._seen.must(answer.get("status") not in ("proved", "proved_given"), f"small is proved: {answer}")

    def checks(self) -> None:
        """A finished proof is accepted, a cheat is not."""
        for name, right in (("finished", True), ("cheat", False)):
            answer = self._post("check", {"file_path": "False.lean", "theorem_name": name})
            undecided = "fresh Lean could not check" in str(answer.get("reason"))
            if "accepted" in answer and not undecided:
                self._seen.must(answer["accepted"] == right, f"{name}: {answer}")

    def suggests(self) -> None:
        """Tactics come with the goals that they leave."""
        answer = self._post("suggest", {"file_path": "True.lean", "line": 6, "k": 8})
        self._seen.must("error" in answer or "double n = 2 * n" in answer["goal"], f"another goal: {answer}")

    def sorries(self) -> None:
        """All that is missing is listed."""
        answer = self._post("sorries", {"path": "True.lean"})
        self._seen.must("error" in answer or answer["failed"] or len(answer["items"]) == 3, f"sorries: {answer}")

    def cancels(self) -> None:
        """A cancelled job ends."""
        place = {"file_path": "Hard.lean", "theorem_name": "hard", "timeout_s": 200}
        answer = self._http.post("/v1/jobs", json={"tool": "prove", "arguments": place})
        if answer.status_code == 503:
            self._seen.note("busy")
            return
        job = answer.headers["location"]
        time.sleep(self._random.random() * 5)
        self._http.delete(job)
        state = self._http.get(job, params={"wait": 60}).json()["state"]
        self._seen.note(f"cancel: {state}")
        self._seen.must(state in ("cancelled", "failed", "done"), f"{job} is still {state} 60 s after its cancellation")

    def leaves(self) -> None:
        """A client that goes away leaves nothing behind; the end of the soak says whether that is so."""
        place = {"file_path": "Hard.lean", "theorem_name": "hard", "timeout_s": 200}
        try:
            self._http.post("/v1/prove", json=place, timeout=self._random.random() * 3 + 0.5)
        except httpx.TimeoutException:
            self._seen.note("left")

    def hostile(self) -> None:
        """A wrong request gets a reason."""
        path, body, status = self._random.choice(HOSTILE)
        answer = self._http.post(path, content=body)
        self._seen.note(f"hostile: {answer.status_code}")
        self._seen.must(
            answer.status_code in (status, 503), f"{path} {body[:60]!r}: {answer.status_code}, not {status}"
        )

    def _post(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(f"/v1/{tool}", json=arguments)
        found: dict[str, Any] = answer.json()
        self._seen.note(f"{tool}: {found.get('status', answer.status_code)}")
        self._seen.must(answer.status_code in (200, 422, 503), f"{tool} {arguments}: {answer.status_code} {found}")
        return found


@contextmanager
def serving(directory: Path) -> Iterator[psutil.Process]:
    """A server of a directory; it must end in time, with everything that it has started."""
    program = "from prover.cli.main import main; main()"
    options = ["serve", "--repo", str(directory), "--socket", str(directory / SOCKET)]
    process = subprocess.Popen([sys.executable, "-c", program, *options], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def lean_processes(server: psutil.Process) -> Iterator[psutil.Process]:
    """Yields the Lean processes of a server that still run."""
    for child in server.children(recursive=True):
        with suppress(psutil.Error):  # it has ended meanwhile
            if "prover-lean-" in str(child.cmdline()):
                yield child


def kill_at_random(server: psutil.Process, every: float, seed: int, seen: Seen, over: threading.Event) -> None:
    """Kills one of the server's processes now and then, and notes the server's memory."""
    chooser, began = random.Random(seed), time.monotonic()
    while not over.wait(chooser.expovariate(1 / every)):
        seen.memory.append((round(time.monotonic() - began), server.memory_info().rss))
        lean = list(lean_processes(server))
        if lean:
            try:
                os.kill(chooser.choice(lean).pid, signal.SIGKILL)
                seen.kills += 1
            except ProcessLookupError:
                pass


def soak(minutes: float, every: float, seed: int, clients: int = 4) -> dict[str, Any]:
    """Runs the soak and returns what was seen."""
    seen, over = Seen(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        directory = Path(name)
        (directory / "lakefile.toml").write_text('name = "soak"\n')
        for file, text in (("True", TRUE_FILE), ("False", FALSE_FILE), ("Hard", HARD_FILE)):
            (directory / f"{file}.lean").write_text(text)
        with serving(directory) as server:
            killer = threading.Thread(target=kill_at_random, args=(server, every, seed, seen, over))
            killer.start()
            end = time.monotonic() + 60 * minutes
            customers = [Customer(directory / SOCKET, seed + number, seen) for number in range(clients)]
            threads = [threading.Thread(target=customer.work, args=(end,)) for customer in customers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            over.set()
            killer.join()
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(directory / SOCKET)), timeout=60) as http:
                jobs = http.get("http://localhost/v1/jobs").json()["items"]
            unended = [job for job in jobs if job["state"] in ("queued", "running")]
            children = server.children(recursive=True)
            began = time.monotonic()
        ending = time.monotonic() - began
        left = [child.pid for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    return {
        "minutes": minutes, "seed": seed, "answers": dict(seen.answers.most_common()), "kills": seen.kills,
        "wrong": seen.wrong, "lost": seen.lost, "jobs": dict(Counter(job["state"] for job in jobs)),
        "unended": unended, "seconds_to_end": round(ending, 1), "left_over": left,
        "megabytes": [(when, round(size / 1e6)) for when, size in seen.memory],
    }  # fmt: skip


def main() -> None:
    """Runs the soak that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--kills-every", type=float, default=20.0, help="the mean time between kills, in seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    text = json.dumps(soak(wanted.minutes, wanted.kills_every, wanted.seed), indent=2, ensure_ascii=False)
    print(text)
    if wanted.json is not None:
        wanted.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
