"""Whatever is wrong with a source of rows is one sentence that names it; there is no other exception."""

import gzip
import random
import struct

import numpy as np
import pytest

from quintet.data.readers.sources import load_data
from quintet.errors import QuintetError, QuintetWarning

PIXELS = np.random.default_rng(0).integers(0, 256, size=(20, 6, 6), dtype=np.uint8)
IDX = bytes([0, 0, 8, 3]) + struct.pack(">3I", *PIXELS.shape) + PIXELS.tobytes()


def npy(path, array, **options):
    np.save(path, array, **options)


def npz(path, **arrays):
    np.savez(path, **arrays)


CASES = {  # name: (file, how it is made, options of load_data, what the sentence says)
    "no such file": ("none.csv", None, {}, r"There is no file .*none\.csv"),
    "no such name": ("digts", None, {}, "no file, folder or data set"),
    "empty file": ("a.npy", b"", {}, "is empty"),
    "unknown kind": ("a.xlsx", b"PK\3\4", {}, r"must be one of \.npy.*got \.xlsx"),
    "truncated gzip": ("a-idx3-ubyte.gz", gzip.compress(IDX)[:-20], {}, "cut off"),
    "damaged gzip": ("a.csv.gz", gzip.compress(b"a\n1\n2\n")[:-8] + b"damaged!", {}, "damaged gzip"),
    "idx with wrong magic": ("a-idx3-ubyte", b"\0\1" + IDX[2:], {}, "must be an idx file, .* got 00 01 08 03"),
    "idx with short header": ("a-idx3-ubyte", IDX[:9], {}, "ends within its header of 3 dimensions"),
    "idx with short body": (
        "a-idx3-ubyte",
        IDX[:-1],
        {},
        r"must hold the 20×6×6 values \(720 bytes\) of its header, got only 719",
    ),
    "idx with long body": ("a-idx3-ubyte", IDX + b"!", {}, "got more"),
    "no npy": ("a.npy", b"1,2\n3,4\n", {}, r"must be an \.npy file"),
    "truncated npy": ("a.npy", lambda p: (npy(p, PIXELS), cut(p, 30)), {}, "damaged or cut off"),
    "pickled npy": ("a.npy", lambda p: npy(p, np.array([{}, None]), allow_pickle=True), {}, "pickled Python objects"),
    "text npy": ("a.npy", lambda p: npy(p, np.array([["x", "y"]])), {}, "Row 0 must hold numbers.* got 'x'"),
    "zero rows": ("a.npy", lambda p: npy(p, PIXELS[:0]), {}, r"got no rows \(shape \(0, 6, 6\)\)"),
    "infinity": ("a.npy", lambda p: npy(p, np.array([[1, 2], [np.nan, -np.inf]])), {}, r"row 1, cell \(1,\) is inf"),
    "infinity in a column": ("a.csv", b"a,b\n1,2\n3,inf\n", {}, "row 1, column 'b' is infinite"),
    "no npz": ("a.npz", b"PK\3\4 and no more", {}, r"must be an \.npz file"),
    "damaged npz": ("a.npz", lambda p: (npz(p, x=PIXELS), flip(p, 300)), {}, "damaged"),
    "npz of many": ("a.npz", lambda p: npz(p, a=PIXELS, b=PIXELS), {}, "must hold the rows .* got the arrays a, b"),
    "npz of labels": ("a.npz", lambda p: npz(p, y=[1]), {}, "got no array"),
    "npz without that key": ("a.npz", lambda p: npz(p, x=PIXELS, kind=[1]), {"label": "knd"}, "did you mean 'kind'"),
    "npz with few labels": (
        "a.npz",
        lambda p: npz(p, x=PIXELS, y=[1, 2]),
        {},
        r"each of the 20 rows, got labels of shape \(2,\)",
    ),
    "npz without splits": ("a.npz", lambda p: npz(p, x=PIXELS), {"split": "test"}, "no test split"),
    "split of a table": ("a.csv", b"a\n1\n", {"split": "test"}, "has no test split"),
    "unknown split": ("a.csv", b"a\n1\n", {"split": "tset"}, "split must be .*, got 'tset' .did you mean 'test'"),
    "ragged table": ("a.csv", b"a,b\n1,2\n3\n", {}, "line 3 must have 2 cells, .* got 1"),
    "no header": ("a.csv", b"1,2.5\n3,4\n", {}, "must start with a header"),
    "header alone": ("a.csv", b"a,b\n", {}, "at least one row"),
    "no such column": ("a.csv", b"a,b\n1,2\n", {"label": "c"}, "no column 'c': allowed are a, b"),
    "missing label": ("a.csv", b"a,b\n1,\n", {"label": "b"}, "must have a label, got none for row 1"),
    "label for what has no columns": ("a.npy", lambda p: npy(p, PIXELS), {"label": "kind"}, "label must be a file"),
    "no such file of labels": ("a.npy", lambda p: npy(p, PIXELS), {"label": "no.csv"}, "There is no file"),
    "only without labels": ("a.npy", lambda p: npy(p, PIXELS), {"only": "1"}, "these rows have none"),
    "no such class": ("a.csv", b"a,b\n1,2\n", {"label": "b", "only": "7"}, "must name classes 2, .* got '7'"),
    "size for a table": ("a.csv", b"a,b\n1,2\n", {"size": 8}, "is for images, got .*, a table"),
    "no image": ("a.png", b"GIF? no.", {}, "unknown image format"),
    "damaged parquet": ("a.parquet", b"PAR1 and no more", {}, r"must be a \.parquet file"),
    "folder of nothing": ("folder", lambda p: p.mkdir(), {}, "must hold images"),
    "folder named as a file": ("a.csv", lambda p: p.mkdir(), {}, "must hold images"),
}


def cut(path, bytes_off):
    path.write_bytes(path.read_bytes()[:-bytes_off])


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 255
    path.write_bytes(content)


@pytest.mark.parametrize("case", CASES)
def test_one_sentence(case, tmp_path, monkeypatch):
    name, made, options, says = CASES[case]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    if isinstance(made, bytes):
        path.write_bytes(made)
    elif made is not None:
        made(path)
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    with pytest.raises(QuintetError, match=says) as caught:
        load_data(name, **options)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_damaged_bytes_raise_nothing_else(tmp_path):
    from PIL import Image

    npy(tmp_path / "a.npy", PIXELS)
    np.savez_compressed(tmp_path / "a.npz", x=PIXELS, y=np.arange(20))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n3,4\n"))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(IDX)
    for end in ("png", "jpg", "gif", "tif"):
        Image.fromarray(PIXELS[0]).save(tmp_path / f"a.{end}")
    whole = {path.name: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    rng, refused = random.Random(0), 0
    for _ in range(600):
        name = rng.choice(list(whole))
        content = bytearray(whole[name])
        if rng.random() < 0.3:
            del content[rng.randrange(len(content)) :]
        for _ in range(rng.choice([1, 1, 8]) if content else 0):
            content[rng.randrange(min(len(content), rng.choice([16, 200, 10**6])))] = rng.randrange(256)
        (tmp_path / name).write_bytes(content)
        try:
            load_data(tmp_path / name)
        except (QuintetError, QuintetWarning):
            refused += 1
    assert refused > 300
