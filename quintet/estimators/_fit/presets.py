"""Presets: defaults of the training plan, its length, the latents and the model of images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from quintet.data.row_layout import Grid, Steps
from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.estimators.nested_parameters import AUTO, variant_instance
from quintet.models.variant import Variant
from quintet.networks import Folded, Mlp, Network, choose_network
from quintet.variants.ladder import Ladder

DROPOUT_ROWS, MANY_ROWS = 8, 250
"""Dropout is the first over the number of training rows, where they are fewer than the second. Of real numbers alone:
of counts, whose means are exponentials, it moved the generated mean by a third."""
CONTEXTS = ("auto", "none", "columns", "grid", "wide_grid", "steps", "tokens")
"""Kinds of context decoders."""
MOST_CELLS = 256
"""Most cells of a row for which "auto" trains a context decoder: of this many its training takes 1.5 GiB, and ten times
as long as of 64."""
LEAST_SIDE = 14
"""Pixels of an image's shorter side from which on convolutions find something to share."""


@dataclass(frozen=True)
class Preset:
    """Defaults for one budget of time."""

    training: Mapping[str, Any]
    steps: int  # least number of optimisation steps; small data gets more epochs for it
    epochs: tuple[int, int]  # fewest and most
    latents: int  # most of them that "auto" takes
    image_variant: Variant | None = None  # None: ``vae``, as for all other rows
    image_network: Network | None = None
    image_context: str = "grid"
    compact: bool = False  # whether the model has what coding needs alone, in eight bits


PRESETS = {
    "fast": Preset(  # 60,000 images of 28x28 in ten minutes on two processor cores
        {"batch_size": 256, "learning_rate": 2e-3, "ema": 0.999, "warmup": 0.05, "kl_warmup": 0.3},
        steps=2_000,
        epochs=(20, 400),
        latents=32,
    ),
    "small": Preset(  # the columns of a census in a file of 120 KB
        {"batch_size": 256, "learning_rate": 2e-3, "ema": 0.999, "warmup": 0.05, "kl_warmup": 0.3},
        steps=4_000,
        epochs=(40, 400),
        latents=4,
        compact=True,
    ),
    "best": Preset(  # the same in about an hour
        {"batch_size": 128, "learning_rate": 1.5e-3, "ema": 0.9995, "warmup": 0.02, "kl_warmup": 0.1},
        steps=20_000,
        epochs=(100, 2_000),
        latents=48,
        image_variant=Ladder(layers=3, modes=200),
        image_network=Folded(),
        image_context="wide_grid",
    ),
}


def preset_named(name: Any) -> Preset:
    """The preset called "fast", "small" or "best"."""
    if name not in PRESETS:
        raise InputError(f"preset={name!r} is not known: {nearest(str(name), PRESETS)}.")
    return PRESETS[name]


def variant_for(variant: Any, preset: str, schema: Schema) -> Variant:
    """The variant that is given; of "auto" the preset's."""
    chosen = preset_named(preset).image_variant
    if variant == AUTO and chosen is not None and _pictures(schema):
        return chosen
    found: Variant = variant_instance(variant)
    return found


def network_for(network: Any, preset: str, schema: Schema, rows: int | None = None, context: str = "none") -> Network:
    """The network that is given; of "auto" the preset's, with dropout where few rows of real numbers train it.

    Beside a context decoder of images the plain model is an MLP: it has the latents, while the context has the detail.
    """
    chosen = preset_named(preset).image_network
    if isinstance(network, str) and network == "auto" and chosen is not None and _pictures(schema):
        return chosen
    found = choose_network("mlp" if network == "auto" and context != "none" else network, schema.shape, preset)
    if isinstance(network, str) and network == "auto" and isinstance(found, Mlp) and rows and schema.is_standardised:
        found = replace(found, dropout=_dropout(rows))
    return found


MOST_CHANNELS = 32
"""Most channels of series for which "auto" trains a context decoder, whose cost grows with their square."""


def context_for(context: str, schema: Schema, variant: Variant, preset: str) -> str:
    """The context decoder by name: "columns" for tables, "grid" or "wide_grid" for images; of "auto" one of use.

    Of a variant that answers no question about given rows it would be asked nothing, and of wide rows it is expensive.
    Grey digits are compressed better by it, but in the same minutes denoised and imputed worse (``docs/findings.md``).
    """
    if context not in CONTEXTS:
        raise InputError(f"context={context!r} is not known: {nearest(str(context), CONTEXTS)}.")
    grid = isinstance(schema.layout, Grid) and schema.support.levels > 0
    series = isinstance(schema.layout, Steps)
    steps, tokens = series and schema.is_standardised, series and schema.is_token and len(schema.row_shape) == 1
    fitting = {"columns": bool(schema.columns), "grid": grid, "wide_grid": grid, "steps": steps, "tokens": tokens}
    if not fitting.get(context, True):
        needs = dict.fromkeys(("grid", "wide_grid"), "images of whole numbers")
        needs |= {"columns": "a table of columns", "steps": "series of real numbers (layout='steps')"}
        needs |= {"tokens": "rows of tokens, one a step (layout='steps', kind='token')"}
        raise InputError(
            f"context={context!r} needs {needs[context]}, got {schema.describe()}: give context='none'"
            + (" or kind='columns'." if context == "columns" else ".")
        )
    asked = "impute" not in variant.answers
    if context in fitting and not asked:
        raise InputError(
            f"context={context!r} needs a variant with latents of given rows, got {type(variant).__name__}: train "
            "variant='vae', or give context='none'."
        )
    if context != "auto":
        return context
    if isinstance(layout := schema.layout, Steps) and layout.channels > MOST_CHANNELS:
        return "none"
    if series and asked:
        return "steps" if steps else "tokens" if tokens else "none"
    if schema.columns:
        return "columns" if asked and not too_wide(schema) else "none"
    colour = isinstance(layout := schema.layout, Grid) and layout.channels > 1
    return preset_named(preset).image_context if asked and grid and colour and _pictures(schema) else "none"


def too_wide(schema: Schema) -> bool:
    """Whether "auto" trains no context decoder for a table, since it has too many columns."""
    return bool(schema.columns) and schema.size > MOST_CELLS


def _dropout(rows: int) -> float:
    """Of hidden units: 30 % of fewer than 27 rows, less of more, none from 250 rows on."""
    return min(0.3, DROPOUT_ROWS / max(rows, 1)) if rows < MANY_ROWS else 0.0


def _pictures(schema: Schema) -> bool:
    return isinstance(layout := schema.layout, Grid) and min(layout.height, layout.width) >= LEAST_SIDE
