"""The training plan: everything that a user may set about how a recipe is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from quintet.arguments import Count, CountOrZero, HeldOut, NotNegative, Positive, Share
from quintet.arguments.checking import hold_fields
from quintet.arguments.rules import Choice, Number

EPOCHS = 20
SCHEDULES = ("constant", "cosine")
PRECISIONS = ("auto", "fp32", "bf16")
SHAPES = ("linear", "sigmoid")
MAY_DIFFER = ("max_minutes", "checkpoint_seconds")
"""Options that touch the clock only: a run may be resumed with others."""


@dataclass(frozen=True)
class Training:
    """How to train; the epochs and the minutes are for all stages together, which take their shares of them.

    Parameters
    ----------
    epochs : most passes over the data; None: 20.
    batch_size : rows of one forward pass.
    learning_rate : at its highest, for AdamW.
    weight_decay : of AdamW, on matrices and filters, not on biases and norms.
    schedule : "constant", or "cosine" (down to 0 at the end of each stage).
    warmup : share of a stage in which the learning rate climbs from 0, 0..1.
    kl_warmup : share of a stage in which the rate's weight climbs from 0 to 1, 0..1 (Sønderby et al., 2016).
    kl_cycles : times that it does so, in equal parts of the stage (Fu et al., 2019).
    kl_shape : how it climbs: "linear", or "sigmoid" (Bowman et al., 2016).
    rate : weight of the rate once it has climbed, whatever the variant: below 1 against collapse, above 1 for order.
    encoder_steps : further steps of the inference network alone on each batch, against a posterior that lags behind and
        collapses (He et al., 2019).
    free_bits : nats that each latent may carry at no cost (Kingma et al., 2016).
    clip : largest norm of the gradient; 0: no clipping.
    ema : decay of the running mean of the weights that is kept instead of the last ones, such as .999; 0: off.
    validation : share of the rows held out to watch the bound, 0..0.9; rows given for validation come before it.
    patience : epochs without a better validation loss after which a stage ends with its best weights; 0: off.
    precision : "fp32", "bf16", or "auto": bf16 where the processor has instructions for it.
    accumulate : forward passes whose gradients are added up for one step, to save memory.
    max_minutes : limit on the wall clock; where it ends training before the epochs do, the schedules follow the clock.
    checkpoint_seconds : least time between two checkpoints, where a file for them is given.
    """

    epochs: Count | None = None
    batch_size: Count = 128
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.0
    schedule: Annotated[str, Choice(SCHEDULES)] = "cosine"
    warmup: Share = 0.0
    kl_warmup: Share = 0.0
    kl_cycles: Count = 1
    kl_shape: Annotated[str, Choice(SHAPES)] = "linear"
    rate: NotNegative = 1.0
    encoder_steps: CountOrZero = 0
    free_bits: NotNegative = 0.0
    clip: NotNegative = 0.0
    ema: Annotated[float, Number(0, 0.999999)] = 0.0
    validation: HeldOut = 0.0
    patience: CountOrZero = 0
    precision: Annotated[str, Choice(PRECISIONS)] = "auto"
    accumulate: Count = 1
    max_minutes: Positive | None = None
    checkpoint_seconds: NotNegative = 10.0

    def __post_init__(self) -> None:
        hold_fields(self)

    def as_dict(self) -> dict[str, Any]:
        """The options, JSON-able."""
        return asdict(self)
