"""Small models and files of rows for the tests of bulk answers, those with real engines included."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import parquet
from sklearn.datasets import load_digits

from quintet import VAE
from tests.shared import Shared, hardly_measured
from tests.tables import small_table

TINY: dict[str, Any] = {
    "latent_dim": 3,
    "network": {"kind": "mlp", "hidden": (32,)},
    "epochs": 6,
    "training": {"batch_size": 64},
}


def table_model(shared: Shared) -> VAE:
    """A model of ``small_table``, a table of many types."""

    def fit() -> VAE:
        with hardly_measured():
            return VAE(**TINY, random_state=0).fit(small_table())

    return shared("scale-table", fit)


def digits_model(shared: Shared) -> VAE:
    """A conditional model of digits, 8x8, by their labels."""
    found = load_digits()

    def fit() -> VAE:
        with hardly_measured():
            return VAE("cvae", **TINY, random_state=0).fit(found.images[:250].astype(np.uint8), found.target[:250])

    return shared("scale-digits", fit)


def new_rows(rows: int = 150) -> pyarrow.Table:
    """Rows of the table that ``table_model`` did not see, with a column ``id`` that it does not know."""
    frame = small_table(rows, seed=5).reset_index(drop=True)
    return pyarrow.Table.from_pandas(frame).replace_schema_metadata(None).append_column("id", [np.arange(rows) * 7])


def digit_rows(rows: int = 60) -> pyarrow.Table:
    """Digits as one column of lists, with their labels."""
    found = load_digits()
    cells = pyarrow.array(found.images[300 : 300 + rows].astype(np.uint8).reshape(-1))
    return pyarrow.table(
        {
            "image": pyarrow.FixedSizeListArray.from_arrays(cells, 64),
            "digit": found.target[300 : 300 + rows],
        }
    )


def in_files(folder: Path, table: pyarrow.Table, cuts: tuple[int, ...] = (60,)) -> Path:
    """A folder of Parquet files of the rows, cut at these places, with small row groups."""
    folder.mkdir()
    ends = [0, *cuts, len(table)]
    for number, (start, stop) in enumerate(pairwise(ends)):
        parquet.write_table(table.slice(start, stop - start), folder / f"rows-{number}.parquet", row_group_size=25)
    return folder


def answers(folder: Path | str) -> pyarrow.Table:
    """All parts of a bulk answer in the order of their names, each row once."""
    return pyarrow.concat_tables([parquet.read_table(path) for path in sorted(Path(folder).glob("part-*.parquet"))])
