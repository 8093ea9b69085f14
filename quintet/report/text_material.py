"""Material of a report on a Text: the lines that training has not seen, and the answers on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quintet.data.sequences.text.description import TextDescription
from quintet.data.sequences.text.reading import read_lines
from quintet.errors import InputError
from quintet.estimators._text.detections import TextDetections
from quintet.report.figures.palettes import Palette
from quintet.report.labels import as_labels
from quintet.report.material import ReportMaterial
from quintet.report.origin import SEEN, word_for_evaluated

if TYPE_CHECKING:
    from quintet.estimators import Text

Array = NDArray[Any]
MOST = 240
"""Most lines that are evaluated."""


@dataclass
class TextMaterial:
    """A source of lines and the model's cached answers."""

    model: Text
    source: Any
    palette: Palette
    quick: bool = False
    seed: int = 0

    @property
    def vae(self) -> Any:
        """The model of rows of tokens."""
        return self.model.vae_

    @property
    def known(self) -> TextDescription:
        """The vocabulary, and the steps of a row."""
        return self.model.description_

    @cached_property
    def given(self) -> list[str]:
        """All lines of the source that have a character."""
        lines = [line for line in read_lines(self.source).all if line]
        if not lines:
            raise InputError("A report on text needs lines with characters, got none.")
        return lines

    @cached_property
    def _rows(self) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Rows of tokens, the line of each, and which lines have a row that trained the model."""
        rows, owners = self.known.rows(self.given)
        trained = np.zeros(len(self.given), bool)
        trained[owners[np.isin(self.vae.parts_of(rows), SEEN)]] = True
        return np.asarray(rows), np.asarray(owners), trained

    @property
    def trained(self) -> NDArray[np.bool_]:
        """Which lines trained the model, (lines,)."""
        return self._rows[2]

    @property
    def which(self) -> str:
        """The name of the evaluated lines: "new", "held-out" or "training"."""
        return word_for_evaluated(self.trained)

    @cached_property
    def chosen(self) -> Array:
        """The evaluated lines' numbers: at most ``MOST`` of those that training has not seen; else of all."""
        some = np.flatnonzero(~self.trained) if not self.trained.all() else np.arange(len(self.given))
        most = MOST // (4 if self.quick else 1)
        if len(some) > most:
            some = np.sort(np.random.default_rng(self.seed).permutation(some)[:most])
        return np.asarray(some)

    @cached_property
    def lines(self) -> list[str]:
        """The evaluated lines."""
        return [self.given[i] for i in self.chosen]

    @cached_property
    def detections(self) -> TextDetections:
        """The answer of ``detect`` on the evaluated lines."""
        return self.model.detect(self.lines)

    @cached_property
    def training(self) -> ReportMaterial:
        """The rows of the evaluated lines, for the section on training."""
        rows, owners, _ = self._rows
        return ReportMaterial(
            self.vae, rows[np.isin(owners, self.chosen)], as_labels(None), self.palette, seed=self.seed
        )
