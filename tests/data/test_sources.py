"""Names and paths -> rows, on the embedded data, on made files and, where it lies beside the project, on real data."""

import os
from pathlib import Path

import numpy as np
import pytest

from quintet.data.readers import mnist
from quintet.data.readers.sources import load_data
from quintet.errors import FileRefused, InputError

REAL = Path(os.environ.get("QUINTET_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_real = pytest.mark.skipif(
    not (REAL / "MNIST").is_dir(), reason="needs the folder of real data beside the project"
)


@pytest.fixture(autouse=True)
def _no_data_folder(monkeypatch):
    monkeypatch.delenv("QUINTET_DATA", raising=False)


def test_digits():
    found = load_data("digits")
    assert (found.x.shape, found.x.dtype, found.x.max()) == ((1797, 8, 8), np.uint8, 16)
    assert np.bincount(found.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert len(load_data("digits", except_="0-8")) == 180
    assert load_data("digits", size=16, only=3).x.shape == (183, 16, 16)


def test_letters():
    found = load_data("letters", size=8, only="a-c")
    assert found.x.shape[1:] == (8, 8)
    assert set(found.y) == set("ABC")


def idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + array.tobytes())


@pytest.mark.parametrize("below", ["", "raw", "MNIST/raw"])
@pytest.mark.parametrize("dash", ["-", "."])
def test_folder_in_mnist_layout(tmp_path, below, dash):
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    idx(tmp_path / below / f"t10k-images{dash}idx3-ubyte", pixels)
    found = load_data(tmp_path, split="test")
    np.testing.assert_array_equal(found.x, pixels)
    assert found.y is None
    idx(tmp_path / below / f"t10k-labels{dash}idx1-ubyte", np.array([4, 2], dtype=np.uint8))
    found = load_data(tmp_path, split="test", only=2)
    assert (found.y.tolist(), found.y.dtype) == ([2], np.int64)
    with pytest.raises(FileRefused, match=r"no train images, only test images: .*--split test"):
        load_data(tmp_path)
    alone = load_data(tmp_path / below / f"t10k-images{dash}idx3-ubyte")
    assert alone.y.tolist() == [4, 2]


def test_npz_keys(tmp_path):
    rows, other = np.eye(3), np.ones((2, 3))
    for keys in ({"X": rows, "y": [1, 2, 1]}, {"data": rows, "labels": [1, 2, 1]}, {"any": rows, "target": [1, 2, 1]}):
        np.savez(tmp_path / "a.npz", **keys)
        assert load_data(tmp_path / "a.npz", only=1).x.tolist() == [[1, 0, 0], [0, 0, 1]]
    np.savez(tmp_path / "a.npz", x=rows, kind=["a", "b", "a"], mask=rows == 1)
    found = load_data(tmp_path / "a.npz", label="kind", only="b")
    assert (found.y.tolist(), found.label_name) == (["b"], "kind")
    assert found.observed.tolist() == [[True, False, True]]
    np.savez(tmp_path / "a.npz", x_train=rows, y_train=[1, 2, 3], x_test=other, y_test=[4, 5])
    assert load_data(tmp_path / "a.npz").y.tolist() == [1, 2, 3]
    assert load_data(tmp_path / "a.npz", split="test").y.tolist() == [4, 5]


def test_the_data_folder_is_looked_into(tmp_path, monkeypatch):
    (tmp_path / "tables").mkdir()
    np.save(tmp_path / "tables" / "a.npy", np.eye(2))
    monkeypatch.setenv("QUINTET_DATA", str(tmp_path))
    assert load_data("tables/a.npy").x.tolist() == [[1, 0], [0, 1]]


def offline(url, **_):
    raise OSError(f"no network for {url}")


def test_mnist_without_network_says_where_to_put_it(tmp_path, monkeypatch):
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch, "retrieve", offline)
    monkeypatch.setattr(pooch, "os_cache", lambda _: tmp_path)
    with pytest.raises(FileRefused, match=r"Cannot fetch MNIST .*QUINTET_DATA"):
        load_data("mnist")


