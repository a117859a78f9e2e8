"""A trained policy: its stored form, and its verdict on suggestions. It is stored as npz, without pickled objects."""

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.lean.protocol import Goal
from prover.tactics.generator import Suggestion
from prover.tactics.policy.features import FEATURE_VERSION, ROOT, GoalPath, Rates, feature_count, rows_of
from prover.tactics.policy.trees import MalformedTrees, Trees

KIND = "a prover's policy"
MAX_FILE_BYTES = 32 << 20


class PolicyRefused(ValueError):
    """Some content is no policy that this program can use. The message says why, without the file's name."""


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

    def stored(self) -> bytes:
        """Returns the content of the policy's file."""
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
        arrays: dict[str, Any] = {"head": text, **self.ranking.arrays("ranking"), **self.costs.arrays("costs")}
        out = io.BytesIO()
        np.savez_compressed(out, **arrays)
        return out.getvalue()


def policy_of(content: bytes) -> PolicyModel:
    """Returns the policy that a file has.

    Raises:
        PolicyRefused: it is damaged, no policy, or one of another version of features.
    """
    if len(content) > MAX_FILE_BYTES:
        raise PolicyRefused("it is too large for a policy")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        head = json.loads(arrays["head"].tobytes())
    except (OSError, ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error):
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
