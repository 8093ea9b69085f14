"""Cutting and putting together: nothing is lost, weights sum to one, no seam shows."""

import numpy as np
import pytest

from quintet.data.patches.edges import edge_marks, edge_tiles, edges_of, lay_edge
from quintet.data.patches.grid import Blend, Tiling, from_tiles, places, tiles, window
from quintet.data.patches.packing import AXES, filtered, unfiltered

SHAPES = [(16, 16), (17, 16), (31, 47, 3), (40, 23, 1), (64, 33)]


def together(picture: np.ndarray, tiling: Tiling, worth: np.ndarray | None = None) -> np.ndarray:
    blend, index = Blend(picture.shape, tiling), np.arange(len(tiling))
    for part in np.array_split(index, 3):
        blend.add(part, tiling.cut(picture, part), None if worth is None else worth[part])
    return blend.picture()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("size", [(8, 8), (16, 5)], ids=str)
def test_what_was_cut_is_put_together_again(shape: tuple[int, ...], overlap: float, size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    tiling = Tiling.over(shape[:2], size, overlap)
    worth = np.random.default_rng(1).uniform(0.1, 1, len(tiling))
    assert np.array_equal(np.rint(together(picture, tiling)), picture)
    assert np.array_equal(np.rint(together(picture, tiling, worth)), picture)


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.5, 0.9])
def test_weights_sum_to_one_everywhere(overlap: float) -> None:
    tiling = Tiling.over((37, 50), (8, 12), overlap)
    ones = np.ones((len(tiling), 8, 12), dtype=np.float32)
    blend = Blend((37, 50), tiling)
    blend.add(np.arange(len(tiling)), ones)
    assert np.allclose(blend.picture(), 1, atol=1e-6)
    assert (window((8, 12)) > 0).all()


@pytest.mark.parametrize("length", [16, 17, 31, 32, 100])
@pytest.mark.parametrize("step", [1, 5, 8, 16])
def test_places_cover_an_axis_and_never_leave_it(length: int, step: int) -> None:
    found = places(length, 16, step)
    assert found[0] == 0
    assert found[-1] == length - 16
    assert (np.diff(found) <= step).all()
    assert len(found) == 1 or (np.diff(found) > 0).all()


def steps(picture: np.ndarray, columns: np.ndarray) -> float:
    return float(np.abs(np.diff(picture, axis=1))[:, columns].mean())


@pytest.mark.parametrize("overlap", [0.0, 0.5, 0.75])
def test_patches_that_disagree_show_no_seam_where_they_overlap(overlap: float) -> None:
    tiling = Tiling.over((64, 64), (16, 16), overlap)
    level = np.random.default_rng(0).normal(size=len(tiling))  # each patch says something of its own
    patches = np.broadcast_to(level[:, None, None], (len(tiling), 16, 16)).astype(np.float32)
    blend = Blend((64, 64), tiling)
    blend.add(np.arange(len(tiling)), patches)
    lefts = np.unique(tiling.corners[:, 1])
    border = np.unique(np.concatenate([lefts[lefts > 0] - 1, (lefts + 15)[lefts < 48]]))
    elsewhere = np.setdiff1d(np.arange(63), border)
    ratio = steps(blend.picture(), border) / max(steps(blend.picture(), elsewhere), 1e-12)
    assert (ratio < 1) == (overlap > 0)


def test_memory_is_that_of_the_patches_asked_for() -> None:
    picture = np.arange(64 * 48).reshape(64, 48)
    tiling = Tiling.over((64, 48), (8, 8), 0.5)
    some = np.array([5, 0, len(tiling) - 1])
    cut = tiling.cut(picture, some)
    assert cut.shape == (3, 8, 8)
    assert cut[1, 0, 0] == 0
    assert cut[2, -1, -1] == picture[-1, -1]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_tiles_and_edges_hold_every_pixel_once(shape: tuple[int, ...]) -> None:
    picture, size = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8), (16, 15)
    cut, edges = tiles(picture, size), edges_of(picture, size)
    assert cut.size + sum(edge.size for edge in edges) == picture.size
    back = np.zeros_like(picture)
    inner = from_tiles(cut, shape[:2])
    back[: inner.shape[0], : inner.shape[1]] = inner
    for target, edge in zip(edges_of(back, size), edges, strict=True):
        target[...] = edge
    assert np.array_equal(back, picture)
    for target in edges_of(back, size):
        target[...] = 0
    if edges:
        lay_edge(back, edge_marks(shape[:2], size), edge_tiles(picture, size))
    assert np.array_equal(back, picture)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8", "?", ">u4"])
@pytest.mark.parametrize("axes", AXES, ids=str)
def test_a_filter_loses_no_bit(dtype: str, axes: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(0, 100, (7, 9, 3)).astype(dtype)
    if values.dtype.kind == "f":
        values[0, 0], values[1, 1] = np.nan, -np.inf
    back = unfiltered(filtered(values, axes), axes, values.shape, values.dtype)
    assert back.dtype == values.dtype
    assert back.tobytes() == values.tobytes()
