"""The commands `quintet edit`, `quintet augment` and `quintet translate`: rows changed through their latents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quintet.arguments.rules import Number
from quintet.cli import inputs, output, output_rows, printing
from quintet.cli import options as o
from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded
    from quintet.estimators import VAE

MEASURED = ("thickness", "slant")


def edit(
    model: o.ModelFile,
    data: o.Data,
    attribute: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="An attribute stored in MODEL, thickness, slant, or a new name for the labels of DATA."
        ),
    ],
    by: Annotated[
        float,
        typer.Option(help="Change of the attribute in its own units, or of a label's log odds in nats."),
        Number(),
    ],
    out: o.RowsOut,
    to: Annotated[str | None, typer.Option(metavar="LABEL", help="The label to move to.")] = None,
    learn: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="Rows to learn a new attribute from; DATA unless given."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Store a newly learnt attribute in MODEL.")] = False,
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
    """Change one attribute of the rows of DATA by moving their latents along the attribute's direction."""
    place = output.rows_output(out, out_table, append, force)
    vae = inputs.model(model, quiet)
    output_rows.refuse_format(place, vae.schema_)
    found, _ = inputs.rows_asked_about(
        data, vae, split=split, label=label, only=only, except_=except_, limit=limit, query=query
    )
    if attribute not in vae.attributes_:
        known = found
        if learn is not None or (split is None and only is None and limit is None and inputs.has_test(data)):
            known = inputs.rows_like_training(learn or data, vae, split="train", label=label)
        vae.fit_attribute(known.x, _values(known, attribute, label, vae), attribute, mask=inputs.missing(known))
        if keep:
            vae.save(model)
    probe = vae.attributes_[attribute]
    rows = vae.edit(found.x, by, attribute, to=to, mask=inputs.missing(found), batch_rows=batch_rows)
    output_rows.write_model_rows(place, rows, vae.schema_, labels=_labels(found))
    figures = {"rows": len(rows), "attribute": attribute, "by": by, "probe_quality": probe.quality, "out": place}
    printing.say(figures, as_json=as_json, quiet=quiet)


def augment(
    model: o.ModelFile,
    data: o.Data,
    out: o.RowsOut,
    label: o.Label = None,
    per_class: Annotated[
        int | None,
        typer.Option(min=0, help="New rows per class; unless given, all classes are filled up to the largest."),
    ] = None,
    how: Annotated[str, typer.Option(help="Method: conditional, walk, interpolate, neighbours, or auto.")] = "auto",
    query: o.Query = None,
    out_table: o.OutTable = None,
    append: o.Append = False,
    split: o.TrainSplit = "train",
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    batch_rows: o.BatchRows = 256,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Generate new labelled rows of each class of DATA, to extend DATA."""
    place = output.rows_output(out, out_table, append, force)
    vae = inputs.model(model, quiet)
    output_rows.refuse_format(place, vae.schema_)
    found = inputs.rows_like_training(
        data, vae, split=split, label=label, only=only, except_=except_, limit=limit, query=query
    )
    if found.y is None or found.y.ndim != 1:
        raise InputError(
            f"{inputs.shown(data)} must have one label per row: name them with --label COLUMN or --label FILE."
        )
    rows, labels = vae.augment(
        found.x,
        found.y,
        per_class,
        how=how,
        mask=inputs.missing(found),
        batch_rows=batch_rows,
        random_state=seed,
    )
    if not len(rows):
        raise InputError("All classes have equally many rows, so none is filled up: set --per-class N.")
    output_rows.write_model_rows(place, rows, vae.schema_, labels=labels)
    printing.say({"rows": len(rows), "classes": len(set(found.y.tolist())), "out": place}, as_json=as_json, quiet=quiet)


def translate(
    model: o.ModelFile,
    data: o.Data,
    out: o.RowsOut,
    align: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Clean rows: first adapt the model to DATA as real degraded rows, and save it to MODEL.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of --align.")] = None,
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
    """Restore the degraded rows of DATA with a model trained by `quintet fit CLEAN --variant translate`."""
    place = output.rows_output(out, out_table, append, force)
    from quintet.data.readers.opening import existing_file
    from quintet.estimators.translator import Translator

    translator = Translator.load(existing_file(model))
    vae = translator.vae_
    vae.verbose = not quiet
    output_rows.refuse_format(place, vae.schema_)
    found, _ = inputs.rows_asked_about(
        data, vae, split=split, label=label, only=only, except_=except_, limit=limit, query=query
    )
    if align is not None:
        clean = inputs.rows_like_training(align, vae, split="train")
        translator.set_params(epochs=epochs).align(found.x, clean.x)
        translator.save(model)
    rows = translator.transform(found.x, batch_rows=batch_rows)
    output_rows.write_model_rows(place, rows, vae.schema_, labels=_labels(found))
    printing.say({"rows": len(rows), "out": place}, as_json=as_json, quiet=quiet)


def _labels(found: Loaded) -> Any:
    return found.y if found.y is not None and found.y.ndim == 1 else None


def _values(found: Loaded, attribute: str, label: str | None, vae: VAE) -> Any:
    """The values that the attribute is learnt from: measured strokes, or the labels."""
    if attribute in MEASURED and label is None and vae.schema_.is_image:
        from quintet import evaluate

        return getattr(evaluate, attribute)(found.x)
    if _labels(found) is None:
        raise InputError(
            f"MODEL has no attribute {attribute!r}, and the data has no labels to learn it from: give labels with "
            f"--label COLUMN or FILE, or choose {' or '.join(MEASURED)} of images."
        )
    return found.y
