"""The commands `quintet compress` and `quintet decompress`: entropy coding of rows with the model, and decoding."""

import math
import time
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.cli import (
    conditions,
    csv_files,
    inputs,
    output,
    output_rows,
    patched,
    picture_files,
    pictures,
    printing,
    series_answers,
    streams,
)
from quintet.cli import options as o
from quintet.data.readers.opening import existing_file, reading
from quintet.errors import FileRefused, InputError

LARGER = "new rows need more bits"


def compress(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="FILE.qnt", help="The compressed file.")],
    lossy: Annotated[
        bool, typer.Option("--lossy", help="Store quantised latents only; decoded rows are approximate.")
    ] = False,
    query: o.Query = None,
    split: o.Split = None,
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    pages: o.Pages = None,
    effort: Annotated[
        str, typer.Option(help="low: skip the check of the file; normal; high: also try a general-purpose compressor.")
    ] = "normal",
    block_rows: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Rows per block; each block has its own checksum and decodes alone."),
    ] = None,
    batch_rows: o.BatchRows = 256,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Compress DATA, losslessly unless --lossy is given; a .csv that is written regularly byte for byte."""
    place = output.output_path(out, force)
    vae = inputs.any_model(model, quiet)
    if inputs.is_of_series(vae):
        unused: dict[str, Any] = {
            "query": query,
            "split": split,
            "label": label,
            "only": only,
            "except_": except_,
            "pages": pages,
        }
        unused |= {"condition_images": condition_images, "block_rows": block_rows, "limit": limit}
        path = series_answers.located(data, **unused, lossy=lossy)
        figures = series_answers.compress(vae, path, place, effort=effort, batch_rows=batch_rows)
        printing.say(figures, as_json=as_json, quiet=quiet)
        return
    given = pictures.larger(data, vae, limit, pages, only=only, except_=except_, condition_images=condition_images)
    seen = dict[str, int]()
    plain = (query, split, label, only, except_, pages, condition_images, block_rows)
    if given is None and not lossy and all(value is None for value in plain):
        given = pictures.of_files(data, vae, limit)
        seen = {} if given is None else inputs.trained_on(given.as_rows(), vae, LARGER, quiet)
    if given is not None:
        if block_rows is not None:
            raise InputError(
                "--block-rows is not supported for images larger than the model's, which have blocks of their own: "
                "leave it out."
            )
        figures = patched.compress(vae, given, place, lossy, effort=effort, batch_rows=batch_rows)
        printing.say(seen | figures, as_json=as_json, quiet=quiet)
        return
    which: dict[str, Any] = {
        "split": split,
        "label": label,
        "only": only,
        "except_": except_,
        "limit": limit,
        "query": query,
        "pages": pages,
    }
    mapped = None if split == inputs.HELD_OUT else streams.mapped(data, **which)
    found = inputs.rows_asked_about(data, vae, **which)[0] if mapped is None else inputs.reordered(mapped, vae)
    images = conditions.condition_images(
        condition_images, vae, len(found), chosen=only or except_, split=split, limit=limit
    )
    chosen = any(value is not None for value in which.values())
    rows, restored = csv_files.with_text(data, found, vae, chosen=chosen, lossy=lossy)
    start = time.perf_counter()
    with place.opened() as file:
        vae.compress_to(file, rows, images, lossy=lossy, effort=effort, batch_rows=batch_rows, block_rows=block_rows)
        size = file.tell()
    seconds = time.perf_counter() - start
    figures = {
        "rows": len(found.x),
        **inputs.trained_on(found, vae, LARGER, quiet),
        "bytes": size,
        "raw_bytes": found.x.nbytes,
        "bits_per_dimension": 8 * size / math.prod(found.x.shape),
        "rows_per_second": len(found.x) / seconds,
        **restored,
        "out": out,
    }
    printing.say(figures, as_json=as_json, quiet=quiet)


def decompress(
    model: o.ModelFile,
    file: Annotated[Path, typer.Argument(metavar="FILE.qnt", help="A file that `quintet compress` wrote.")],
    out: Annotated[
        str,
        typer.Option(
            help="Output file: .npy (written block by block), .npz, .csv, .parquet (tables) or .png (a grid of "
            "images); a folder of pictures, without an ending; or a database with --out-table."
        ),
    ],
    rows: Annotated[
        str | None,
        typer.Option(metavar="A:B", help="Decode rows A up to but without B, counted from 0, such as 100:200."),
    ] = None,
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Leave out the rows of damaged blocks, and list them.")
    ] = False,
    out_table: o.OutTable = None,
    append: o.Append = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Bring back what was compressed; the model must be the one that compressed it."""
    with reading(file) as opened:
        start = opened.read(16)
    if picture_files.are_compressed(start):
        if rows is not None or skip_damaged:
            raise InputError(
                f"--rows and --skip-damaged are not supported for {file}, which holds pictures with their names: "
                "leave them out."
            )
        blob = existing_file(file).read_bytes()
        figures = patched.decompress(inputs.model(model, quiet), file, blob, Path(out), force)
        printing.say(figures, as_json=as_json, quiet=quiet)
        return
    place = output.rows_output(out, out_table, append, force)
    vae = inputs.any_model(model, quiet)
    if inputs.is_of_series(vae):
        series_answers.refuse(rows=rows, skip_damaged=skip_damaged)
        printing.say(series_answers.decompress(vae, file, place), as_json=as_json, quiet=quiet)
        return
    output_rows.refuse_format(place, vae.schema_)
    wanted, figures = streams.row_slice(rows), dict[str, Any]()
    try:
        parts = vae.decompress_from(file, rows=wanted, damaged="skip" if skip_damaged else "refuse")
        first = next(parts)
        if skip_damaged:
            figures["lost"] = [[part.start, part.stop] for part in vae.lost_rows(file)]
    except FileRefused as error:
        raise FileRefused(f"Cannot decode {file}: {error}") from None
    count = streams.write_stream(place, chain([first], parts), vae.schema_)
    printing.say({"rows": count, **figures, "out": place}, as_json=as_json, quiet=quiet)
