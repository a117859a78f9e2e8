"""A computer with a native Lean, which is the embedded one in disguise."""

from dataclasses import dataclass
from pathlib import Path

from prover.lean.toolchain.home import Home
from prover.lean.toolchain.install import install_gateway
from prover.lean.toolchain.native import Asking, find_native
from prover.lean.toolchain.toolchain import NativeToolchain
from prover.project.layout import open_repository
from prover.project.native_build import NativeBuilder
from tests.integration import disguise

PIN = "leanprover/lean4:v4.28.0"
NEWER = "leanprover/lean4:v4.28.1"


@dataclass(frozen=True)
class Computer:
    """A computer with elan, and a home in which only the gateway has been compiled."""

    elan: Path
    home: Home
    toolchain: NativeToolchain

    def builder(self, root: Path) -> NativeBuilder:
        return NativeBuilder(open_repository(root), self.toolchain, self.home.caches)

    @classmethod
    def make(cls, root: Path, usual: Home) -> "Computer":
        """One below the empty directory `root`, whose gateway is compiled; `usual` has the embedded toolchain."""
        search = disguise.wear(root / "elan", usual, [PIN], (NEWER,))
        home = Home(root / "home")
        native = find_native(home, Asking(Path(__file__).parents[2] / "lean_projects" / "basics", str(search)))
        assert native is not None
        return cls(root / "elan", home, install_gateway(home, native))
