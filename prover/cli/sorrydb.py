"""`prover sorrydb prove`: SorryDB's records in, its results out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from prover.app.assembly import generators_named
from prover.app.leaderboard import Leaderboard
from prover.app.leaderboard import compete as compete_for
from prover.app.sorrydb import SorryPlan, earlier_results, sorrydb_results, write_results
from prover.cli.main import EXIT_OPEN, existing_path
from prover.cli.options import generators_option, jobs_option, timeout_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import UsageError
from prover.evaluate.located import sorry_record, sorry_records
from prover.lean.toolchain.choose import ToolchainChoice


@click.group("sorrydb")
def command() -> None:
    """Prove the records of SorryDB, a database of the `sorry`s of public repositories."""


@command.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="A file of SorryDB, as it is.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file for the results.")
@click.option("--repo", help="A directory with the records' repository; by default each commit is fetched.")
@click.option("--id", "ids", multiple=True, help="Only the record of this id; may be given several times.")
@timeout_option()
@generators_option()
@jobs_option
@toolchain_option
def prove(
    data: Path,
    out: Path,
    repo: str | None,
    ids: tuple[str, ...],
    timeout: float,
    generators: str,
    jobs: int,
    toolchain_choice: ToolchainChoice,
) -> int:
    """Prove each `sorry` of a file of SorryDB, and write the results in its format.

    A record is one `sorry` at its place; the proof is a text for the five letters. The file of results is written after
    each record; records that have a result in it are skipped. Exit status: 0 all are proved, 1 some are not, 2 wrong
    usage or input.
    """
    found = sorry_records(data)
    if unknown := sorted(set(ids) - {record.id for record in found}):
        raise UsageError(f"{data} has no record {unknown[0]}: check the id.")
    wanted = [record for record in found if not ids or record.id in ids]
    results = earlier_results(out)
    kept = sum(record.id in results for record in wanted)
    reporting = reporter()
    if kept:
        reporting.notify(f"{out} has the results of {kept} of {len(wanted)} records: delete it to begin anew")
    console = consoles()[0]
    plan = SorryPlan(generators_named(generators, reporting), timeout, toolchain_choice, jobs)
    write_results(out, results.values())
    missing = sorted((record for record in wanted if record.id not in results), key=lambda record: record.location)
    for result in sorrydb_results(missing, plan, reporting, repo):
        results[result.record.id] = result.json()
        write_results(out, results.values())
        mark, style = ("✓", "green") if result.proof is not None else ("✗", "red")
        console.print(f"[{style}]{mark}[/] ", end="")
        console.print(f"{result.record.file}:{result.record.line}  {result.message}", markup=False)
    proved = sum(results[record.id]["proof"] is not None for record in wanted)
    console.print(f"{proved} of {len(wanted)} proved", markup=False)
    return 0 if proved == len(wanted) else EXIT_OPEN


@command.command()
@click.option("--address", required=True, help="The address of the leaderboard.")
@click.option("--agent", help="The id of an agent that is registered; without it one is registered by --name.")
@click.option("--name", help="The name under which a new agent is registered.")
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True, help="The number of challenges.")
@click.option("--token-file", type=click.Path(path_type=Path), help="A file with the token that requests carry.")
@timeout_option()
@generators_option()
@jobs_option
@toolchain_option
def compete(
    address: str,
    agent: str | None,
    name: str | None,
    count: int,
    token_file: Path | None,
    timeout: float,
    generators: str,
    jobs: int,
    toolchain_choice: ToolchainChoice,
) -> int:
    """Take challenges of SorryDB's leaderboard, and submit the proofs that are found.

    Each challenge is proved at its commit, which is fetched; only what a fresh Lean has accepted is submitted. Exit
    status: 0 a proof was submitted for each, 1 not for each, 2 wrong usage or input.
    """
    if (agent is None) == (name is None):
        raise UsageError("Say who competes: give either --agent ID or --name NAME.")
    reporting = reporter()
    plan = SorryPlan(generators_named(generators, reporting), timeout, toolchain_choice, jobs)
    token = existing_path(str(token_file)).read_text(encoding="utf-8").strip() if token_file is not None else None
    board = Leaderboard(address.rstrip("/"), token)
    who = agent or board.register(name or "")
    console = consoles()[0]
    if name is not None:
        console.print(f"registered as agent {who}", markup=False)

    def proved(record: Mapping[str, Any]) -> str | None:
        (result,) = sorrydb_results([sorry_record(record)], plan, reporting)
        reporting.notify(f"{result.record.file}:{result.record.line}  {result.message}")
        return result.proof

    submitted = 0
    for challenge, result in compete_for(board, who, count, proved):
        submitted += result is not None
        console.print(f"{challenge.id}  {result.status if result is not None else 'no proof'}", markup=False)
    console.print(f"{submitted} of {count} submitted", markup=False)
    return 0 if submitted == count else EXIT_OPEN
