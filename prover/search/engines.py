"""The registry of search engines."""

from collections.abc import Callable

from prover.extensions import ENGINES as GROUP
from prover.extensions import Registry
from prover.search.best_first import BestFirstSearch
from prover.search.engine import DEFAULT_ENGINE, EngineFactory

ENGINES: Registry[EngineFactory] = Registry("search engine", GROUP, {DEFAULT_ENGINE: BestFirstSearch}, Callable)
