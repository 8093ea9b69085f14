"""Tables for the benchmarks, and their cells as numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from common import Array, data_folder
from sklearn import datasets

REGRESSION = ("concrete", "energy", "power_plant", "wine_quality_red", "yacht")
BUNDLED = ("wine", "diabetes", "breast_cancer")


def numeric_tables() -> dict[str, Callable[[], pd.DataFrame]]:
    """The regression tables of the data folder, and scikit-learn's; of those with classes the measurements alone."""

    def stored(name: str) -> Callable[[], pd.DataFrame]:
        return lambda: pd.read_csv(data_folder() / "tables" / f"{name}.csv").astype(float)

    def bundled(name: str) -> Callable[[], pd.DataFrame]:
        found = getattr(datasets, f"load_{name}")(as_frame=True)
        return lambda: (found.frame if name == "diabetes" else found.data).astype(float)

    return {name: stored(name) for name in REGRESSION} | {name: bundled(name) for name in BUNDLED}


def adult(part: str) -> pd.DataFrame:
    """Adult's census rows, ``part`` "train" or "test": 6 numeric and 9 categorical columns."""
    return pd.read_csv(data_folder() / "tables" / f"adult_{part}.csv.gz")


def is_level(frame: pd.DataFrame) -> Array:
    """(columns,) bool: columns that are no numbers."""
    return np.array([not pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes])


class Encoding:
    """Numbers standardised by a training frame's observed cells; levels as codes, or one indicator each."""

    def __init__(self, train: pd.DataFrame, *, one_hot: bool = True) -> None:
        self.names = list(train.columns)
        self.levels = {name: sorted(train[name].dropna().unique()) for name in train.columns[is_level(train)]}
        numbers = train.drop(columns=list(self.levels))
        self.loc, self.scale = numbers.mean(), numbers.std(ddof=0).replace(0.0, 1.0).fillna(1.0)
        self.one_hot = one_hot

    def encode(self, frame: pd.DataFrame) -> Array:
        """(n, cells) float64, NaN where missing; a level that training lacks is missing too."""
        parts = []
        for name in self.names:
            if name not in self.levels:
                parts.append(((frame[name] - self.loc[name]) / self.scale[name]).to_numpy(float)[:, None])
                continue
            code = self.codes(frame, name)
            hot = np.where(code[:, None] < 0, np.nan, code[:, None] == np.arange(len(self.levels[name])))
            parts.append(hot if self.one_hot else np.where(code < 0, np.nan, code)[:, None])
        return np.concatenate(parts, 1)

    def codes(self, frame: pd.DataFrame, name: str) -> Array:
        """(n,) codes of a column's levels, −1 for missing and unknown ones."""
        return pd.Categorical(frame[name], categories=self.levels[name]).codes.astype(int)

    def decode(self, cells: Array) -> pd.DataFrame:
        """A frame of the user's units; of indicators the largest decides."""
        found, at = {}, 0
        for name in self.names:
            width = len(self.levels[name]) if self.one_hot and name in self.levels else 1
            part, at = cells[:, at : at + width], at + width
            if name not in self.levels:
                found[name] = part[:, 0] * self.scale[name] + self.loc[name]
            else:
                code = part.argmax(1) if self.one_hot else part[:, 0].round().astype(int)
                found[name] = np.array(self.levels[name], dtype=object)[np.clip(code, 0, len(self.levels[name]) - 1)]
        return pd.DataFrame(found)
