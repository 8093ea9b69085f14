"""ControlVAE, whose controller holds the KL at a set point (Shao et al., 2020)."""

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
    """VAE whose rate weight β is controlled at each step so that the mean rate is ``target`` nats a row.

    Parameters
    ----------
    target : set point of the KL at the end of training, in nats a row.
    schedule : schedule of the set point: "constant"; "linear"; "steps", with ``levels`` equal steps.
    rise : share of training over which the set point rises, 0..1.
    levels : number of steps of schedule "steps".
    proportional, integral : gains of the controller for the current error and for the sum of all errors.
    """

    summary: ClassVar[str] = "VAE with a PI controller of the rate's weight that holds the KL at a set point"

    target: float = 10.0
    schedule: str = "constant"
    rise: float = 0.5
    levels: int = 10
    proportional: float = 3.0
    integral: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.target < float("inf"):
            raise InputError(f"target must be above 0 nats and finite, got {self.target}.")
        if self.schedule not in SCHEDULES:
            raise InputError(f"schedule={self.schedule!r} is not known: {nearest(str(self.schedule), SCHEDULES)}.")
        if not 0 <= self.rise <= 1:
            raise InputError(f"rise must be a share of training in 0..1, got {self.rise}.")
        if self.levels < 1:
            raise InputError(f"levels must be at least 1, got {self.levels!r}.")
        for name in ("proportional", "integral"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(f"{name} must be at least 0 and finite, got {getattr(self, name)}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on the controlled ELBO, then the partial encoder; the model's file keeps the
        controller."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        rise = 0.0 if self.schedule == "constant" else self.rise
        levels = self.levels if self.schedule == "steps" else 0
        controlled = Controlled(self.target, rise, levels, self.proportional, self.integral)
        model.add_module("controller", controlled)
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, controlled), last), partial_encoder)
