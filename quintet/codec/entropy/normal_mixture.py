"""Cells under mixtures of normals, whose cdf comes from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.arithmetic import elementary

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class NormalMixture:
    """Σ_k w_k N(loc_k, scale_k²) of each cell; fields are (components, 1, rows, *shape) of float64."""

    weight: Array
    loc: Array
    scale: Array

    @classmethod
    def of_logs(cls, log_weight: Tensor, loc: Tensor, scale: Tensor) -> NormalMixture:
        """The mixture with weights in nats."""
        log_weight, loc, scale = torch.broadcast_tensors(log_weight, loc, scale)  # type: ignore[no-untyped-call]
        weight = elementary.exp(np.ascontiguousarray(log_weight.numpy()))
        return cls(weight, loc.numpy(), scale.numpy())

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) of each cell, (1, rows, *shape)."""
        edge, total = x.numpy(), np.zeros(self.loc.shape[1:])
        for weight, loc, scale in zip(self.weight, self.loc, self.scale, strict=True):
            total += weight * elementary.ndtr_by_table((edge - loc) / scale)
        return torch.from_numpy(total)

    def wider(self, factor: float) -> NormalMixture:
        """The cells with all standard deviations multiplied by ``factor``."""
        return NormalMixture(self.weight, self.loc, self.scale * factor)

    def select(self, index: Any) -> NormalMixture:
        """The cells that indexing with ``index`` keeps."""
        key: Any = (slice(None), *(np.asarray(each) for each in index))
        return NormalMixture(self.weight[key], self.loc[key], self.scale[key])
