"""The question ``compress`` about series: to few bits and back."""

from __future__ import annotations

from typing import Any

from quintet.arguments import BatchRows, Blob, Effort, SeriesLike
from quintet.data.csv_text.csv_table import CsvTable
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._series.coding import compress_series, decompress_series
from quintet.estimators._series.series_estimator import SeriesEstimator, model_of, refuse_stream


@public
def compress(self: SeriesEstimator, X: SeriesLike, *, effort: Effort = "normal", batch_rows: BatchRows = 256) -> bytes:
    """Series to the bytes of one file; ``decompress`` gives them back bit for bit, with all columns and types.

    Of a .csv file that is written regularly ``decompress_file`` gives the bytes back.

    Parameters
    ----------
    effort, batch_rows : as of ``VAE.compress``.
    """
    refuse_stream(X, "compress")
    return compress_series(*model_of(self, "compress"), X, effort=effort, batch_rows=batch_rows)


@public
def decompress(self: SeriesEstimator, blob: Blob, *, batch_rows: BatchRows = 256) -> Any:
    """The series of a compressed file in the form given to ``compress``; of a .csv file a ``pyarrow.Table``."""
    found = decompress_series(*model_of(self, "compress"), blob, batch_rows=batch_rows)
    return found.table if isinstance(found, CsvTable) else found


@public
def decompress_file(self: SeriesEstimator, blob: Blob, *, batch_rows: BatchRows = 256) -> bytes:
    """The bytes of the .csv file that was compressed, unzipped."""
    found = decompress_series(*model_of(self, "compress"), blob, batch_rows=batch_rows)
    if not isinstance(found, CsvTable):
        raise InputError(
            "decompress_file needs the series of a .csv file that is written regularly, got others: call decompress."
        )
    return found.to_bytes()
