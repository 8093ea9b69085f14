"""Maps of rows by t-SNE, fitted once to normal and anomalous rows together, and used by every figure that shows one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quintet.report.figures import latents
from quintet.report.gather import some
from quintet.report.material import Array, ReportMaterial
from quintet.report.table_material import TableMaterial


@dataclass(frozen=True)
class RowMap:
    """Places (n, 2) and (k, 2) of normal and of anomalous rows, and the rows' indices."""

    normal: Array
    index: Array
    strange: Array
    strange_index: Array


def row_map(m: ReportMaterial, space: str) -> RowMap:
    """The map of ``space``: "latents" or "raw", of a sample of the held-out rows and of the anomalous rows."""
    if f"map of {space}" not in m._scores:
        m._scores[f"map of {space}"] = _fitted(m, space)
    found = m._scores[f"map of {space}"]
    assert isinstance(found, RowMap)
    return found


def _fitted(m: ReportMaterial, space: str) -> RowMap:
    most = 400 if m.quick else latents.TSNE_ROWS
    odd = np.arange(0) if m.strange is None or isinstance(m, TableMaterial) else one_of_each(m, most // 2)
    normal = some(m.test, most - len(odd), m.seed)
    points = m.latents[normal] if space == "latents" else m.comparable(m.test)[normal]
    if len(odd):
        assert m.strange is not None
        others = m.strange_latents if space == "latents" else m.comparable(m.strange)
        points = np.concatenate([points, others[odd]])
    plane, _ = latents.tsne(points, m.seed, len(points))
    return RowMap(plane[: len(normal)], normal, plane[len(normal) :], odd)


def one_of_each(m: ReportMaterial, most: int = 400) -> Array:
    """Indices of the first anomalous row of each name; of a sample of ``most`` with at most four names."""
    assert m.strange is not None
    first = {name: i for i, name in reversed(list(enumerate(m.strange_names)))}
    return np.array(sorted(first.values())) if len(first) > 4 else some(m.strange, most, m.seed)
