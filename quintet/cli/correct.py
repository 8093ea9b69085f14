"""The command `quintet correct`: cells of a table that look mistyped, with a suggestion for each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from quintet.arguments.rules import Number
from quintet.cli import inputs, output, output_rows, printing
from quintet.cli import options as o
from quintet.errors import InputError

IN_SAMPLE = "their damaged cells look more usual than those of new rows"


def correct(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[
        str, typer.Option(help="Output file of the suggestions: .csv or .parquet; or a database with --out-table.")
    ],
    threshold: Annotated[
        float, typer.Option(help="Probability of damage from which a cell is listed."), Number(0, 1)
    ] = 0.5,
    repaired: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write DATA with all suggestions in place: .csv or .parquet."),
    ] = None,
    query: o.Query = None,
    out_table: o.OutTable = None,
    append: o.Append = False,
    split: o.Split = None,
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    batch_rows: o.BatchRows = 128,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """List the cells of a table that look mistyped: row, column, before, after, probability and kind of damage.

    DATA is not changed.
    """
    place = output.rows_output(out, out_table, append, force, output.FRAMES)
    second = None if repaired is None else output.output_path(repaired, force, output.FRAMES)
    if second is not None and second.path.absolute() == Path(out).absolute():
        raise InputError(f"--out and --repaired must name two files, got {out} for both.")
    vae = inputs.model(model, quiet)
    found, numbers = inputs.rows_asked_about(
        data, vae, split=split, label=label, only=only, except_=except_, limit=limit, query=query
    )
    suggestions, rows = vae.corrections(
        found.x, threshold=threshold, mask=inputs.missing(found), return_repaired=True, batch_rows=batch_rows
    )
    place.write_frame(_numbered(suggestions, numbers))
    if second is not None:
        labels = found.y if found.y is not None and found.y.ndim == 1 else None
        output_rows.write_model_rows(second, rows, vae.schema_, labels=labels)
    seen = inputs.trained_on(found, vae, IN_SAMPLE, quiet)
    figures = {"rows": len(found), **seen, "damaged_cells": len(suggestions), "out": place}
    printing.say(figures | ({} if repaired is None else {"repaired": repaired}), as_json=as_json, quiet=quiet)


def _numbered(suggestions: Any, numbers: np.ndarray[Any, Any]) -> Any:
    """The suggestions with the rows' numbers in DATA."""
    import narwhals as nw

    frame = nw.from_native(suggestions, eager_only=True)
    rows = nw.new_series("row", numbers[frame["row"].to_numpy()], nw.Int64, backend=frame.implementation)
    return frame.with_columns(rows).to_native()
