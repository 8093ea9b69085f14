"""The command `quintet drift`: whether new rows are distributed as those of training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from quintet.arguments.rules import Number
from quintet.cli import conditions, inputs, output, output_rows, printing
from quintet.cli import options as o
from quintet.errors import InputError

NAMED = (
    "a column is named by its own q-value, of at most {fdr:g}; the p-value of the table is above that, because it is "
    "twice the smaller of those of the scores and of the columns: no drift of the table as a whole is shown"
)
IN_SAMPLE = "they hide a drift of the others; --split held-out leaves them out"


def drift(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[
        Path | None, typer.Option(metavar="COLUMNS", help="Output file: a .csv with a row for each column.")
    ] = None,
    fdr: Annotated[
        float,
        typer.Option(help="Upper bound on the expected share of unchanged columns among those that are named."),
        Number(above=0, below=1),
    ] = 0.05,
    query: o.Query = None,
    split: o.Split = None,
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    batch_rows: o.BatchRows = 256,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Test whether the rows of DATA are distributed as those of training, and name the columns that are not.

    The exit code is 0 whatever is found; --json has the p-values for scripts.
    """
    place = None if out is None else output.output_path(out, force, (".csv",))
    vae = inputs.model(model, quiet)
    if place is not None and vae.schema_.is_image:
        raise InputError(f"--out must be left out for a model of images, whose cells are no columns, got {out}.")
    found, _, images = conditions.rows_with_images(
        data, vae, condition_images, split=split, label=label, only=only, except_=except_, limit=limit, query=query
    )
    answer = vae.drift(found.x, fdr=fdr, condition=images, mask=inputs.missing(found), batch_rows=batch_rows)
    if answer.moved and answer.p_value > fdr:
        printing.note(f"{NAMED.format(fdr=fdr)}.", quiet)
    figures = {
        "rows": answer.rows,
        **inputs.trained_on(found, vae, IN_SAMPLE, quiet),
        "p_value": answer.p_value,
        "p_value of scores": answer.score_p_value,
        "moved": list(answer.moved),
    }
    if place is None:
        printing.say(figures, as_json=as_json, quiet=quiet)
    else:
        from quintet.estimators._answers.drift import COLUMNS

        output_rows.write_table(place, {name: np.asarray(answer.columns[name]) for name in COLUMNS})
        printing.say({**figures, "out": out}, as_json=as_json, quiet=quiet)
