"""Arrays and files as text of a page."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import numpy as np
from torch import Tensor

Array = np.ndarray[Any, Any]
Packed = dict[str, Any]


def packed(array: Array | Tensor, wide: bool = False) -> Packed:
    """An array for the page's data: type, shape, and the little-endian bytes in base64.

    Float64 becomes float32, as in the graphs, unless ``wide``.
    """
    values = array.detach().cpu().numpy() if isinstance(array, Tensor) else np.asarray(array)
    if values.dtype == np.float64 and not wide:
        values = values.astype(np.float32)
    data = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False)
    return {"dtype": values.dtype.name, "shape": list(values.shape), "data": base64.b64encode(data.tobytes()).decode()}


def zipped(content: bytes) -> bytes:
    """Bytes in gzip, the same for the same bytes."""
    return gzip.compress(content, 9, mtime=0)


def as_text(content: bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(content).decode()
