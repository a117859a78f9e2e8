"""Benchmarks as JSON Lines: a statement a line, under the field names of the copies that people pass around.

The common copies of miniF2F, ProofNet and PutnamBench name their fields `name` or `problem_name`,
`formal_statement`, `lean4_statement` or `statement`, `header`, `split`, `informal_prefix` or
`informal_statement`. A file that ends in `.json` and holds a list of such objects is read too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from prover.errors import DatasetError
from prover.evaluate.commands import commands, proof_start, theorem_name, without_comments, without_ending
from prover.evaluate.problem import WrittenProblem, unique
from prover.lean.file_text import as_read

NAMES = ("name", "problem_name", "full_name", "theorem_name", "id")
STATEMENTS = ("formal_statement", "lean4_statement", "lean4_code", "statement", "theorem_statement", "lean_code")
HEADERS = ("header", "lean4_header", "src_header", "srcContext", "context")
INFORMAL = ("informal_statement", "informal_prefix", "informal_stmt", "nl_statement", "natural_language_statement")
SPLITS = ("split",)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": NAMES,
    "statement": STATEMENTS,
    "header": HEADERS,
    "informal": INFORMAL,
    "split": SPLITS,
}
"""The names of each part of a problem in the common copies; the first that a record has counts."""
FieldNames = Mapping[str, str]
"""Names of fields in a foreign file, by the part of a problem that each holds; `.` leads into objects."""


def read_json_lines(file: Path, numbered: bool = False, names: FieldNames = {}) -> list[WrittenProblem]:  # noqa: B006
    """The problems of a file, in its order.

    Args:
        numbered: a name that occurs again gets its number, as the common copies of ProofNet need.
        names: the names of fields, where they are not those of the common copies.

    Raises:
        DatasetError: a line is cut short or has no statement, a proof is left in, or two problems share a name.
    """
    found: list[tuple[str, WrittenProblem]] = []
    met: dict[str, int] = {}
    for place, record in records(file):
        problem = _problem(record, place, names)
        met[problem.name] = count = met.get(problem.name, 0) + 1
        if numbered and count > 1:
            problem = replace(problem, name=f"{problem.name}#{count}")
        found.append((place, problem))
    return list(unique(found))


def records(file: Path, field: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of a JSON Lines file or JSON list, each with the place to name in messages.

    Args:
        field: the field that has the list, where a file has an object around several lists.

    Raises:
        DatasetError: it cannot be read, or what stands there is no object.
    """
    text = read_text(file)
    if file.suffix == ".json":
        yield from _listed(file, text, field)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise DatasetError(
                f"{file}, line {number}, is no JSON object or cut short ({error.msg}): copy the file again."
            ) from None
        yield f"{file}, line {number}", _object(record, f"{file}, line {number}")


def read_text(file: Path) -> str:
    """The text of a benchmark's file.

    Raises:
        DatasetError: it cannot be read, or is not UTF-8.
    """
    try:
        return as_read(file.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file} is not UTF-8 ({error.reason}): copy it again.") from None
    except OSError as error:
        raise DatasetError(f"{file} cannot be read ({error.strerror}): check the path.") from None


def _listed(file: Path, text: str, field: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise DatasetError(f"{file} is no JSON or cut short ({error.msg}): copy it again.") from None
    if isinstance(entries, dict):
        lists = [value for key, value in entries.items() if isinstance(value, list)]
        lists = [entries[field]] if isinstance(entries.get(field), list) else lists
        entries = lists[0] if len(lists) == 1 else [entries]
    for number, record in enumerate(entries, 1):
        yield f"{file}, entry {number}", _object(record, f"{file}, entry {number}")


def _object(record: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(record, dict):
        raise DatasetError(f"{place}, is no JSON object: each line is one problem.")
    return record


def _problem(record: Mapping[str, Any], place: str, names: FieldNames) -> WrittenProblem:
    parts = {part: _part(record, place, part, names) for part in FIELDS}
    if not parts["statement"].strip():
        raise DatasetError(
            f"{place}, has no statement: it needs one of the fields {', '.join(STATEMENTS)}, or name another one with "
            f"--field statement=NAME; it has {', '.join(record) or 'no fields'}."
        )
    *context, last = commands(parts["statement"]) or [parts["statement"]]
    header = "\n".join(part for part in (parts["header"].strip(), *(c.strip() for c in context)) if part)
    statement = statement_of(last, place)
    name = parts["name"] or theorem_name(statement) or ""
    if not name:
        raise DatasetError(
            f"{place}, has no name: it needs one of the fields {', '.join(NAMES)}, or name another one with "
            "--field name=NAME, or a named theorem."
        )
    return WrittenProblem(name, statement, without_trailing_comment(header), parts["split"], parts["informal"].strip())


def _part(record: Mapping[str, Any], place: str, part: str, names: FieldNames) -> str:
    """Returns the text of a part of a problem; empty if the record does not have it.

    Raises:
        DatasetError: the field that was named for the part is not there, or is no text.
    """
    if part not in names:
        return _text(record, FIELDS[part])
    value: Any = record
    for key in [names[part]] if names[part] in record else names[part].split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        what = "no field" if value is None else "no text in"
        raise DatasetError(f"{place}, has {what} {names[part]}, which --field names: it has {', '.join(record)}.")
    return value


def statement_of(command: str, place: str) -> str:
    """A theorem's command without its `sorry`.

    Raises:
        DatasetError: a proof is left in it.
    """
    statement = without_ending(command).strip()
    if proof_start(statement) is not None:
        name = theorem_name(statement) or "the statement"
        raise DatasetError(
            f"{place}: {name} has its proof left in: cut it off, from `:=` on, so that none can be used."
        )
    return statement


def without_trailing_comment(header: str) -> str:
    """A header without the docstring that some copies let it end in; it belongs to the theorem."""
    bare = header.rstrip()
    if bare.endswith("-/"):
        last = commands(bare)[-1:]
        if last and not without_comments(last[0]).strip():
            bare = bare[: -len(last[0])].rstrip() if bare.endswith(last[0]) else bare
    return bare


def _text(record: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    for field in fields:
        value = record.get(field)
        if isinstance(value, str) and value:
            return value
    return ""
