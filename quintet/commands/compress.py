"""quintet compress and decompress: rows to a file of as few bits as the model allows, and back."""

import time
from pathlib import Path
from typing import Annotated

import typer

from quintet.commands import conditions, inputs, output, patched, pictures
from quintet.commands import options as o
from quintet.data.files import existing_file
from quintet.errors import FileRefused


def compress(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="FILE.qnt", help="The compressed file.")],
    lossy: Annotated[
        bool, typer.Option("--lossy", help="Keep the quantised latents only; rows come back alike, not equal.")
    ] = False,
    split: o.Split = None,
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    effort: Annotated[
        str, typer.Option(help="low: no check of the file; normal; high: tries a general packer as well.")
    ] = "normal",
    batch_rows: o.BatchRows = 256,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Compress DATA, bit for bit unless --lossy is given."""
    output.target(out, force)
    vae = inputs.model(model, quiet)
    given = pictures.larger(data, vae, limit, only=only, except_=except_, condition_images=condition_images)
    if given is not None:
        told = patched.compress(vae, given, out, lossy, effort=effort, batch_rows=batch_rows)
        output.say(told, as_json=as_json, quiet=quiet)
        return
    found = inputs.rows(inputs.read(data, split=split, label=label, only=only, except_=except_, limit=limit), vae)
    images = conditions.asked(condition_images, vae, len(found), chosen=only or except_, split=split, limit=limit)
    start = time.perf_counter()
    blob = vae.compress(found.x, images, lossy=lossy, effort=effort, batch_rows=batch_rows)
    seconds = time.perf_counter() - start
    output.write(out, blob)
    cells = found.x.size
    figures = {
        "rows": len(found.x),
        "bytes": len(blob),
        "raw_bytes": found.x.nbytes,
        "bits_per_dimension": 8 * len(blob) / cells,
        "rows_per_second": len(found.x) / seconds,
        "out": out,
    }
    output.say(figures, as_json=as_json, quiet=quiet)


def decompress(
    model: o.ModelFile,
    file: Annotated[Path, typer.Argument(metavar="FILE.qnt", help="A file that `quintet compress` made.")],
    out: Annotated[Path, typer.Option(help="A .npz, .npy, .csv, or .png (a grid of images).")],
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Bring back what was compressed; the model must be the one that compressed it."""
    blob = existing_file(file).read_bytes()
    if pictures.are_compressed(blob):
        told = patched.decompress(inputs.model(model, quiet), file, blob, out, force)
        output.say(told, as_json=as_json, quiet=quiet)
        return
    output.target(out, force, output.ROWS)
    vae = inputs.model(model, quiet)
    output.images_only(out, vae.schema_)
    try:
        rows = vae.decompress(blob)
    except FileRefused as error:
        raise FileRefused(f"{file} is refused: {error}") from None
    output.write_rows(out, rows, vae.schema_)
    output.say({"rows": len(rows), "out": out}, as_json=as_json, quiet=quiet)
