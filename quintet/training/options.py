"""Training options."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from quintet.arguments import Count, CountOrZero, HeldOut, NotNegative, Positive, Share
from quintet.arguments.checking import hold_fields
from quintet.arguments.composite_rules import Several
from quintet.arguments.rules import Number, OneOf
from quintet.noise import BACKENDS

AUGMENTATIONS = ("flip", "flip_vertical", "shift", "crop")
EPOCHS = 20
SCHEDULES = ("constant", "cosine")
PRECISIONS = ("auto", "fp32", "bf16")
SHAPES = ("linear", "sigmoid")
TIMEOUT = 600.0
NOISE = BACKENDS[0]
MAY_DIFFER = ("max_minutes", "checkpoint_seconds", "process_timeout")
"""Options that affect timing only; a run may be resumed with other values."""


@dataclass(frozen=True)
class Training:
    """Training options; stages divide the epochs and the minutes by their shares.

    Parameters
    ----------
    epochs : largest number of passes over the data; None: 20.
    batch_size : rows of one forward pass.
    learning_rate : peak learning rate of AdamW.
    weight_decay : weight decay of AdamW, for matrices and filters, not for biases and norms.
    schedule : "constant", or "cosine" (down to 0 at the end of each stage).
    warmup : share of a stage in which the learning rate rises from 0, 0..1.
    kl_warmup : share of a stage in which the rate's weight rises from 0 to 1, 0..1 (Sønderby et al., 2016).
    kl_cycles : number of such warm-ups, in equal parts of the stage (Fu et al., 2019).
    kl_shape : shape of the KL warm-up: "linear", or "sigmoid" (Bowman et al., 2016).
    rate : weight of the rate after warm-up, for every variant: below 1 against posterior collapse, above 1 for
        disentanglement.
    encoder_steps : additional steps of the inference network alone on each batch, against posterior collapse (He et
        al., 2019).
    free_bits : nats of each latent that are not charged (Kingma et al., 2016).
    clip : largest norm of the gradient; 0: no clipping.
    ema : decay of the moving average of the weights that replaces the last weights, such as 0.999; 0: off.
    validation : share of the rows held out for the validation loss, 0..0.9; unused if validation rows are given.
    patience : epochs without a better validation loss after which a stage ends with its best weights; 0: off.
    precision : "fp32", "bf16", or "auto": bf16 if the processor has instructions for it.
    noise : where random numbers are drawn: "cpu", with the same numbers on all devices, or "device": on the GPU, whose
        numbers are those of its kind, and no copy of them is waited for. On the CPU both are the same.
    accumulate : number of forward passes whose gradients are added for one step, to save memory.
    max_minutes : limit on the wall-clock time; if it ends training early, the schedules follow the clock.
    augmentation : transformations of training images in each step, such as ("flip", "shift"): "flip" and
        "flip_vertical" (each of half of the rows), "shift" (up to an eighth of a side), "crop" (at least three quarters
        of a side, enlarged). Validation and calibration rows stay as they are.
    checkpoint_seconds : shortest time between two checkpoints, if a checkpoint file is given.
    process_timeout : of several processes, the seconds after which one that waits for another in training gives up.
    """

    epochs: Count | None = None
    batch_size: Count = 128
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.0
    schedule: Annotated[str, OneOf(SCHEDULES)] = "cosine"
    warmup: Share = 0.0
    kl_warmup: Share = 0.0
    kl_cycles: Count = 1
    kl_shape: Annotated[str, OneOf(SHAPES)] = "linear"
    rate: NotNegative = 1.0
    encoder_steps: CountOrZero = 0
    free_bits: NotNegative = 0.0
    clip: NotNegative = 0.0
    ema: Annotated[float, Number(0, 0.999999)] = 0.0
    validation: HeldOut = 0.0
    patience: CountOrZero = 0
    precision: Annotated[str, OneOf(PRECISIONS)] = "auto"
    noise: Annotated[str, OneOf(BACKENDS)] = NOISE
    accumulate: Count = 1
    max_minutes: Positive | None = None
    augmentation: Annotated[tuple[str, ...], Several(OneOf(AUGMENTATIONS))] = ()
    checkpoint_seconds: NotNegative = 10.0
    process_timeout: Positive = TIMEOUT

    def __post_init__(self) -> None:
        hold_fields(self)

    def as_dict(self) -> dict[str, Any]:
        """The options, JSON-able; those of ``LATER`` only if they are not at their defaults."""
        found = asdict(self) | {"augmentation": list(self.augmentation)}
        return {name: value for name, value in found.items() if name not in LATER or value != LATER[name]}


LATER: dict[str, Any] = {"augmentation": [], "process_timeout": TIMEOUT, "noise": NOISE}
"""Options, at their defaults, that files of earlier versions do not have."""
