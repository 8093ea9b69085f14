"""What rows are conditioned on, where it is no label: images, one a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quintet.cli import inputs
from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.schema import Array
    from quintet.estimators import VAE


def training_condition_images(
    source: str | None, variant: str, rows: int, *, chosen: Any, **which: Any
) -> Array | None:
    """The images that --condition-images names, one for each row, for a variant that takes such.

    Parameters
    ----------
    rows : how many images there must be.
    chosen : what --only or --except said.
    which : split, size and limit, as for the rows.
    """
    if source is None:
        return None
    from quintet import variants
    from quintet.estimators.nested_parameters import variant_instance

    if not variant_instance(variant).conditional:
        able = ", ".join(name for name in variants.names() if variants.get(name).conditional)
        name = variants.name_of(variant_instance(variant))
        raise InputError(f"--condition-images came, and {name} takes no condition: choose --variant of {able}.")
    images = _images(source, chosen, **which)
    if len(images) != rows:
        raise InputError(f"--condition-images {source} holds {len(images)} images for {rows} rows: give one for each.")
    return images


def condition_images(
    source: str | None, vae: VAE, rows: int | None = None, *, chosen: Any = None, **which: Any
) -> Array | None:
    """The images of a question to a model that was trained on such: one for each row, or one for all.

    Parameters
    ----------
    rows : how many rows there are; None: as many as images.
    """
    if source is None:
        return None
    condition = vae.schema_.condition
    if condition is None or condition.columns[0].image is None:
        raise InputError(
            "--condition-images came, and this model was not trained on images as conditions: train one by "
            "`quintet fit DATA --variant cvae --condition-images IMAGES`."
        )
    images = _images(source, chosen, **which)
    if rows is not None and len(images) not in (1, rows):
        raise InputError(
            f"--condition-images {source} holds {len(images)} images for {rows} rows: give one for each or for all."
        )
    return images[0] if rows is not None and len(images) == 1 else images


def _images(source: str, chosen: Any, **which: Any) -> Array:
    if chosen:
        raise InputError(
            "--condition-images came with --only or --except, which choose rows by label and would part them from "
            "their images: leave out the one or the other."
        )
    if which.get("split") == inputs.HELD_OUT:
        raise InputError(
            f"--condition-images came with --split {inputs.HELD_OUT}, which would part the rows from their images: "
            "give the held-out rows and their images as files."
        )
    found = inputs.read_rows(source, **which).x
    if found.ndim < 3:
        raise InputError(
            f"--condition-images {source} holds rows of shape {found.shape[1:]}; images (height, width) or "
            "(height, width, channels) are needed."
        )
    return found
