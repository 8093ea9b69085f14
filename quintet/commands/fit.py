"""quintet fit: train a model on data and write its file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.commands import inputs, output
from quintet.commands import options as o
from quintet.variants import names


def _variant_names(incomplete: str = "") -> list[str]:
    return [name for name in names() if name.startswith(incomplete)]


Variant = Annotated[str, typer.Option(help=f"The kind of model: {', '.join(names())}.", autocompletion=_variant_names)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="An option of the variant or of the training plan."),
]


def fit(
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="MODEL", help="The model's file, such as digits.safetensors.")],
    variant: Variant = "vae",
    set_: Settings = None,
    latent_dim: Annotated[str, typer.Option(metavar="N|auto", help="Number of latents.")] = "auto",
    network: Annotated[str, typer.Option(help="mlp, conv, or auto: conv for images.")] = "auto",
    preset: Annotated[str, typer.Option(help="fast, or best where time does not matter.")] = "fast",
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after this time, with what is there.")] = None,
    kind: Annotated[str, typer.Option(help="What a cell is: auto, image8, unit, binary or real.")] = "auto",
    split: o.TrainSplit = "train",
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    size: o.Size = None,
    limit: o.Limit = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps, or auto.")] = "auto",
    seed: o.Seed = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Train a model on DATA and write it to one file."""
    output.target(out, force)
    from quintet.estimators import VAE

    vae = VAE(
        variant=variant,
        latent_dim=inputs.latent_dim(latent_dim),
        network=network,
        preset=preset,
        epochs=epochs,
        max_minutes=minutes,
        device=device,
        random_state=seed,
    )
    vae.set_params(**inputs.settings(variant, set_ or []))
    found = inputs.read(data, split=split, label=label, only=only, except_=except_, size=size, limit=limit)
    vae.fit(found.x, found.y)
    vae.save(out)
    output.say(_summary(vae, out), as_json=as_json, quiet=quiet)


def _summary(vae: Any, out: Path) -> dict[str, Any]:
    return {"model": str(out)}
