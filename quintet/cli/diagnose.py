"""The command `quintet diagnose`: faults of a trained model and their remedies."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.cli import inputs, output, printing
from quintet.cli import options as o
from quintet.cli.row_choice import choosing_rows


@choosing_rows
def diagnose(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Folder for the page diagnosis.html.")] = None,
    train: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="The training rows; the train split of DATA unless given."),
    ] = None,
    *,
    chosen: dict[str, Any],
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Diagnose a model on held-out rows: posterior collapse, latent holes, overfitting, blur, cost, with remedies."""
    if out is not None:
        output.target_folder(out, force)
    vae = inputs.model(model)
    found, _ = inputs.rows_asked_about(data, vae, **chosen)
    known, split = None, chosen["split"]
    if train is not None or split == inputs.HELD_OUT or (split != "train" and inputs.has_test(data)):
        query = None if train else chosen["query"]
        known = inputs.rows_like_training(train or data, vae, **{**chosen, "split": "train", "query": query})
    from quintet.studies.diagnose import diagnose as run

    trained = {} if known is None else {"train": inputs.cells(known), "train_y": known.y}
    findings = run(vae, inputs.cells(found), found.y, **trained, out=out, seed=seed, force=force)
    if as_json:
        printing.say({"findings": [asdict(finding) for finding in findings], "out": out}, as_json=True)
    elif not quiet:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.healthy else 'MEND'}  {finding.name}: {finding.figure}.")
            typer.echo(f"      {finding.meaning}")
            for line in filter(None, (finding.cure, finding.command)):
                typer.echo(f"      {line}")
        if out is not None:
            typer.echo(f"\nThe page is {out / 'diagnosis.html'}.")
