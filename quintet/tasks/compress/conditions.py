"""The rows' condition, which is stored in the file, so that decompressing needs nothing but the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError
from quintet.inference.condition_search import explaining_condition
from quintet.models.fitted import Fitted

Array = np.ndarray[Any, Any]
MAX_TRIED = 16
VALUES, INDEX, STEPS = 0, 1, 2


def encode_condition(schema: Schema, condition: Any, rows: int) -> Tensor | None:
    """The user's condition, (rows, condition_dim), or None where none is given."""
    if condition is None:
        return None
    if schema.condition is None:
        raise InputError("condition must be left out: this model was trained without one.")
    return schema.condition.encode(condition, rows)


def best_condition(fitted: Fitted, x: Tensor, observed: Tensor) -> Tensor:
    """The condition under which each row is most probable, of the 16 most probable ones, (batch, condition_dim)."""
    found = explaining_condition(
        fitted, Batch(x.to(fitted.device, torch.float32), observed.to(fitted.device)), MAX_TRIED
    )
    assert found is not None
    return found.cpu()


def write_condition(out: ByteWriter, schema: Schema, condition: Tensor | None) -> None:
    """Write the numbers of the support points of p(c), or the encoded values if some row is at none of the points.

    Values that are all multiples of 1/255, as those of images and of labels are, take a byte each.
    """
    out.varint(0 if condition is None else 1)
    if condition is None:
        return
    assert schema.condition is not None
    encoded = condition.numpy().astype(np.float32)
    points = schema.condition.support()[0].numpy().astype(np.float32)
    place = {point.tobytes(): i for i, point in enumerate(points)}
    index = np.array([place.get(row.tobytes(), -1) for row in encoded])
    if (index >= 0).all():
        out.varint(INDEX)
        out.array(index.astype(np.uint16 if len(points) > 256 else np.uint8))
        return
    steps = np.clip(np.rint(encoded * 255), 0, 255).astype(np.uint8)
    exact = bool((_of_steps(steps) == encoded).all())
    out.varint(STEPS if exact else VALUES)
    out.array(steps if exact else encoded)


def read_condition(source: ByteReader, schema: Schema, rows: int) -> Tensor | None:
    """The inverse of ``write_condition``."""
    if not source.varint():
        return None
    if schema.condition is None:
        raise FileRefused("The compressed file holds a condition, and this model has none: fetch it again.")
    points = schema.condition.support()[0]
    how, cells = source.varint(), rows * points.shape[1]
    if how == VALUES:
        return torch.from_numpy(source.array("f4", cells).reshape(rows, -1))
    if how == STEPS:
        return torch.from_numpy(_of_steps(source.array("u1", cells)).reshape(rows, -1))
    index = source.array("u2" if len(points) > 256 else "u1", rows).astype(np.int64)
    return points[torch.from_numpy(np.minimum(index, len(points) - 1))]


def _of_steps(steps: Array) -> Array:
    return steps.astype(np.float32) / np.float32(255)
