"""The command `quintet schema`: what a model would take the rows of DATA for, to read, edit and give back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quintet.cli import inputs, output, printing
from quintet.cli import options as o
from quintet.cli.training_inputs import training_table
from quintet.extras import extra

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded
    from quintet.data.schema import Schema


def schema(
    data: o.Data,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Write the schema, to be edited and given to `quintet fit --schema`."),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="Kind of the cells: auto, image8, unit, binary, count, real, or columns (a table).")
    ] = "auto",
    schema_: o.SchemaFile = None,
    columns: o.Columns = None,
    drop: o.Drop = None,
    query: o.Query = None,
    split: o.TrainSplit = "train",
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    size: o.Size = None,
    limit: o.Limit = None,
    pages: o.Pages = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Show the schema of DATA: kind and shape of the rows; of a table each column's type, values and missing cells,
    and constraints that hold in every row."""
    place = None if out is None else output.output_path(out, force, (".json",))
    chosen: dict[str, Any] = {"label": label, "only": only, "except_": except_, "size": size, "limit": limit}
    chosen["pages"] = pages
    found, given = training_table(data, kind, schema_, columns, drop, split=split, query=query, **chosen)
    about = _schema_of(found, kind, given)
    from quintet.data.schema_file import editable, written

    shares = _missing_shares(found) if about.columns else {}
    content = editable(about, shares)
    if place is not None:
        output.write_file(place, written(content))
    if as_json:
        rest = content if about.columns else {"columns": found.names} | about.model_dump()
        printing.say({"rows": len(found)} | rest, as_json=True)
        return
    printing.say(_figures(found, about, out), as_json=False, quiet=quiet)
    if about.columns and not quiet:
        _print_columns(about, shares)


def _schema_of(found: Loaded, kind: str, given: Any) -> Schema:
    """The schema that `quintet fit` would find."""
    from quintet.data.frame_columns import is_table, learn_table
    from quintet.data.schema import Schema
    from quintet.data.schema_file import declared_schema

    declared = declared_schema(given)
    kind = declared.kind_beside(kind)
    if not is_table(found.x, kind):
        return Schema.infer(found.x, found.y, kind=kind, mask=inputs.missing(found))
    cells, table = learn_table(found.x, None, declared.columns, declared.constraints)
    return table.schema(cells, found.y)


def _missing_shares(found: Loaded) -> dict[str, float]:
    """Share of the rows without a value, by the names of columns."""
    from quintet.data.columns.frames import read_frame

    return {column.name: float(column.values.missing.mean()) for column in read_frame(found.x).columns}


def _figures(found: Loaded, about: Schema, out: Path | None) -> dict[str, Any]:
    figures: dict[str, Any] = {"rows": len(found), "a_row": about.describe()}
    if found.names and not about.columns:
        figures["columns"] = ", ".join(found.names)
    for column in about.condition.columns if about.condition else ():
        figures["labels"] = f"{column.name}: {column.describe()}"
    if about.constraints:
        figures["constraints"] = "; ".join(constraint.describe() for constraint in about.constraints)
    return figures | ({} if out is None else {"out": out})


def _print_columns(about: Schema, shares: Mapping[str, float]) -> None:
    """A table of the columns: name, type, values, share of missing cells."""
    with extra("cli", "A table on the terminal"):
        from rich import box
        from rich.table import Table

    from quintet.data.columns.listing import listed

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("column", "type", "values"):
        table.add_column(name, overflow="fold")
    table.add_column("missing", justify="right")
    for column in about.columns:
        share = shares.get(column.name, 0.0)
        style = None if column.modelled else "dim"
        table.add_row(*listed(column), f"{100 * share:.3g} %" if share else "", style=style)
    printing.rich_table(table)
