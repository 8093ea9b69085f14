"""The training plan: everything that a user may set about how a recipe is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from quintet.errors import InputError

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

    epochs: int | None = None
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warmup: float = 0.0
    kl_warmup: float = 0.0
    kl_cycles: int = 1
    kl_shape: str = "linear"
    rate: float = 1.0
    encoder_steps: int = 0
    free_bits: float = 0.0
    clip: float = 0.0
    ema: float = 0.0
    validation: float = 0.0
    patience: int = 0
    precision: str = "auto"
    accumulate: int = 1
    max_minutes: float | None = None
    checkpoint_seconds: float = 10.0

    def __post_init__(self) -> None:
        for name in ("batch_size", "accumulate", "kl_cycles"):
            _whole(name, getattr(self, name), 1)
        _whole("patience", self.patience, 0)
        _whole("encoder_steps", self.encoder_steps, 0)
        if self.epochs is not None:
            _whole("epochs", self.epochs, 1)
        for name in ("weight_decay", "free_bits", "clip", "checkpoint_seconds", "rate"):
            _number(name, getattr(self, name), 0, None)
        for name, top in (("warmup", 1), ("kl_warmup", 1), ("ema", 0.999999), ("validation", 0.9)):
            _number(name, getattr(self, name), 0, top)
        _positive("learning_rate", self.learning_rate)
        if self.max_minutes is not None:
            _positive("max_minutes", self.max_minutes)
        for name, allowed in (("schedule", SCHEDULES), ("precision", PRECISIONS), ("kl_shape", SHAPES)):
            if getattr(self, name) not in allowed:
                words = ", ".join(repr(a) for a in allowed)
                raise InputError(f"{name}={getattr(self, name)!r} came; allowed are {words}.")

    def as_dict(self) -> dict[str, Any]:
        """The options, JSON-able."""
        return asdict(self)


def _whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        raise InputError(f"{name}={value!r} came; allowed is a whole number of at least {least}.")


def _number(name: str, value: Any, least: float, most: float | None) -> None:
    if not _is_number(value) or value < least or (most is not None and value > most):
        span = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise InputError(f"{name}={value!r} came; allowed is a number {span}.")


def _positive(name: str, value: Any) -> None:
    if not _is_number(value) or value <= 0:
        raise InputError(f"{name}={value!r} came; allowed is a number above 0.")


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and hasattr(value, "__float__") and abs(float(value)) < float("inf")
