"""PyTorch, transformers and peft: the one module that imports them, each when it is first used.

Other modules write `from retrieval.neural import torch` inside the function that computes with it, or under
`TYPE_CHECKING` for annotations. Nothing is loaded before, so commands that need no model start quickly, and they work
where the packages are not installed.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from retrieval.errors import PackageMissing

if TYPE_CHECKING:
    import peft
    import torch
    import transformers

__all__ = ["PACKAGES", "default_device", "peft", "require", "silence", "torch", "transformers"]
PACKAGES = ("torch", "transformers", "peft")
INSTALL = "pip install 'prover[models]'"


def __getattr__(name: str) -> ModuleType:
    """Imports a package at its first use.

    Raises:
        PackageMissing: it is not installed.
    """
    if name not in PACKAGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        package = import_module(name)
    except ImportError as error:
        missing = (error.name or name).partition(".")[0]
        raise PackageMissing(f"The package {missing} is not installed: run `{INSTALL}`.", missing) from None
    globals()[name] = package
    return package


def require(*names: str) -> None:
    """Imports packages, so that one that is missing is reported before any work begins.

    Raises:
        PackageMissing: one of them is not installed.
    """
    for name in names:
        globals().get(name) or __getattr__(name)


def default_device(device: str | None = "auto") -> str:
    """Returns a device as PyTorch names it: for `auto` and None, `cuda` if there is a GPU, else `cpu`."""
    if device not in (None, "auto"):
        return str(device)
    from retrieval.neural import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def silence() -> None:
    """Turns off the warnings and progress bars that transformers writes to the terminal."""
    from retrieval.neural import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
