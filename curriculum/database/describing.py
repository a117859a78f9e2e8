"""The tables as Markdown, from what is written beside them: their docstrings, and the sentence below each column."""

import ast
import inspect
from collections.abc import Iterator

from curriculum.database.tables import Base, learning, results, traces

TITLE = """# The database

What each table and column means, as its source says it (`curriculum/database/tables/`; `prover db describe` prints
this). SQLite in your user directory, or the database that `PROVER_DATABASE` names as `sqlite:///FILE` or
`postgresql://USER@HOST/NAME`. Times are seconds since 1970. A column that may be NULL is marked `?`.
"""


def description() -> str:
    """One section for each table, in the order of their source."""
    sections = [TITLE]
    for module in (traces, results, learning):
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
    """The text that stands below each column in the source of its class."""
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
