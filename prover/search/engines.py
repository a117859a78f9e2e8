"""The registry of search engines."""

from collections.abc import Callable

from prover.extensions import ENGINES_GROUP, Registry
from prover.search.best_first import BestFirstSearch
from prover.search.engine import DEFAULT_ENGINE, EngineFactory

ENGINES: Registry[EngineFactory] = Registry("search engine", ENGINES_GROUP, {DEFAULT_ENGINE: BestFirstSearch}, Callable)
