"""The result of a query as chunks of rows, which a database is asked for once a pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from quintet.data.databases.address import Database
from quintet.data.databases.arrow_types import usual_types
from quintet.data.databases.connection import quoted
from quintet.data.databases.queries import opened_query
from quintet.data.large.arrow_chunks import MOST_ROWS, ArrowChunks
from quintet.errors import InputError


def of_query(database: Database, query: str | None) -> ArrowChunks:
    """The rows that a query chooses; those of one pass after another must be the same, and in the same order.

    Parameters
    ----------
    query : a SELECT statement or the name of a table; None for the only table that there is.
    """
    with opened_query(database, query) as (connection, sql):
        parts = connection.batches(sql, MOST_ROWS)
        first = next(parts)
        while not first.num_rows and (part := next(parts, None)) is not None:
            first = part
        parts.close()
        rows = int(connection.select(f"SELECT count(*) AS n FROM ({sql}) AS counted")["n"][0].as_py())
    first = usual_types(first, database.shown)
    types = dict(zip(first.column_names, first.schema.types, strict=True))

    def batches(names: Sequence[str]) -> Iterator[Any]:
        with opened_query(database, query) as (connection, sql):
            chosen = f"SELECT {', '.join(quoted(name) for name in names)} FROM ({sql}) AS chosen"
            for part in connection.batches(chosen, MOST_ROWS):
                if part.num_rows:
                    yield from _cast(usual_types(part, database.shown), types, database.shown).to_batches()

    return ArrowChunks(database.shown, tuple(types), tuple(types.values()), batches, stated=rows)


def _cast(part: Any, types: dict[str, Any], shown: str) -> Any:
    """Rows with the types of the first rows; a column without a value there has no type of its own."""
    import pyarrow

    columns = []
    for name, column in zip(part.column_names, part.columns, strict=True):
        try:
            columns.append(column if column.type == types[name] else column.cast(types[name]))
        except (pyarrow.ArrowException, NotImplementedError):
            raise InputError(
                f"Column {name!r} of {shown} must have one type, got {types[name]} in the first rows and "
                f"{column.type} in later ones: cast it in the query."
            ) from None
    return pyarrow.Table.from_arrays(columns, names=part.column_names)
