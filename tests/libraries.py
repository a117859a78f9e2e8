"""Large libraries that tests need: tests import them, not modules, since pytest imports the modules of all tests."""

from importlib.util import find_spec

import pytest


def needs(*libraries: str) -> pytest.MarkDecorator:
    """Returns a mark that skips tests where one of these libraries is not installed."""
    missing = ", ".join(name for name in libraries if find_spec(name) is None)
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {missing}")
