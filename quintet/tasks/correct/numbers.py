"""Numbers for which a number may have been typed: other units, one digit wrong or two transposed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.columns.numbers import Continuous, Integer
from quintet.data.schema import Schema

FACTORS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)
"""Factors between the number as typed and the right one."""
PLACES = 7
"""Most decimal places of a column in which a digit may be wrong."""
NOTICED = 0.02
"""A digit counts from this size of its place on, in standard deviations of the column."""
NEAR = 1e-3
"""Deviation from a whole number of steps, in steps, up to which a number lies on its column's grid."""


@dataclass(frozen=True)
class Candidates:
    """Numbers that a cell may have held: values (k, batch, cells) in the model's units, and log P(typed | candidate) in
    nats, -inf where there is no such candidate."""

    x: Tensor
    log_prob: Tensor


@dataclass(frozen=True)
class NumberCells:
    """Some cells of numbers, (cells,) each: a number is ``loc`` + ``scale`` · x, a multiple of ``step`` (0: any).

    ``is_typed`` is False for times, which are not written as one number. ``lowest_place`` and ``places`` are the
    exponent of the lowest digit that counts and the number of digits.
    """

    loc: Tensor
    scale: Tensor
    step: Tensor
    is_typed: Tensor
    lowest_place: Tensor
    places: Tensor

    @classmethod
    def of(cls, schema: Schema, cells: Sequence[int]) -> NumberCells:
        """Those of the schema's columns."""
        columns = [schema.modelled[cell] for cell in cells]
        typed = [isinstance(column, Continuous | Integer) for column in columns]
        loc, scale, low, places = [], [], [], []
        for cell, column in zip(cells, columns, strict=True):
            support = column.support  # type: ignore[union-attr]
            loc.append(schema.loc[cell] + (support.offset or 0))
            scale.append(schema.scale[cell])
            noticed = math.floor(math.log10(NOTICED * schema.scale[cell])) + 1
            low.append(noticed if column.spacing == 0 else max(noticed, round(math.log10(column.spacing))))
            ends = [abs(end + (support.offset or 0)) for end in (support.seen_low or 0.0, support.seen_high or 0.0)]
            top = math.floor(math.log10(max(*ends, 1e-300))) + 1
            places.append(min(PLACES, max(1, top - low[-1])))
        as_tensor = torch.tensor
        return cls(
            as_tensor(loc, dtype=torch.float64),
            as_tensor(scale, dtype=torch.float64),
            as_tensor([column.spacing for column in columns], dtype=torch.float64),
            as_tensor(typed),
            as_tensor(low, dtype=torch.float64),
            as_tensor(places, dtype=torch.float64),
        )

    def value(self, x: Tensor) -> Tensor:
        """The numbers, float64."""
        found = x.double() * self.scale + self.loc
        near = (found / self.step.clamp(min=1e-300)).round() * self.step
        return torch.where((self.step > 0) & ((found - near).abs() < NEAR * self.step), near, found)

    def cell(self, value: Tensor, like: Tensor) -> Tensor:
        """The cells of numbers, in the model's units."""
        return ((value - self.loc) / self.scale).to(like)

    def is_legal(self, value: Tensor) -> Tensor:
        """Whether numbers are multiples of their column's step."""
        steps = value / self.step.clamp(min=1e-300)
        return (self.step == 0) | ((steps - steps.round()).abs() < NEAR)


def other_units(cells: NumberCells, x: Tensor) -> Candidates:
    """The number in other units. A multiple of ten steps or, of columns without a step, the density is changed."""
    value = cells.value(x)
    factor = torch.tensor(FACTORS, dtype=torch.float64, device=x.device).reshape(-1, 1, 1)
    found = value / factor
    possible = cells.is_legal(found) & (value != 0) & cells.is_typed
    stretch = torch.where(cells.step > 0, 0.0, -factor.log())
    log_prob = torch.where(possible, stretch - math.log(len(FACTORS)), -torch.inf)
    return Candidates(cells.cell(found, x), log_prob.to(x))


def wrong_digits(cells: NumberCells, x: Tensor) -> Candidates:
    """The number with one digit changed, or two neighbouring ones transposed; of the digits that are large enough."""
    value = cells.value(x)
    sign, most = torch.where(value < 0, -1.0, 1.0), int(cells.places.max())
    place = torch.arange(most, dtype=torch.float64, device=x.device).reshape(-1, 1, 1)
    unit = 10.0 ** (cells.lowest_place + place)  # (places, 1, cells)
    digit = (value.abs() / unit + NEAR).floor() % 10  # (places, batch, cells)
    there = (place < cells.places) & cells.is_typed & (value.abs() < unit * 1e6)
    new = torch.arange(10, dtype=torch.float64, device=x.device).reshape(-1, 1, 1, 1)
    changed = (value.abs() + (new - digit) * unit).flatten(0, 1)
    is_new = ((new != digit) & there).flatten(0, 1)
    turned = value.abs() + (digit[:-1] - digit[1:]) * (unit[1:] - unit[:-1])
    is_turned = (digit[:-1] != digit[1:]) & there[1:]
    found, possible = torch.cat([changed, turned]), torch.cat([is_new, is_turned])
    ways = [(changed, 18.0 * cells.places), (turned, 2.0 * (cells.places - 1).clamp(min=1))]
    count = torch.cat([number.expand(len(some), 1, -1) for some, number in ways])
    log_prob = torch.where(possible, -count.log(), -torch.inf)
    return Candidates(cells.cell(sign * found, x), log_prob.to(x))


def exchanged(cells: NumberCells, x: Tensor, observed: Tensor) -> Candidates:
    """The numbers of the other cells of the row, (cells, batch, cells)."""
    value = cells.value(x)
    found = value.movedim(-1, 0).unsqueeze(-1)  # (other cells, batch, 1)
    legal = cells.is_legal(found)  # (others, batch, cells): the other's number in this column
    back = legal.permute(2, 1, 0)  # this cell's number in the other's column
    both = observed.movedim(-1, 0).unsqueeze(-1) & observed
    itself = torch.eye(x.shape[-1], dtype=torch.bool, device=x.device).unsqueeze(1)
    possible = legal & back & both & ~itself & cells.is_typed & cells.is_typed.reshape(-1, 1, 1)
    log_prob = torch.where(possible, -math.log(max(1, x.shape[-1] - 1)), -torch.inf)
    return Candidates(cells.cell(found, x), log_prob.to(x))
