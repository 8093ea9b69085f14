"""General packers on a table: bits a row of its held-out rows as CSV text, as Parquet, and column by column."""

from __future__ import annotations

import gzip
import io
import lzma
from importlib.util import find_spec

import numpy as np
import pandas as pd
from tables_data import is_level


def packed_text(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    """Bits a row of packers of the CSV text; ``primed``: what the rows add to the packed training rows."""
    before, rows = (part.to_csv(index=False, header=k == 0).encode() for k, part in enumerate((train, test)))
    text = test.to_csv(index=False).encode()
    found = {"gzip": len(gzip.compress(text, 9)), "xz": _xz(text), "xz_primed": _xz(before + rows) - _xz(before)}
    if find_spec("pyarrow"):
        found |= {"zstd": _zstd(text), "zstd_primed": _zstd(before + rows) - _zstd(before), "parquet": _parquet(test)}
    return {name: 8 * size / len(test) for name, size in found.items()}


def as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of numbers for packers of arrays: whole numbers as integers, levels as codes by falling frequency.

    Neither the levels' names nor the places of missing numbers are counted for those packers.
    """
    found = {}
    for name, level in zip(frame.columns, is_level(frame), strict=True):
        if level:
            names = frame[name].value_counts().index
            found[name] = pd.Categorical(frame[name], categories=names).codes.astype(np.int64)
            continue
        cells = frame[name].ffill().bfill().to_numpy(float)
        found[name] = cells.astype(np.int64) if np.array_equal(cells, cells.round()) else cells
    return pd.DataFrame(found)


def _xz(text: bytes) -> int:
    return len(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))


def _zstd(text: bytes) -> int:
    import pyarrow as pa

    return len(pa.Codec("zstd", compression_level=22).compress(text))


def _parquet(frame: pd.DataFrame) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole, file = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None), io.BytesIO()
    pq.write_table(whole, file, compression="zstd", compression_level=22, row_group_size=len(frame))
    return int(file.getbuffer().nbytes)
