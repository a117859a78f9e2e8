"""`prover audit FILE`: audits one file, from disk or pasted."""

import tempfile
from pathlib import Path

import click

from prover.app.environment import choose_toolchain, home
from prover.check.audit import FileAudit, audit
from prover.cli.check import read_text, report_audits
from prover.cli.main import EXIT_REFUSED, existing_path
from prover.cli.options import toolchain_option
from prover.cli.output import consoles, reporter
from prover.lean.pool import Pool
from prover.lean.toolchain.choose import ToolchainChoice
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.progress import Notify
from prover.project.build import source_of
from prover.project.builders import builder_for
from prover.project.layout import PIN, Module, Repository, enclosing_repository, open_repository
from prover.project.package import LAKEFILES

AnyToolchain = EmbeddedToolchain | NativeToolchain


@click.command("audit")
@click.argument("file")
@click.option("--strict", is_flag=True, help="What is only suspicious is refused too.")
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(file: str, strict: bool, toolchain_choice: ToolchainChoice, as_json: bool) -> int:
    """Audit FILE (- for standard input): what its declarations rest on, and what in it could mislead a reader.

    Exit status: 0 accepted, 2 wrong usage or input, 3 refused.
    """
    out = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    with tempfile.TemporaryDirectory(prefix="prover-audit-") as scratch:
        if file == "-":
            path = Path(scratch) / "Pasted.lean"
            path.write_bytes(read_text(file).encode())
        else:
            path = existing_path(file)
        repository = _repository_of(path)
        toolchain = choose_toolchain(repository, toolchain_choice, reporting)
        found = _audited(repository, repository.at(path), toolchain, notify)
    report_audits(out, [found], toolchain.describe(), strict, as_json)
    return 0 if found.accepted(strict) else EXIT_REFUSED


def _repository_of(path: Path) -> Repository:
    """The repository that a file belongs to; one of that file alone if there is none."""
    root = enclosing_repository(path)
    if any((root / mark).is_file() for mark in (*LAKEFILES, PIN)):
        return open_repository(root)
    return Repository(root, {path.stem: Module(path.stem, path.resolve())}, None)


def _audited(repository: Repository, module: Module, toolchain: AnyToolchain, notify: Notify) -> FileAudit:
    builder = builder_for(repository, toolchain, home().caches, notify)
    try:
        builder.prepare(module)
        with Pool(toolchain, builder.search_path(), 1) as pool:
            return audit(pool.fresh, source_of(repository, module))
    finally:
        builder.close()
