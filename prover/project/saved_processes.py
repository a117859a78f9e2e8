"""Saves Lean processes that have imported what files import, by the content of the modules, for others to continue."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from prover.errors import InstallFailed
from prover.lean.saved import SAVED_PROCESSES, header_digest
from prover.lean.toolchain import gateway
from prover.lean.toolchain.toolchain import EmbeddedToolchain, Toolchain
from prover.progress import Notify

MOST_SAVED = 4
"""The number of saved processes that are kept, those that were wanted last. Each takes about a gigabyte on the disk."""
MIN_FREE_BYTES = 4_000_000_000
"""The free space on the disk below which none is saved."""


class SavedProcesses:
    """The saved processes of a cache."""

    def __init__(self, directory: Path, notify: Notify) -> None:
        self._directory = directory
        self._notify = notify
        self._failed = False

    def provide(self, toolchain: Toolchain, text: str, keys: Sequence[str], search_path: Sequence[Path]) -> None:
        """Has processes with a search path continue a saved one for files with the imports of `text`.

        It is saved if that has not been done for modules of the same content. If it cannot be, processes import the
        modules as always.

        Args:
            keys: the content keys of the imported modules.
        """
        if not isinstance(toolchain, EmbeddedToolchain) or toolchain.gateway is None or self._failed:
            return
        header = header_digest(text)
        content = "\n".join([toolchain.name, gateway.digest(), header, *keys])
        place = self._directory / f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.image"
        if not place.is_file() and not self._save(toolchain, text, search_path, place):
            return
        place.touch()
        link = search_path[0] / SAVED_PROCESSES / f"{header}.image"
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_file():
            link.unlink(missing_ok=True)
            link.symlink_to(place)

    def _save(self, toolchain: EmbeddedToolchain, text: str, search_path: Sequence[Path], place: Path) -> bool:
        """Saves a process in `place`; returns whether it succeeded."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._prune(MOST_SAVED - 1)
        if shutil.disk_usage(self._directory).free < MIN_FREE_BYTES:
            return False
        self._notify("saving a process that has imported what the file imports: others start from it")
        try:
            gateway.save_image_for(toolchain, text, search_path, place)
        except InstallFailed as error:
            self._failed = True
            self._notify(f"processes import it each: {error}")
        return place.is_file()

    def _prune(self, kept: int) -> None:
        """Deletes all saved processes but those that were wanted last."""
        for place in sorted(self._directory.glob("*.image"), key=lambda place: -place.stat().st_mtime)[kept:]:
            place.unlink(missing_ok=True)
            place.with_name(place.name + gateway.IMAGE_DESCRIPTION_SUFFIX).unlink(missing_ok=True)
