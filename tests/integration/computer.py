"""A computer with a native Lean, which is the embedded one in disguise."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from prover.lean.toolchain.home import Home
from prover.lean.toolchain.install import gateway_directory, install_gateway, installed
from prover.lean.toolchain.native import NativeSearch, find_native
from prover.lean.toolchain.node import find_node
from prover.lean.toolchain.toolchain import NativeToolchain
from prover.project.layout import open_repository
from prover.project.native_build import NativeBuilder
from retrieval.files import link_or_copy
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
        """One below the empty directory `root`, whose gateway is compiled; `usual` has the embedded toolchain.

        Module by module the gateway would take the disguise two minutes, and come out as the embedded Lean has made it.
        """
        search = disguise.wear(root / "elan", usual, [PIN], (NEWER,))
        home = Home(root / "home")
        native = find_native(home, NativeSearch(Path(__file__).parents[2] / "lean_projects" / "basics", str(search)))
        embedded = installed(usual, find_node())
        assert native is not None
        assert embedded.gateway is not None
        shutil.copytree(embedded.gateway, gateway_directory(home, native), copy_function=link_or_copy)
        disguise.of_pin(root / "elan", PIN).save_compiler()
        return cls(root / "elan", home, install_gateway(home, native))
