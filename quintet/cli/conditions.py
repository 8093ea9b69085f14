"""Condition images on the command line: --condition-images in training and in inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quintet.cli import inputs
from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded
    from quintet.data.schema import Array
    from quintet.estimators import VAE


def training_condition_images(
    source: str | None, variant: str, rows: int, *, chosen: Any, **which: Any
) -> Array | None:
    """Read the images of --condition-images for training, one per row.

    Parameters
    ----------
    rows : the required number of images.
    chosen : the value of --only or --except.
    which : split, size and limit of the rows.
    """
    if source is None:
        return None
    from quintet import variants
    from quintet.estimators.nested_parameters import variant_instance

    if not variant_instance(variant).conditional:
        able = ", ".join(name for name in variants.names() if variants.get(name).conditional)
        name = variants.name_of(variant_instance(variant))
        raise InputError(f"--condition-images needs a conditional variant, got {name}: choose --variant from {able}.")
    images = _images(source, chosen, **which)
    if len(images) != rows:
        raise InputError(
            f"--condition-images must hold one image per row, {rows} in all, got {len(images)} in "
            f"{inputs.shown(source)}."
        )
    return images


def condition_images(
    source: str | None, vae: VAE, rows: int | None = None, *, chosen: Any = None, **which: Any
) -> Array | None:
    """Read the images of --condition-images for a trained model: one per row, or one for all rows.

    Parameters
    ----------
    rows : the number of rows; None for as many as there are images.
    """
    if source is None:
        return None
    condition = vae.schema_.condition
    if condition is None or condition.columns[0].image is None:
        raise InputError(
            "--condition-images needs a model that was trained on condition images: train one with "
            "`quintet fit DATA --variant cvae --condition-images IMAGES`."
        )
    images = _images(source, chosen, **which)
    if rows is not None and len(images) not in (1, rows):
        raise InputError(
            f"--condition-images must hold one image for all rows or one per row, {rows} in all, got {len(images)} in "
            f"{inputs.shown(source)}."
        )
    return images[0] if rows is not None and len(images) == 1 else images


def rows_with_images(
    data: str,
    vae: VAE,
    source: str | None,
    *,
    split: str | None,
    only: str | None,
    except_: str | None,
    limit: int | None,
    **which: str | None,
) -> tuple[Loaded, Array, Array | None]:
    """Read the rows to answer about, their indices in the split, and the images of --condition-images.

    Parameters
    ----------
    which : label, query, pages and size of the rows.
    """
    found, numbers = inputs.rows_asked_about(data, vae, split=split, only=only, except_=except_, limit=limit, **which)
    images = condition_images(source, vae, len(found), chosen=only or except_, split=split, limit=limit)
    return found, numbers, images


def _images(source: str, chosen: Any, **which: Any) -> Array:
    if chosen:
        raise InputError(
            "--condition-images cannot be combined with --only or --except, because images have no labels to filter "
            "by: leave out one of them."
        )
    if which.get("split") == inputs.HELD_OUT:
        raise InputError(
            f"--condition-images cannot be combined with --split {inputs.HELD_OUT}: give the held-out rows and their "
            "images as files."
        )
    found: Array = inputs.read_rows(source, **which).x
    if len(found.shape) < 3:
        raise InputError(
            "--condition-images must hold images of shape (height, width) or (height, width, channels), "
            f"got {found.shape[1:]} in {inputs.shown(source)}."
        )
    return found
