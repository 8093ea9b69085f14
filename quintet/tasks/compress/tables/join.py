"""The frame of several blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.plain.libraries import library_of
from quintet.data.schema import Schema
from quintet.errors import FileRefused
from quintet.tasks.compress.tables.block import legal_frame

Array = np.ndarray[Any, Any]


def joined_frame(schema: Schema, parts: Sequence[tuple[Array, Any]]) -> Any:
    """The frames of some blocks as one; without any, the empty frame of the training rows' types.

    Parameters
    ----------
    parts : of each block the places (k,) of its rows in the answer, and their frame.
    """
    if not parts:
        return legal_frame(schema, np.zeros((0, schema.size)))
    frames = [frame for _, frame in parts]
    library = library_of(frames[0])
    if any(library_of(frame) is not library for frame in frames):
        raise FileRefused("The file joins frames of several libraries: decompress it block by block (decompress_from).")
    whole, places = library.concatenated(frames), np.concatenate([places for places, _ in parts])
    return whole if (np.diff(places) > 0).all() else library.take(whole, np.argsort(places, kind="stable"))
