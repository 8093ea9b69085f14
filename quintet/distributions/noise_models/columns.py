"""Noise of rows of columns: one model for the numbers, replacement by random codes for the levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.joint import Joint, Part
from quintet.distributions.levels import Levels
from quintet.distributions.noise_models.base import CellValues, NoiseModel
from quintet.distributions.noise_models.replacement import Replacing, Untouched, share_of_replaced
from quintet.noise import Noise


@dataclass(frozen=True)
class ReplacedLevels(Replacing):
    """p(x̃|x) = (1 - rate) [x̃ = x] + rate / codes: a replaced cell has any code of its column, ``OTHER`` included.

    Parameters
    ----------
    codes : (cells,), number of codes of each cell.
    """

    codes: Tensor = field(default_factory=lambda: torch.ones(1, dtype=torch.float32))

    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """Replace each cell by a random code with probability ``rate``."""
        batch, row = len(x), x.shape[1:]
        code = (noise.uniform(batch, *row)[0] * self.codes).floor().minimum(self.codes - 1)
        return torch.where(noise.uniform(batch, *row)[0] < self.per_row(rate, x)[0], code.to(x.dtype), x)

    def log_noise(self, x: Tensor) -> Tensor:
        """-log codes, (batch, cells)."""
        return -self.codes.log().expand_as(x)

    def restored(self, x: Tensor, clean: Distribution, rate: Tensor | float, observed: Tensor) -> Levels:
        """P(clean code | x̃, z): the observed code if the cell is untouched, otherwise a code that can be drawn."""
        assert isinstance(clean, Levels)
        belief = (self.untouched(x, clean, rate) * observed).unsqueeze(-1)
        code = torch.arange(clean.drawn.shape[-1], device=x.device)
        shares = torch.lerp(clean.drawn_shares, (code == x.unsqueeze(-1)).to(x.dtype), belief)
        return Levels(shares.clamp(min=1e-30).log(), code < self.codes.unsqueeze(-1))


@dataclass(frozen=True)
class ColumnNoise(NoiseModel):
    """Noise of the numbers and, if it replaces cells, of the levels of a row; p(x|z) is a ``Joint``.

    Parameters
    ----------
    numbers : "replacement", "normal" or "none" for the numbers; "normal" leaves levels as they are.
    codes : (cells,), number of codes of each cell, 0 for numbers.
    marginal : distribution of each cell over all rows, whose values replace cells; None: any value does.
    """

    numbers: NoiseModel
    codes: Tensor
    marginal: Joint | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        """Name of the noise."""
        return self.numbers.name

    @property
    def cells(self) -> CellValues:  # type: ignore[override]
        """Values of the numbers."""
        return self.numbers.cells

    @property
    def guided(self) -> float:
        """That of the numbers."""
        return self.numbers.guided

    def corrupt(self, x: Tensor, rate: Tensor | float, noise: Noise) -> Tensor:
        """Corrupt numbers and levels."""
        levels = self._of_levels(self.codes.to(x).clamp(min=1)).corrupt(x, rate, noise)
        return torch.where(self.codes.to(x) > 0, levels, self.numbers.corrupt(x, rate, noise))

    def log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x̃|z) of each cell."""
        return self._by_part(x, clean, lambda model, own, part: model.log_prob(own, part.distribution, rate))

    def search_log_prob(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """log p(x̃|z), or its approximation."""
        return self._by_part(x, clean, lambda model, own, part: model.search_log_prob(own, part.distribution, rate))

    def untouched(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """P(cell is untouched | x̃, z)."""
        return self._by_part(x, clean, lambda model, own, part: model.untouched(own, part.distribution, rate))

    def clean_mean(self, x: Tensor, clean: Distribution, rate: Tensor | float) -> Tensor:
        """E[x | x̃, z] of numbers, the most probable code of levels."""
        return self.restored(x, clean, rate, torch.ones_like(x, dtype=torch.bool)).mean

    def restored(self, x: Tensor, clean: Distribution, rate: Tensor | float, observed: Tensor) -> Joint:
        """Distributions of the clean cells, part by part."""
        return Joint(
            tuple(
                Part(
                    part.cells,
                    self._model(part).restored(_own(x, part), part.distribution, rate, _own(observed, part)),
                )
                for part in _joint(clean).parts
            )
        )

    def improved(self, x: Tensor, clean: Distribution, rate: Tensor, observed: Tensor) -> Tensor:
        """The expected share of replaced cells; of normal noise the rate by the numbers alone."""
        if isinstance(self.numbers, Replacing):
            return share_of_replaced(self.untouched(x, clean, rate), rate, observed)
        return self.numbers.improved(x, clean, rate, observed & (self.codes.to(x) == 0))

    def log_replaced(self, x: Tensor, part: Part) -> Tensor:
        """Log probability of the values of replaced cells of a part, (batch, cells of the part)."""
        model = self._model(part)
        assert isinstance(model, Replacing)
        return model.log_replaced(x)

    def _by_part(self, x: Tensor, clean: Distribution, of: Callable[[NoiseModel, Tensor, Part], Tensor]) -> Tensor:
        joint = _joint(clean)
        found = [of(self._model(part), _own(x, part), part) for part in joint.parts]
        draws = max(len(t) for t in found)
        return joint.joined([t.expand(draws, *t.shape[1:]) for t in found])

    def _model(self, part: Part) -> NoiseModel:
        """The noise of the cells of a part."""
        if isinstance(part.distribution, Levels):
            model = self._of_levels(self.codes.to(part.distribution.logits).index_select(0, part.cells))
        else:
            model = replace(self.numbers, cells=self.cells.of(part.cells))  # type: ignore[type-var]
        if self.marginal is None or not isinstance(model, Replacing):
            return model
        return replace(model, column=self.marginal.of_cells(part.cells))

    def _of_levels(self, codes: Tensor) -> NoiseModel:
        return ReplacedLevels(codes=codes) if isinstance(self.numbers, Replacing) else Untouched()


def _joint(clean: Distribution) -> Joint:
    """p(x|z) with independent cells: noisy cells do not condition others."""
    joint = clean.independent
    assert isinstance(joint, Joint)
    return joint


def _own(x: Tensor, part: Part) -> Tensor:
    """The cells of a part, (batch, cells of the part)."""
    return x.index_select(-1, part.cells)
