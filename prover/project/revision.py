"""Names the content of a checkout by its commit, or by a digest of its files."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from prover.errors import RepositoryError
from prover.project.checkout import Checkout
from prover.project.layout import TOOLCHAIN_FILE, Repository
from prover.project.manifest import MANIFEST_FILE as MANIFEST
from prover.project.package import LAKEFILES


def revision_of(checkout: Checkout, repository: Repository) -> str:
    """Returns the commit; if files differ from it or there is none, a digest of all files that Lean reads.

    Raises:
        RepositoryError: A file cannot be read.
    """
    if checkout.commit is not None and not checkout.dirty:
        return checkout.commit
    digest = hashlib.sha256()
    for path in sorted(_files(repository)):
        try:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise RepositoryError(f"{path} cannot be read: {error.strerror}.") from None
        digest.update(f"{path.relative_to(repository.root).as_posix()}\n{content}\n".encode())
    return f"files-{digest.hexdigest()[:40]}"


def _files(repository: Repository) -> Iterator[Path]:
    yield from (module.path for module in (*repository.modules.values(), *repository.shadowed, *repository.linked))
    yield from (path for name in (*LAKEFILES, MANIFEST, TOOLCHAIN_FILE) if (path := repository.root / name).is_file())
