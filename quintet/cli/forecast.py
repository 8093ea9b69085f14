"""The command `quintet forecast`: the future of series."""

from typing import Annotated

import typer

from quintet.arguments import MANY
from quintet.arguments.rules import Whole
from quintet.cli import inputs, option_values, output, printing, series_answers
from quintet.cli import options as o
from quintet.errors import InputError


def forecast(
    model: o.ModelFile,
    data: Annotated[str, typer.Argument(metavar="DATA", help="A .csv or .parquet file with the past.")],
    out: Annotated[
        str,
        typer.Option(
            metavar="FORECAST",
            help="Output file, .csv or .parquet: time stamps, and the mean and quantiles of each channel; or a "
            "database with --out-table.",
        ),
    ],
    steps: Annotated[int, typer.Option(min=1, help="Steps behind the end of DATA."), Whole(1, MANY)] = 24,
    quantiles: Annotated[
        str, typer.Option(metavar="Q,Q,...", help="Quantiles of each step, between 0 and 1.")
    ] = "0.1,0.5,0.9",
    out_table: o.OutTable = None,
    append: o.Append = False,
    effort: o.Effort = "normal",
    batch_rows: o.BatchRows = 128,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Forecast the steps behind the end of each series of DATA, by a model of series."""
    levels = option_values.shares(quantiles, "--quantiles")
    place = output.rows_output(out, out_table, append, force, output.FRAMES)
    series = inputs.any_model(model, quiet)
    if not inputs.is_of_series(series):
        raise InputError(f"forecast needs a model of series, got {model}: `quintet fit sensor.csv` makes one.")
    figures = series_answers.forecast(
        series,
        series_answers.located(data),
        place,
        steps,
        levels,
        effort=effort,
        batch_rows=batch_rows,
        random_state=seed,
    )
    printing.say(figures, as_json=as_json, quiet=quiet)
