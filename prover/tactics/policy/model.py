"""A trained policy: its file, and what it says of suggestions. The file is an npz archive without pickled objects."""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.lean.protocol import Goal
from prover.tactics.generator import Suggestion
from prover.tactics.policy.features import FEATURE_VERSION, ROOT, GoalPath, Rates, feature_count, rows_of
from prover.tactics.policy.trees import MalformedTrees, Trees
from retrieval.files import atomic_path

KIND = "a prover's policy"
MAX_FILE_BYTES = 32 << 20


class PolicyRefused(ValueError):
    """A file is no policy that this program can use. The message says why, without the file's name."""


@dataclass(frozen=True)
class PolicyModel:
    """Judges the suggestions for a goal."""

    ranking: Trees
    """A higher score of a row means that the suggestion is more likely to be on a proof."""
    costs: Trees
    """The logarithm of the milliseconds that a suggestion takes."""
    rates: Rates
    trained_on: dict[str, Any] = field(default_factory=dict)
    """The repositories, counts and settings of its training."""
    metrics: dict[str, float] = field(default_factory=dict)
    """Measurements on repositories that were held out."""

    def judged(
        self, goal: Goal, suggestions: Sequence[Suggestion], path: GoalPath = ROOT
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Returns, for each suggestion, the logarithm of its share among all, and that of its milliseconds."""
        if not suggestions:
            return np.zeros(0), np.zeros(0)
        rows = rows_of(goal, suggestions, path, self.rates)
        scores = self.ranking.scores(rows)
        scores -= scores.max()
        return scores - np.log(np.exp(scores).sum()), self.costs.scores(rows)

    def save(self, file: Path) -> None:
        """Writes the policy, whole or not at all."""
        head = {
            "kind": KIND,
            "features": FEATURE_VERSION,
            "base": self.rates.base,
            "counts": {key: [round(value, 3) for value in pair] for key, pair in sorted(self.rates.counts.items())},
            "seconds": {key: round(value, 3) for key, value in sorted(self.rates.seconds.items())},
            "trained_on": self.trained_on,
            "metrics": self.metrics,
        }
        text = np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), dtype=np.uint8)
        with atomic_path(file) as scratch, scratch.open("wb") as out:
            np.savez_compressed(out, head=text, **self.ranking.arrays("ranking"), **self.costs.arrays("costs"))


def load_policy(file: Path) -> PolicyModel:
    """Returns the policy in a file.

    Raises:
        PolicyRefused: the file is missing or damaged, no policy, or one of another version of features.
    """
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise PolicyRefused("it is too large for a policy")
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        head = json.loads(arrays["head"].tobytes())
    except OSError as error:
        raise PolicyRefused(f"it cannot be read ({error.strerror or 'it is damaged'})") from None
    except (ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile):
        raise PolicyRefused("it is damaged, or no policy") from None
    if not isinstance(head, dict) or head.get("kind") != KIND:
        raise PolicyRefused("it is no policy")
    if head.get("features") != FEATURE_VERSION:
        raise PolicyRefused(
            f"it was trained for version {head.get('features')} of the features, and this program has {FEATURE_VERSION}"
        )
    try:
        width = feature_count()
        ranking, costs = (Trees.of_arrays(arrays, name, width) for name in ("ranking", "costs"))
        counts = {str(key): (float(tries), float(worth)) for key, (tries, worth) in head["counts"].items()}
        seconds = {str(key): float(value) for key, value in head["seconds"].items()}
        rates = Rates(counts, seconds, float(head["base"]))
    except MalformedTrees as error:
        raise PolicyRefused(f"it is damaged: {error}") from None
    except (KeyError, ValueError, TypeError, AttributeError):
        raise PolicyRefused("it is damaged") from None
    return PolicyModel(ranking, costs, rates, dict(head.get("trained_on", {})), dict(head.get("metrics", {})))
