"""ControlVAE (Shao et al., 2020): a controller holds the KL at a set point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.controlled import Controlled
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network

SCHEDULES = ("constant", "linear", "steps")


@dataclass(frozen=True)
class Control(Variant):
    """The weight of the rate is steered, step by step, so that a row carries ``target`` nats.

    Parameters
    ----------
    target : set point of the KL at the end of training, in nats a row.
    schedule : "constant"; "linear", the set point climbs evenly; "steps", it climbs in ``levels`` equal steps.
    rise : share of training over which it climbs, 0..1.
    levels : of "steps".
    proportional, integral : gains: the answer to the error at hand, and to the sum of those before.
    """

    summary: ClassVar[str] = "a PI controller steers the weight of the rate until the KL is at a set point"

    target: float = 10.0
    schedule: str = "constant"
    rise: float = 0.5
    levels: int = 10
    proportional: float = 3.0
    integral: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.target < float("inf"):
            raise InputError(f"target={self.target} came; the set point of the KL must be above 0 nats.")
        if self.schedule not in SCHEDULES:
            raise InputError(f"schedule={self.schedule!r} is not known: {nearest(str(self.schedule), SCHEDULES)}.")
        if not 0 <= self.rise <= 1:
            raise InputError(f"rise={self.rise} came; a share of training is in 0..1.")
        if self.levels < 1:
            raise InputError(f"levels={self.levels!r} came; allowed is a whole number of at least 1.")
        for name in ("proportional", "integral"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(f"{name}={getattr(self, name)} came; a gain must be at least 0.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on the controlled bound, then its guide; the model's file keeps the controller."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        rise = 0.0 if self.schedule == "constant" else self.rise
        levels = self.levels if self.schedule == "steps" else 0
        controlled = Controlled(self.target, rise, levels, self.proportional, self.integral)
        model.add_module("controller", controlled)
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, controlled), guiding), guide)
