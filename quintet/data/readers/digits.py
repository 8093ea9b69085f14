"""scikit-learn's 1,797 handwritten digits, without the second that ``sklearn.datasets`` takes to be imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from quintet.data.readers.frames import Array

SIDE = 8


def read_digits() -> tuple[Array, Array]:
    """Images (1797, 8, 8) of uint8, 0..16, and labels (1797,) of int64."""
    package = find_spec("sklearn")
    folders = [] if package is None else package.submodule_search_locations or []
    files = [Path(folder, "datasets", "data", "digits.csv.gz") for folder in folders]
    file = next((path for path in files if path.is_file()), None)
    if file is None:  # a scikit-learn that keeps it elsewhere
        from sklearn.datasets import load_digits

        digits = load_digits()
        return digits.images.astype(np.uint8), digits.target.astype(np.int64)
    cells = np.loadtxt(file, delimiter=",", dtype=np.int64)
    return cells[:, :-1].reshape(-1, SIDE, SIDE).astype(np.uint8), cells[:, -1].copy()
