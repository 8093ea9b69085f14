"""quintet evaluate and report: how good a model is, as figures and as a page."""

from pathlib import Path
from typing import Annotated

import typer

from quintet.commands import inputs, output
from quintet.commands import options as o


def evaluate(
    model: o.ModelFile,
    data: o.Data,
    split: o.Split = None,
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    batch_rows: o.BatchRows = 256,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Figures of merit on DATA: bounds in nats, bits per dimension, KL and activity of the latents."""
    vae = inputs.model(model)
    found = inputs.read(data, split=split, label=label, only=only, except_=except_, limit=limit)
    output.say(vae.evaluate(found.x), as_json=as_json, quiet=quiet)


def report(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder of the page and its figures.")],
    strange: Annotated[str | None, typer.Option(metavar="DATA", help="Rows that the model was not made for.")] = None,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Write one HTML page that shows what the model learnt and answers, and every figure as a file beside it."""
    output.target_folder(out, force)
