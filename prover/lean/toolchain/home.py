"""The layout of the directory for the program's own files. Creates nothing and reads no settings."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Home:
    """The directory for toolchains, gateways and caches."""

    root: Path
    """The directory; the first writer creates it."""

    @classmethod
    def default(cls) -> "Home":
        """Returns the user's data directory for this program."""
        return cls(platformdirs.user_data_path("prover", appauthor=False))

    @property
    def toolchains(self) -> Path:
        """The directory of installed toolchains, one subdirectory each."""
        return self.root / "toolchains"

    @property
    def gateways(self) -> Path:
        """The directory of compiled gateways, one subdirectory for each toolchain and version of the sources."""
        return self.root / "gateways"

    @property
    def caches(self) -> Path:
        """The directory of caches, which can be deleted at any time."""
        return self.root / "caches"

    @property
    def checkouts(self) -> Path:
        """The directory of git repositories and their files at the requested commits."""
        return self.caches / "git"
