"""Trained model with everything that inference and the tasks read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from quintet.artifacts.table import Artifacts
from quintet.data.schema import Schema
from quintet.distributions.categorical import Categorical
from quintet.models.base import Model
from quintet.models.partial_encoder import PartialEncoder


@dataclass
class Fitted:
    """A trained model, its partial encoder and the statistics fitted after training."""

    schema: Schema
    model: Model
    guide: PartialEncoder | None = None
    artifacts: Artifacts = field(default_factory=Artifacts)  # what is kept of the rows beside the weights
    fingerprint: str = ""  # of weights and schema; a compressed file names it
    options: dict[str, Any] = field(default_factory=dict)  # "variant": its name, and what else the file keeps
    cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)  # fitted on first use
    attributes: dict[str, Any] = field(default_factory=dict)  # by name: ``quintet.tasks.edit.attributes.Attribute``
    weights: str = ""  # fingerprint of the weights alone, which files compressed by 0.1 name

    @property
    def nominal(self) -> bool:
        """Whether p(x|z) has a probability for each level, which then has no order and cannot be averaged."""
        width, device = self.schema.condition_dim, self.device
        z = torch.zeros(1, 1, self.model.latent_dim, dtype=torch.float32, device=device)
        condition = torch.zeros(1, width, dtype=torch.float32, device=device) if width else None
        with torch.no_grad():
            return isinstance(self.model.decode(z, condition).independent, Categorical)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.device
