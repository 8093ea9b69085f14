"""Answers to batches are those to all rows at once, bit for bit, wherever the batches end; their columns are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow
import pytest

from quintet import VAE
from quintet.errors import InputError
from quintet.scale import Scorer, answer_batches
from tests.scale.models import digit_rows, digits_model, new_rows, table_model
from tests.shared import Shared

pytestmark = pytest.mark.filterwarnings("ignore:.*:quintet.errors.QuintetWarning")
CUTS = (37, 64, 90)


@pytest.fixture(scope="module")
def table(shared: Shared) -> VAE:
    return table_model(shared)


@pytest.fixture(scope="module")
def digits(shared: Shared) -> VAE:
    return digits_model(shared)


def batches(rows: pyarrow.Table) -> Iterator[tuple[int, pyarrow.Table]]:
    """The rows in batches of different sizes, each with its place."""
    ends = [0, *(cut for cut in CUTS if cut < len(rows)), len(rows)]
    for start, stop in pairwise(ends):
        yield start, rows.slice(start, stop - start)


def in_batches(scorer: Scorer, rows: pyarrow.Table) -> pyarrow.Table:
    return pyarrow.concat_tables([scorer(batch, first_row=start) for start, batch in batches(rows)])


def whole_of_table(vae: VAE, question: str) -> dict[str, Any]:
    """The answer of the model's own method to all rows, by columns."""
    rows = new_rows(120)
    if question == "detect":
        found = vae.detect(rows)
        names = {"score": found.scores, "p_value": found.p_values, "is_anomaly": found.is_anomaly}
        return {name: values.tolist() for name, values in names.items()}
    if question == "transform":
        return {f"z{j}": z.tolist() for j, z in enumerate(vae.transform(rows).T)}
    answer = vae.impute(rows) if question == "impute" else vae.denoise(rows, "replacement")
    return {name: values for name, values in answer.to_pydict().items() if name != "id"}


@pytest.mark.parametrize("question", ["detect", "transform", "impute", "denoise"])
def test_batches_of_a_table_have_the_answers_of_the_whole(question: str, table: VAE) -> None:
    rows = new_rows(120)
    options = {"noise": "replacement"} if question == "denoise" else {}
    found = in_batches(Scorer(table, question, **options), rows)
    for name, values in whole_of_table(table, question).items():
        assert found[name].to_pylist() == values, name
    assert found["id"].to_pylist() == rows["id"].to_pylist()
    if question in ("detect", "transform"):
        assert found["row"].to_pylist() == list(range(120))
    else:
        assert found.column_names == rows.column_names


