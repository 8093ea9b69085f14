"""Classes by name, list and range; labels from a file of their own."""

import numpy as np
import pytest

from quintet.data.readers.labels import read_labels, select_classes
from quintet.data.readers.sources import load_data
from quintet.errors import FileRefused, InputError

DIGITS = np.arange(10)
LETTERS = np.array(list("ABCDEF"))
WORDS = np.array(["cat", "dog", "non-smoker", "-1"])


@pytest.mark.parametrize(
    ("y", "only", "except_", "left"),
    [
        (DIGITS, "0-8", None, range(9)),
        (DIGITS, None, "9", range(9)),
        (DIGITS, None, 9, range(9)),
        (DIGITS, "1,3,5", None, [1, 3, 5]),
        (DIGITS, "1, 3-5", "4", [1, 3, 5]),
        (DIGITS, [1, 2], None, [1, 2]),
        (DIGITS, "0-100", None, range(10)),
        (DIGITS - 5, "-3--1", None, [-3, -2, -1]),
        (DIGITS - 5, "-3", None, [-3]),
        (DIGITS / 1.0, "3", None, [3.0]),
        (LETTERS, "a-c", None, "ABC"),
        (LETTERS, "B-D", "c", "BD"),
        (WORDS, "non-smoker", None, ["non-smoker"]),
        (WORDS, "cat,-1", None, ["cat", "-1"]),
    ],
)
def test_chosen(y, only, except_, left):
    assert y[select_classes(y, only, except_)].tolist() == list(left)


def test_all_rows_need_no_copy():
    assert select_classes(DIGITS, None, None) is None


@pytest.mark.parametrize(
    ("y", "only", "except_", "says"),
    [
        (None, "1", None, "these rows have none"),
        (DIGITS, "12", None, "must name classes 0, 1.* got '12'"),
        (DIGITS, "a-f", None, "got 'a-f'"),
        (DIGITS, "", None, "got ''"),
        (DIGITS, None, "0-9", "leave no rows"),
        (np.ones((3, 2)), "1", None, "one label per row"),
    ],
)
def test_impossible_choices(y, only, except_, says):
    with pytest.raises(InputError, match=says):
        select_classes(y, only, except_)


@pytest.mark.parametrize("content", ["a\nb\na\n", "kind\na\nb\na\n", '"kind"\r\n"a"\r\n"b"\r\n"a"\r\n'])
def test_labels_from_text(tmp_path, content):
    (tmp_path / "y.csv").write_bytes(content.encode())
    assert read_labels(tmp_path / "y.csv", 3).tolist() == ["a", "b", "a"]


def test_labels_from_arrays(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    np.save(tmp_path / "y.npy", np.array([[1], [2], [1]], dtype=np.uint8))
    found = load_data(tmp_path / "x.npy", label=str(tmp_path / "y.npy"), only="1")
    assert found.y.tolist() == [1, 1]
    assert found.y.dtype == np.int64
    assert found.label_name == "y.npy"
    assert len(found) == 2


def test_labels_that_do_not_fit(tmp_path):
    (tmp_path / "y.csv").write_text("1\n2\n")
    with pytest.raises(FileRefused, match=r"each of the 3 rows, got labels of shape \(2,\)"):
        read_labels(tmp_path / "y.csv", 3)
    (tmp_path / "b.csv").write_text("1\n\n3\n")
    with pytest.raises(InputError, match="must have a label, got none for row 2"):
        read_labels(tmp_path / "b.csv", 3)
    (tmp_path / "c.csv").write_bytes(b"\xff\xfe\x80\n")
    with pytest.raises(FileRefused, match="is not text"):
        read_labels(tmp_path / "c.csv", 1)
