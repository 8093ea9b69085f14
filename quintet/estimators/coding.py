"""One of the five questions: rows to few bits and back."""

from __future__ import annotations

from typing import Any

from quintet.data.schema import Array
from quintet.estimators.asked import Asked
from quintet.estimators.fitting import progress_of
from quintet.tasks import compress as task


class Coding(Asked):
    """compress, decompress."""

    def compress(
        self,
        X: Any,
        condition: Any = None,
        *,
        lossy: bool | float = False,
        effort: str = "normal",
        batch_rows: int = 256,
    ) -> bytes:
        """Rows to the bytes of one file, about -log2 p(x) bits a row; ``decompress`` turns it back bit for bit.

        Parameters
        ----------
        X : (n, *row_shape); any value of its dtype is legal.
        condition : of a conditional model; it travels in the file. None: each row takes what makes it shortest.
        lossy : True keeps the quantised latents only; a number makes their grid coarser (above 1) or finer (below).
        effort : "low" leaves out the check of the file; "high" tries a general packer as well.
        batch_rows : most rows in memory at a time.
        """
        fitted = self._check_fitted("compress")
        with progress_of(self) as progress:
            return task.compress(fitted, X, condition, lossy, effort, batch_rows, progress)

    def decompress(self, blob: bytes, *, batch_rows: int = 256) -> Array:
        """The rows of a compressed file: equal bit for bit, in dtype and shape; of a lossy file E[x|z]."""
        fitted = self._check_fitted("compress")
        with progress_of(self) as progress:
            return task.decompress(fitted, blob, batch_rows, progress)
