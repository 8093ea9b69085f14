"""The command `quintet predict`: one column of a table given the others."""

from __future__ import annotations

from typing import Annotated

import typer

from quintet.arguments.composite_rules import Several
from quintet.arguments.rules import Number
from quintet.cli import inputs, option_values, output, printing
from quintet.cli import options as o

IN_SAMPLE = "their predictions are better than those of new rows"


def predict(
    model: o.ModelFile,
    data: o.Data,
    column: Annotated[str, typer.Option(metavar="NAME", help="The column to predict; DATA may lack it.")],
    out: Annotated[str, typer.Option(help="Output file: .csv or .parquet; or a database with --out-table.")],
    quantiles: Annotated[
        str, typer.Option(metavar="P,P,...", help="Probabilities of the quantiles of a column of numbers or times.")
    ] = "0.05,0.5,0.95",
    query: o.Query = None,
    out_table: o.OutTable = None,
    append: o.Append = False,
    split: o.Split = None,
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    batch_rows: o.BatchRows = 256,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Predict one column of a table from the other cells of each row: levels by their probabilities, numbers by mean
    and quantiles."""
    place = output.rows_output(out, out_table, append, force, output.FRAMES)
    shares = [option_values.value(part) for part in quantiles.split(",")]
    asked = Several(Number(above=0, below=1)).validate("--quantiles", shares)
    vae = inputs.model(model, quiet)
    found, _ = inputs.rows_asked_about(
        data, vae, split=split, label=label, only=only, except_=except_, limit=limit, query=query
    )
    answer = vae.predict_column(found.x, column, quantiles=asked, batch_rows=batch_rows)
    place.write_frame(answer)
    seen = inputs.trained_on(found, vae, IN_SAMPLE, quiet)
    printing.say({"rows": len(found), **seen, "column": column, "out": place}, as_json=as_json, quiet=quiet)
