"""Renders the tables as Markdown, from their docstrings and the docstring below each column."""

import ast
import inspect
from collections.abc import Iterator

from curriculum.database.tables import Base, exchanges, learning, results, traces

TITLE = """# The database

The tables and columns, as documented in their source (`curriculum/database/tables/`); `prover db describe` prints this
page. By default the database is an SQLite file in your user directory; set `PROVER_DATABASE` to `sqlite:///FILE` or
`postgresql://USER@HOST/NAME` to choose another. Times are seconds since 1970. `?` marks a column that may be NULL.
"""


def description() -> str:
    """Returns the page, with a section for each table, in the order of the source."""
    sections = [TITLE]
    for module in (traces, results, exchanges, learning):
        sections.append(f"## {_first(module.__doc__)}")
        sections.extend(_section(mapped) for mapped in _models(module.__name__))
    return "\n".join(sections)


def _models(module: str) -> Iterator[type[Base]]:
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: inspect.getsourcelines(mapper.class_)[1]):
        if mapper.class_.__module__ == module:
            yield mapper.class_


def _section(model: type[Base]) -> str:
    said = _sentences(model)
    lines = [
        f"### {model.__tablename__}\n",
        f"{inspect.getdoc(model)}\n",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    for column in model.__table__.columns:
        kind = type(column.type).__name__.lower().replace("biginteger", "integer")
        target = next((f" → {key.column.table.name}" for key in column.foreign_keys if key.column.name == "id"), "")
        mark = "?" if column.nullable else ""
        lines.append(f"| `{column.name}` | {kind}{mark}{target} | {said.get(column.name, '')} |")
    return "\n".join([*lines, ""])


def _sentences(model: type[Base]) -> dict[str, str]:
    """Returns the docstring below each column in the source of its class."""
    (definition,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(definition, ast.ClassDef)
    said = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                said[name] = text
    return said


def _first(docstring: str | None) -> str:
    return (docstring or "").splitlines()[0].rstrip(".")
