"""The command `quintet impute`: missing cells filled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from quintet.arguments import MANY
from quintet.arguments.rules import Number, Whole
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
from quintet.cli.clean import IN_SAMPLE
from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded
    from quintet.estimators import VAE


def impute(
    model: o.ModelFile,
    data: o.Data,
    out: o.RowsOut,
    mask: Annotated[
        Path | None,
        typer.Option(
            help="A .npy mask of the shape of DATA or of one row, True where a cell is missing; a picture whose "
            "transparent pixels are missing; or a folder of such pictures with the names of DATA's."
        ),
    ] = None,
    draws: Annotated[
        int,
        typer.Option(
            min=0,
            help="Posterior draws in addition to the mean: `draws` in an .npz; in tables below it, numbered in `draw`.",
        ),
        Whole(0, MANY),
    ] = 0,
    interval: Annotated[
        float | None,
        typer.Option(
            help="Of series: also write the ends of an interval that holds a missing cell with this probability.",
            rich_help_panel=o.SERIES,
        ),
        Number(above=0, below=1),
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
    """Impute the missing cells of DATA: empty cells, NaN, and the cells that --mask marks; of series also gaps."""
    vae = inputs.any_model(model, quiet)
    if inputs.is_of_series(vae):
        unused = {"mask": mask, "query": query, "split": split, "label": label, "only": only, "except_": except_}
        path = series_answers.located(data, **unused, condition_images=condition_images, limit=limit, pages=pages)
        place = output.rows_output(out, out_table, append, force)
        options = {"effort": effort, "batch_rows": batch_rows, "random_state": seed}
        printing.say(series_answers.impute(vae, path, place, draws, interval, **options), as_json=as_json, quiet=quiet)
        return
    if interval is not None:
        raise InputError(f"--interval needs a model of series, got {interval:g} for a model of rows: leave it out.")
    given = pictures.larger(data, vae, limit, pages, only=only, except_=except_, condition_images=condition_images)
    if given is not None:
        folder = picture_files.pictures_output(Path(out), given.shapes, force)
        options = {"effort": effort, "batch_rows": batch_rows, "random_state": seed}
        printing.say(patched.impute(vae, given, folder, mask, draws, **options), as_json=as_json, quiet=quiet)
        return
    place = output.rows_output(out, out_table, append, force)
    several = place.suffix in (".npz", ".png")
    if draws and not (several or vae.schema_.columns):
        raise InputError(
            f"--draws must be 0 for {place.suffix or 'folder'} output, got {draws}: write an .npz or .png instead of "
            f"{place}."
        )
    output_rows.refuse_format(place, vae.schema_)
    chosen = {"split": split, "label": label, "only": only, "except_": except_, "query": query, "pages": pages}
    found, _, images = conditions.rows_with_images(data, vae, condition_images, limit=limit, **chosen)
    masked = _missing_cells(found, mask)
    answer = vae.impute(
        found.x,
        draws=draws,
        condition=images,
        mask=masked,
        return_mean=True,
        effort=effort,
        batch_rows=batch_rows,
        random_state=seed,
    )
    mean, drawn = answer if draws else (answer, None)
    labels = found.y if found.y is not None and found.y.ndim == 1 else None
    if drawn is None:
        output_rows.write_model_rows(place, mean, vae.schema_, labels=labels, **inputs.files(found))
    elif vae.schema_.columns:
        output_rows.write_draws(place, [mean, *drawn], vae.schema_)
    elif place.suffix == ".npz":
        output_rows.write_model_rows(place, mean, vae.schema_, labels=labels, draws=drawn, **inputs.files(found))
    else:
        side_by_side = np.stack([mean, *drawn], axis=1).reshape(-1, *mean.shape[1:])
        output_rows.write_model_rows(place, side_by_side, vae.schema_, columns=1 + draws)
    missing_count = _missing_count(vae, found, masked)
    if not missing_count:
        printing.note(f"{inputs.shown(data)} has no missing cells; all rows are unchanged.", quiet)
    seen = inputs.trained_on(found, vae, IN_SAMPLE, quiet)
    printing.say(
        {"rows": len(mean), **seen, "missing_cells": missing_count, "out": place}, as_json=as_json, quiet=quiet
    )


def _missing_cells(found: Loaded, path: Path | None) -> Any:
    """The mask of missing cells: the source's own, combined with the file that --mask names."""
    own = inputs.missing(found)
    if path is None:
        return own
    from quintet.data.observed_cells import of_pixels
    from quintet.data.readers.masks import read_mask

    masks = read_mask(path, found.files)
    sizes = {mask.shape for mask in masks}
    if isinstance(masks, list) and len(sizes) > 1:
        raise InputError(f"The masks in {path} must have one size, that of the rows, got {len(sizes)} sizes.")
    given = of_pixels(np.asarray(masks), found.x.shape)
    if given.shape not in (found.x.shape, found.x.shape[1:]):
        raise InputError(
            f"The mask in {path} must have the shape of the data, {found.x.shape}, or of one row, {found.x.shape[1:]}, "
            f"got {given.shape}; True marks a missing cell."
        )
    return given if own is None else own | given


def _missing_count(vae: VAE, found: Loaded, masked: Any) -> int:
    """The number of cells to impute; of a table those of columns that are left out do not count, lacking ones do."""
    empty = np.isnan(vae.schema_.encode(found.x)) if vae.schema_.columns else found.empty
    if masked is None:
        return int(empty.sum())
    from quintet.estimators._input.user_rows import mask_of_cells

    return int((empty | mask_of_cells(masked, vae.schema_, found.x)).sum())