def test_mnist_is_fetched_from_the_next_mirror_and_checked(tmp_path, monkeypatch):
    pooch = pytest.importorskip("pooch")
    requested = []

    def retrieve(url, known_hash, fname, path):
        requested.append(url)
        assert known_hash == f"sha256:{mnist.SHA256[fname]}"
        if url.startswith(mnist.MIRRORS[0]):
            raise ValueError("the checksum differs")
        array = np.zeros((2, 28, 28), np.uint8) if "images" in fname else np.array([7, 9], np.uint8)
        idx(Path(path) / fname, array)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    monkeypatch.setattr(pooch, "os_cache", lambda _: tmp_path)
    assert load_data("mnist", split="test", only=9).x.shape == (1, 28, 28)
    assert requested == [m + f for f in list(mnist.SHA256)[2:] for m in mnist.MIRRORS]


@pytest.mark.parametrize("name", ["digits", "letters"])
def test_what_has_no_splits_says_so(name):
    with pytest.raises(InputError, match=f"{name} has no test split"):
        load_data(name, split="test")
    with pytest.raises(InputError, match="split must be 'train' or 'test', got 'val'"):
        load_data(name, split="val")


@needs_real
def test_real_mnist(monkeypatch):
    monkeypatch.setenv("QUINTET_DATA", str(REAL))
    train, test = load_data("mnist"), load_data("mnist", split="test", except_=9)
    assert (train.x.shape, train.x.dtype) == ((60000, 28, 28), np.uint8)
    assert train.y[:5].tolist() == [5, 0, 4, 1, 9]
    assert len(test) == 10000 - 1009


@needs_real
def test_real_tables():
    shapes = {"concrete": (1030, 9), "energy": (768, 9), "power_plant": (9568, 5), "yacht": (308, 7)}
    for name, shape in shapes.items():
        found = load_data(REAL / "tables" / f"{name}.csv")
        assert found.x.shape == shape
        assert np.isfinite(found.x).all()
    wine = load_data(REAL / "tables" / "wine_quality_red.csv", label="quality", only="3-8")
    assert (wine.x.shape, len(wine.names)) == ((1599, 11), 11)
    adult = load_data(REAL / "tables" / "adult_train.csv.gz", label="wage_class")
    assert (adult.x.shape, adult.y.tolist()[:2]) == ((32561, 14), ["<=50K", "<=50K"])
    types = {name: str(adult.x[name].type) for name in ("age", "workclass")}
    assert types == {"age": "int64", "workclass": "string"}
    assert adult.x["workclass"].null_count == 1836


@needs_real
def test_every_real_npz():
    for path in sorted(REAL.glob("*/*.npz")):
        found = load_data(path)
        assert len(found.x) == len(found.y) > 100, path


@needs_real
def test_real_glyphs_are_framed_so_that_margins_do_not_tell_them():
    from quintet.data.readers.letters import frame_glyphs

    glyphs, digits = load_data(REAL / "notMNIST", split="test").x[:500], load_data(REAL / "MNIST", split="test").x[:500]
    framed = frame_glyphs(glyphs)
    outer = [0, -1]
    assert glyphs[:, outer].any(axis=(1, 2)).mean() > 0.8  # raw glyphs touch the border
    assert framed[:, outer].any(axis=(1, 2)).mean() <= digits[:, outer].any(axis=(1, 2)).mean() + 0.02


def test_a_suffix_decides_before_a_name(tmp_path):
    (tmp_path / "my_idx.csv").write_text("a,b\n1.5,2\n3,4.5\n")
    assert load_data(tmp_path / "my_idx.csv").names == ["a", "b"]
    np.save(tmp_path / "idx.npy", np.ones((2, 3)))
    assert load_data(tmp_path / "idx.npy").x.shape == (2, 3)
    idx(tmp_path / "rows", np.ones((2, 3), dtype=np.uint8))
    assert load_data(tmp_path / "rows").x.shape == (2, 3)
