"""NumPy's files as people have them: each is read rightly, or refused in one sentence that names the file."""

import io
import zipfile

import numpy as np
import pytest

from quintet.data.readers.sources import load_data
from quintet.errors import QuintetError

ROWS = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
TABLE = np.random.default_rng(1).normal(size=(5, 3))
LABELS = np.arange(5)


def npz(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def npy(array, **options) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


READ = {  # name -> (the file's bytes, the rows)
    "one_other_name.npz": (npz(pixels=ROWS), ROWS),
    "rows_and_labels.npz": (npz(x=ROWS, y=LABELS), ROWS),
    "capital.npz": (npz(X=ROWS, labels=LABELS), ROWS),
    "splits.npz": (npz(x_train=ROWS, y_train=LABELS, x_test=ROWS[:1], y_test=LABELS[:1]), ROWS),
    "text_labels.npz": (npz(x=ROWS, y=np.array(list("abcde"))), ROWS),
    "fortran.npz": (npz(x=np.asfortranarray(ROWS)), ROWS),
    "big_endian.npz": (npz(x=TABLE.astype(">f8")), TABLE),
    "half.npz": (npz(x=TABLE.astype(np.float16)), TABLE.astype(np.float16)),
    "bool.npz": (npz(x=ROWS > 9), ROWS > 9),
    "wide.npz": (npz(x=2**60 + np.arange(6).reshape(2, 3)), 2**60 + np.arange(6).reshape(2, 3)),
    "uint64.npz": (npz(x=np.array([[2**64 - 1, 0]], dtype=np.uint64)), np.array([[2**64 - 1, 0]], dtype=np.uint64)),
    "holes.npz": (npz(x=np.where(TABLE > 0, TABLE, np.nan)), np.where(TABLE > 0, TABLE, np.nan)),
    "masked.npz": (npz(x=ROWS, mask=ROWS > 9), ROWS),
    "fortran.npy": (npy(np.asfortranarray(ROWS)), ROWS),
    "big_endian.npy": (npy(TABLE.astype(">f4")), TABLE.astype(np.float32)),
    "one_row.npy": (npy(TABLE[:1]), TABLE[:1]),
}
BAD = {  # name -> (the file's bytes, what the sentence says)
    "several.npz": (npz(a=ROWS, b=ROWS), "got the arrays a, b"),
    "nothing.npz": (npz(), "got no array"),
    "objects.npz": (npz(x=np.array([{}, None])), "must hold numbers, got pickled"),
    "ragged.npz": (npz(x=np.array([[1], [1, 2]], dtype=object)), "must hold numbers, got pickled"),
    "object_labels.npz": (npz(x=ROWS, y=np.array([*"abcd", None])), "must hold numbers, got pickled"),
    "object_mask.npz": (npz(x=ROWS, mask=np.array([None, {}])), "must hold numbers, got pickled"),
    "records.npz": (npz(x=np.zeros(3, dtype=[("a", "f4"), ("b", "i4")])), "columns a, b"),
    "zero_rows.npz": (npz(x=ROWS[:0]), "no rows"),
    "zero_cells.npz": (npz(x=ROWS[:, :0]), "no rows"),
    "single_value.npz": (npz(x=np.array(3.0)), "shape \\(\\)"),
    "complex.npz": (npz(x=TABLE + 1j), "Complex data"),
    "text.npz": (npz(x=np.array([["a", "b"]])), "got 'a'"),
    "dates.npz": (npz(x=np.array([["2020-01-01"]], dtype="M8[D]")), "got 2020-01-01"),
    "spans.npz": (npz(x=np.array([[5]], dtype="m8[s]")), "got 5 seconds"),
    "infinite.npz": (npz(x=np.array([[1.0, np.inf]])), "infinite"),
    "few_labels.npz": (npz(x=ROWS, y=LABELS[:2]), "each of the 5 rows"),
    "cut.npz": (npz(x=ROWS)[:-40], "damaged"),
    "an_npy.npz": (npy(ROWS), "must be an .npz file"),
    "text_file.npz": (b"a,b\n1,2\n", "must be an .npz file"),
    "zip_in_zip.npz": (zipped(**{"inner.npz": npz(x=ROWS)}), "got no array"),
    "zip_of_text.npz": (zipped(**{"x.txt": b"1 2 3"}), "got no array"),
    "an_npz.npy": (npz(x=ROWS), "must be an .npy file"),
    "objects.npy": (npy(np.array([{}, None]), allow_pickle=True), "must hold numbers, got pickled"),
    "cut.npy": (npy(ROWS)[:-3], "damaged or cut off"),
    "lie.npy": (npy(ROWS).replace(b"(5, 4, 3)", b"(5, 4, 9)"), "damaged or cut off"),
    "huge.npy": (npy(ROWS).replace(b"(5, 4, 3), }      ", b"(5000000000000, 4)"), "damaged or cut off"),
    "longdouble.npy": (npy(TABLE.astype(np.longdouble)), "64 bits"),
}


@pytest.mark.parametrize("name", READ)
def test_is_read_rightly(tmp_path, name):
    content, rows = READ[name]
    (tmp_path / name).write_bytes(content)
    found = load_data(tmp_path / name)
    assert found.x.dtype == rows.dtype.newbyteorder("=") or found.x.dtype.newbyteorder("=") == rows.dtype
    np.testing.assert_array_equal(found.x, rows)
    if name.startswith("masked"):
        np.testing.assert_array_equal(found.observed, ROWS <= 9)
    if "labels" in name:
        assert len(found.y) == len(rows)


@pytest.mark.parametrize("name", BAD)
def test_is_refused_in_one_sentence(tmp_path, name):
    content, says = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(QuintetError, match=says) as caught:
        load_data(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)
