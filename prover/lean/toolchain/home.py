"""Where the project's own files live on this computer. Creates nothing and reads no settings."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Home:
    """One directory, and what lies where in it."""

    root: Path
    """the directory; made by whoever writes into it first"""

    @classmethod
    def default(cls) -> "Home":
        """The user's own data directory for this program."""
        return cls(platformdirs.user_data_path("prover", appauthor=False))

    @property
    def toolchains(self) -> Path:
        """Installed toolchains, one directory each."""
        return self.root / "toolchains"

    @property
    def gateways(self) -> Path:
        """Compiled gateways, one directory for each toolchain and version of the sources."""
        return self.root / "gateways"

    @property
    def caches(self) -> Path:
        """What can be deleted at any time and is made again."""
        return self.root / "caches"

    @property
    def checkouts(self) -> Path:
        """Git repositories, and their files at the commits that were asked for."""
        return self.caches / "git"
