"""The lossless payload of a block: rows to bytes and back, bit for bit.

Its parts: value grid, condition, kind of code (bits for the two-part code, for exact arithmetic, for rows without
latents, for decimals with rounding errors and for wider cells), factor of wider cells, density of the two-part code,
alphabet of the latents, groups of rows, rounding errors, cells off the grid, escaped rows, stream.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from quintet.codec.arithmetic.ieee_operations import NotExact
from quintet.codec.container.row_groups import GroupPlan
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.latent_grid import LatentGrid
from quintet.codec.entropy.rounding_slips import read_slips, with_slips, write_slips
from quintet.codec.entropy.value_grid import ValueGrid
from quintet.errors import FileRefused
from quintet.inference.chunks import RowProgress
from quintet.models.fitted import Fitted
from quintet.tasks.compress.bits_back import decode_rows, encode_rows
from quintet.tasks.compress.choose_code import choose_code
from quintet.tasks.compress.coding_model import CodingModel, ValueBins
from quintet.tasks.compress.conditions import read_condition, write_condition
from quintet.tasks.compress.embedding import decimals_for, embed, grid_for
from quintet.tasks.compress.exceptions import read_exceptions, write_exceptions
from quintet.tasks.compress.grid_alphabet import GridAlphabet
from quintet.tasks.compress.latent_blocks import LatentAlphabet
from quintet.tasks.compress.ledger import Ledger
from quintet.tasks.compress.no_latents import NoLatents
from quintet.tasks.compress.row_code import RowCode
from quintet.tasks.compress.two_part import read_density, write_density
from quintet.tasks.compress.widening import read_widening, write_widening

Array = np.ndarray[Any, Any]
TWO_PART, EXACT, WITHOUT_LATENTS, SLIPPED, WIDENED = 1, 2, 4, 8, 16  # bits of the kind of code


def to_payload(
    fitted: Fitted,
    values: Array,
    condition: Tensor | None,
    batch_rows: int,
    progress: RowProgress | None = None,
    hidden: Array | None = None,
) -> bytes:
    """(n, cells) values in the model's layout to bytes; in exact arithmetic if the network allows it.

    ``hidden`` is (n, cells) of bool, True where a value is NaN and the reader knows it; None: the reader knows of none.
    """
    try:
        return _to_payload(fitted, values, condition, batch_rows, progress, hidden, exact=True)
    except NotExact:
        return _to_payload(fitted, values, condition, batch_rows, progress, hidden, exact=False)


def _to_payload(
    fitted: Fitted,
    values: Array,
    condition: Tensor | None,
    batch_rows: int,
    progress: RowProgress | None,
    hidden: Array | None,
    exact: bool,
) -> bytes:
    model, out = CodingModel.from_fitted(fitted, exact), ByteWriter()
    given, values = values, decimals_for(fitted.schema, values)
    grid = grid_for(fitted.schema, values)
    grid.write(out)
    known = embed(fitted, model, grid, values, condition, batch_rows)
    write_condition(out, fitted.schema, known.condition)
    with model.arithmetic():
        code = choose_code(model, grid, values, known)
        plan, stream = encode_rows(code, values, known, batch_rows, progress)
    without, slipped = 0 if code.latents.width else WITHOUT_LATENTS, 0 if values is given else SLIPPED
    widened = 0 if code.widening == 1 else WIDENED
    out.varint((TWO_PART if code.density is not None else 0) | (EXACT if exact else 0) | without | slipped | widened)
    if widened:
        write_widening(out, code)
    if code.density is not None:
        write_density(out, code.density)
    code.latents.write(out)
    plan.write(out)
    if slipped:
        write_slips(out, given, values)
    write_exceptions(out, values, known.coded, plan.escaped, hidden)
    out.data += stream
    return bytes(out.data)


def _read_alphabet(source: ByteReader, model: CodingModel, kind: int) -> LatentAlphabet:
    if kind & WITHOUT_LATENTS:
        if not model.has_context:
            raise FileRefused("The compressed file holds rows without latents, which this model cannot decode.")
        return NoLatents()
    codes = None if kind & TWO_PART else model.codes
    return codes or GridAlphabet(LatentGrid.read(source, model.latent_dim))


def from_payload(
    fitted: Fitted,
    payload: bytes,
    rows: int,
    dtype: np.dtype[Any],
    progress: RowProgress | None = None,
    ledger: Ledger | None = None,
    hidden: Array | None = None,
) -> Array:
    """The (n, cells) values of ``to_payload``, NaN where ``hidden``; ``ledger`` gets the bits of each part."""
    source = ByteReader(payload)
    grid = ValueGrid.read(source, dtype, fitted.schema.size)
    condition = read_condition(source, fitted.schema, rows)
    kind = source.varint()
    model = CodingModel.from_fitted(fitted, bool(kind & EXACT))
    widening = read_widening(source) if kind & WIDENED else 1.0
    density = read_density(source, model.latent_dim) if kind & TWO_PART else None
    latents = _read_alphabet(source, model, kind)
    plan = GroupPlan.read(source, rows, grid.cells)
    slips = read_slips(source, rows, grid.cells) if kind & SLIPPED else None
    tables = source.at
    exceptions = read_exceptions(source, plan.escaped, grid, hidden)
    kept, stream = source.at, source.rest().rstrip(b"\0")  # without the padding of the payload
    if ledger is not None:
        ledger.tables += 8 * tables
        ledger.exceptions += 8 * (kept - tables)
        ledger.stream += 8 * len(stream)
    code = RowCode(model, ValueBins(grid, fitted.schema), latents, density, condition, widening)
    with model.arithmetic():
        values = decode_rows(code, plan, stream, exceptions.coded, progress, ledger)
    if hidden is not None and values.dtype.kind == "f":
        values[hidden] = np.nan
    exceptions.put_into(values, plan.escaped)
    return values if slips is None else with_slips(values, slips)
