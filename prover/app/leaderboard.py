"""A client of SorryDB's leaderboard: it registers, asks for challenges, and submits proofs."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prover.errors import LeaderboardFailed

ANSWER_SECONDS = 60.0
"""The time in which the leaderboard must answer a request."""
MAX_ANSWER_BYTES = 10_000_000
LOCATION = ("path", "start_line", "start_column", "end_line", "end_column")
DESCRIPTION = "Best-first search with a gate that asks a fresh Lean"


@dataclass(frozen=True)
class LeaderboardChallenge:
    """A `sorry` that the leaderboard wants proved."""

    id: str
    sorry: Mapping[str, Any]
    """The record, its fields without nesting."""
    deadline: str = ""

    def record(self) -> dict[str, Any]:
        """Returns the record as SorryDB's files have it."""
        flat = self.sorry
        return {
            "repo": {key: flat.get(key, "") for key in ("remote", "branch", "commit", "lean_version")},
            "location": {key: flat[key] for key in LOCATION if key in flat},
            "debug_info": {key: flat.get(key, "") for key in ("goal", "url")},
            "metadata": {},
            "id": str(flat.get("id", self.id)),
        }


@dataclass(frozen=True)
class SubmissionResult:
    """The leaderboard's answer to a submission."""

    challenge: str
    status: str
    """As the leaderboard says it, such as `PENDING_VERIFICATION`."""
    proof: str


@dataclass(frozen=True)
class Leaderboard:
    """A leaderboard at an address."""

    address: str
    token: str | None = None

    def register(self, name: str, lean: str = "", description: str = DESCRIPTION, visible: bool = True) -> str:
        """Registers an agent and returns its id.

        Args:
            lean: the only version of Lean for which it wants challenges; every version if empty.

        Raises:
            LeaderboardFailed: The leaderboard refuses, or cannot be reached.
        """
        versions = {"min_lean_version": lean or None, "max_lean_version": lean or None}
        wanted = {"name": name, "description": description, "visible": visible, **versions}
        return str(self._field(self._post("/agents/", wanted), "id"))

    def challenge(self, agent: str) -> LeaderboardChallenge | None:
        """Returns a new challenge for an agent; None if there is none left.

        Raises:
            LeaderboardFailed: The leaderboard refuses, or cannot be reached.
        """
        answer = self._post(f"/agents/{agent}/challenges/", {}, missing=(404,))
        if answer is None:
            return None
        sorry = self._field(answer, "sorry")
        if not isinstance(sorry, dict):
            raise LeaderboardFailed(f"{self.address} sends a challenge without a record: {str(answer)[:200]}")
        return LeaderboardChallenge(str(self._field(answer, "id")), sorry, str(answer.get("deadline", "")))

    def submit(self, agent: str, challenge: str, proof: str) -> SubmissionResult:
        """Submits a proof.

        Raises:
            LeaderboardFailed: The leaderboard refuses, or cannot be reached.
        """
        answer = self._post(f"/agents/{agent}/challenges/{challenge}/submit/", {"proof": proof})
        return SubmissionResult(challenge, str(self._field(answer, "status")), proof)

    def standing(self) -> list[Mapping[str, Any]]:
        """Returns the rows of the leaderboard.

        Raises:
            LeaderboardFailed: The leaderboard cannot be reached.
        """
        rows = self._answer(urllib.request.Request(f"{self.address}/leaderboard"))
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _post(self, path: str, body: object, missing: tuple[int, ...] = ()) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(f"{self.address}{path}", json.dumps(body).encode(), headers, method="POST")
        return self._answer(request, missing)

    def _answer(self, request: urllib.request.Request, missing: tuple[int, ...] = ()) -> Any:
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return json.loads(answer.read(MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            if error.code in missing:
                return None
            said = error.read(500).decode(errors="replace")
            raise LeaderboardFailed(f"{request.full_url} answers {error.code}: {said or error.reason}") from None
        except (OSError, ValueError) as error:
            raise LeaderboardFailed(f"{request.full_url} cannot be asked: {error}. Check the address.") from None

    def _field(self, answer: Any, name: str) -> Any:
        if not isinstance(answer, dict) or name not in answer:
            raise LeaderboardFailed(f"{self.address} sends an answer without {name!r}: {str(answer)[:200]}")
        return answer[name]


def compete(
    board: Leaderboard, agent: str, count: int, prove: Callable[[Mapping[str, Any]], str | None]
) -> Iterator[tuple[LeaderboardChallenge, SubmissionResult | None]]:
    """Takes challenges one after another and submits the proofs that are found; yields each challenge with its result.

    Args:
        count: the number of challenges.
        prove: returns a text for the five letters of a record, or None; see `prove_sorry`.

    Raises:
        LeaderboardFailed: The leaderboard refuses, or cannot be reached.
    """
    for _ in range(count):
        challenge = board.challenge(agent)
        if challenge is None:
            return
        proof = prove(challenge.record())
        yield challenge, board.submit(agent, challenge.id, proof) if proof is not None else None
