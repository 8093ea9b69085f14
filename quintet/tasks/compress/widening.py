"""Chooses how much wider, or narrower, than the model says the cells of a block of series are coded.

Series go on at other amplitudes than they were trained on, and a model of few windows is too sure of its predictions.
One factor of all standard deviations, stored with the block, mends a part of what that costs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.row_layout import Steps
from quintet.errors import FileRefused
from quintet.tasks.compress.embedding import Embedding
from quintet.tasks.compress.row_code import RowCode
from quintet.tasks.compress.two_part import sample_bits

Array = np.ndarray[Any, Any]
FACTORS = (0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
USUAL = FACTORS.index(1.0)
ROWS = 16
"""Rows by which factors are compared."""


def choose_widening(code: RowCode, values: Array, known: Embedding) -> RowCode:
    """The code with the factor under which a sample of the rows is shortest, of series with a context decoder."""
    if not (code.model.has_context and isinstance(code.model.schema.layout, Steps) and len(values)):
        return code

    def bits(place: int) -> float:
        return sample_bits(replace(code, widening=FACTORS[place]), values, known, ROWS)

    best, fewest = USUAL, bits(USUAL)
    for way in (1, -1):
        place = best + way
        while 0 <= place < len(FACTORS) and (found := bits(place)) < fewest:
            best, fewest, place = place, found, place + way
        if best != USUAL:
            break
    return replace(code, widening=FACTORS[best])


def write_widening(out: ByteWriter, code: RowCode) -> None:
    """Write the factor into a payload."""
    out.varint(FACTORS.index(code.widening))


def read_widening(source: ByteReader) -> float:
    """The inverse of ``write_widening``."""
    place = source.varint()
    if place >= len(FACTORS):
        raise FileRefused("The compressed file widens its cells by a factor that no version writes: fetch it again.")
    return FACTORS[place]
