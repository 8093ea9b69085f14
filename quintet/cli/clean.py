"""The command `quintet denoise`: restoration of corrupted cells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quintet.arguments.rules import Number
from quintet.cli import (
    conditions,
    inputs,
    output,
    output_rows,
    patched,
    picture_files,
    pictures,
    printing,
    series_answers,
)
from quintet.cli import options as o

IN_SAMPLE = "their results are better than those of new rows"


def denoise(
    model: o.ModelFile,
    data: o.Data,
    out: o.RowsOut,
    noise: Annotated[
        str, typer.Option(help="uniform, salt, normal, masking, or auto (estimated from DATA and reported).")
    ] = "auto",
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.0, help="Share of corrupted cells, or standard deviation of the noise; estimated unless given."
        ),
        Number(0),
    ] = None,
    query: o.Query = None,
    out_table: o.OutTable = None,
    append: o.Append = False,
    split: o.Split = None,
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    pages: o.Pages = None,
    effort: o.Effort = "normal",
    batch_rows: o.BatchRows = 128,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Denoise the rows of DATA: the posterior mean of each clean row given the corrupted one."""
    vae = inputs.any_model(model, quiet)
    if inputs.is_of_series(vae):
        unused = {"query": query, "split": split, "label": label, "only": only, "except_": except_}
        path = series_answers.located(data, **unused, condition_images=condition_images, limit=limit, pages=pages)
        place = output.rows_output(out, out_table, append, force)
        options = {"effort": effort, "batch_rows": batch_rows, "random_state": seed}
        printing.say(series_answers.denoise(vae, path, place, noise, rate, **options), as_json=as_json, quiet=quiet)
        return
    given = pictures.larger(data, vae, limit, pages, only=only, except_=except_, condition_images=condition_images)
    if given is not None:
        folder = picture_files.pictures_output(Path(out), given.shapes, force)
        options = {"effort": effort, "batch_rows": batch_rows, "random_state": seed}
        printing.say(patched.denoise(vae, given, folder, noise, rate, **options), as_json=as_json, quiet=quiet)
        return
    place = output.rows_output(out, out_table, append, force)
    output_rows.refuse_format(place, vae.schema_)
    chosen = {"split": split, "label": label, "only": only, "except_": except_, "query": query, "pages": pages}
    found, _, images = conditions.rows_with_images(data, vae, condition_images, limit=limit, **chosen)
    clean, report = vae.denoise(
        found.x,
        noise,
        rate=rate,
        condition=images,
        mask=inputs.missing(found),
        return_report=True,
        effort=effort,
        batch_rows=batch_rows,
        random_state=seed,
    )
    rates = report.rates.numpy()
    labels = found.y if found.y is not None and found.y.ndim == 1 else None
    output_rows.write_model_rows(place, clean, vae.schema_, labels=labels, rates=rates, **inputs.files(found))
    seen = inputs.trained_on(found, vae, IN_SAMPLE, quiet)
    figures = {"rows": len(clean), **seen, "noise": report.kind, "rate": float(rates.mean()), "out": place}
    printing.say(figures, as_json=as_json, quiet=quiet)
