"""Writes the proofs of a run into the files of a repository: all of them, or none."""

from collections.abc import Sequence

from prover.app.joining import JoinedFile
from prover.errors import NotWritable
from prover.progress import Notify
from prover.project.patch import write_patched


def write_files(files: Sequence[JoinedFile], notify: Notify) -> None:
    """Writes files with their proofs.

    Raises:
        NotWritable: a file is no longer what it was when it was read, or cannot be written. Then all are as they were.
    """
    for each in files:
        if each.module.written() != each.before.on_disk:
            raise NotWritable(f"{each.before.file} has changed since it was read: nothing was written. Prove it again.")
    written: list[JoinedFile] = []
    try:
        for each in files:
            write_patched(each.module.path, each.after.on_disk)
            written.append(each)
    except NotWritable:
        for each in written:
            write_patched(each.module.path, each.before.on_disk)
        raise
    for each in files:
        notify(f"wrote {each.before.file}")