QUESTIONS: dict[str, Callable[[VAE, np.ndarray, np.ndarray], np.ndarray]] = {
    "detect": lambda vae, x, y: vae.detect(x, condition=y).where.reshape(len(x), -1),
    "transform": lambda vae, x, y: vae.transform(x, y),
    "denoise": lambda vae, x, y: vae.denoise(x, "normal", condition=y).reshape(len(x), -1),
    "generate": lambda vae, x, y: vae.generate(len(y), y).reshape(len(y), -1),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_batches_of_images_in_lists_have_the_answers_of_the_whole(question: str, digits: VAE) -> None:
    rows = digit_rows()
    x = np.stack(rows["image"].to_pylist()).reshape(-1, 8, 8).astype(np.uint8)
    options = {"noise": "normal"} if question == "denoise" else {}
    scorer = Scorer(digits, question, condition="digit", where=question == "detect", **options)
    found = in_batches(scorer, rows)
    column = {"detect": "where", "denoise": "image", "generate": "x"}.get(question)
    made = (
        np.column_stack([found[f"z{j}"] for j in range(3)]) if column is None else np.stack(found[column].to_pylist())
    )
    np.testing.assert_array_equal(made, QUESTIONS[question](digits, x, rows["digit"].to_numpy()))
    assert found["digit"].to_pylist() == rows["digit"].to_pylist()


def test_rows_are_generated_by_their_places(table: VAE, digits: VAE) -> None:
    for vae in (table, digits):
        scorer = Scorer(vae, "generate")
        parts = [scorer.generate(n, first_row=start) for start, n in ((0, 20), (20, 33), (53, 7))]
        assert pyarrow.concat_tables(parts).to_pylist() == scorer.generate(60).to_pylist()
    assert scorer.generate(2).column_names == ["x", "label"]


def test_columns_may_come_in_another_order_and_as_numbers(digits: VAE) -> None:
    rows = digit_rows(8)
    x = np.stack(rows["image"].to_pylist()).astype(np.uint8)
    cells = {f"x{j}": x[:, j] for j in reversed(range(64))}
    found = Scorer(digits, "denoise", noise="masking", keep="none")(pyarrow.table({"digit": rows["digit"], **cells}))
    assert found.column_names == list(cells)
    whole = digits.denoise(x.reshape(-1, 8, 8), "masking").reshape(-1, 64)
    np.testing.assert_array_equal(np.column_stack([found[f"x{j}"] for j in range(64)]), whole)


def test_spark_asks_by_a_function_of_an_iterator(table: VAE) -> None:
    rows = new_rows(120)
    whole = Scorer(table, "impute")(rows)
    shuffled = np.concatenate([np.arange(70, 120), np.arange(0, 70)])
    with_places = rows.append_column("row", [np.arange(120)])
    parts = [
        with_places.take(shuffled[a:b]).combine_chunks().to_batches()[0] for a, b in ((0, 45), (45, 46), (46, 120))
    ]
    answer = answer_batches(table, "impute")
    found = pyarrow.Table.from_batches(list(answer(iter([*parts, parts[0].slice(0, 0)]))))
    assert found.to_pylist() == whole.take(shuffled).to_pylist()
    unplaced = pyarrow.Table.from_batches(list(answer(iter(rows.combine_chunks().to_batches(max_chunksize=50)))))
    assert unplaced.to_pylist() == whole.to_pylist()
    with pytest.raises(InputError, match="'row' must hold the place"):
        list(answer(iter(pyarrow.table({"row": ["a"]}).to_batches())))


def test_what_is_wrong_is_one_sentence(table: VAE, digits: VAE) -> None:
    rows = new_rows(5)
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: Scorer(table, "detekt"), "'detekt' is not known: did you mean 'detect'"),
        (lambda: Scorer(table, "detect", noise="normal"), "detect has no option 'noise': allowed are"),
        (lambda: Scorer(table, "transform", effort="low"), "transform has no option 'effort': it has none"),
        (lambda: Scorer(table, "impute", where=True), "where is an option of detect"),
        (lambda: Scorer(table, "denoise")(rows), "denoise in batches needs the kind of noise"),
        (lambda: Scorer(table, "detect")(rows.drop_columns(["age"])), "lacks column 'age' of training: add it"),
        (lambda: Scorer(table, "detect")(rows.select(["id"])), "must have the columns of training, 'place'"),
        (lambda: Scorer(table, "detect")(rows.append_column("score", [np.zeros(5)])), "has a column 'score'"),
        (lambda: Scorer(digits, "detect", condition="label")(digit_rows(2)), "no column 'label' of the condition"),
        (lambda: Scorer(digits, "detect")(rows), "must have the 64 cells of a row"),
        (
            lambda: Scorer(digits, "detect")(pyarrow.table({"x": [[1] * 64, [2] * 63]})),
            "lists of 64 cells, got a list of 63",
        ),
        (lambda: Scorer(table, "detect")(rows.to_pandas()), "batch must be a pyarrow Table or a RecordBatch"),
    ]
    for call, sentence in cases:
        with pytest.raises(InputError, match=sentence) as raised:
            call()
        assert "\n" not in str(raised.value)


def test_a_name_of_an_answer_is_left_out_by_keep(table: VAE) -> None:
    rows = new_rows(5).append_column("score", [np.zeros(5)])
    assert Scorer(table, "detect", keep="id")(rows).column_names[:3] == ["row", "id", "score"]
