"""Arguments that several commands share: types, help texts and allowed values."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.arguments import LARGEST_SEED, MANY
from quintet.arguments.checking import rules_of
from quintet.arguments.rules import OneOf, Whole


def with_checked_options(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command to check its options against the rules in their annotations before it runs."""

    @wraps(command)
    def run(**options: Any) -> None:
        rules = rules_of(command)
        for name, value in options.items():
            rule = rules[name]
            if rule is not None and value is not None:
                options[name] = rule.validate(f"--{name.strip('_').replace('_', '-')}", value)
        command(**options)

    return run


def _remember(ctx: typer.Context, param: typer.CallbackParam, value: bool) -> bool:
    """Store --quiet and --debug in the context for ``quintet.cli.main``."""
    ctx.meta[f"quintet.{param.name}"] = value
    return value


DATA, MODEL, TRAINING, DETECTION, SERIES = "Data", "Model", "Training", "Detection", "Series"
"""Panels of the help; options without a panel, such as --out and --quiet, come first."""

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="Data set (digits, letters, mnist), path, or database (postgresql://..., a .duckdb or .sqlite file).",
    ),
]
Query = Annotated[
    str | None,
    typer.Option(
        metavar="SELECT|TABLE",
        help="Rows of a database: a SELECT statement or the name of a table. Of a .csv or .parquet file: a SELECT "
        "statement that calls it `data`.",
        rich_help_panel=DATA,
    ),
]
ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file that `quintet fit` wrote.")]
TrainSplit = Annotated[str, typer.Option(help="Split of the data set: train or test.", rich_help_panel=DATA)]
Split = Annotated[
    str | None,
    typer.Option(
        help="train, test (the default if there is one), or held-out (rows that --holdout kept out of training).",
        show_default=False,
        rich_help_panel=DATA,
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN|FILE", help="Column or file of the labels; several columns as a,b.", rich_help_panel=DATA
    ),
]
ConditionImages = Annotated[
    str | None,
    typer.Option(metavar="DATA", help="Condition images of a conditional model, one per row.", rich_help_panel=DATA),
]
Only = Annotated[
    str | None, typer.Option(metavar="0-8", help="Keep only rows with these labels.", rich_help_panel=DATA)
]
Except = Annotated[
    str | None, typer.Option("--except", metavar="9", help="Drop rows with these labels.", rich_help_panel=DATA)
]
Size = Annotated[str | None, typer.Option(metavar="28x28", help="Resize the images of a folder.", rich_help_panel=DATA)]
Pages = Annotated[
    str | None,
    typer.Option(
        metavar="rows|bands",
        help="Pages of a TIFF stack, frames of an animation: rows, or bands (the channels of one row).",
        rich_help_panel=DATA,
    ),
    OneOf(("rows", "bands")),
]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="Use only the first N rows.", rich_help_panel=DATA)]

SchemaFile = Annotated[
    Path | None,
    typer.Option(
        "--schema",
        metavar="FILE.json",
        help="Types, levels and bounds of columns, as `quintet schema DATA --out` writes them.",
        rich_help_panel=DATA,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(metavar="A,B,...", help="Model only these columns of a table.", rich_help_panel=DATA),
]
Drop = Annotated[
    str | None,
    typer.Option(metavar="A,B,...", help="Leave these columns of a table out of the model.", rich_help_panel=DATA),
]

Effort = Annotated[str, typer.Option(help="Compute spent on each row: low, normal or high.")]
BatchRows = Annotated[int, typer.Option(min=1, help="Rows per batch; fewer need less memory."), Whole(1, MANY)]
Seed = Annotated[
    int,
    typer.Option(min=0, help="Seed of the random numbers; the same seed gives the same result."),
    Whole(0, LARGEST_SEED),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", callback=_remember, help="Print only errors, and the JSON of --json.")
]
Debug = Annotated[bool, typer.Option("--debug", callback=_remember, help="Show the traceback of an error.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite existing files, or replace --out-table.")]
RowsOut = Annotated[
    str,
    typer.Option(
        help="Output file: .npz, .npy, .csv, .parquet (tables), or .png (a grid of images); a folder of pictures, "
        "without an ending; or a database with --out-table."
    ),
]
OutTable = Annotated[str | None, typer.Option(metavar="NAME", help="Table to write, where --out is a database.")]
Append = Annotated[bool, typer.Option("--append", help="Add the rows to --out-table if it exists.")]
