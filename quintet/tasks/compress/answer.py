"""The two calls: ``compress`` and ``decompress``."""

from __future__ import annotations

import math
import os
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from quintet.data.frames import to_numpy
from quintet.data.schema import Schema
from quintet.data.shapes import misfit
from quintet.errors import FileRefused, InputError, QuintetWarning, nearest
from quintet.model.fitted import Fitted
from quintet.tasks.chunks import Progress
from quintet.tasks.compress import lossless
from quintet.tasks.compress import lossy as lossy_code
from quintet.tasks.compress.conditions import encode_condition
from quintet.tasks.compress.container import CODED, DIGEST, LOSSY, STORED, Container, content_digest, model_digest
from quintet.tasks.compress.joint import threads
from quintet.tasks.compress.wire import squeeze, unsqueeze

Array = np.ndarray[Any, Any]
EFFORTS = ("low", "normal", "high")
OTHERWISE = (
    "What was decoded does not fit the file's checksum: this machine or this PyTorch calculates otherwise than the one "
    "that compressed it; decompress there."
)
HOPE = 1.25  # the slow packer is tried where the quick one comes as near as this to the model


def compress(
    fitted: Fitted,
    X: Any,
    condition: Any = None,
    lossy: bool | float = False,
    effort: str = "normal",
    batch_rows: int = 256,
    progress: Progress | None = None,
) -> bytes:
    """Rows to the bytes of one file that ``decompress`` turns back.

    Parameters
    ----------
    X : (n, *row_shape) numbers of at most 64 bits in the user's units; any value of the dtype is legal.
    condition : of a conditional model, as ``Condition.encode`` takes it; it is stored with the rows. Where it is not
        given, each row takes the level that makes it shortest.
    lossy : True keeps only the latents, on a grid as fine as the posterior is sure; a number makes that grid coarser
        (above 1) or finer (below 1).
    effort : "low" leaves out the decoding that checks the file; "high" also tries a general packer on every file.
    batch_rows : most rows in memory at a time.

    Returns
    -------
    bytes
        Lossless: at most 64 bytes longer than the rows themselves, whatever the model makes of them.
    """
    if effort not in EFFORTS:
        raise InputError(f"effort={effort!r} is not known: {nearest(str(effort), EFFORTS)}.")
    if batch_rows < 1:
        raise InputError(f"batch_rows={batch_rows} came; allowed is 1 or more; leave it out for the default, 256.")
    rows = _rows(X, fitted.schema)
    given = encode_condition(fitted.schema, condition, len(rows))
    values = _to_cells(rows, fitted.schema)
    if lossy is not False and len(rows):
        step = float(lossy)
        if not 2.0**-20 <= step <= 2.0**20:
            raise InputError(
                f"lossy={lossy} came; allowed is True, or a step above 0 in spreads of the posterior, 1 being True."
            )
        payload = lossy_code.to_payload(fitted, values, given, step, batch_rows)
        return _container(fitted, LOSSY, rows, bytes(DIGEST), payload)
    digest = content_digest(rows)
    coded = None
    if len(rows):
        payload = lossless.to_payload(fitted, values, given, batch_rows, progress)
        coded = _container(fitted, CODED, rows, digest, payload)
        if effort != "low" and not _checked(fitted, payload, values):
            warnings.warn(
                "Decoding here does not repeat the encoding's arithmetic, so the rows were packed without the model: "
                "please report the model's network.",
                QuintetWarning,
                stacklevel=2,
            )
            coded = None
    if coded is not None and effort != "high" and not _promising(rows, len(coded)):
        return coded
    stored = _container(fitted, STORED, rows, digest, squeeze(np.ascontiguousarray(rows).tobytes()))
    return stored if coded is None or len(stored) < len(coded) else coded


