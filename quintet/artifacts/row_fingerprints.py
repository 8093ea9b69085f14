"""Which rows the fit saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class RowFingerprints(Artifact):
    """Sorted 64-bit fingerprints of the rows of each part of the fit, (rows,); None for a part without rows.

    Equal rows have equal fingerprints; each is repeated as often as the part has such rows.
    """

    train: Annotated[Tensor | None, TensorSpec("identity_train", torch.int64)] = None
    validation: Annotated[Tensor | None, TensorSpec("identity_validation", torch.int64)] = None
    calibration: Annotated[Tensor | None, TensorSpec("identity_calibration", torch.int64)] = None
