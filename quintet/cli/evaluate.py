"""The commands `quintet evaluate` and `quintet report`: metrics of a model, and a page of figures."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.arguments.rules import Number
from quintet.cli import conditions, inputs, output, printing
from quintet.cli import options as o
from quintet.cli.fitting_size import size_of
from quintet.errors import InputError

GRID_RANGE = 3.0


def evaluate(
    model: o.ModelFile,
    data: o.Data,
    query: o.Query = None,
    split: o.Split = None,
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    pages: o.Pages = None,
    batch_rows: o.BatchRows = 256,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Evaluate a model on DATA: ELBO and likelihood bounds in nats, bits per dimension, KL and active latents.

    Training rows are left out unless --split is train.
    """
    vae = inputs.model(model, quiet)
    chosen = {"split": split, "label": label, "only": only, "except_": except_, "query": query, "pages": pages}
    found, _, images = conditions.rows_with_images(data, vae, condition_images, limit=limit, **chosen)
    which = "all" if split == "train" else "held_out"
    mask = inputs.missing(found)
    figures = vae.evaluate(found.x, images, rows=which, mask=mask, batch_rows=batch_rows, random_state=seed)
    printing.say(figures, as_json=as_json, quiet=quiet)


def report(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[
        Path, typer.Option(metavar="PATH", help="Folder for the page and its figures, or a .html for the page alone.")
    ],
    strange: Annotated[
        str | None, typer.Option(metavar="DATA", help="Anomalous rows for the section on detection, such as letters.")
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="The training rows; the train split of DATA unless given."),
    ] = None,
    query: o.Query = None,
    split: o.Split = None,
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    palette: Annotated[str, typer.Option(help="Colours: the name of a palette, or #rrggbb,#rrggbb,...")] = "petroff",
    grid_range: Annotated[
        float,
        typer.Option(help="Largest absolute latent value of the plane of two latents, in prior standard deviations."),
        Number(above=0),
    ] = GRID_RANGE,
    quick: Annotated[bool, typer.Option("--quick", help="Use fewer rows.")] = False,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "",
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Write one HTML page of the model's latents and results on DATA, with each figure as a file next to it.

    With --out PAGE.html the page alone is written; it holds all figures. For a model of series, text or sound DATA is a
    file or a folder, as of `quintet fit`.
    """
    if out.suffix.lower() in (".html", ".htm") and not out.is_dir():
        output.output_path(out, force)
    else:
        output.target_folder(out, force)
    look: dict[str, Any] = {"palette": palette.split(",") if "," in palette else palette, "quick": quick}
    look |= {"title": title, "random_state": seed, "force": force}
    vae = inputs.any_model(model)
    if inputs.is_of_sequences(vae):
        unused: dict[str, object] = {
            "strange": strange,
            "train": train,
            "query": query,
            "split": split,
            "label": label,
            "only": only,
        }
        unused |= {"except": except_, "limit": limit, "grid-range": None if grid_range == GRID_RANGE else grid_range}
        for name, value in unused.items():
            if value is not None:
                what = type(vae).__name__.lower()
                raise InputError(f"--{name} has no meaning for a model of {what}: leave it out.")
        _write(vae, Path(data), None, out, look, as_json, quiet)
        return
    chosen: dict[str, Any] = {"label": label, "only": only, "except_": except_}
    found, _ = inputs.rows_asked_about(data, vae, split=split, limit=limit, query=query, **chosen)
    others = inputs.rows_like_training(strange, vae, size=size_of(vae.schema_)) if strange else None
    apart = split == inputs.HELD_OUT or (split != "train" and inputs.has_test(data))
    source = train or (data if apart else None)
    known = (
        inputs.cells(inputs.rows_like_training(source, vae, split="train", query=None if train else query, **chosen))
        if source
        else None
    )
    look |= {"strange": None if others is None else others.x, "strange_labels": None if others is None else others.y}
    look |= {"train": known, "grid_range": grid_range}
    _write(vae, inputs.cells(found), found.y, out, look, as_json, quiet)


def _write(model: Any, source: Any, labels: Any, out: Path, look: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """Write the page and print where it is."""
    from quintet.report import report as write
    from quintet.training import progress_display

    with progress_display() if not quiet else nullcontext() as progress:
        page = write(model, source, labels, out, progress=progress, **look)
    printing.say({"page": page}, as_json=as_json, quiet=quiet)
