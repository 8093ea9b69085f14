"""Which requests share a call of the model, and that each gets its own answer, error and notes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quintet.errors import InputError, warn
from quintet.serving.answer import Answer
from quintet.serving.bodies.shape import Body
from quintet.serving.lane import Job
from quintet.serving.notes import heard_by_thread
from quintet.serving.options import Denoise, Detect, Generate, Impute, Options
from quintet.serving.sharing import Asked, answered, key_of
from tests.serving.test_json_body import asked, images, table

ROW = [[1, 2, 3, 4, 5]] * 4


def body(*rows: Any) -> Body:
    found: Body = asked(list(rows), images())
    return found


def test_equal_questions_about_rows_of_one_form_share_a_call() -> None:
    assert key_of(Detect(), body(ROW), images()) == key_of(Detect(), body(ROW, ROW), images()) is not None
    assert key_of(Impute(), body(ROW), images()) is not None
    records = [asked([{"price": price, "place": "a"}], table()) for price in (1, 2.5)]
    assert key_of(Detect(), records[0], table()) == key_of(Detect(), records[1], table()) is not None


def test_other_options_forms_and_questions_do_not() -> None:
    keys = [
        key_of(Detect(), body(ROW), images()),
        key_of(Detect(cells=True), body(ROW), images()),
        key_of(Detect(false_alarms=0.1), body(ROW), images()),
        key_of(Impute(), body(ROW), images()),
        key_of(Impute(effort="high"), body(ROW), images()),
        key_of(Detect(), body([[1, 2, 3, 4, None]] * 4), images()),
        key_of(Detect(), Body(body(ROW).rows, 1, np.ones((1, 4, 5), dtype=bool)), images()),
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "options", [Impute(draws=2), Detect(fdr=0.1), Denoise(), Denoise(noise="normal"), Detect(condition="3"), Generate()]
)
def test_what_depends_on_the_other_rows_of_a_call_has_its_own(options: Options) -> None:
    assert key_of(options, body(ROW), images()) is None


def jobs(*sizes: int) -> list[Job]:
    return [
        Job(Asked(Detect(), Body(np.full((n, 1), number, dtype=np.float64), n)), n) for number, n in enumerate(sizes)
    ]


def test_each_request_gets_its_part() -> None:
    calls: list[int] = []

    def ask(options: Options, rows: Body) -> Answer:
        calls.append(rows.count)
        return Answer(rows=rows.rows * 10, table={"score": rows.rows[:, 0]}, more={"rule": "p"})

    found = answered(ask, jobs(2, 1, 3))
    assert calls == [6]
    for number, (answer, count) in enumerate(zip(found, (2, 1, 3), strict=True)):
        assert isinstance(answer, Answer)
        assert answer.rows.tolist() == [[number * 10.0]] * count
        assert answer.table is not None
        assert answer.table["score"].tolist() == [number] * count
        assert answer.more == {"rule": "p"}


def test_an_error_of_one_request_leaves_the_others_alone() -> None:
    def ask(options: Options, rows: Body) -> Answer:
        if (rows.rows == 1).any():
            raise InputError("cells must not be 1.")
        return Answer(rows=rows.rows)

    found = answered(ask, jobs(1, 2, 1))
    assert isinstance(found[1], InputError)
    assert [type(each) for each in found] == [Answer, InputError, Answer]


def test_a_note_about_rows_is_about_those_of_the_request() -> None:
    def ask(options: Options, rows: Body) -> Answer:
        where = np.flatnonzero(rows.rows[:, 0] == 1)
        if where.size:
            warn(f"Cells lie far away in row {where[0]}.")
        warn("Column 'a' had no value in training.")
        return Answer(rows=rows.rows)

    with heard_by_thread():
        found = answered(ask, jobs(3, 1, 1))
        common = answered(ask, [jobs(1)[0], jobs(1)[0]])
    far, always = "Cells lie far away in row 0.", "Column 'a' had no value in training."
    assert [each.notes for each in found if isinstance(each, Answer)] == [(always,), (far, always), (always,)]
    assert [each.notes for each in common if isinstance(each, Answer)] == [(always,)] * 2