def decompress(fitted: Fitted, blob: bytes, batch_rows: int = 256, progress: Progress | None = None) -> Array:
    """The rows of ``compress``: equal bit for bit, in dtype and shape; of a lossy file E[x|z] in the model's units
    and dtype.

    Raises
    ------
    FileRefused
        No such file, a later version, damaged or cut short, of another model, or of a machine that calculates
        otherwise.
    """
    container = Container.from_bytes(blob, fitted.fingerprint)
    shape, schema = container.shape, fitted.schema
    if math.prod(shape[1:]) != schema.size:
        raise FileRefused(
            f"The file holds rows of shape {shape[1:]}; this model's have {schema.row_shape}: it is damaged."
        )
    if container.kind == LOSSY:
        with _decoding():
            return lossy_code.from_payload(fitted, container.payload, shape[0], batch_rows).reshape(shape)
    if container.kind == STORED:
        size = math.prod(shape) * container.dtype.itemsize
        rows = np.frombuffer(unsqueeze(container.payload, size), container.dtype).reshape(shape).copy()
    else:
        native = container.dtype.newbyteorder("=")
        with _decoding():
            values = lossless.from_payload(fitted, container.payload, shape[0], native, progress)
        rows = _from_cells(values, schema, shape).astype(container.dtype)
    if content_digest(rows) != container.content:
        raise FileRefused(OTHERWISE)
    return rows


@contextmanager
def _decoding() -> Iterator[None]:
    """Once decoding leaves the encoder's path, anything may be found in the stream."""
    try:
        yield
    except (KeyError, IndexError, ValueError, OverflowError, MemoryError) as error:
        raise error if isinstance(error, FileRefused) else FileRefused(OTHERWISE) from error


def _checked(fitted: Fitted, payload: bytes, values: Array) -> bool:
    """Whether the payload decodes to the values under another number of threads."""
    count = torch.get_num_threads()
    other = count - 1 if count > 1 else min(2, os.cpu_count() or 1)
    with threads(other):
        try:
            with _decoding():
                back = lossless.from_payload(fitted, payload, len(values), values.dtype)
        except FileRefused:
            return False
    return all(
        back[i : i + 4096].tobytes() == np.ascontiguousarray(values[i : i + 4096]).tobytes()
        for i in range(0, len(values), 4096)
    )


def _promising(rows: Array, coded: int) -> bool:
    """Whether a general packer may beat ``coded`` bytes."""
    quick = zlib.compressobj(6, zlib.DEFLATED, -15)
    size = sum(
        len(quick.compress(np.ascontiguousarray(rows[i : i + 4096]).tobytes())) for i in range(0, len(rows), 4096)
    )
    return size + len(quick.flush()) < HOPE * coded or rows.nbytes < coded


def _container(fitted: Fitted, kind: int, rows: Array, digest: bytes, payload: bytes) -> bytes:
    return Container(kind, model_digest(fitted.fingerprint), digest, rows.dtype, rows.shape, payload).to_bytes()


def _rows(X: Any, schema: Schema) -> Array:
    """An array of rows of the model's shape (or flat)."""
    array = X if isinstance(X, np.ndarray) else to_numpy(X)[0]
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise InputError(
            f"Cells of type {array.dtype} came; True/False, whole numbers and floats of up to 64 bits are allowed."
        )
    if array.shape[1:] != schema.row_shape and (array.ndim != 2 or array.shape[1] != schema.size):
        raise misfit(array.shape[1:], schema)
    return array


def _to_cells(rows: Array, schema: Schema) -> Array:
    """(n, *row_shape) -> (n, cells) in the model's layout and native byte order."""
    native = rows.astype(rows.dtype.newbyteorder("="), copy=False)
    return schema.to_model_layout(native.reshape(len(rows), *schema.row_shape)).reshape(len(rows), schema.size)


def _from_cells(values: Array, schema: Schema, shape: tuple[int, ...]) -> Array:
    laid = schema.to_user_layout(values.reshape(len(values), *schema.shape))
    return np.ascontiguousarray(laid).reshape(shape)
